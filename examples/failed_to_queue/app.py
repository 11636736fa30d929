"""The failed jobs of one watch, in a queue: a filter policy on the topic of alerts."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs


def build(app: cdk.App, topic_arn: str, watch: str) -> cdk.Stack:
    """Add a queue that gets the alerts of a watch: of what failed, and not that it is over."""
    stack = cdk.Stack(app, "FailedToQueue")
    queue = sqs.Queue(stack, "Failed", enforce_ssl=True, retention_period=cdk.Duration.days(14))
    only = {"watch": [watch], "status": ["FAILED"], "state": ["open"]}
    sns.Topic.from_topic_arn(stack, "Alerts", topic_arn).add_subscription(
        subscriptions.SqsSubscription(
            queue,
            raw_message_delivery=True,
            filter_policy={
                name: sns.SubscriptionFilter.string_filter(allowlist=values)
                for name, values in only.items()
            },
        )
    )
    cdk.CfnOutput(stack, "QueueUrl", value=queue.queue_url)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    topic, watch = (app.node.try_get_context(name) for name in ("topic", "watch"))
    if not topic or not watch:
        sys.exit("say whose alerts: -c topic=ARN -c watch=NAME")
    build(app, topic, watch)
    app.synth()
