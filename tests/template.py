"""The stack's template as the tests read it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from infra.config.permissions import Permission
from infra.config.plan import Compiled
from infra.config.watches import Recipient
from infra.stack import JobwatchStack
from lambdas.plan import Plan, Policy
from operate.permissions import plain

ROOT = Path(__file__).parents[1]
ANY_FOLDER = ROOT / "catalogue"
"""Stands for the functions' zip where nobody looks inside."""

Json = Mapping[str, Any]

COMPILED = Compiled(
    plan=Plan({}, {}, Policy(frozenset({"FAILED", "PARTIAL"})), 30 * 86_400, 5),
    permissions=(
        Permission(actions=("ses:ListImportJobs",), resources=("*",)),
        Permission(
            actions=("ses:GetImportJob",),
            resources=("arn:{partition}:ses:{region}:{account}:import-job/*",),
        ),
    ),
    emails=("ops@example.com",),
    cadences={60: ("imports", "exports"), 300: ("nightly",)},
    operations={"sesv2": ("ListImportJobs",)},
    roles=("arn:{partition}:iam::111122223333:role/jobwatch-reader",),
)

OFTEN = replace(COMPILED, cadences={15: ("contacts",), **COMPILED.cadences})
"""With a cadence below the scheduler's shortest."""


SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:pager-a1B2c3"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:job-alerts"
UUID = "11111111-2222-3333-4444-55555555555"
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "chat": {"slack": {"workspace": "T01ABCDEF", "channel": "C01ABCDEF"}},
    "lake": {"topic": TOPIC, "resolved": False},
    "mail": {"email": ("data@example.com",)},
    "oncall": {"pagerduty": {"secret": SECRET}},
    "team": {
        "teams": {
            "tenant": f"{UUID}1",
            "team": f"{UUID}2",
            "channel": "19%3aabc%40thread.tacv2",
        }
    },
    "weekend": {"pagerduty": {"secret": SECRET, "key": "routing_key", "region": "eu"}},
}
RECIPIENTS = {name: Recipient.model_validate(given) for name, given in GIVEN.items()}
TOLD = replace(
    COMPILED,
    plan=replace(COMPILED.plan, recipients={name: each.kind for name, each in RECIPIENTS.items()}),
    recipients=RECIPIENTS,
)
"""With a recipient of each kind."""


def synthesize(compiled: Compiled, name: str = "Jobwatch") -> Json:
    app = cdk.App(analytics_reporting=False)
    return Template.from_stack(
        JobwatchStack(app, name, compiled=compiled, bundle=ANY_FOLDER)
    ).to_json()


@cache
def _text() -> str:
    return json.dumps(synthesize(COMPILED))


def template() -> Json:
    """Give the template of COMPILED, anew for each reader."""
    parsed: Json = json.loads(_text())
    return parsed


@cache
def _text_with_recipients() -> str:
    return json.dumps(synthesize(TOLD))


def with_recipients() -> Json:
    """Give the template of TOLD, anew for each reader."""
    parsed: Json = json.loads(_text_with_recipients())
    return parsed


def of_type(kind: str, among: Json | None = None) -> dict[str, Any]:
    """Give the properties of each resource of a type by its id."""
    found = (among or template())["Resources"]
    return {name: each["Properties"] for name, each in found.items() if each["Type"] == kind}


def queues(among: Json | None = None) -> dict[str, dict[str, Any]]:
    """Give the properties of each queue by its reference."""
    found = of_type("AWS::SQS::Queue", among)
    return {plain({"Ref": name}): properties for name, properties in found.items()}


def functions(among: Json | None = None) -> dict[str, dict[str, Any]]:
    """Give the properties of each function by its name in the code: tick, poll, publish, alert."""
    found = of_type("AWS::Lambda::Function", among).values()
    return {each["Handler"].split(".")[1]: each for each in found}


def mappings(function: str, among: Json | None = None) -> list[dict[str, Any]]:
    """Give what Lambda feeds to a function, without the name of the function."""
    found = of_type("AWS::Lambda::EventSourceMapping", among).values()
    return [each for each in found if plain(each.pop("FunctionName")) == function]


def statements(policy: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give a resource policy's statements by their ids, or else their conditions."""
    document = policy.get("PolicyDocument") or policy["Policy"]
    return {
        statement.get("Sid") or json.dumps(statement["Condition"]): statement
        for statement in document["Statement"]
    }
