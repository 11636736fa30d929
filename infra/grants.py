"""Who may do what: all that the functions' roles allow, but for writing their own logs.

tick may queue; poll may read jobs and store, and queue what is in accounts of an organization;
publish may put events; alert may send alerts; board may read what is stored; wait and answer may
look that up, keep waits and tell who waits how the job ended. None of them may do another's work,
and nobody else may, either: what they write to refuses everybody but those roles, whatever else
may be allowed in the account. Who may change these policies decides.
"""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from infra.alerting import Alerting
from infra.boarding import Boarding
from infra.bundle import TOLD
from infra.config.plan import Compiled
from infra.config.policies import cut
from infra.feeding import TO_READ_A_QUEUE
from infra.function import Function
from infra.heartbeat import Heartbeat
from infra.keys import any_key, to_use
from infra.lanes import Lanes
from infra.messaging import Messaging
from infra.nag import suppress_any_key, suppress_tasks, suppress_wildcards
from infra.polling import Polling
from infra.publishing import Publishing
from infra.recipients import Recipients
from infra.storage import Standing, Storage
from infra.stream import TO_READ_A_STREAM
from infra.ticking import Ticking
from infra.waiting import Waiting

TO_STORE = (
    *("dynamodb:BatchGetItem", "dynamodb:GetItem"),
    *("dynamodb:PutItem", "dynamodb:DeleteItem"),
)
TO_WRITE = (
    *("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
    *("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"),
)
"""All that changes items; a transaction takes one of these for each."""
TO_READ = (
    *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"),
    *("dynamodb:PartiQLSelect", "dynamodb:ConditionCheckItem"),
    *("dynamodb:ExportTableToPointInTime", "dynamodb:EnableKinesisStreamingDestination"),
)
"""All that reads items, and what they hold with them. A condition of a transaction that does not
hold gives the item, and a stream of Kinesis gets each that changes."""
TO_TELL = ("states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat")
EXECUTIONS = "arn:{partition}:lambda:{region}:{account}:function:*/durable-execution/*"
"""The executions of all durable functions."""
TO_CALL_BACK = tuple(f"lambda:{operation}" for operation in TOLD)
TO_SEND = ("sqs:SendMessage",)
TO_TAKE = (
    *("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"),
    *("sqs:DeleteMessage", "sqs:PurgeQueue"),
)
"""All that keeps a message from who is to read it; Lambda reads with its function's role."""
TO_PUT = ("events:PutEvents",)
TO_PUBLISH = ("sns:Publish",)


def let_tick(ticking: Ticking, lanes: Lanes) -> None:
    """Let the tick function queue lanes and, where it has such a queue, its later ticks."""
    later = [ticking.later.queue_arn] if ticking.later else []
    ticking.tick.allow("QueueLanes", TO_SEND, [lanes.queue.queue_arn, *later])
    if ticking.later:
        ticking.tick.allow("TakeLaterTicks", TO_READ_A_QUEUE, later)
        _only_it_may([*TO_SEND, *TO_TAKE], ticking.tick, ticking.later)


def let_queue(ticking: Ticking, polling: Polling, lanes: Lanes, compiled: Compiled) -> None:
    """Let nobody else give turns, but poll those of accounts that tick knows nothing of."""
    poll, queue = polling.poll, lanes.queue
    others = [poll.role] if compiled.plan.units else []
    if others:
        poll.allow("SpreadTurns", TO_SEND, [queue.queue_arn])
    queue.add_to_resource_policy(_only(ticking.tick, TO_SEND, queue.queue_arn, *others))


def let_poll(
    polling: Polling, lanes: Lanes, storage: Storage, heartbeat: Heartbeat, compiled: Compiled
) -> None:
    """Let the poll function read lanes and jobs, and remember; the heartbeat has its own item."""
    poll, table = polling.poll, storage.table.table_arn
    poll.allow("TakeLanes", TO_READ_A_QUEUE, [lanes.queue.queue_arn])
    _only_it_may(TO_TAKE, poll, lanes.queue)
    poll.allow("PutAside", TO_SEND, [lanes.lost.queue.queue_arn])
    _only_it_may(TO_SEND, poll, lanes.lost.queue)
    poll.allow("Remember", TO_STORE, [table])
    # The table's own ARN would be a circle.
    storage.table.add_to_resource_policy(_only(poll, TO_WRITE, "*", heartbeat.role))
    poll.allow("FindUnfinished", ["dynamodb:Query"], [table, storage.index_arn])
    policies = cut(compiled.statements(), compiled.kept)
    poll.allow_all(policies)
    suppress_wildcards(poll.role, (each for policy in policies for each in policy))


def let_publish(publishing: Publishing, storage: Storage, messaging: Messaging) -> None:
    """Let the publish function read the stream, put events, and put aside what it cannot.

    Who else may put on a bus of the user's own is for that bus to say.
    """
    publish = publishing.sender
    publish.allow("ReadStream", TO_READ_A_STREAM, [str(storage.table.table_stream_arn)])
    publish.allow("PutEvents", TO_PUT, [messaging.bus.event_bus_arn])
    _only_it_puts(publish, messaging.bus_arn, messaging.bus_policy)
    publish.allow("PutAside", TO_SEND, [publishing.dead_letters.queue.queue_arn])
    _only_it_may(TO_SEND, publish, publishing.dead_letters.queue)


def let_alert(
    alerting: Alerting, storage: Storage, messaging: Messaging, recipients: Recipients | None
) -> None:
    """Let the alert function read the stream, send alerts, and put aside what it cannot.

    Where there is a bus of alerts, it may put there and nobody else may. A topic of the user's own
    keeps its policy, and may have a key, which can't be known from here.
    """
    alert = alerting.sender
    alert.allow("ReadStream", TO_READ_A_STREAM, [str(storage.table.table_stream_arn)])
    alert.allow("SendAlerts", TO_PUBLISH, [messaging.topic.topic_arn])
    if messaging.takes_topic:
        for statement in to_use(any_key(alert), ["sns"], ["sns"], of="Topics"):
            alert.role.add_to_policy(statement)
        suppress_any_key(alert.role)
    else:
        messaging.topic.add_to_resource_policy(_only(alert, TO_PUBLISH, messaging.topic.topic_arn))
    if recipients:
        alert.allow("PutAlerts", TO_PUT, [recipients.bus.event_bus_arn])
        _only_it_puts(alert, recipients.bus_arn, recipients.bus_policy)
    alert.allow("PutAside", TO_SEND, [alerting.dead_letters.queue.queue_arn])
    _only_it_may(TO_SEND, alert, alerting.dead_letters.queue)


def let_remember(alerting: Alerting, standing: Standing) -> None:
    """Let the alert function, and nobody else, remember what is open and what is muted."""
    alert, table = alerting.sender, standing.table.table_arn
    actions = ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]
    alert.allow("RememberAlerts", actions, [table])
    alert.allow("FindMuted", ["dynamodb:Query"], [table, standing.index_arn])
    # The table's own ARN would be a circle.
    standing.table.add_to_resource_policy(_only(alert, TO_WRITE, "*"))


def let_board(boarding: Boarding, storage: Storage) -> None:
    """Let the board function read jobs, and nothing but those: whoever looks has no more of it."""
    table = storage.table.table_arn
    boarding.board.allow("ShowJobs", ["dynamodb:BatchGetItem"], [table])
    boarding.board.allow("ListJobs", ["dynamodb:Query"], [storage.recent_arn])


def let_wait(waiting: Waiting, storage: Storage) -> None:
    """Let wait and answer look up jobs, keep waits and tell their tasks; nobody else reads a token.

    Of a task it is the token that says whose it is: IAM knows no resource for telling it. A
    callback is an execution's of any durable function here.
    """
    waits, table = waiting.waits.table, storage.table.table_arn
    keep = ["dynamodb:PutItem", "dynamodb:DeleteItem"]
    waiting.wait.allow("KeepWaits", keep, [waits.table_arn])
    look = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]
    executions = EXECUTIONS.format(
        partition=cdk.Aws.PARTITION, region=cdk.Aws.REGION, account=cdk.Aws.ACCOUNT_ID
    )
    waiting.answer.allow("KeepWaits", [*keep, *look], [waits.table_arn])
    for function in (waiting.wait, waiting.answer):
        function.allow("LookUpJobs", ["dynamodb:BatchGetItem"], [table])
        function.allow("TellTasks", TO_TELL, ["*"])
        function.allow("CallBack", TO_CALL_BACK, [executions])
        suppress_tasks(function.role, EXECUTIONS)
    # The table's own ARN would be a circle.
    waits.add_to_resource_policy(
        _only(waiting.wait, [*TO_WRITE, *TO_READ], "*", waiting.answer.role)
    )


def _only_it_may(actions: Iterable[str], function: Function, queue: sqs.Queue) -> None:
    queue.add_to_resource_policy(_only(function, actions, queue.queue_arn))


def _only_it_puts(function: Function, bus: str, policy: iam.PolicyDocument | None) -> None:
    """Refuse to put on a bus to everybody else, where its policy is the stack's."""
    if policy:
        # A rule of another bus needs no role to deliver here: EventBridge would put as itself.
        policy.add_statements(_only(function, TO_PUT, bus, services_too=True))


def _only(
    function: Function,
    actions: Iterable[str],
    resource: str,
    *others: iam.IRole,
    services_too: bool = False,
) -> iam.PolicyStatement:
    """Refuse actions on a resource to everybody but a function's role, and others if any.

    Unless they are refused, too, services of AWS are let through that act for nobody: SQS moves
    dead letters, DynamoDB deletes what has expired.
    """
    roles = {"aws:PrincipalArn": [each.role_arn for each in (function.role, *others)]}
    by_nobody = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    return iam.PolicyStatement(
        sid=f"Only{function.node.id}",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=[*actions],
        resources=[resource],
        conditions={"ArnNotEquals": roles, **({} if services_too else by_nobody)},
    )
