"""The stack's template as the tests read it."""

import json
import re
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
from lambdas.plan import Plan

ROOT = Path(__file__).parents[1]
ANY_FOLDER = ROOT / "catalogue"
"""Stands for the functions' zip where nobody looks inside."""

Json = Mapping[str, Any]

COMPILED = Compiled(
    plan=Plan({}, {}, frozenset(), 30 * 86_400, 5),
    permissions=(
        Permission(actions=("ses:ListImportJobs",), resources=("*",)),
        Permission(
            actions=("ses:GetImportJob",),
            resources=("arn:{partition}:ses:{region}:{account}:import-job/*",),
        ),
    ),
    emails=("ops@example.com",),
    cadences={60: ("imports", "exports"), 300: ("nightly",)},
    services=("sesv2",),
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


def plain(value: Any) -> str:
    """Write a value with its references as `<id>` and `<id.attribute>`, without their hashes."""
    match value:
        case str():
            return value
        case {"Ref": str() as name}:
            return f"<{re.sub('[0-9A-F]{8}$', '', name)}>"
        case {"Fn::GetAtt": [str() as name, str() as attribute]}:
            return f"<{re.sub('[0-9A-F]{8}$', '', name)}.{attribute}>"
        case {"Fn::Join": ["", list() as parts]}:
            return "".join(map(plain, parts))
    raise AssertionError(value)
