"""An organization's accounts: a job in one of them becomes an event, and none is named in a file.

The stack takes a bus, a topic and a key of the user's own. MiniStack encrypts nothing, and asks no
key whether it may be used; tests/test_own.py has who may. It knows no `aws:ResourceOrgID`, and
holds lists of accounts against another ARN than AWS does: so the poll function's role has no
condition here, and may list below any unit. All the rest of it is enforced, as are the trust and
the permissions of the other account's role.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from threading import Timer
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from demo.deploy import Deployed
from demo.listen import listen
from demo.local_aws import LocalAws
from demo.records import ACCOUNT
from demo.world import REGION
from operate.member import write_templates
from tests.command import call
from tests.local.own import Own, key_of, make
from tests.local.roles import roles_of
from tests.local.users import user
from tests.local.watching import deploy_watches
from tests.schemas import faults

ROOT = Path(__file__).parents[2]
READER, STACK = "jobwatch-reader", "Organization"
SOURCE = "translate.text-translation-jobs"
LONGEST = 400
"""Seconds that anything takes at most: the schedule may tick before the role may list, and a list
that failed is tried again five minutes later."""


class Watched(NamedTuple):
    """The stack, the account that is in the unit which it watches, and the file of its watches.

    `own` is what the stack takes of the user's own.
    """

    stack: Deployed
    account: str
    file: Path
    own: Own


@pytest.fixture(scope="module")
def watched(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("organization")
    unit, account = _make_account(aws.client("organizations"))
    theirs = {"units": [unit], "role": READER, "most": 5}
    watch = {"source": SOURCE, "organization": theirs}
    file, own = folder / "watches.yaml", make(aws)
    file.write_text(json.dumps({"watches": {"translations": watch}, "stack": own.as_said()}))
    stack = deploy_watches(aws, file, STACK)
    own.let_only(aws, _role(aws, stack.alert))
    (template,) = write_templates(file, STACK, folder)
    _offer(aws.client("cloudformation", account), template.read_text(encoding="utf-8"))
    _loosen(aws, stack)
    return Watched(stack, account, file, own)


def _make_account(client: Any) -> tuple[str, str]:
    """Make an account in a unit; give the ids of both."""
    client.describe_organization()
    (root,) = client.list_roots()["Roots"]
    unit = client.create_organizational_unit(ParentId=root["Id"], Name="data")
    made = client.create_account(AccountName="data", Email="data@example.com")
    account, below = made["CreateAccountStatus"]["AccountId"], unit["OrganizationalUnit"]["Id"]
    client.move_account(AccountId=account, SourceParentId=root["Id"], DestinationParentId=below)
    return below, account


def _offer(client: Any, template: str) -> None:
    """Let the other account deploy the role's template."""
    given = {"JobwatchAccount": ACCOUNT, "JobwatchRegion": REGION, "ExternalId": ""}
    parameters = [{"ParameterKey": n, "ParameterValue": value} for n, value in given.items()]
    client.create_stack(
        StackName=READER,
        TemplateBody=template,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=parameters,
    )
    client.get_waiter("stack_create_complete").wait(StackName=READER, WaiterConfig={"Delay": 1})


def _loosen(aws: LocalAws, stack: Deployed) -> None:
    """Have the local IAM understand what the role may do in organizations."""
    role = roles_of(aws, STACK)[_role(aws, stack.poll)]
    for name, statements in role.statements().items():
        plain = [_understood(each) for each in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": plain})
        role.iam.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=document)


def _role(aws: LocalAws, function: str) -> str:
    configuration = aws.client("lambda").get_function_configuration(FunctionName=function)
    return str(configuration["Role"])


def _understood(statement: Mapping[str, Any]) -> dict[str, Any]:
    if "sts:AssumeRole" in statement["Action"]:
        return {key: value for key, value in statement.items() if key != "Condition"}
    if "organizations:ListAccountsForParent" in statement["Action"]:
        return {**statement, "Resource": "*"}
    return {**statement}


def _tick_until(aws: LocalAws, stack: Deployed, found: Any) -> Any:
    """Tick until something is there; give it."""
    ends = time.monotonic() + LONGEST
    while not (there := found()):
        assert time.monotonic() < ends, aws.log.read_text(errors="replace")[-5_000:]
        aws.client("lambda").invoke(FunctionName=stack.tick, Payload=b"{}")
        time.sleep(2)
    return there


def _keys(aws: LocalAws, stack: Deployed) -> list[str]:
    items = aws.client("dynamodb").scan(TableName=stack.table)["Items"]
    return [item["sk"]["S"] for item in items]


def _read(aws: LocalAws, stack: Deployed) -> list[str]:
    """Wait until somewhere something was read; give the accounts."""

    def read() -> Any:
        items = aws.client("dynamodb").scan(TableName=stack.table)["Items"]
        healths = [json.loads(item["health"]["S"]) for item in items if "health" in item]
        return [each["account"] for each in healths if each.get("read_at")]

    found: list[str] = _tick_until(aws, stack, read)
    return found


def _translate(aws: LocalAws, account: str, token: str) -> str:
    """Start a job in the other account, which fails as there is no such bucket; give its id."""
    started = aws.client("translate", account).start_text_translation_job(
        InputDataConfig={"S3Uri": "s3://member/texts/", "ContentType": "text/plain"},
        OutputDataConfig={"S3Uri": "s3://member/translated/"},
        DataAccessRoleArn=f"arn:aws:iam::{account}:role/translator",
        SourceLanguageCode="en",
        TargetLanguageCodes=["fr"],
        ClientToken=token,
    )
    return str(started["JobId"])


def test_a_job_of_an_account_that_no_file_names_is_told_by_the_users_own_bus_and_topic(
    aws: LocalAws, watched: Watched
) -> None:
    stack, account, _, own = watched
    assert (stack.bus, stack.topic) == (own.bus, own.topic)
    listener = listen(aws, stack.bus, stack.topic)
    assert _read(aws, stack) == [account]
    job = _translate(aws, account, "one")
    event = _tick_until(aws, stack, listener.events)[0]
    assert faults(json.loads(event.text)) == []
    assert event.job == ("translations", job)
    assert (event.detail["account"], event.detail["source"]) == (account, SOURCE)
    alert = _tick_until(aws, stack, listener.alerts)[0]
    assert faults(alert.document) == []
    assert alert.attributes["status"] == "FAILED"
    assert [each["job_id"] for each in alert.details] == [job]


def test_with_the_pages_policy_nobody_else_publishes_on_the_users_topic(
    aws: LocalAws, watched: Watched
) -> None:
    somebody = user(aws, "somebody", "AdministratorAccess")
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        somebody("sns").publish(TopicArn=watched.own.topic, Message="{}")


def test_queues_and_logs_are_under_the_users_key(aws: LocalAws, watched: Watched) -> None:
    found = aws.client("cloudformation").describe_stack_resources(StackName=STACK)
    keys = {
        (kind, key)
        for each in found["StackResources"]
        if (key := key_of(aws, kind := each["ResourceType"], each["PhysicalResourceId"]))
    }
    key = watched.own.key
    assert keys == {("AWS::SQS::Queue", key), ("AWS::Logs::LogGroup", key)}


@contextmanager
def _tail(aws: LocalAws) -> Iterator[Any]:
    words = [sys.executable, "-m", "operate", "tail", "--json", "--stack", STACK]
    with subprocess.Popen(
        words, cwd=ROOT, env=aws.environment(), stdout=PIPE, stderr=PIPE, text=True
    ) as process:
        late = Timer(LONGEST, process.kill)
        late.start()
        try:
            yield process
        finally:
            late.cancel()
            process.kill()


@pytest.fixture
def say(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Call a command in this process; give the JSON that it printed."""
    for name, value in aws.settings().items():
        monkeypatch.setenv(name, value)

    def run(*words: str, code: int = 0) -> Any:
        ended, (out, err) = call(*words, "--json"), capsys.readouterr()
        assert ended == code, out + err
        return json.loads(out)

    return run


def _board(aws: LocalAws) -> str:
    """Give what a widget of the dashboard shows, by a function that no output names."""
    found = aws.client("cloudformation").describe_stack_resources(StackName=STACK)
    names = (str(each["PhysicalResourceId"]) for each in found["StackResources"])
    board = next(name for name in names if "BoardingBoardFunction" in name)
    answer = aws.client("lambda").invoke(FunctionName=board, Payload=b"{}")
    return str(json.loads(answer["Payload"].read()))


def test_the_commands_tell_of_the_account_that_no_file_names(
    aws: LocalAws, watched: Watched, say: Callable[..., Any]
) -> None:
    stack, account, file, _ = watched
    assert _read(aws, stack) == [account]
    with _tail(aws) as tail:
        assert "Listening" in tail.stderr.readline()
        job = _translate(aws, account, "two")

        _tick_until(aws, stack, lambda: f"job#{job}" in _keys(aws, stack))
        events = (json.loads(line)["detail"] for line in tail.stdout)
        told = next(each for each in events if each.get("job_id") == job)
    assert told["account"] == account
    jobs = say("jobs", "--stack", STACK)["jobs"]
    assert [each["account"] for each in jobs if each["job_id"] == job] == [account]
    assert account in json.dumps(say("job", job, "--stack", STACK))
    assert account in _board(aws)

    status = say("status", "--stack", STACK)
    assert [each["account"] for each in status["lanes"]] == [account]
    assert [each["organization"]["accounts"] for each in status["watches"]] == [1]
    checks = say("doctor", "--stack", STACK, "--watches", str(file))
    (listed,) = [each for each in checks if each["check"] == "organizations"]
    assert (listed["mark"], ": 1 account, listed" in listed["what"]) == ("ok", True)
    plan = say("plan", "--stack", STACK, "--watches", str(file))
    assert (plan["deployed"], plan["changes"]) == (True, False)
    (unread,) = say("poll", "--watches", str(file), code=1)["unread"]
    assert (unread["account"], unread["takes"]) == (account, ["sts:AssumeRole"])
    assert f"the role {READER} may be missing in the account {account}" in unread["message"]
