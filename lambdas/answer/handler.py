"""The function that answers: it tells who waits for jobs how they ended.

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

What could not be told of a job for now is an error, for which Lambda invokes it again, twice; after
that one of the next five looks at all waits tells it: each looks up the jobs of a fifth of them. In
a look it is none, and counted as `Failed`: Lambda would come again when the next looks do, and give
all others their heartbeats thrice for a single one that is never told.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.answer.sweep import answer_job, sweep
from lambdas.plan import read_plan
from lambdas.settings import plan_file
from lambdas.unquoted import unquoted
from lambdas.waits.handling import Parts, deadline_of, make_parts
from lambdas.waits.settling import TELLERS, Outcome

PLAN = Path(__file__).parents[2] / "plan.json"
JOB = ("source", "account", "region", "job_id")


class UnansweredError(Exception):
    """Some waits could not be answered for now."""


@unquoted
def handler(event: Any, context: Any) -> dict[str, int]:
    """Answer the waits for a job that has ended, or look at all of them."""
    settler, deadline = _parts().settler(context), deadline_of(context)
    if isinstance(event, Mapping) and "detail" in event:
        counts = answer_job(settler, _job(event["detail"]), deadline)
        left = counts[Outcome.FAILED] + counts[Outcome.UNREACHED]
    else:
        counts, left = sweep(settler, deadline), 0  # where it stopped is remembered
    return _said(counts, left, settler.logger)


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
def _parts() -> Parts:
    return make_parts(read_plan(plan_file(PLAN)), tellers=TELLERS)
