"""The template for those without the CDK: code and plan come out of a bucket of their own.

What the CDK adds for its own bootstrap is taken out. The functions share one zip, which any plan
can run with; the plan is a layer, so that another `watches.yaml` ships no code.
"""

from collections.abc import Iterator, Mapping
from typing import Any

PLAN_FILE = "/opt/plan.json"
"""Where a layer's file `plan.json` is."""
LAYER = "Plan"

Json = Mapping[str, Any]


def portable(template: Json, description: str, code_key: str, plan_key: str) -> Json:
    """Give a stack's template as one that anything deploys; keys are of objects in the bucket."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Parameters": _parameters(code_key, plan_key),
        **{name: each for name, each in template.items() if name not in _WRITTEN},
        "Resources": {LAYER: _layer(), **dict(_resources(template["Resources"]))},
    }


_WRITTEN = ("Description", "Parameters", "Resources", "Rules")
"""Parts of a template that are written anew, or that only the CDK needs."""


def _parameters(code_key: str, plan_key: str) -> Json:
    return {
        "Bucket": {
            "Type": "String",
            "Description": "The bucket, in this region, that holds both zips",
            "AllowedPattern": "^[a-z0-9.-]{3,63}$",
        },
        "CodeKey": {
            "Type": "String",
            "Description": "The key of the functions' code; it changes with the version",
            "Default": code_key,
        },
        "PlanKey": {
            "Type": "String",
            "Description": "The key of the plan; it changes with watches.yaml",
            "Default": plan_key,
        },
    }


def _layer() -> Json:
    return {
        "Type": "AWS::Lambda::LayerVersion",
        "Properties": {
            "Description": "What Jobwatch watches",
            "Content": {"S3Bucket": {"Ref": "Bucket"}, "S3Key": {"Ref": "PlanKey"}},
        },
    }


def _resources(resources: Json) -> Iterator[tuple[str, Json]]:
    for name, each in resources.items():
        if each["Type"] == "AWS::Lambda::Function":
            yield name, {**each, "Properties": _function(each["Properties"])}
        else:
            yield name, each


def _function(properties: Json) -> Json:
    """Have a function run the shared zip, with the plan beside it."""
    variables = properties.get("Environment", {}).get("Variables", {})
    return {
        **properties,
        "Code": {"S3Bucket": {"Ref": "Bucket"}, "S3Key": {"Ref": "CodeKey"}},
        "Layers": [{"Ref": LAYER}],
        "Environment": {"Variables": {**variables, "JOBWATCH_PLAN": PLAN_FILE}},
    }
