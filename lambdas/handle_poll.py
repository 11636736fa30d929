"""The function that looks: polls the watches that are due and stores what changed.

Environment: `TABLE_NAME`, and of Lambda's own `AWS_LAMBDA_FUNCTION_NAME`, which is what the
CloudTrail of other accounts calls the sessions that read there.

The event is `{}` for every watch or `{"watches": ["name", …]}` for some. The answer counts what
was done and names the scopes that could not be read::

    {"Scopes": 3, "Jobs": 120, "Changes": 2, "ListCalls": 3, "GetCalls": 1, "Unread": []}

The function fails, after every scope had its turn, when the table could not be used; whatever was
not stored is found again by the next tick.

Metrics, in the namespace `Jobwatch` and by `service`, the stack: `Jobs`, `Changes`, `Calls` and
`Throttles`; and by `every`, a cadence in seconds, `AgeOfLastRead`: how many seconds ago the scopes
of its watches were last read completely, at worst. It is said only by a tick that went through
every watch of the cadence without an error of ours: its absence is an alarm.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from lambdas.answers import refuse_strangers
from lambdas.budgets import Budgets
from lambdas.clients import Clients
from lambdas.plan import Plan, Watch, read_plan
from lambdas.settings import setting
from lambdas.store import Table
from lambdas.summary import Summary
from lambdas.text import clean
from lambdas.tick import Tick

PLAN = Path(__file__).parents[1] / "plan.json"
LAST_SECONDS = 60
"""How long before the function's end no further call to a job API is begun."""
COUNTS = ("Scopes", "Jobs", "Changes", "ListCalls", "GetCalls")


class PollError(Exception):
    """What the caller asked for is wrong, or the table could not be used."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Poll the watches that the event names, or all of them."""
    plan, table, clients, logger, metrics = _parts()
    watches = _due(plan, event)
    account = context.invoked_function_arn.split(":")[4]
    region = context.invoked_function_arn.split(":")[3]
    left = context.get_remaining_time_in_millis() / 1000
    deadline = time.monotonic() + max(left - LAST_SECONDS, left / 2)
    tick = Tick(plan, table, clients, partial(datetime.now, UTC), deadline)
    summary = tick.run(watches, account, region)
    _tell(summary, logger)
    _measure(plan, summary, clients.throttles.take(), metrics)
    if summary.errors:
        scope, error = summary.errors[0]
        raise PollError(
            f"{len(summary.errors)} of the scopes could not be stored, the first of watch "
            f"{scope.watch}: {type(error).__name__}: {clean(str(error))}"
        )
    return {**{name: summary.counts[name] for name in COUNTS}, "Unread": summary.unread}


def _due(plan: Plan, event: dict[str, Any]) -> list[Watch]:
    names = event.get("watches") if isinstance(event, dict) else None
    if names is None:
        return list(plan.watches.values())
    unknown = sorted(set(map(str, names)) - set(plan.watches))
    if unknown:
        raise PollError(
            f"watches: found {', '.join(unknown)}, expected names out of {', '.join(plan.watches)}"
        )
    return [plan.watches[name] for name in dict.fromkeys(names)]


def _tell(summary: Summary, logger: Logger) -> None:
    for place in summary.unread:
        logger.warning("A scope could not be read", extra={"scope": place})
    for scope, error in summary.errors:
        logger.error("A scope could not be stored", exc_info=error, extra={"watch": scope.watch})
    logger.info("Polled", extra={"counts": dict(summary.counts), "ages": summary.ages})


def _measure(plan: Plan, summary: Summary, throttles: int, metrics: Metrics) -> None:
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
    for every, age in _ages(plan, summary):
        with single_metric("AgeOfLastRead", MetricUnit.Seconds, age) as metric:
            metric.add_dimension("every", str(every))


def _ages(plan: Plan, summary: Summary) -> Iterator[tuple[int, float]]:
    """Give the worst age of each cadence that was polled as a whole."""
    done = summary.ages.keys() - {scope.watch for scope, _ in summary.errors}
    for every in sorted({watch.every for watch in plan.watches.values()}):
        names = {name for name, watch in plan.watches.items() if watch.every == every}
        if names <= done:
            yield every, max(summary.ages[name] for name in names)


@cache
def _parts() -> tuple[Plan, Table, Clients, Logger, Metrics]:
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
    plan = read_plan(PLAN)
    name = setting("AWS_LAMBDA_FUNCTION_NAME")
    clients = Clients(session, name=name, budgets=Budgets(plan.budgets))
    return plan, table, clients, Logger(), Metrics()
