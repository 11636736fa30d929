"""The durable function of docs/downstream.md waits for jobs, with the deployed functions.

Durable executions and their callbacks are the local AWS's own, and IAM is enforced.
"""

import io
import json
import site
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from demo.harness import Harness
from demo.records import ACCOUNT, Moment, job_id, ses_import
from demo.world import REGION, Place
from tests.downstream import python
from tests.local.lanes import not_let_run
from tests.local.waits import waits_of

SDK = "aws_durable_execution_sdk_python"
NEEDS = (SDK, "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
NAME = "importer"
HERE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
SES = Place("sesv2", "import-jobs")
PATIENCE = 120
WHY = "The file has a malformed row"


@dataclass
class Durable:
    """The deployed stack, and the durable function in it."""

    harness: Harness

    @property
    def client(self) -> Any:
        return self.harness.aws.client("lambda")

    def show(self, name: str, status: str, **given: Any) -> None:
        """Let SES show one job in a status."""
        now = datetime.now(UTC)
        ended = None if status == "PROCESSING" else now
        moment = Moment(status, now, now, ended, 10, 10, **given)
        self.harness.world.show({SES: [ses_import(name, moment)]})

    def start(self, name: str) -> str:
        """Start an execution that waits for a job; give its ARN."""
        event = json.dumps({"job_id": job_id(name)})
        answer = self.client.invoke(FunctionName=NAME, Payload=event)
        body = json.loads(answer["Payload"].read())
        assert body.get("Status") in ("PENDING", "SUCCEEDED"), body
        return str(answer["DurableExecutionArn"])

    def until_waits(self, count: int) -> None:
        """Wait until so many waits are remembered."""
        self._until(lambda: len(waits_of(self.harness)) == count)

    def ended(self, execution: str) -> Mapping[str, Any]:
        """Wait until an execution has ended, and describe it."""

        def look() -> Mapping[str, Any]:
            found: Mapping[str, Any] = self.client.get_durable_execution(
                DurableExecutionArn=execution
            )
            return found

        self._until(lambda: look()["Status"] != "RUNNING")
        return look()

    def _until(self, is_so: Any) -> None:
        until = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < until
            time.sleep(0.2)


@pytest.fixture(scope="module")
def durable(idle: Harness) -> Iterator[Durable]:
    """The stack over an SES that shows no import yet, and the function of the page."""
    idle.poller.poll()
    made = Durable(idle)
    made.client.create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Handler="index.handler",
        Role=_role(idle),
        Code={"ZipFile": _code(python("durable_execution"))},
        Timeout=60,
        MemorySize=256,
        Environment={"Variables": {"WAIT_FUNCTION_NAME": idle.stack.wait}},
        DurableConfig={"ExecutionTimeout": 3_600, "RetentionPeriodInDays": 1},
    )
    with idle.poller.polling(seconds=1):
        yield made
    idle.poller.check()


def _code(source: str) -> bytes:
    """Pack a function with what it imports, as it is installed here."""
    packed = io.BytesIO()
    (origin,) = find_spec(SDK).submodule_search_locations or ()  # type: ignore[union-attr]  # it is there
    folders = [Path(origin).parent, *map(Path, site.getsitepackages())]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("index.py", source)
        for name in NEEDS:
            folder = next(each for each in folders if (each / name).exists())
            for file in [folder / name, *(folder / name).rglob("*")]:
                place = file.relative_to(folder)
                is_data = place.parts[:2] == ("botocore", "data") and len(place.parts) > 3
                if file.is_file() and not (is_data and place.parts[2] != "lambda"):
                    archive.write(file, place)
    return packed.getvalue()


def _role(harness: Harness) -> str:
    """Make the function's role: its own executions, and to invoke what waits."""
    client = harness.aws.client("iam")
    who = _policy({"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    role = client.create_role(RoleName=NAME, AssumeRolePolicyDocument=who)["Role"]
    own = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]
    may = _policy(
        {"Action": own, "Resource": f"{HERE}:{NAME}:*"},
        {"Action": "lambda:InvokeFunction", "Resource": f"{HERE}:{harness.stack.wait}"},
    )
    client.put_role_policy(RoleName=NAME, PolicyName="May", PolicyDocument=may)
    return str(role["Arn"])


def _policy(*statements: Mapping[str, Any]) -> str:
    allow = [{"Effect": "Allow", **each} for each in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allow})


def test_a_job_that_succeeds_lets_the_function_go_on_with_its_event(durable: Durable) -> None:
    durable.show("durably good", "PROCESSING")
    execution = durable.start("durably good")
    durable.until_waits(1)
    durable.show("durably good", "COMPLETED")
    ended = durable.ended(execution)
    assert ended["Status"] == "SUCCEEDED", ended
    assert json.loads(ended["Result"]) == {"status": "SUCCEEDED", "records": 10}
    durable.until_waits(0)


def test_a_job_that_fails_fails_the_callback_with_its_error(durable: Durable) -> None:
    durable.show("durably broken", "PROCESSING")
    execution = durable.start("durably broken")
    durable.until_waits(1)
    durable.show("durably broken", "FAILED", failed=12, why=WHY)
    ended = durable.ended(execution)
    assert ended["Status"] == "FAILED"
    assert WHY in json.dumps(ended["Error"])


def test_a_job_that_has_ended_already_is_answered_at_once(durable: Durable) -> None:
    """No event and no look at all waits can do it: what answers those is not let run."""
    durable.show("durably early", "COMPLETED")
    durable.ended(durable.start("durably early"))
    with not_let_run(durable.client, durable.harness.stack.answer):
        ended = durable.ended(durable.start("durably early"))
        durable.until_waits(0)
    assert ended["Status"] == "SUCCEEDED", ended


def test_a_callback_gets_heartbeats_and_its_id_is_in_no_log(durable: Durable) -> None:
    durable.show("durably slow", "PROCESSING")
    execution = durable.start("durably slow")
    durable.until_waits(1)
    (item,) = waits_of(durable.harness)
    function = durable.harness.stack.answer
    answer = durable.client.invoke(FunctionName=function, Payload="{}")
    assert json.loads(answer["Payload"].read()) == {"Waits": 1}
    log = durable.harness.aws.log.read_text(encoding="utf-8", errors="replace")
    assert item["token"]["S"] not in log
    durable.show("durably slow", "COMPLETED")
    durable.ended(execution)


def test_a_callback_that_expects_no_heartbeats_waits_as_well(durable: Durable) -> None:
    limits = ", heartbeat_timeout=Duration.from_minutes(10)"
    source = python("durable_execution")
    assert limits in source
    code = _code(source.replace(limits, ""))
    durable.client.update_function_code(FunctionName=NAME, ZipFile=code)
    durable.until_waits(0)
    durable.show("durably without", "PROCESSING")
    execution = durable.start("durably without")
    durable.until_waits(1)
    answer = durable.client.invoke(FunctionName=durable.harness.stack.answer, Payload="{}")
    assert json.loads(answer["Payload"].read()) == {"Waits": 1}
    durable.show("durably without", "COMPLETED")
    assert durable.ended(execution)["Status"] == "SUCCEEDED"
