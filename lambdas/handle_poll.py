"""The function that looks: polls the watches that are due and stores what changed.

Environment: `TABLE_NAME`, `SCOPES_QUEUE_URL`, `LOST_QUEUE_URL`; `LATER_QUEUE_URL` where a watch is
due more often than once a minute; and of Lambda's own `AWS_LAMBDA_FUNCTION_NAME`, which is what
the CloudTrail of other accounts calls the sessions that read there.

The event is `{}` for every watch or `{"watches": ["name", …]}` for some; `lambdas.invocation` has
the others. The answer counts what was done and names the scopes that could not be read; `Queued`
are those that were handed over to later invocations::

    {"Scopes": 3, "Jobs": 120, "Changes": 2, "ListCalls": 3, "GetCalls": 1, "Queued": 0,
     "Unread": []}

The function fails, after every scope had its turn, when the table or the queue could not be used;
scopes that were handed over are put aside instead, for an alarm to tell. Whatever was not stored is
found again by the next tick.

Metrics, in the namespace `Jobwatch` and by `service`, the stack: `Jobs`, `Changes`, `Calls` and
`Throttles`; and by `every`, a cadence in seconds, `AgeOfLastRead`: how many seconds ago the scopes
of its watches were last read completely, at worst. It is said only by an invocation that went
through all that it was asked for without an error of ours: its absence is an alarm.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from lambdas.apis.answers import refuse_strangers
from lambdas.apis.budgets import Budgets
from lambdas.apis.clients import Clients
from lambdas.handover import Handover
from lambdas.invocation import Invocation, hold_back, read_invocation
from lambdas.model import Visit
from lambdas.plan import Plan, read_plan
from lambdas.settings import setting
from lambdas.store import Table
from lambdas.summary import Summary
from lambdas.text import clean
from lambdas.tick import Tick

PLAN = Path(__file__).parents[1] / "plan.json"
LAST_SECONDS = 60
"""How long before the function's end no further page is read and no further scope visited."""
COUNTS = ("Scopes", "Jobs", "Changes", "ListCalls", "GetCalls", "Queued")


class PollError(Exception):
    """The table or the queue could not be used."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the function needs, made once."""

    plan: Plan
    table: Table
    clients: Clients
    sqs: Any
    logger: Logger
    metrics: Metrics


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Poll the watches that the event names, or all of them."""
    parts = _parts()
    asked = read_invocation(event, parts.plan, datetime.now(UTC))
    try:
        if asked.every:
            hold_back(parts.sqs, setting("LATER_QUEUE_URL"), asked, datetime.now(UTC))
    finally:
        answer = _poll(parts, asked, context)
    return answer


def _poll(parts: _Parts, asked: Invocation, context: Any) -> dict[str, Any]:
    queue = Handover(
        parts.sqs,
        setting("SCOPES_QUEUE_URL"),
        setting("LOST_QUEUE_URL"),
        parts.plan,
        asked.tick,
        asked.due,
    )
    summary = _tick(parts, asked, context, queue)
    _tell(summary, parts.logger)
    _measure(parts.plan, summary, asked, parts.clients.throttles.take(), parts.metrics)
    if summary.errors and asked.visits:
        # An error would hide the message, and with it its group, until the function's time is over.
        queue.put_aside([Visit(scope) for scope, _ in summary.errors])
    elif summary.errors:
        scope, error = summary.errors[0]
        raise PollError(
            f"{len(summary.errors)} of the scopes could not be stored, the first of watch "
            f"{scope.watch}: {type(error).__name__}: {clean(str(error))}"
        )
    return {**{name: summary.counts[name] for name in COUNTS}, "Unread": summary.unread}


def _tick(parts: _Parts, asked: Invocation, context: Any, queue: Handover) -> Summary:
    left = context.get_remaining_time_in_millis() / 1000
    tick = Tick(
        parts.plan,
        parts.table,
        parts.clients,
        clock=partial(datetime.now, UTC),
        deadline=time.monotonic() + max(left - LAST_SECONDS, left / 2),
        hand_over=queue.put,
        due=asked.due,
    )
    if asked.visits:
        return tick.go_on(asked.visits, handed=True)
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    return tick.run(asked.watches, account, region)


def _tell(summary: Summary, logger: Logger) -> None:
    for place in summary.unread:
        logger.warning("A scope could not be read", extra={"scope": place})
    for scope, error in summary.errors:
        logger.error("A scope could not be stored", exc_info=error, extra={"watch": scope.watch})
    logger.info("Polled", extra={"counts": dict(summary.counts), "ages": summary.ages})


def _measure(
    plan: Plan, summary: Summary, asked: Invocation, throttles: int, metrics: Metrics
) -> None:
    counts = summary.counts
    measured = {
        "Jobs": counts["Jobs"],
        "Changes": counts["Changes"],
        "Calls": counts["ListCalls"] + counts["GetCalls"],
        "Throttles": throttles,
    }
    for name, count in measured.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.flush_metrics()
    for every, age in _ages(plan, summary, asked):
        with single_metric("AgeOfLastRead", MetricUnit.Seconds, age) as metric:
            metric.add_dimension("every", str(every))


def _ages(plan: Plan, summary: Summary, asked: Invocation) -> Iterator[tuple[int, float]]:
    """Give the worst age of each cadence that was polled as a whole, or as far as handed over."""
    broken = {scope.watch for scope, _ in summary.errors}
    ages = {**asked.late, **summary.ages}
    for every in sorted({watch.every for watch in plan.watches.values()}):
        names = {name for name, watch in plan.watches.items() if watch.every == every}
        done = names & ages.keys()
        if done and not names & broken and (asked.visits or asked.late or done == names):
            yield every, max(ages[name] for name in done)


@cache
def _parts() -> _Parts:
    session = botocore.session.Session()
    config = Config(
        connect_timeout=5,
        read_timeout=10,
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=50,
    )
    dynamodb = session.create_client("dynamodb", config=config)
    dynamodb.meta.events.register("before-parse", refuse_strangers)
    table = Table(dynamodb, setting("TABLE_NAME"))
    sqs = session.create_client("sqs", config=config)
    plan = read_plan(PLAN)
    name = setting("AWS_LAMBDA_FUNCTION_NAME")
    clients = Clients(session, name=name, budgets=Budgets(plan.budgets))
    return _Parts(plan, table, clients, sqs, Logger(), Metrics())
