"""The function that polls: it receives a lane's turn from the queue, and stores what changed.

Environment: `TABLE_NAME`, `DEAD_LETTERS_QUEUE_URL`; `LANES_QUEUE_URL` where organizations are
watched, whose lanes it gives their turns; and of Lambda's own `AWS_LAMBDA_FUNCTION_NAME`,
which is what the CloudTrail of other accounts calls the sessions that read there.

The event is one message of the queue of lanes (`lambdas.messages` has its shape)::

    {"Records": [{"body": "{…}", "attributes": {"ApproximateReceiveCount": "1",
                                                "MessageGroupId": "sesv2:111122223333:eu-west-1"}}]}

The answer counts what was done and names the scopes that could not be read::

    {"Scopes": 3, "Jobs": 120, "Changes": 2, "ListCalls": 3, "GetCalls": 1, "FailedGets": 0,
     "Dropped": 0, "Unread": []}

Of very many scopes that could not be read, the first hundred are named, and the log counts the
others. Where gets failed, the log names the scope and the error; `AgeOfLastRead` counts from the
first. Where a turn was dropped, it names the lane. `Dropped` also counts messages that name nothing
watched, or that have not the shape or the times of a turn: of those, the log has the length. An
error would bring them back, and hold their lane up meanwhile.

A turn of which something could not be stored is put into the dead letters, for an alarm: an
error would hide the message, and with it its lane, for minutes. Whatever was not stored is found
again by the lane's next turn.

Metrics, in the namespace `Jobwatch` and by `service`, the stack: `Jobs`, `Changes`, `Calls`,
`Throttles` and `Dropped`; and by `every`, a cadence in seconds, `AgeOfLastRead`: how many seconds
ago the scopes of its watches were last read completely, at worst. Of a watch of which something
could not be stored, 0 is not said.
"""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from lambdas.apis.budgets import Budgets
from lambdas.apis.clients import Clients
from lambdas.apis.responses import validate_response
from lambdas.lanes import enqueue
from lambdas.legible import write_line
from lambdas.messages import SPREAD, Turn, is_forgotten, write_turn
from lambdas.plan import Plan, read_plan
from lambdas.poll.membership import Membership
from lambdas.poll.poller import Poller
from lambdas.poll.summary import MOST_NAMED, Summary
from lambdas.queues import send
from lambdas.settings import plan_file, setting
from lambdas.store.table import CONFIG, WRITERS, Table
from lambdas.text import clean, one_line
from lambdas.unquoted import unquoted

PLAN = Path(__file__).parents[2] / "plan.json"
LONGEST_GROUP = 128
"""Of a message group, as SQS has it."""
COUNTS = ("Scopes", "Jobs", "Changes", "ListCalls", "GetCalls", "FailedGets", "Dropped")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the function needs, made once."""

    membership: Membership
    table: Table
    clients: Clients
    sqs: Any
    logger: Logger
    metrics: Metrics


@unquoted
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Poll the lanes whose turns the event brings."""
    parts = _parts()
    summary = Summary()
    for record in event.get("Records", ()):
        summary.add(_poll(parts, record, context))
    _measure(parts.membership.plan, summary, parts.clients.throttles.take(), parts.metrics)
    parts.logger.info("Polled", extra={"counts": dict(summary.counts), "ages": summary.ages})
    return {**{name: summary.counts[name] for name in COUNTS}, "Unread": summary.unread}


def _poll(parts: _Parts, record: dict[str, Any], context: Any) -> Summary:
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    own = (account, region)
    turn = _turn(parts, record, own)
    if turn is None:
        return _dropped()
    if is_forgotten(turn, parts.membership.plan, datetime.now(UTC)):
        _tell_late(turn, parts.logger)
        return _dropped()
    ends = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    if turn.service == SPREAD:
        return _spread(parts, turn, own, ends)
    poller = Poller(
        parts.membership.known(),
        parts.table,
        parts.clients,
        clock=partial(datetime.now, UTC),
        timer=time.monotonic,
        own=own,
    )
    receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    summary = poller.poll(turn, ends, again=receives > 1)
    if summary.counts["Dropped"]:
        _tell_late(turn, parts.logger)
    _log(summary, parts.logger)
    if summary.errors:
        send(
            parts.sqs.send_message,
            QueueUrl=setting("DEAD_LETTERS_QUEUE_URL"),
            MessageBody=write_turn(turn),
            MessageGroupId=turn.group,
            MessageDeduplicationId=context.aws_request_id,
        )
    return summary


def _spread(parts: _Parts, turn: Turn, own: tuple[str, str], ends: float) -> Summary:
    """Give their turns to the lanes in the accounts of organizations."""

    def warn(said: str, where: Mapping[str, object]) -> None:
        parts.logger.warning(said, extra={"organization": where})

    give = partial(enqueue, parts.sqs, setting("LANES_QUEUE_URL"))
    now = datetime.now(UTC)
    summary = parts.membership.spread(turn, own, ends, now, give=give, warn=warn)
    if summary.counts["Dropped"]:
        _tell_late(turn, parts.logger)
    return summary


def _dropped() -> Summary:
    summary = Summary()
    summary.counts.update(Dropped=1)
    return summary


def _tell_late(turn: Turn, logger: Logger) -> None:
    names = (turn.service, turn.account, turn.region)
    service, account, region = (one_line(name, LONGEST_GROUP) for name in names)
    lane = {"service": service, "account": account, "region": region}
    logger.warning("A lane's turn came too late and was dropped", extra={"lane": lane})


def _turn(parts: _Parts, record: dict[str, Any], own: tuple[str, str]) -> Turn | None:
    """Read the turn that a message gives; None, with a line in the log, where it gives none.

    One in another lane's group is none either: the lane could be worked on twice at a time.
    """
    turn = parts.membership.read(record["body"], own, datetime.now(UTC))
    group = str(record.get("attributes", {}).get("MessageGroupId", turn.group if turn else ""))
    if turn is not None and group == turn.group:
        return turn
    found = {"group": one_line(group, LONGEST_GROUP), "characters": len(record["body"])}
    said = "A message names nothing that is watched: it is dropped"
    parts.logger.warning(said, extra={"message_found": found})
    return None


def _damaged(logger: Logger, key: str) -> None:
    said = "An item of the table can't be read: what it is of counts as unknown"
    logger.error(said, extra={"item": one_line(key)})


def _log(summary: Summary, logger: Logger) -> None:
    for place in summary.unread:
        logger.warning("A scope could not be read", extra={"scope": place})
    for place in summary.failed_gets:
        logger.warning("Single jobs of a scope could not be read", extra={"scope": place})
    if summary.counts["Unnamed"]:
        said = "More scopes could not be read than are named"
        logger.warning(said, extra={"more": summary.counts["Unnamed"]})
    for scope, error in summary.errors[:MOST_NAMED]:
        # Without its traceback: an error of AWS's may quote the request and its session token.
        said = clean(f"{type(error).__name__}: {error}")
        where = {"watch": scope.watch, "source": scope.source, "error": said}
        logger.error("A scope could not be stored", extra=where)


def _measure(plan: Plan, summary: Summary, throttles: int, metrics: Metrics) -> None:
    counts = summary.counts
    measured = {
        "Jobs": counts["Jobs"],
        "Changes": counts["Changes"],
        "Calls": counts["ListCalls"] + counts["GetCalls"],
        "Throttles": throttles,
        "Dropped": counts["Dropped"],
    }
    for name, count in measured.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.flush_metrics()
    for every, age in _ages(plan, summary):
        with single_metric("AgeOfLastRead", MetricUnit.Seconds, age) as metric:
            metric.add_dimension("every", str(every))


def _ages(plan: Plan, summary: Summary) -> Iterator[tuple[int, float]]:
    """Give the worst age of each cadence.

    Watches of which something was not stored may be older than they look: by those that look as if
    they were read just now, nothing is told.
    """
    broken = {scope.watch for scope, _ in summary.errors}
    ages: dict[int, float] = {}
    for name, age in summary.ages.items():
        every = plan.watches[name].every
        if age or name not in broken:
            ages[every] = max(age, ages.get(every, 0.0))
    yield from ages.items()


@cache
def _parts() -> _Parts:
    session = botocore.session.Session()
    dynamodb = session.create_client("dynamodb", config=CONFIG)
    dynamodb.meta.events.register("before-parse", validate_response)
    pool = ThreadPoolExecutor(WRITERS)
    plan = read_plan(plan_file(PLAN))
    name = setting("AWS_LAMBDA_FUNCTION_NAME")
    logger = Logger(json_serializer=write_line)
    table = Table(dynamodb, setting("TABLE_NAME"), pool, on_damaged=partial(_damaged, logger))
    clients = Clients(
        session, name=name, budgets=Budgets(plan.budgets), policies=plan.session_policies
    )
    return _Parts(
        membership=Membership(plan, table, clients, time.monotonic),
        table=table,
        clients=clients,
        sqs=session.create_client("sqs", config=CONFIG),
        logger=logger,
        metrics=Metrics(),
    )
