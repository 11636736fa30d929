"""The apps in examples/, and with what each is deployed."""

from collections.abc import Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location

import aws_cdk as cdk
from aws_cdk.assertions import Template

from tests.template import ROOT, Json

EXAMPLES = ROOT / "examples"
THEIRS = "arn:aws:events:us-east-1:444455556666:event-bus/theirs"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alerts"
GIVEN: Mapping[str, Mapping[str, str]] = {
    "after_data_exchange": {"bus": "jobs"},
    "after_import": {"bus": "jobs"},
    "airflow": {"bus": "jobs", "watch": "contact-imports"},
    "archive": {"bus": "jobs"},
    "failed_to_queue": {"topic": TOPIC, "watch": "contact-imports"},
    "glue_after_export": {"bus": "jobs", "job": "load-orders"},
    "other_account": {"bus": "jobs", "target": THEIRS},
    "ticket": {
        "bus": "jobs",
        "endpoint": "https://tracker.example.com/issues",
        "secret": "tracker",
    },
    "waiting": {"wait": "Jobwatch-Wait"},
}
"""The context with which each is deployed."""


@cache
def template(name: str) -> Json:
    spec = spec_from_file_location(f"example_{name}", EXAMPLES / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    app = cdk.App(analytics_reporting=False)
    found: Json = Template.from_stack(module.build(app, *GIVEN[name].values())).to_json()
    return found
