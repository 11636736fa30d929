"""The function that waits: who waits for a job invokes it, by a task token or a callback's id.

A state machine has the token of its own task, a durable function of Lambda the id of its callback.

Environment: `TABLE_NAME`, where jobs are looked up; `WAITS_TABLE_NAME`, where waits are kept.

The event is what the state machine has in `Payload` of
`arn:aws:states:::lambda:invoke.waitForTaskToken`::

    {"source": "sesv2.import-jobs", "job_id": "8a4f…", "token": "AQCk…",
     "account": "111122223333", "region": "eu-west-1", "parameters": {"ApplicationId": "4f1c0a"},
     "give_up_after": 7200, "partial": "fail"}

The first three must be there; a durable function has `"callback_id"` in the place of `"token"`, and
is told what is written of tasks here. An account or a region that is left out is the stack's own;
`parameters` name the parents that no watch's `for` names. After so many seconds as `give_up_after`
the task fails with `Jobwatch.GAVE_UP`; where it is left out, that is a year, and a day and two
polls for a job that no poll has seen. With `"partial": "fail"`, a job that succeeded in part is a
failure.

What is wrong fails the task at once, with `Jobwatch.WRONG_INPUT` or `Jobwatch.NOT_WATCHED` and a
cause that says what was expected; without a token, the invocation itself. So does a token that Step
Functions, or an id that Lambda does not take from this account: no answer would ever reach it.

The answer, which no state machine reads, says what became of the wait::

    {"Outcome": "Waits"}

It is `Answered` for a job that has ended already.
"""

from functools import cache
from pathlib import Path
from typing import Any

from lambdas.plan import read_plan
from lambdas.settings import plan_file
from lambdas.unquoted import unquoted
from lambdas.wait.waiter import begin
from lambdas.waits.handling import Parts, deadline_of, make_parts
from lambdas.waits.settling import Outcome

PLAN = Path(__file__).parents[2] / "plan.json"


class TaskOverError(Exception):
    """Nobody waits for it by what was given: it is another account's, or was stopped."""


@unquoted
def handler(event: Any, context: Any) -> dict[str, str]:
    """Remember a wait, or answer it at once."""
    outcome = begin(_parts().settler(context), event, deadline_of(context))
    if outcome is Outcome.OVER:
        raise TaskOverError(
            "Nobody waits by this token or callback_id: Step Functions and Lambda take one from "
            "their own account only, and what was stopped or timed out is over"
        )
    return {"Outcome": outcome.value}


@cache
def _parts() -> Parts:
    return make_parts(read_plan(plan_file(PLAN)), tellers=1)
