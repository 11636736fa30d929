"""Who may do what: all that the functions' roles allow, but for writing their own logs.

tick may queue; poll may read jobs and store; publish may put events; alert may send alerts. None of
them may do another's work.
"""

from collections.abc import Iterable

import aws_cdk as cdk

from infra.alerting import Alerting
from infra.config.permissions import Permission
from infra.feeding import TO_READ_A_QUEUE
from infra.function import Function
from infra.lanes import Lanes
from infra.messaging import Messaging
from infra.nag import TOO_MANY_ACCOUNTS, suppress_wildcards
from infra.polling import Polling
from infra.publishing import Publishing
from infra.storage import Storage
from infra.stream import TO_READ_A_STREAM
from infra.ticking import Ticking

TO_STORE = (
    *("dynamodb:BatchGetItem", "dynamodb:GetItem"),
    *("dynamodb:PutItem", "dynamodb:DeleteItem"),
)
OF_OUR_ORGANIZATION = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}


def let_tick(ticking: Ticking, lanes: Lanes) -> None:
    """Let the tick function queue lanes and, where it has such a queue, its later ticks."""
    later = [ticking.later.queue_arn] if ticking.later else []
    ticking.tick.allow(["sqs:SendMessage"], [lanes.queue.queue_arn, *later])
    if later:
        ticking.tick.allow(TO_READ_A_QUEUE, later)


def let_poll(
    polling: Polling,
    lanes: Lanes,
    storage: Storage,
    permissions: Iterable[Permission],
    roles: Iterable[str],
) -> None:
    """Let the poll function read lanes and jobs, and remember; `roles` are ARN templates."""
    poll, table = polling.poll, storage.table.table_arn
    poll.allow(TO_READ_A_QUEUE, [lanes.queue.queue_arn])
    poll.allow(["sqs:SendMessage"], [lanes.lost.queue.queue_arn])
    poll.allow(TO_STORE, [table])
    poll.allow(["dynamodb:Query"], [table, storage.index_arn])
    for permission in permissions:
        poll.allow(permission.actions, map(_arn, permission.resources))
        suppress_wildcards(poll.role, permission.resources)
    _let_assume(poll, tuple(roles))


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


def _let_assume(poll: Function, roles: tuple[str, ...]) -> None:
    """Let the poll function assume roles; any account's only if it is of our organization."""
    anywhere = tuple(role for role in roles if "*" in role)
    named = [role for role in roles if role not in anywhere]
    if named:
        poll.allow(["sts:AssumeRole"], map(_arn, named))
    if anywhere:
        poll.allow(["sts:AssumeRole"], map(_arn, anywhere), OF_OUR_ORGANIZATION)
        suppress_wildcards(poll.role, anywhere, TOO_MANY_ACCOUNTS)


def _arn(template: str) -> str:
    return template.format(
        partition=cdk.Aws.PARTITION, region=cdk.Aws.REGION, account=cdk.Aws.ACCOUNT_ID
    )
