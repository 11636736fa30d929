"""The function that publishes: it puts on the event bus what the table's stream carries.

Environment: `EVENT_BUS_NAME`; `TABLE_ARN`, of whose stream a record must be;
`DEAD_LETTERS_QUEUE_URL`, where it puts what the bus never takes.

The event is a batch of DynamoDB stream records. The answer names the first record that could not
be published for now, and the stream comes back with it and all behind it::

    {"batchItemFailures": [{"itemIdentifier": "49590338271490256608559692538361571095"}]}

With `"keep_refused": true` in the event, as a replay has it for what was put aside before, it
names what the bus never takes as well, instead of putting it aside once more.

Metric, in the namespace `Jobwatch` and by `service`, the stack: `PublishLag`, for each change how
many seconds after it was observed it was published. How many were published is its sample count.
"""

from dataclasses import replace
from functools import cache, partial
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger, Metrics

from lambdas.legible import write_line
from lambdas.outbox.dead_letters import put_in
from lambdas.outbox.handling import CONFIG, handle, keep, note_lag
from lambdas.publish.publisher import Publisher
from lambdas.settings import setting


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Publish a batch of stream records."""
    publisher, metrics = _parts()
    if event.get("keep_refused"):
        publisher = replace(publisher, put_aside=keep)
    return handle(event, context, publisher.publish, metrics)


@cache
def _parts() -> tuple[Publisher, Metrics]:
    session, metrics = botocore.session.Session(), Metrics()
    publisher = Publisher(
        events=session.create_client("events", config=CONFIG),
        bus=setting("EVENT_BUS_NAME"),
        table=setting("TABLE_ARN"),
        put_aside=put_in(
            session.create_client("sqs", config=CONFIG), setting("DEAD_LETTERS_QUEUE_URL")
        ),
        logger=Logger(json_serializer=write_line),
        on_sent=partial(note_lag, metrics, "PublishLag"),
    )
    return publisher, metrics
