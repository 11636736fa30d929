"""Everything that Jobwatch announced in a month, to be replayed to a rule of yours."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_events as events

DAYS = 30


def build(app: cdk.App, bus: str) -> cdk.Stack:
    """Add an archive to the bus."""
    stack = cdk.Stack(app, "JobArchive")
    archive = events.Archive(
        stack,
        "Archive",
        source_event_bus=events.EventBus.from_event_bus_name(stack, "Jobs", bus),
        event_pattern=events.EventPattern(source=["jobwatch"]),
        retention=cdk.Duration.days(DAYS),
    )
    cdk.CfnOutput(stack, "ArchiveArn", value=archive.archive_arn)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    bus = app.node.try_get_context("bus") or sys.exit("say whose events: -c bus=NAME")
    build(app, bus)
    app.synth()
