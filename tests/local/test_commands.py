"""The commands of the documents run as they stand, one page after the other, on the local AWS."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from demo.harness import Harness
from demo.local_aws import clean_environment
from demo.player import Received
from tests.downstream import WAIT, machines
from tests.local.shell import DRY, ROOT, Ran, commands, named, run, shell
from tests.local.short_story import BROKEN

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
ALL = [*ROOT.glob("*.md"), *DOCS.glob("*.md")]
OUTSIDE = {
    "git": "the checkout that runs the tests stays as it is",
    "cd": "the tests run in the checkout's folder",
}
"""Programs that are not run, and why."""
LACKING = {
    "account enable-region": "not in the local AWS",
    "cloudformation create-stack-set": "not in the local AWS",
    "cloudformation create-stack-instances": "not in the local AWS",
    "organizations put-resource-policy": "not in the local AWS",
    "organizations register-delegated-administrator": "not in the local AWS",
}
"""What the local AWS refuses: it is held against the service's model only."""
OF_A_QUEUE = "MetricAlarms[?Dimensions[0].Name=='QueueName'].AlarmName | [0]"
FILLED_IN = {
    "RULE": "ContactsImported",
    "ID": "queue",
    "ALARM": f'"$(aws cloudwatch describe-alarms --output text --query "{OF_A_QUEUE}")"',
    "NAME": "Recovered",
    "NAMESPACE": "Jobwatch",
    "METRIC": "Dropped",
    "STATISTIC": "Sum",
    "SECONDS": "60",
    "NUMBER": "1",
    "OPERATOR": "GreaterThanThreshold",
    "WHAT": "notBreaching",
}
"""What the pages let a reader fill in, besides a state machine of docs/downstream.md."""
OUTPUTS = "(../README.md#deploy-to-aws)"
"""How a page says where its commands have the stack's outputs from."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where there is what runs the commands."""
    with shell(tmp_path_factory.mktemp("commands")) as found:
        yield found


@pytest.fixture(scope="module")
def ran(harness: Harness, folder: Path) -> Mapping[str, Ran]:
    """What came of each page, in the order in which a reader meets them."""
    return {page.name: _run(page, harness, folder) for page in PAGES if commands(page)}


def _run(page: Path, harness: Harness, folder: Path) -> Ran:
    text, script = page.read_text(encoding="utf-8"), commands(page)
    if OUTPUTS in text:
        script = exports() + script
    machine = folder / "machine.json"
    machine.write_text(json.dumps(machines()["sesv2.import-jobs"]), encoding="utf-8")
    for word, filled in {**FILLED_IN, "MACHINE": shlex.quote(str(machine))}.items():
        script = re.sub(rf"(?<= ){word}\b", filled, script)
    return run(
        script,
        folder,
        harness.aws.environment(),
        watches="".join(re.findall(r"```yaml\n(watches:.*?)```", text, re.DOTALL)[:1]),
        lacking=LACKING,
        not_run=OUTSIDE,
    )


def exports() -> str:
    """Give the lines of the README that put the stack's outputs into a shell."""
    readme = commands(ROOT / "README.md")
    return readme[readme.index("export STACK") : readme.index("\n\naws lambda")] + "\n"


@pytest.mark.parametrize("page", [page.name for page in PAGES if commands(page)])
def test_every_command_works_as_it_stands(ran: Mapping[str, Ran], page: str) -> None:
    assert ran[page].code == 0, ran[page].output


def test_no_exception_is_made_without_need(ran: Mapping[str, Ran]) -> None:
    assert {name for each in ran.values() for name in each.used} == {*OUTSIDE, *LACKING}


def test_a_queue_gets_what_the_readme_subscribes_it_to(
    ran: Mapping[str, Ran], harness: Harness, received: Received
) -> None:
    assert ran["README.md"].code == 0
    sqs = harness.aws.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    alert = json.loads(json.loads(message["Body"])["Message"])
    (failed,) = [a for a in received.alerts if a.details[0]["job_id"] == BROKEN.id]
    assert alert == failed.document


def test_every_command_in_a_sentence_is_one_that_there_is(folder: Path) -> None:
    """`make` and `./jobwatch` know these words, and AWS's command line operation and options."""
    found = sorted({each for page in ALL for each in named(page)})
    script = [each + " --generate-cli-skeleton" * each.startswith("aws") for each in found]
    assert len([each for each in script if "skeleton" in each]) > 5
    nowhere = {"AWS_ENDPOINT_URL": "https://127.0.0.1:9", "AWS_DEFAULT_REGION": "us-east-1"}
    done = run("\n".join(["set +u", *script]), folder, {**clean_environment(), **nowhere, **DRY})
    assert done.code == 0, done.output


def test_the_state_machine_of_the_page_is_one_that_waits(
    ran: Mapping[str, Ran], harness: Harness
) -> None:
    assert ran["downstream.md"].code == 0, ran["downstream.md"].output
    states = harness.aws.client("stepfunctions")
    made = {
        each["name"]: each["stateMachineArn"]
        for each in states.list_state_machines()["stateMachines"]
    }
    found = states.describe_state_machine(stateMachineArn=made["import-and-wait"])
    (wait,) = [
        each
        for each in json.loads(found["definition"])["States"].values()
        if each.get("Resource") == WAIT
    ]
    assert wait["Parameters"]["FunctionName"] == harness.stack.wait
