"""What the handlers that read the stream share: their time, their clients and their answers."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from lambdas.outbox.dead_letters import Letter
from lambdas.outbox.delivery import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS
from lambdas.outbox.records import OutboxRecord
from lambdas.times import read_time

CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
)
LAST_SECONDS = 3
"""Seconds of an invocation that are left for its answer."""


class StillRefusedError(Exception):
    """What was put aside before is refused once more."""


def end_of(context: Any, timer: Callable[[], float] = time.monotonic) -> float:
    """Give when the last call of an invocation must be over, as the timer says."""
    left: float = context.get_remaining_time_in_millis() / 1000
    return timer() + left - LAST_SECONDS


def keep(letter: Letter) -> None:
    """Put nothing aside: what is never taken counts as not sent."""
    raise StillRefusedError(letter.reason)


def note_lag(metrics: Metrics, name: str, record: OutboxRecord) -> None:
    """Measure how many seconds ago a change was observed."""
    observed_at = read_time(record.detail["observed_at"])
    if observed_at is not None:
        lag = max((datetime.now(UTC) - observed_at).total_seconds(), 0)
        metrics.add_metric(name, MetricUnit.Seconds, lag)


def handle(
    event: Mapping[str, Any],
    context: Any,
    send: Callable[[Sequence[Mapping[str, Any]], float], str | None],
    metrics: Metrics,
) -> dict[str, Any]:
    """Send a batch of records; answer as the event source mapping expects it.

    `send` takes the records and until when it has time; it gives the sequence number of the first
    that was not sent, or None.
    """
    try:
        failed = send(event["Records"], end_of(context))
        return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}
    finally:
        if metrics.metric_set:
            metrics.flush_metrics()
