"""The template is deployed without the CDK's command line, and what it deploys polls.

The local AWS has no /opt for a layer: the plan of the layer's zip is put where the functions look.
"""

import json
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from demo.deploy import WATCHES
from demo.harness import Harness
from infra.config.plan import compile_plan
from operate.permissions import template_of
from operate.template import Written, write
from tests.template import ROOT

STACK, BUCKET = "Portable", "jobwatch-zips"
PATIENCE = 120


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("template")
    compiled = compile_plan(WATCHES, ROOT / "catalogue")
    written = write(folder, compiled, STACK, template_of)
    with ZipFile(written.plan) as packed:
        packed.extractall(folder / "opt")
    text = written.template.read_text(encoding="utf-8")
    written.template.write_text(text.replace('"/opt/', f'"{folder}/opt/'), encoding="utf-8")
    return written


def test_what_it_deploys_ticks_polls_and_remembers(harness: Harness, written: Written) -> None:
    s3, cloudformation = harness.aws.client("s3"), harness.aws.client("cloudformation")
    s3.create_bucket(Bucket=BUCKET)
    for file in (written.template, written.code, written.plan):
        s3.put_object(Bucket=BUCKET, Key=file.name, Body=file.read_bytes())
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{harness.aws.endpoint}/{BUCKET}/{written.template.name}",
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "Bucket", "ParameterValue": BUCKET}],
    )
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1})
    outputs = _outputs(cloudformation)
    client = harness.aws.client("lambda")
    answer = client.invoke(FunctionName=outputs["TickFunctionName"], Payload=b"{}")
    assert json.loads(answer["Payload"].read())["Watches"] == _watches(written.plan)
    _wait_for_items(harness.aws.client("dynamodb"), outputs["TableName"])
    _layer_is_the_zip(client, written.plan)


def _outputs(cloudformation: Any) -> dict[str, str]:
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def _watches(plan: Path) -> int:
    with ZipFile(plan) as packed:
        return len(json.loads(packed.read("plan.json"))["watches"])


def _wait_for_items(dynamodb: Any, table: str) -> None:
    until = time.monotonic() + PATIENCE
    while not dynamodb.scan(TableName=table, Limit=1)["Items"]:
        assert time.monotonic() < until, "no poll remembered anything"
        time.sleep(1)


def _layer_is_the_zip(client: Any, plan: Path) -> None:
    (layer,) = client.list_layers()["Layers"]
    version = layer["LatestMatchingVersion"]["LayerVersionArn"]
    content = client.get_layer_version_by_arn(Arn=version)["Content"]
    assert content["CodeSize"] == plan.stat().st_size
