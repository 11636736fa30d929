"""The function that tells: publishes what the table's stream carries.

Environment: `EVENT_BUS_NAME`, `ALERT_TOPIC_ARN`.

The event is a batch of DynamoDB stream records. The answer names the first record that could not
be published, and the stream comes back with it and all behind it::

    {"batchItemFailures": [{"itemIdentifier": "49590338271490256608559692538361571095"}]}

Metric, in the namespace `Jobwatch` and by `service`, the stack: `PublishLag`, for each change how
many seconds after it was observed it was published. How many were published is its sample count.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from lambdas.apis.jobs import read_time
from lambdas.plan import read_plan
from lambdas.publish.publisher import News, Publisher, read_news
from lambdas.settings import setting

PLAN = Path(__file__).parents[2] / "plan.json"


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Publish a batch of stream records."""
    publisher, metrics = _parts()
    news = [n for n in map(read_news, event["Records"]) if n is not None]
    failed = publisher.publish(news)
    _measure(takewhile(lambda n: n.sequence != failed, news), metrics)
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}


def _measure(published: Iterable[News], metrics: Metrics) -> None:
    now = datetime.now(UTC)
    for news in published:
        observed_at = read_time(news.detail["observed_at"])
        if observed_at is not None:
            lag = max((now - observed_at).total_seconds(), 0)
            metrics.add_metric("PublishLag", MetricUnit.Seconds, lag)
    if metrics.metric_set:
        metrics.flush_metrics()


@cache
def _parts() -> tuple[Publisher, Metrics]:
    session = botocore.session.Session()
    config = Config(
        connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 5}
    )
    plan = read_plan(PLAN)
    publisher = Publisher(
        events=session.create_client("events", config=config),
        sns=session.create_client("sns", config=config),
        bus=setting("EVENT_BUS_NAME"),
        topic=setting("ALERT_TOPIC_ARN"),
        alerts_on=plan.alerts_on,
        labels={name: source.label for name, source in plan.sources.items()},
        logger=Logger(),
    )
    return publisher, Metrics()
