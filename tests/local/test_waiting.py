"""State machines that wait for jobs, as docs/downstream.md has them, with the deployed functions.

Step Functions is the local AWS's own, the task tokens are real, and IAM is enforced. The first
state of each machine, which would start the job, is replaced by what it answers, as the stand-ins
start none.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.harness import Harness
from demo.records import (
    ACCOUNT,
    Moment,
    application,
    data_exchange,
    job_id,
    pinpoint_import,
    ses_import,
)
from demo.world import Place, Record
from tests.downstream import WAIT, machines, nested
from tests.local.apps import deployed
from tests.local.lanes import not_let_run
from tests.local.waits import Tokens, role_of_machines, waits_of

APP = "shop"
SES, DATA = Place("sesv2", "import-jobs"), Place("dataexchange", "jobs")
PINPOINT = Place("pinpoint", "import-jobs")
PATIENCE = 120
"""Seconds for an answer: the look at all waits comes once a minute."""
WHY = "The file has a malformed row"


@dataclass
class Running:
    """The deployed stack, what its job services show, and the state machines in it."""

    harness: Harness
    role: str
    shown: dict[Place, dict[str, Record]] = field(default_factory=dict)

    def show(self, place: Place, name: str, status: str | None, **given: Any) -> str:
        """Let a service show a job in a status, or no more; give its id."""
        now = datetime.now(UTC)
        records = self.shown.setdefault(place, {})
        records.pop(name, None)
        if status is not None:
            ended = now if status in {"COMPLETED", "FAILED", "CANCELLED", "ERROR"} else None
            records[name] = MAKE[place](name, Moment(status, now, now, ended, 10, 10, **given))
        self.harness.world.show({place: [*records.values()]})
        return job_id(name)

    def start(self, source: str, given: Mapping[str, Any], /, **payload: Any) -> str:
        """Start the page's state machine for a source, behind its first state."""
        definition = json.loads(
            json.dumps(machines()[source]).replace("${WaitFunctionName}", self.harness.stack.wait)
        )
        first = definition["States"][definition["StartAt"]]
        definition["StartAt"] = first["Next"]
        for state in definition["States"].values():
            if state.get("Resource") == WAIT:
                state["Parameters"]["Payload"] |= payload
        return self.run(definition, given)

    def run(self, definition: Mapping[str, Any], given: Mapping[str, Any]) -> str:
        """Start a state machine; give the execution's ARN."""
        client, name = self.harness.aws.client("stepfunctions"), f"m-{time.monotonic_ns()}"
        made = client.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=self.role
        )
        started = client.start_execution(
            stateMachineArn=made["stateMachineArn"], input=json.dumps(given)
        )
        return str(started["executionArn"])

    def ended(self, execution: str) -> Mapping[str, Any]:
        """Wait until an execution has ended, and describe it."""
        client, until = self.harness.aws.client("stepfunctions"), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = client.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found  # type: ignore[no-any-return]  # boto3 has no types
            time.sleep(0.2)
        raise AssertionError(f"{execution} still runs")

    def entered(self, execution: str) -> Mapping[str, int]:
        """Count how often each state of an execution was entered: these are its transitions."""
        client = self.harness.aws.client("stepfunctions")
        events = client.get_execution_history(executionArn=execution, maxResults=1_000)["events"]
        entered = [each for each in events if each["type"].endswith("StateEntered")]
        return Counter(each["stateEnteredEventDetails"]["name"] for each in entered)

    def waits(self) -> int:
        """Count the waits that are remembered."""
        return len(waits_of(self.harness))

    def until_waits(self, count: int) -> None:
        """Wait until so many waits are remembered."""
        until = time.monotonic() + PATIENCE
        while self.waits() != count:
            assert time.monotonic() < until, f"there are {self.waits()} waits"
            time.sleep(0.2)

    def sweep(self) -> Mapping[str, int]:
        """Look at all waits now, as the schedule does each minute."""
        client, function = self.harness.aws.client("lambda"), self.harness.stack.answer
        answer = client.invoke(FunctionName=function, Payload="{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())  # type: ignore[no-any-return]  # its own JSON


MAKE: Mapping[Place, Callable[[str, Moment], Record]] = {
    SES: ses_import,
    DATA: lambda name, moment: data_exchange(name, moment, "ImportAssetFromApiGatewayApi"),
    PINPOINT: lambda name, moment: pinpoint_import(name, moment, APP, None),
}


@pytest.fixture(scope="module")
def running(idle: Harness) -> Iterator[Running]:
    """The stack over services that show one application and no job yet."""
    idle.world.show({Place("pinpoint", "apps"): [application(APP, datetime.now(UTC))]})
    idle.poller.poll()
    role = role_of_machines(idle, "lambda:InvokeFunction", _arn(idle))
    with idle.poller.polling(seconds=1):
        yield Running(idle, role)
    idle.poller.check()


def _arn(harness: Harness) -> str:
    client = harness.aws.client("lambda")
    found = client.get_function_configuration(FunctionName=harness.stack.wait)
    return str(found["FunctionArn"])


def ses(name: str) -> dict[str, Any]:
    """What the first state of the page's import leaves behind."""
    return {"import": {"JobId": job_id(name)}}


def test_a_job_that_succeeds_ends_the_task_with_its_event(running: Running) -> None:
    running.show(DATA, "data", "IN_PROGRESS")
    execution = running.start("dataexchange.jobs", {"job": job_id("data")})
    running.until_waits(1)
    running.show(DATA, "data", "COMPLETED")
    ended = running.ended(execution)
    detail = json.loads(ended["output"])
    assert (ended["status"], detail["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert (detail["job_id"], detail["terminal"]) == (job_id("data"), True)
    running.until_waits(0)


def test_waiting_takes_one_transition_however_long_it_takes(running: Running) -> None:
    """A loop would take three a poll: here four polls or more see the job run."""
    running.show(DATA, "long", "IN_PROGRESS")
    execution = running.start("dataexchange.jobs", {"job": job_id("long")})
    before = running.harness.poller.polls
    while running.harness.poller.polls < before + 4:
        time.sleep(0.2)
    running.show(DATA, "long", "COMPLETED")
    running.ended(execution)
    assert running.entered(execution) == {"Wait for the job": 1}


LOOP = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Ask"},
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Parameters": {"TableName": "jobs", "Key": {"id": {"S": "long"}}},
            "Next": "Ended?",
        },
        "Ended?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Item.ended.BOOL", "BooleanEquals": True, "Next": "Done"}],
            "Default": "Wait",
        },
        "Done": {"Type": "Succeed"},
    },
}
"""What people write without it; a table stands for the service that is asked."""


def test_the_loop_that_it_replaces_takes_three_transitions_a_poll(running: Running) -> None:
    dynamodb = running.harness.aws.client("dynamodb")
    dynamodb.create_table(
        TableName="jobs",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "long"}, "ended": {"BOOL": False}}
    dynamodb.put_item(TableName="jobs", Item=item)
    execution = running.run(LOOP, {})
    time.sleep(4)
    dynamodb.put_item(TableName="jobs", Item=item | {"ended": {"BOOL": True}})
    assert running.ended(execution)["status"] == "SUCCEEDED"
    entered = running.entered(execution)
    assert entered["Ask"] >= 3
    assert entered == {**dict.fromkeys(("Wait", "Ask", "Ended?"), entered["Ask"]), "Done": 1}


def test_a_job_that_fails_is_caught_by_its_error(running: Running) -> None:
    running.show(SES, "broken", "PROCESSING")
    execution = running.start("sesv2.import-jobs", ses("broken"))
    running.until_waits(1)
    running.show(SES, "broken", "FAILED", failed=12, why=WHY)
    ended = running.ended(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Jobwatch.FAILED", WHY)


def test_a_job_that_succeeded_in_part_succeeds_or_fails_as_the_machine_says(
    running: Running,
) -> None:
    running.show(PINPOINT, "half", "PROCESSING")
    given = {"application": job_id(APP), "import": {"ImportJobResponse": {"Id": job_id("half")}}}
    strict = running.start("pinpoint.import-jobs", given)
    lenient = running.start("pinpoint.import-jobs", given, partial=None)
    running.until_waits(2)
    running.show(PINPOINT, "half", "COMPLETED", failed=3, why=WHY)
    assert running.ended(strict)["error"] == "Jobwatch.PARTIAL"
    assert json.loads(running.ended(lenient)["output"])["status"] == "PARTIAL"


def test_a_job_that_is_called_off_fails_the_task(running: Running) -> None:
    running.show(DATA, "off", "IN_PROGRESS")
    execution = running.start("dataexchange.jobs", {"job": job_id("off")})
    running.until_waits(1)
    running.show(DATA, "off", "CANCELLED")
    assert running.ended(execution)["error"] == "Jobwatch.CANCELLED"


def test_a_job_that_is_gone_fails_the_task(running: Running) -> None:
    running.show(DATA, "gone", "IN_PROGRESS")
    execution = running.start("dataexchange.jobs", {"job": job_id("gone")})
    running.until_waits(1)
    until = time.monotonic() + PATIENCE
    while job_id("gone") not in str(running.harness.items()):
        assert time.monotonic() < until
        time.sleep(0.2)
    running.show(DATA, "gone", None)
    assert running.ended(execution)["error"] == "Jobwatch.NOT_FOUND"


def test_a_job_that_has_ended_already_is_answered_at_once(running: Running) -> None:
    """No event and no look at all waits can do it: what answers those is not let run."""
    running.show(DATA, "early", "COMPLETED")
    running.ended(running.start("dataexchange.jobs", {"job": job_id("early")}))
    with not_let_run(running.harness.aws.client("lambda"), running.harness.stack.answer):
        execution = running.start("dataexchange.jobs", {"job": job_id("early")})
        ended = running.ended(execution)
        running.until_waits(0)
    assert json.loads(ended["output"])["status"] == "SUCCEEDED"


def test_a_job_that_is_never_there_is_given_up_by_the_schedule(running: Running) -> None:
    execution = running.start("dataexchange.jobs", {"job": "nowhere"}, give_up_after=1)
    ended = running.ended(execution)
    assert ended["error"] == "Jobwatch.GAVE_UP"
    assert "no poll sees it" in ended["cause"]
    assert running.waits() == 0


def test_a_job_that_runs_on_is_given_up_and_gets_heartbeats_until_then(running: Running) -> None:
    running.show(SES, "slow", "PROCESSING")
    execution = running.start("sesv2.import-jobs", ses("slow"), give_up_after=30)
    running.until_waits(1)
    assert running.sweep() == {"Waits": 1}
    ended = running.ended(execution)
    assert ended["error"] == "Jobwatch.GAVE_UP"
    assert "last seen" in ended["cause"]


@pytest.mark.parametrize(
    ("payload", "error", "words"),
    [
        ({"source": "sesv2.import-job"}, "NOT_WATCHED", "did you mean sesv2.import-jobs?"),
        ({"region": "eu-central-1"}, "NOT_WATCHED", "no watch of sesv2.import-jobs looks into"),
        ({"give_up_after": "7200"}, "WRONG_INPUT", "expected whole seconds"),
    ],
)
def test_what_is_wrong_fails_the_task_at_once_and_in_words(
    running: Running, payload: dict[str, Any], error: str, words: str
) -> None:
    ended = running.ended(running.start("sesv2.import-jobs", ses("any"), **payload))
    assert ended["error"] == f"Jobwatch.{error}"
    assert words in ended["cause"]


def test_the_example_waits_and_goes_on_with_the_imports_counts(running: Running) -> None:
    aws, wait = running.harness.aws, running.harness.stack.wait
    machine = deployed(aws, "waiting", wait=wait)["StateMachineArn"]

    def start(name: str) -> str:
        running.show(SES, name, "PROCESSING")
        given = json.dumps({"job_id": job_id(name)})
        client = aws.client("stepfunctions")
        return str(client.start_execution(stateMachineArn=machine, input=given)["executionArn"])

    good, bad = start("of may"), start("of june")
    running.until_waits(2)
    running.show(SES, "of may", "COMPLETED")
    running.show(SES, "of june", "FAILED", failed=12, why=WHY)
    output = json.loads(running.ended(good)["output"])
    assert output == {"job": job_id("of may"), "status": "SUCCEEDED", "records": 10}
    failed = running.ended(bad)
    assert (failed["error"], failed["cause"]) == ("Jobwatch.FAILED", WHY)


def test_a_machine_that_starts_the_one_that_waits_is_told_by_it(running: Running) -> None:
    """Both are in one account here; tests/local/test_far.py has them in two."""
    client, stack = running.harness.aws.client("stepfunctions"), running.harness.stack
    called = nested()["wait-for-job"]
    (waiting,) = called["States"].values()
    waiting["Parameters"]["Payload"]["account"] = ACCOUNT
    text = json.dumps(called).replace("${WaitFunctionName}", stack.wait)
    made = client.create_state_machine(name="wait-for-job", definition=text, roleArn=running.role)
    caller = nested()["import"]
    (task,) = caller["States"].values()
    task["Parameters"]["StateMachineArn"] = made["stateMachineArn"]
    running.show(DATA, "far", "IN_PROGRESS")
    execution = running.run(caller, {"job": job_id("far")})
    running.until_waits(1)
    running.show(DATA, "far", "COMPLETED")
    detail = json.loads(running.ended(execution)["output"])
    assert (detail["job_id"], detail["status"]) == (job_id("far"), "SUCCEEDED")


def test_another_accounts_token_fails_the_call_at_once_and_in_words(running: Running) -> None:
    token = Tokens(running.harness, key="111122223333").next()
    payload = json.dumps({"source": "dataexchange.jobs", "job_id": "any", "token": token})
    answer = running.harness.aws.client("lambda").invoke(
        FunctionName=running.harness.stack.wait, Payload=payload
    )
    said = answer["Payload"].read().decode()
    assert "FunctionError" in answer, said
    assert "take one from their own account only" in said
    assert token not in said
    assert running.waits() == 0


def test_a_thousand_machines_would_be_many_here_so_thirty_wait_for_one_job(
    running: Running,
) -> None:
    running.show(DATA, "popular", "IN_PROGRESS")
    executions = [running.start("dataexchange.jobs", {"job": job_id("popular")}) for _ in range(30)]
    running.until_waits(30)
    running.show(DATA, "popular", "COMPLETED")
    assert {running.ended(each)["status"] for each in executions} == {"SUCCEEDED"}
    running.until_waits(0)


def test_no_token_is_in_a_log_or_in_what_is_remembered_of_jobs(running: Running) -> None:
    running.show(DATA, "secret", "IN_PROGRESS")
    execution = running.start("dataexchange.jobs", {"job": job_id("secret")})
    running.until_waits(1)
    (item,) = waits_of(running.harness)
    running.show(DATA, "secret", "COMPLETED")
    running.ended(execution)
    log = running.harness.aws.log.read_text(encoding="utf-8", errors="replace")
    assert item["token"]["S"] not in log
    assert item["token"]["S"] not in str(running.harness.items())
