"""Where users listen: the bus that carries every event, and the topic that carries the alerts."""

from collections.abc import Iterable

from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class Messaging(Construct):
    """One event bus and one topic, with the email subscriptions of `watches.yaml`."""

    def __init__(self, scope: Construct, construct_id: str, *, emails: Iterable[str]) -> None:
        super().__init__(scope, construct_id)
        self.bus = events.EventBus(self, "Bus", description="Every event of Jobwatch.")
        self.topic = sns.Topic(
            self,
            "Alerts",
            display_name="Jobwatch",
            enforce_ssl=True,
            # AWS's own key: it costs nothing, and who may publish needs no permission for it.
            master_key=kms.Alias.from_alias_name(self, "TopicKey", "alias/aws/sns"),
        )
        for email in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
