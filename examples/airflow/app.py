"""A queue that gets the ends of a watch's jobs, for the tasks of Airflow that wait for them."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs

KEPT = cdk.Duration.days(1)
"""How much earlier than the wait a job may have ended."""


def build(app: cdk.App, bus: str, watch: str) -> cdk.Stack:
    """Add a queue behind a rule of the bus; a message is the event as EventBridge has it."""
    stack = cdk.Stack(app, "AirflowQueue")
    queue = sqs.Queue(stack, "Ended", enforce_ssl=True, retention_period=KEPT)
    events.Rule(
        stack,
        "Ends",
        event_bus=events.EventBus.from_event_bus_name(stack, "Jobs", bus),
        event_pattern=events.EventPattern(
            source=["jobwatch"],
            detail_type=["Job Status Change"],
            detail={"watch": [watch], "terminal": [True]},
        ),
        targets=[targets.SqsQueue(queue)],
    )
    cdk.CfnOutput(stack, "QueueUrl", value=queue.queue_url)
    cdk.CfnOutput(stack, "QueueArn", value=queue.queue_arn)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    bus, watch = (app.node.try_get_context(name) for name in ("bus", "watch"))
    if not bus or not watch:
        sys.exit("say whose jobs are waited for: -c bus=NAME -c watch=NAME")
    build(app, bus, watch)
    app.synth()
