"""The function that answers: it tells state machines how the jobs ended that they wait for.

Environment: `TABLE_NAME`, where jobs are looked up; `WAITS_TABLE_NAME`, where waits are kept.

============================================  ====================================================
event                                         asks for
============================================  ====================================================
`{"detail": {"source": …, "account": …,       the waits for this job, which has ended: an event of
"region": …, "job_id": …}}`                   our own bus
`{}`                                          all waits: a schedule, each minute
============================================  ====================================================

An event says which job to look up and nothing else: what the task is answered is what the table has
of it, so that nobody who may invoke this function can make a job end. The answer counts what became
of the waits::

    {"Answered": 2, "Over": 1, "Waits": 7}

What could not be told for now is an error, for which Lambda invokes it again, twice; after that the
next look at all waits goes on with it.
"""

import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger

from lambdas.answer.sweep import answer_job, sweep
from lambdas.deadline import Deadline
from lambdas.legible import write_line
from lambdas.plan import Plan, read_plan
from lambdas.settings import setting
from lambdas.store.table import Table
from lambdas.waits.calls import CONFIG
from lambdas.waits.memory import Memory
from lambdas.waits.settling import TELLERS, Outcome, Settler
from lambdas.waits.tasks import Tasks

PLAN = Path(__file__).parents[2] / "plan.json"
LAST_SECONDS = 1
"""Seconds of an invocation that are left for its answer."""
JOB = ("source", "account", "region", "job_id")


class UnansweredError(Exception):
    """Some waits could not be answered for now."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the function needs, made once."""

    plan: Plan
    table: Table
    memory: Memory
    tasks: Tasks
    pool: ThreadPoolExecutor
    logger: Logger


def handler(event: Any, context: Any) -> dict[str, int]:
    """Answer the waits for a job that has ended, or look at all of them."""
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
    if isinstance(event, Mapping) and "detail" in event:
        counts = answer_job(settler, _job(event["detail"]), deadline)
        left = counts[Outcome.FAILED] + counts[Outcome.UNREACHED]
    else:
        counts = sweep(settler, deadline)
        left = counts[Outcome.FAILED]  # where it stopped is remembered
    return _said(counts, left, parts.logger)


def _job(detail: Mapping[str, Any]) -> tuple[str, str, str, str]:
    source, account, region, job_id = (str(detail[name]) for name in JOB)
    return source, account, region, job_id


def _said(counts: Counter[Outcome], left: int, logger: Logger) -> dict[str, int]:
    said = {outcome.value: count for outcome, count in counts.items()}
    if said:
        logger.info("Answered", extra={"counts": said})
    if left:
        raise UnansweredError(f"{left} waits could not be answered for now")
    return said


@cache
def _parts() -> _Parts:
    session = botocore.session.Session()
    dynamodb = session.create_client("dynamodb", config=CONFIG)
    pool = ThreadPoolExecutor(TELLERS)
    return _Parts(
        plan=read_plan(PLAN),
        table=Table(dynamodb, setting("TABLE_NAME"), pool),
        memory=Memory(dynamodb, setting("WAITS_TABLE_NAME")),
        tasks=Tasks(session.create_client("stepfunctions", config=CONFIG)),
        pool=pool,
        logger=Logger(json_serializer=write_line),
    )
