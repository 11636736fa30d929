"""The queues in front of the poll function: what one invocation or one minute is too short for."""

from collections.abc import Iterator, Mapping

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.dead_letters import DeadLetters
from infra.nag import excuse_self_healing

AT_A_TIME = 10
"""How many invocations look at scopes of the queue side by side: few beside an account's 1,000."""

SHORTEST_WAIT = cdk.Duration.minutes(15)
"""Scopes wait at least so long for their turn, and else until a next tick looks at them anew."""

GRACE = cdk.Duration.seconds(30)
"""How long after the function's timeout a message shows up again.

AWS advises six times the timeout, which leaves room to try again. But a message of a crashed
function blocks all of its group until it shows up, and the next tick looks at everything anyway: so
each is handed over once, and whatever was behind it goes on as soon as it can be known to be dead.
"""


class Queues(Construct):
    """The queue of scopes, and where a cadence is below a minute that of its later ticks."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        timeout: cdk.Duration,
        cadences: tuple[int, ...],
    ) -> None:
        """`timeout` is the function's."""
        super().__init__(scope, construct_id)
        self._hidden = timeout.plus(GRACE)
        self.lost = DeadLetters(
            self,
            "Lost",
            entry="lost-scopes",
            holds="scopes that could not be polled: the table failed, or the function ended",
            fifo=True,
        )
        self.scopes = self._scopes(longest=max(cadences))
        self.later = self._later() if min(cadences) < cdk.Duration.minutes(1).to_seconds() else None

    @property
    def environment(self) -> Mapping[str, str]:
        """What the function has to know of them."""
        always = {
            "SCOPES_QUEUE_URL": self.scopes.queue_url,
            "LOST_QUEUE_URL": self.lost.queue.queue_url,
        }
        return always | ({"LATER_QUEUE_URL": self.later.queue_url} if self.later else {})

    @property
    def arns(self) -> Iterator[str]:
        """Give what the function sends to and is fed from."""
        return (queue.queue_arn for queue in (self.scopes, self.later) if queue)

    def feed(self, function: lambda_.IFunction) -> None:
        """Hand each message to the function, alone: one that fails takes no other with it."""
        bound = lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=AT_A_TIME)
        for name, queue in (("FromScopes", self.scopes), ("FromLater", self.later)):
            if queue:
                # The plain resource: the construct around it would allow more on the queue.
                lambda_.CfnEventSourceMapping(
                    self,
                    name,
                    function_name=function.function_name,
                    event_source_arn=queue.queue_arn,
                    batch_size=1,
                    scaling_config=bound,
                )

    def _scopes(self, longest: int) -> sqs.Queue:
        """Make the queue of the scopes; `longest` is a cadence, after which all are stale."""
        return sqs.Queue(
            self,
            "Scopes",
            fifo=True,
            # A group is polled in order, the groups side by side and each at its own pace.
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            # The function names its messages: scopes that go back untouched are not a repeat.
            content_based_deduplication=False,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=self._hidden,
            retention_period=cdk.Duration.seconds(max(longest, SHORTEST_WAIT.to_seconds())),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.lost.queue, max_receive_count=1),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _later(self) -> sqs.Queue:
        """Make the queue of ticks that are due within the minute."""
        queue = sqs.Queue(
            self,
            "Later",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=self._hidden,
            # Over before it could show up again: a tick that failed is not repeated.
            retention_period=cdk.Duration.minutes(2),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        excuse_self_healing(queue)
        return queue
