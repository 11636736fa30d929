"""How Lambda hands the messages of a queue to a function."""

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

TO_READ_A_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def feed(
    scope: Construct,
    construct_id: str,
    *,
    function: lambda_.IFunction,
    queue: sqs.IQueue,
    at_a_time: int,
) -> None:
    """Hand each message over alone, so many side by side: one that fails takes no other with it."""
    # The plain resource: the construct around it would allow more on the queue than is needed.
    lambda_.CfnEventSourceMapping(
        scope,
        construct_id,
        function_name=function.function_name,
        event_source_arn=queue.queue_arn,
        batch_size=1,
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
            maximum_concurrency=at_a_time
        ),
    )
