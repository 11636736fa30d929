"""The families of sources, and the state machine that starts a job of each and waits for it."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, TypeAdapter

from infra.config.files.wording import Model

FILE = Path(__file__).with_name("families.yaml")
WAIT = "arn:aws:states:::lambda:invoke.waitForTaskToken"
HEARTBEAT = 600
"""Seconds without a heartbeat, of which one a minute comes, after which a task has failed."""

Json = dict[str, Any]


class Start(Model):
    """The task that starts a job: an integration of Step Functions with an AWS SDK."""

    service: str
    operation: str
    parameters: Json


class Family(Model):
    """One family: `job_id` and `parents` are paths to what names the job."""

    title: str
    source: str
    start: Start
    job_id: str
    parents: dict[str, str] = Field(default_factory=dict)


def read_families(file: Path = FILE) -> list[Family]:
    """Read the families; raises ValidationError for what is none."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return TypeAdapter(list[Family]).validate_python(content)


def machine(family: Family) -> Json:
    """Give the state machine, in the language of Step Functions."""
    start = family.start
    return {
        "StartAt": "Start",
        "States": {
            "Start": {
                "Type": "Task",
                "Resource": f"arn:aws:states:::aws-sdk:{start.service}:{start.operation}",
                "Parameters": start.parameters,
                "ResultPath": "$.started",
                "Next": "Wait",
            },
            "Wait": {
                "Type": "Task",
                "Resource": WAIT,
                "Parameters": {"FunctionName": "${WaitFunctionName}", "Payload": _payload(family)},
                "HeartbeatSeconds": HEARTBEAT,
                "End": True,
            },
        },
    }


def _payload(family: Family) -> Json:
    parents = {f"{name}.$": path for name, path in family.parents.items()}
    return {
        "source": family.source,
        **({"parameters": parents} if parents else {}),
        "job_id.$": family.job_id,
        "token.$": "$$.Task.Token",
    }
