"""The stack: composes the constructs, grants what they need, and prints where users listen."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import send_alarms
from infra.config.plan import Compiled
from infra.function import Function
from infra.messaging import Messaging
from infra.nag import TOO_MANY_ACCOUNTS, excuse_types, excuse_wildcards
from infra.polling import Polling
from infra.publishing import Publishing
from infra.storage import Storage

TO_REMEMBER = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem")
TO_READ_A_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
OF_OUR_ORGANIZATION = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
TO_READ_A_STREAM = (
    *("dynamodb:DescribeStream", "dynamodb:GetRecords"),
    *("dynamodb:GetShardIterator", "dynamodb:ListStreams"),
)


class JobwatchStack(cdk.Stack):
    """Watches jobs and announces every change of them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, compiled: Compiled, bundle: Path
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Jobwatch: watches AWS jobs and announces their changes.",
        )
        code = lambda_.Code.from_asset(str(bundle))
        self.storage = Storage(self, "Storage")
        self.messaging = Messaging(self, "Messaging", emails=compiled.emails)
        table, bus, topic = self.storage.table, self.messaging.bus, self.messaging.topic
        self.polling = Polling(self, "Polling", code=code, table=table, cadences=compiled.cadences)
        self.publishing = Publishing(
            self, "Publishing", code=code, table=table, bus=bus, topic=topic
        )
        self._grant(compiled)
        self._print()
        send_alarms(self, self.messaging.alarms)
        excuse_types(self)

    def _grant(self, compiled: Compiled) -> None:
        poll, publish, table = self.polling.poll, self.publishing.publish, self.storage.table
        poll.allow(TO_REMEMBER, [table.table_arn])
        poll.allow(["dynamodb:Query"], [table.table_arn, self.storage.index_arn])
        queues = self.polling.queues
        poll.allow(["sqs:SendMessage"], [*queues.arns, queues.lost.queue.queue_arn])
        poll.allow(TO_READ_A_QUEUE, queues.arns)
        for permission in compiled.permissions:
            poll.allow(permission.actions, map(_arn, permission.resources))
            excuse_wildcards(poll.role, permission.resources)
        self._let_assume(poll, compiled.roles)
        publish.allow(TO_READ_A_STREAM, [str(table.table_stream_arn)])
        publish.allow(["events:PutEvents"], [self.messaging.bus.event_bus_arn])
        publish.allow(["sns:Publish"], [self.messaging.topic.topic_arn])
        publish.allow(["sqs:SendMessage"], [self.publishing.unpublished.queue.queue_arn])

    def _let_assume(self, poll: Function, roles: tuple[str, ...]) -> None:
        """Let the poll function take roles; any account's only if it is of our organization."""
        anywhere = tuple(role for role in roles if "*" in role)
        named = [role for role in roles if role not in anywhere]
        if named:
            poll.allow(["sts:AssumeRole"], map(_arn, named))
        if anywhere:
            poll.allow(["sts:AssumeRole"], map(_arn, anywhere), OF_OUR_ORGANIZATION)
            excuse_wildcards(poll.role, anywhere, TOO_MANY_ACCOUNTS)

    def _print(self) -> None:
        outputs = {
            "EventBusName": (self.messaging.bus.event_bus_name, "The bus that carries every event"),
            "AlertTopicArn": (self.messaging.topic.topic_arn, "The topic to subscribe to"),
            "TableName": (self.storage.table.table_name, "What was last seen"),
            "PollFunctionName": (
                self.polling.poll.function.function_name,
                "Invoke it with {} to poll every watch now",
            ),
            "PublishFunctionName": (
                self.publishing.publish.function.function_name,
                "Publishes what changed",
            ),
            "AlarmTopicArn": (
                self.messaging.alarms.topic_arn,
                "The topic that tells when Jobwatch itself is in trouble",
            ),
            "UnpublishedQueueUrl": (
                self.publishing.unpublished.queue.queue_url,
                "Holds what could not be published: make replay",
            ),
        }
        for name, (value, description) in outputs.items():
            cdk.CfnOutput(self, name, value=value, description=description)


def _arn(template: str) -> str:
    return template.format(
        partition=cdk.Aws.PARTITION, region=cdk.Aws.REGION, account=cdk.Aws.ACCOUNT_ID
    )
