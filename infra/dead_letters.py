"""Queues for what could not be delivered."""

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import PERIOD, add_alarm
from infra.nag import suppress_dead_letters

NO_SOURCES = sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL)
"""Whoever may make a queue could else have SQS move into this one what it refuses from them."""


class DeadLetters(Construct):
    """A queue that should stay empty, and the alarm that says when it is not."""

    def __init__(
        self, scope: Construct, construct_id: str, *, entry: str, holds: str, fifo: bool = False
    ) -> None:
        """`fifo` is for the dead letters of a queue that is one itself: SQS moves them here.

        To name that queue as the only one would be a circle.
        """
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=fifo or None,  # CloudFormation takes no false
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            redrive_allow_policy=None if fifo else NO_SOURCES,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        suppress_dead_letters(self.queue)
        waiting = self.queue.metric_approximate_number_of_messages_visible(period=PERIOD)
        says = f"a dead-letter queue holds {holds}."
        add_alarm(self, "NotEmpty", waiting, above=0, entry=entry, says=says)
