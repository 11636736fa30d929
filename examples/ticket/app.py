"""One failure, one ticket: a call of a tracker's API for each job that failed."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

CALLS_A_SECOND = 5


def build(app: cdk.App, bus: str, endpoint: str, secret: str) -> cdk.Stack:
    """Add a rule that calls `endpoint` with the API key in `secret`, and a queue behind it."""
    stack = cdk.Stack(app, "Ticket")
    key = secretsmanager.Secret.from_secret_name_v2(stack, "Key", secret).secret_value
    tracker = events.ApiDestination(
        stack,
        "Tracker",
        endpoint=endpoint,
        connection=events.Connection(
            stack, "Connection", authorization=events.Authorization.api_key("X-Api-Key", key)
        ),
        rate_limit_per_second=CALLS_A_SECOND,
    )
    told = events.EventField.from_path
    # Each text that a stranger may have written is a value of its own, which EventBridge writes as
    # JSON. Within another text a quote of theirs could end that: a watch's name has none.
    ticket = {
        "title": f"A job of {told('$.detail.watch')} failed",
        "job": told("$.detail.job_id"),
        "reason": told("$.detail.failure.message"),
        "link": told("$.detail.console_url"),
    }
    events.Rule(
        stack,
        "Failed",
        event_bus=events.EventBus.from_event_bus_name(stack, "Jobs", bus),
        event_pattern=events.EventPattern(
            source=["jobwatch"],
            detail_type=["Job Status Change"],
            detail={"status": ["FAILED"]},
        ),
        targets=[
            targets.ApiDestination(
                tracker,
                event=events.RuleTargetInput.from_object(ticket),
                header_parameters={"Idempotency-Key": "$.detail.id"},
                dead_letter_queue=sqs.Queue(stack, "Untaken", enforce_ssl=True),
            )
        ],
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    names = ("bus", "endpoint", "secret")
    bus, endpoint, secret = (app.node.try_get_context(name) for name in names)
    if not (bus and endpoint and secret):
        sys.exit("say from where to where: -c bus=NAME -c endpoint=https://… -c secret=NAME")
    build(app, bus, endpoint, secret)
    app.synth()
