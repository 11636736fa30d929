"""The function that waits: a state machine invokes it with the task token of its own task.

Environment: `TABLE_NAME`, where jobs are looked up; `WAITS_TABLE_NAME`, where waits are kept.

The event is what the state machine has in `Payload` of
`arn:aws:states:::lambda:invoke.waitForTaskToken`::

    {"source": "sesv2.import-jobs", "job_id": "8a4f…", "token": "AQCk…",
     "account": "111122223333", "region": "eu-west-1", "parameters": {"ApplicationId": "4f1c0a"},
     "give_up_after": 7200, "partial": "fail"}

The first three must be there. An account or a region that is left out is the stack's own;
`parameters` name the parents that no watch's `for` names. After so many seconds as `give_up_after`
the task fails with `Jobwatch.GAVE_UP`; where it is left out, that is a year, and a day and two
polls for a job that no poll has seen. With `"partial": "fail"`, a job that succeeded in part is a
failure.

What is wrong fails the task at once, with `Jobwatch.WRONG_INPUT` or `Jobwatch.NOT_WATCHED` and a
cause that says what was expected; without a token, the invocation itself. So does a token that Step
Functions does not take from this account: no answer would ever reach that task.

The answer, which no state machine reads, says what became of the wait::

    {"Outcome": "Waits"}

It is `Answered` for a job that has ended already.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger

from lambdas.deadline import Deadline
from lambdas.legible import write_line
from lambdas.plan import Plan, read_plan
from lambdas.settings import setting
from lambdas.store.table import Table
from lambdas.wait.waiter import begin
from lambdas.waits.calls import CONFIG
from lambdas.waits.memory import Memory
from lambdas.waits.settling import Outcome, Settler
from lambdas.waits.tasks import Tasks

PLAN = Path(__file__).parents[2] / "plan.json"
LAST_SECONDS = 1
"""Seconds of an invocation that are left for its answer."""


class TaskOverError(Exception):
    """Step Functions does not know the task: another account's, or one that was stopped."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the function needs, made once."""

    plan: Plan
    table: Table
    memory: Memory
    tasks: Tasks
    pool: ThreadPoolExecutor
    logger: Logger


def handler(event: Any, context: Any) -> dict[str, str]:
    """Remember a wait, or answer it at once."""
    parts = _parts()
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    deadline = Deadline(
        time.monotonic() + context.get_remaining_time_in_millis() / 1000 - LAST_SECONDS
    )
    settler = Settler(
        plan=parts.plan,
        own=(account, region),
        find=parts.table.find,
        memory=parts.memory,
        tasks=parts.tasks,
        pool=parts.pool,
        clock=partial(datetime.now, UTC),
        logger=parts.logger,
    )
    outcome = begin(settler, event, deadline)
    if outcome is Outcome.OVER:
        raise TaskOverError(
            "Step Functions does not wait for the task of this token: it takes one from its own "
            "account only, and a task that was stopped or timed out is over"
        )
    return {"Outcome": outcome.value}


@cache
def _parts() -> _Parts:
    session = botocore.session.Session()
    dynamodb = session.create_client("dynamodb", config=CONFIG)
    pool = ThreadPoolExecutor(1)
    return _Parts(
        plan=read_plan(PLAN),
        table=Table(dynamodb, setting("TABLE_NAME"), pool),
        memory=Memory(dynamodb, setting("WAITS_TABLE_NAME")),
        tasks=Tasks(session.create_client("stepfunctions", config=CONFIG)),
        pool=pool,
        logger=Logger(json_serializer=write_line),
    )
