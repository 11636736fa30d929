"""Chats, pagers and users' topics: how EventBridge brings them alerts from a bus of their own.

No code of ours delivers: a rule of the bus picks the alerts that are to a recipient and takes the
part of it out that is written for its kind, EventBridge tries again for hours, and what it gives up
lies in a queue with an alarm.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.buses import add_bus
from infra.config.receivers import ENDPOINTS, PagerDuty, Slack, Teams
from infra.config.watches import Recipient
from infra.dead_letters import DeadLetters
from lambdas.alert.bus import DETAIL_TYPE
from lambdas.outbox.buses import NO_REPLAY, SOURCE

OLDEST, MOST_TRIES = 6 * 3_600, 185
"""Seconds, and tries, after which an alert is given up: as old as what the stream gives up."""
CALLS_A_SECOND = 10
"""PagerDuty's documents name no bound, and its staff one of 120 a minute for each integration
(https://community.pagerduty.com/forum/t/monitoring-api-rate-limiting/3318): what it refuses, and
what is above ours, EventBridge tries again."""
NO_ACTIONS = "AWSDenyAll"
"""What people may have Amazon Q do in the channel: nothing, whatever its role may."""

Target = tuple[str, str]
"""The ARN of a target, and the path of the part of an event that it gets."""


class Recipients(Construct):
    """A bus of alerts, and for each recipient a rule, what it leads to, and its dead letters."""

    def __init__(
        self, scope: Construct, construct_id: str, *, recipients: Mapping[str, Recipient]
    ) -> None:
        super().__init__(scope, construct_id)
        self.bus, self.bus_arn, self.bus_policy = add_bus(
            self, "Alerts, for chats, pagers and topics."
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": self._rules_arn(self.bus.event_bus_name)},
                },
            ),
        )
        self._chat_role: iam.Role | None = None
        self._topics: list[str] = []
        self._pagers: list[str] = []
        for name, recipient in sorted(recipients.items()):
            self._add(name, recipient)
        self._allow("SendToTopics", "sns:Publish", self._topics)
        self._allow("CallPagers", "events:InvokeApiDestination", self._pagers)

    def _add(self, name: str, recipient: Recipient) -> None:
        inner = Construct(self, name)
        kinds: Mapping[str, Callable[[Construct, str, Any], Target]] = {
            "slack": self._slack,
            "teams": self._teams,
            "pagerduty": self._pagerduty,
            "topic": self._topic,
        }
        arn, path = kinds[recipient.kind](inner, name, getattr(recipient, recipient.kind))
        letters = DeadLetters(
            inner, "Undelivered", entry="not-brought", holds=f"alerts that could not reach {name}"
        )
        pattern = {
            "source": [SOURCE],
            "detail-type": [DETAIL_TYPE],
            "detail": {"to": [name], "state": recipient.states},
            **NO_REPLAY,  # which would resolve an incident anew, or open one again
        }
        target = events.CfnRule.TargetProperty(
            id="recipient",
            arn=arn,
            input_path=path,
            role_arn=self.role.role_arn,
            retry_policy=events.CfnRule.RetryPolicyProperty(
                maximum_event_age_in_seconds=OLDEST, maximum_retry_attempts=MOST_TRIES
            ),
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=letters.queue.queue_arn),
        )
        rule = events.CfnRule(
            inner,
            "Rule",
            description=f"Brings {name} its alerts.",
            event_bus_name=self.bus.event_bus_name,
            event_pattern=pattern,
            state="ENABLED",
            targets=[target],
        )
        for statement in _only_it_may_put_aside(rule, letters):
            letters.queue.add_to_resource_policy(statement)

    def _slack(self, scope: Construct, name: str, slack: Slack) -> Target:  # noqa: ARG002
        topic, key = self._chat_topic(scope), _key(slack.workspace, slack.channel)
        channel = chatbot.CfnSlackChannelConfiguration(
            scope,
            "Channel",
            slack_workspace_id=slack.workspace,
            slack_channel_id=slack.channel,
            **self._channel(key, topic),
        )
        channel.override_logical_id(f"Slack{key}")
        return topic.topic_arn, "$.detail.chat"

    def _teams(self, scope: Construct, name: str, teams: Teams) -> Target:  # noqa: ARG002
        topic, key = self._chat_topic(scope), _key(teams.tenant, teams.team, teams.channel)
        channel = chatbot.CfnMicrosoftTeamsChannelConfiguration(
            scope,
            "Channel",
            teams_tenant_id=teams.tenant,
            team_id=teams.team,
            teams_channel_id=teams.channel,
            **self._channel(key, topic),
        )
        channel.override_logical_id(f"Teams{key}")
        return topic.topic_arn, "$.detail.chat"

    def _channel(self, key: str, topic: sns.Topic) -> dict[str, Any]:
        """Give what both kinds of channels have; the name is one of the whole account.

        It and the id in the template are the channel's and not the recipient's: Amazon Q takes a
        channel once in an account, and one that is called otherwise would be a second.
        """
        if self._chat_role is None:
            principal = iam.ServicePrincipal("chatbot.amazonaws.com")
            self._chat_role = iam.Role(self, "Chat", assumed_by=principal)
        deny = iam.ManagedPolicy.from_aws_managed_policy_name(NO_ACTIONS)
        return {
            "configuration_name": f"{cdk.Aws.STACK_NAME}-{cdk.Aws.REGION}-{key}",
            "iam_role_arn": self._chat_role.role_arn,
            "guardrail_policies": [deny.managed_policy_arn],
            "sns_topic_arns": [topic.topic_arn],
        }

    def _chat_topic(self, scope: Construct) -> sns.Topic:
        topic = sns.Topic(scope, "Topic", display_name="Jobwatch", enforce_ssl=True)
        plain = topic.node.default_child
        assert isinstance(plain, sns.CfnTopic)  # noqa: S101  for the type checker
        plain.kms_master_key_id = "alias/aws/sns"
        topic.add_to_resource_policy(self._nobody_else(topic))
        self._topics.append(topic.topic_arn)
        return topic

    def _topic(self, scope: Construct, name: str, topic: str) -> Target:  # noqa: ARG002
        self._topics.append(topic)
        return topic, "$.detail.alert"

    def _pagerduty(self, scope: Construct, name: str, pager: PagerDuty) -> Target:
        secret = cdk.SecretValue.secrets_manager(pager.secret, json_field=pager.key)
        key = events.CfnConnection.ParameterProperty(
            key="routing_key",
            value=secret.unsafe_unwrap(),  # a reference, which CloudFormation resolves
            is_value_secret=True,
        )
        connection = events.CfnConnection(
            scope,
            "Connection",
            description=f"The integration key of {name}.",
            authorization_type="API_KEY",
            auth_parameters=events.CfnConnection.AuthParametersProperty(
                # A connection must have a header; PagerDuty reads the key in the body alone.
                api_key_auth_parameters=events.CfnConnection.ApiKeyAuthParametersProperty(
                    api_key_name="X-Sent-By", api_key_value="Jobwatch"
                ),
                invocation_http_parameters=events.CfnConnection.ConnectionHttpParametersProperty(
                    body_parameters=[key]
                ),
            ),
        )
        destination = events.CfnApiDestination(
            scope,
            "Destination",
            description=f"PagerDuty, for {name}.",
            connection_arn=connection.attr_arn,
            http_method="POST",
            invocation_endpoint=ENDPOINTS[pager.region],
            invocation_rate_limit_per_second=CALLS_A_SECOND,
        )
        # Which of the two IAM looks at, with the id at its end or not, AWS does not say.
        self._pagers += [destination.attr_arn, destination.attr_arn_for_policy]
        return destination.attr_arn, "$.detail.pagerduty"

    def _allow(self, sid: str, action: str, resources: Sequence[str]) -> None:
        if resources:
            some = iam.PolicyStatement(sid=sid, actions=[action], resources=[*resources])
            self.role.add_to_policy(some)

    def _nobody_else(self, topic: sns.Topic) -> iam.PolicyStatement:
        """Refuse to send to a chat to everybody but the rules: people act on what they read."""
        return iam.PolicyStatement(
            sid="OnlyRecipients",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": [self.role.role_arn]}},
        )

    def _rules_arn(self, bus: str) -> str:
        return cdk.Stack.of(self).format_arn(
            service="events", resource="rule", resource_name=f"{bus}/*"
        )


def _key(*ids: str) -> str:
    """Give letters and digits for a channel, by its ids."""
    return hashlib.blake2b("\n".join(ids).encode(), digest_size=6).hexdigest()


def _only_it_may_put_aside(
    rule: events.CfnRule, letters: DeadLetters
) -> Iterator[iam.PolicyStatement]:
    """Let a rule put aside, and nobody else: what lies there is brought by a replay as it is.

    EventBridge does that in nobody's name, and says for which rule; who else calls has no such key.
    """
    said: dict[str, Any] = {"actions": ["sqs:SendMessage"], "resources": [letters.queue.queue_arn]}
    its = {"aws:SourceArn": rule.attr_arn}
    yield iam.PolicyStatement(
        sid="Undeliverable",
        principals=[iam.ServicePrincipal("events.amazonaws.com")],
        conditions={"ArnEquals": its},
        **said,
    )
    yield iam.PolicyStatement(
        sid="OnlyItsRule",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        conditions={"ArnNotEquals": its},
        **said,
    )
