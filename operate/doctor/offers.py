"""Whether CloudFormation can make here what not every region has.

Synth does not know the region, and CloudFormation refuses a template as a whole that has a type
which is not offered there.
"""

from collections.abc import Iterator

from infra.config.plan import Compiled
from infra.words import listed
from operate.doctor.findings import Finding, ok, wrong
from operate.doctor.here import Here

TYPES = {
    "schemas": ("AWS::EventSchemas::Registry", "AWS::EventSchemas::Schema"),
    "slack": ("AWS::Chatbot::SlackChannelConfiguration",),
    "teams": ("AWS::Chatbot::MicrosoftTeamsChannelConfiguration",),
    "pagerduty": ("AWS::Events::Connection", "AWS::Events::ApiDestination"),
}
"""The types of resources that some regions lack, by the key of `watches.yaml` that takes them."""


def offers(here: Here) -> Iterator[Finding]:
    """Tell which keys of the file CloudFormation has no resources for in the stack's region."""
    asked = _asked(here.compiled)
    lacking = {key: lacks for key in asked if (lacks := _lacking(here, key))}
    for key, types in lacking.items():
        yield wrong(
            f"`{key}` takes {listed(types)}, not offered by CloudFormation in {here.region}",
            "take it out of watches.yaml, or deploy in another region: "
            "docs/runbook.md#what-a-region-lacks",
        )
    if asked and not lacking:
        yield ok(f"CloudFormation has here what {listed([f'`{key}`' for key in asked])} takes")


def _asked(compiled: Compiled) -> list[str]:
    kinds = {recipient.kind for recipient in compiled.recipients.values()}
    return [key for key in TYPES if key in kinds or (key == "schemas" and compiled.schemas)]


def _lacking(here: Here, key: str) -> list[str]:
    client = here.clients("cloudformation")
    lacking = []
    for each in TYPES[key]:
        try:
            client.describe_type(Type="RESOURCE", TypeName=each)
        except client.exceptions.TypeNotFoundException:
            lacking.append(each)
    return lacking
