"""Who may do what: all that the functions' roles allow, but for writing their own logs.

tick may queue; poll may read jobs and store; publish may put events; alert may send alerts. None of
them may do another's work.
"""

from infra.alerting import Alerting
from infra.config.plan import Compiled
from infra.config.policies import ELSE, cut
from infra.feeding import TO_READ_A_QUEUE
from infra.lanes import Lanes
from infra.messaging import Messaging
from infra.nag import suppress_wildcards
from infra.polling import Polling
from infra.publishing import Publishing
from infra.storage import Storage
from infra.stream import TO_READ_A_STREAM
from infra.ticking import Ticking

TO_STORE = (
    *("dynamodb:BatchGetItem", "dynamodb:GetItem"),
    *("dynamodb:PutItem", "dynamodb:DeleteItem"),
)


def let_tick(ticking: Ticking, lanes: Lanes) -> None:
    """Let the tick function queue lanes and, where it has such a queue, its later ticks."""
    later = [ticking.later.queue_arn] if ticking.later else []
    ticking.tick.allow(["sqs:SendMessage"], [lanes.queue.queue_arn, *later])
    if later:
        ticking.tick.allow(TO_READ_A_QUEUE, later)


def let_poll(polling: Polling, lanes: Lanes, storage: Storage, compiled: Compiled) -> None:
    """Let the poll function read lanes and jobs, and remember."""
    poll, table = polling.poll, storage.table.table_arn
    poll.allow(TO_READ_A_QUEUE, [lanes.queue.queue_arn])
    poll.allow(["sqs:SendMessage"], [lanes.lost.queue.queue_arn])
    poll.allow(TO_STORE, [table])
    poll.allow(["dynamodb:Query"], [table, storage.index_arn])
    policies = cut(compiled.statements(), ELSE)
    poll.allow_all(policies)
    suppress_wildcards(poll.role, (each for policy in policies for each in policy))


def let_publish(publishing: Publishing, storage: Storage, messaging: Messaging) -> None:
    """Let the publish function read the stream, put events, and put aside what it cannot."""
    publish = publishing.sender
    publish.allow(TO_READ_A_STREAM, [str(storage.table.table_stream_arn)])
    publish.allow(["events:PutEvents"], [messaging.bus.event_bus_arn])
    publish.allow(["sqs:SendMessage"], [publishing.dead_letters.queue.queue_arn])


def let_alert(alerting: Alerting, storage: Storage, messaging: Messaging) -> None:
    """Let the alert function read the stream, send alerts, and put aside what it cannot."""
    alert = alerting.sender
    alert.allow(TO_READ_A_STREAM, [str(storage.table.table_stream_arn)])
    alert.allow(["sns:Publish"], [messaging.topic.topic_arn])
    alert.allow(["sqs:SendMessage"], [alerting.dead_letters.queue.queue_arn])
