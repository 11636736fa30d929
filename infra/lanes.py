"""The queue between tick and poll: a message is a lane's turn, a message group is a lane."""

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import timeouts
from infra.dead_letters import NO_SOURCES, DeadLetters
from lambdas.messages import WAITS

GRACE = 30
"""Seconds after the function's timeout until a message shows up again.

AWS advises six times the timeout. But the message of a function that crashed blocks its lane until
it shows up, and the next tick looks at everything anyway: so a lane goes on as soon as its function
can be known to be dead.
"""

HIDDEN = timeouts.POLL + GRACE
"""Seconds for which a message that was received is hidden."""

KEPT = int(WAITS.total_seconds()) + HIDDEN
"""Seconds that a turn is kept beyond the longest cadence.

A turn that is older than its cadence is stale, and poll drops it and counts it. One that SQS itself
let expire would be in no count, and a lane that is never polled in no alarm. And amid a turn, it
would let the lane's next one begin.
"""

RECEIVES = 3
"""How often a message is received before it is put aside: a throttled invocation counts as one."""


class Lanes(Construct):
    """The FIFO queue of lanes, and the queue of those that could not be polled."""

    def __init__(self, scope: Construct, construct_id: str, *, longest: int) -> None:
        """`longest` is the longest cadence in seconds."""
        super().__init__(scope, construct_id)
        self.lost = DeadLetters(
            self,
            "Lost",
            entry="lost-lanes",
            holds="lanes that could not be polled: the table failed, or the function ended",
            fifo=True,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=True,
            # A lane is polled in order, the lanes side by side and each at its own pace.
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            # tick names its messages: two people who ask at once ask for two polls.
            content_based_deduplication=False,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=cdk.Duration.seconds(HIDDEN),
            retention_period=cdk.Duration.seconds(longest + KEPT),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.lost.queue, max_receive_count=RECEIVES
            ),
            redrive_allow_policy=NO_SOURCES,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
