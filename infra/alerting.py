"""The function that alerts: it reads the table's stream and sends to the topic."""

from collections.abc import Iterable, Iterator
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import timeouts
from infra.alarms import PERIOD, add_alarm
from infra.outlet import Outlet
from lambdas.alert.terms import GOOD_NEWS
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    RUN_ARRIVED,
    RUN_MISSING,
    SUCCEEDED,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)

WINDOW = 30
"""Seconds for which alerts wait for others that fit into the same message: a storm is at most 120
messages an hour of what is open, of each watch, account, region and status."""
MOST = 10_000
"""Changes at once, the most that Lambda takes; it hands over six megabytes of them at most."""
ALWAYS = (
    *(JOB_STALLED, JOB_OVERRUNNING, WATCH_UNREACHABLE, WATCH_RECOVERED),
    *(RUN_MISSING, RUN_ARRIVED),
)
"""The detail types that are alerts whatever the status is, or end what one told of."""


class Alerting(Outlet):
    """The alert function and what connects it with the table's stream."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        table: dynamodb.ITable,
        topic: sns.ITopic,
        bus: events.IEventBus | None,
        standing: dynamodb.ITable,
        statuses: Iterable[str],
    ) -> None:
        """`statuses` are those that ask for an alert, from each `alerts.on` in `watches.yaml`.

        `bus` is that of alerts, where recipients are behind it; in `standing` it is remembered what
        is open.
        """
        super().__init__(
            scope,
            construct_id,
            name="Alert",
            description="Sends alerts of what changed.",
            code=code,
            timeout=timeouts.ALERT,
            environment={
                "ALERT_TOPIC_ARN": topic.topic_arn,
                "ALERTS_TABLE_NAME": standing.table_name,
                **({"ALERT_BUS_NAME": bus.event_bus_name} if bus else {}),
            },
            table=table,
            patterns=_patterns(tuple(statuses)),
            batch=MOST,
            window=WINDOW,
            waits="for their alert to be sent",
            letters="Unsent",
            holds="changes of which no alert could be sent",
        )
        add_alarm(
            self,
            "Undelivered",
            topic.metric_number_of_notifications_failed(period=PERIOD),
            above=0,
            entry="undelivered",
            says="an alert did not reach somebody who is subscribed to it.",
        )


def _patterns(statuses: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Give what wakes the function: an item that fits one is perhaps an alert, or ends one."""
    yield {"NewImage": {"announce": {"S": [*ALWAYS]}}}
    yield {"NewImage": {"resolves": {"S": [{"exists": True}]}}}
    if statuses:  # an empty list of values is no valid pattern
        ending = () if GOOD_NEWS.issuperset(statuses) else (SUCCEEDED,)
        announced = {"announce": {"S": [{"exists": True}]}}
        yield {"NewImage": {**announced, "status": {"S": sorted({*statuses, *ending})}}}
