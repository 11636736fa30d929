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
