"""Where users listen: the bus that carries every event, and the topics of alerts and alarms.

The alarms' topic is another one: what the alerts' topic carries has one shape, which CloudWatch
does not know, and CloudWatch can't publish to a topic under AWS's own key.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.buses import add_bus, find_bus
from infra.config.own import Own
from infra.config.watches import Recipient
from infra.nag import suppress_alarm_topic
from infra.sharing import let_keep_rules, who_may_listen
from infra.subscriptions import filters


class Messaging(Construct):
    """One event bus and two topics, with the email subscriptions of `watches.yaml`.

    `emails` are told of every alert and alarm, `recipients` of the alerts that are to them. `own`
    may name a bus and a topic of the user's own, which are then in the place of the stack's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        emails: Sequence[str],
        recipients: Mapping[str, Recipient],
        own: Own,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bus, self.bus_arn, self.bus_policy = (
            find_bus(self, own.bus) if own.bus else add_bus(self, "Every event of Jobwatch.")
        )
        if self.bus_policy and own.organization:
            self.bus_policy.add_statements(let_keep_rules(self.bus_arn, own.organization))
        self.takes_topic = own.topic is not None
        self.topic = (
            sns.Topic.from_topic_arn(self, "Alerts", own.topic)
            if own.topic
            else self._alerts(own.organization)
        )
        self.alarms = sns.Topic(self, "Alarms", display_name="Jobwatch alarms", enforce_ssl=True)
        for statement in _only_alarms_of_this_account(self.alarms):
            self.alarms.add_to_resource_policy(statement)
        if own.key is None:
            suppress_alarm_topic(self.alarms)
        for email, policy in filters(emails, recipients).items():
            _subscribe(self.topic, email).filter_policy = policy
        for email in emails:
            _subscribe(self.alarms, email)

    def _alerts(self, organization: str | None) -> sns.Topic:
        topic = sns.Topic(self, "Alerts", display_name="Jobwatch", enforce_ssl=True)
        _encrypt_under_key_of_aws(topic)
        for statement in who_may_listen(topic, organization):
            topic.add_to_resource_policy(statement)
        return topic

    @property
    def bus_name(self) -> str:
        """The name of the bus, as commands and rules take it."""
        return self.bus.event_bus_name.rpartition(":event-bus/")[2]


def _subscribe(topic: sns.ITopic, email: str) -> sns.CfnSubscription:
    made = topic.add_subscription(subscriptions.EmailSubscription(email)).node.default_child
    assert isinstance(made, sns.CfnSubscription)  # noqa: S101  for the type checker
    return made


def _encrypt_under_key_of_aws(topic: sns.Topic) -> None:
    """Encrypt a topic for nothing, under a key for which who may publish needs no permission.

    By its name: an alias that was never used in the account has no ARN yet.
    """
    plain = topic.node.default_child
    assert isinstance(plain, sns.CfnTopic)  # noqa: S101  for the type checker
    plain.kms_master_key_id = "alias/aws/sns"


def _only_alarms_of_this_account(topic: sns.ITopic) -> Iterator[iam.PolicyStatement]:
    """Let alarms publish, and nobody else, whatever else is allowed in the account.

    What is refused is what the first statement does not let, so that no alarm is lost by it.
    """
    alarms = cdk.Stack.of(topic).format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name="*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    said: dict[str, Any] = {"actions": ["sns:Publish"], "resources": [topic.topic_arn]}
    theirs = {"aws:SourceArn": alarms}
    yield iam.PolicyStatement(
        sid="Alarms",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        conditions={
            "ArnLike": theirs,
            "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
        },
        **said,
    )
    yield iam.PolicyStatement(
        sid="OnlyAlarms",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        conditions={"ArnNotLike": theirs},
        **said,
    )
