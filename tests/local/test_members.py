"""Other accounts' jobs: they are read with the role that each offers, if it may be taken.

Neither side can do without the other's word: the stack's role must be allowed to assume, and the
other account's role must trust it. The other accounts deploy the template that `./jobwatch member`
writes. IAM is enforced in all of them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from demo.deploy import Deployed
from demo.harness import Harness
from demo.records import ACCOUNT
from demo.world import REGION
from lambdas.messages import Turn
from lambdas.store.healths import read_health
from operate.member import write_templates
from tests.local.lanes import give_turn
from tests.local.roles import Role, roles_of
from tests.local.watching import deploy_watches

WORDS = {"111122223333": "one-word", "444455556666": "another-word"}
FIRST, SECOND = WORDS
REGIONS = ("eu-west-1", "us-east-1")
READER, STACK = "jobwatch-reader", "Members"
WATCHES = Path(__file__).with_name("members.yaml")


@pytest.fixture(scope="module")
def deployed(harness: Harness) -> Deployed:
    """A second stack, which watches the other accounts."""
    return deploy_watches(harness.aws, WATCHES, STACK)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The template of the role, as written."""
    (file,) = write_templates(WATCHES, STACK, tmp_path_factory.mktemp("templates"))
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def role(harness: Harness, deployed: Deployed, template: str) -> Role:
    """The role of the second stack's poll function, which the other accounts trust."""
    for account, word in WORDS.items():
        _offer(harness, template, account, ExternalId=word)
        for region in REGIONS:
            _start_job(harness, account, region)
    client = harness.aws.client("lambda")
    arn = client.get_function_configuration(FunctionName=deployed.poll)["Role"]
    return roles_of(harness.aws, STACK)[arn]


def _offer(harness: Harness, template: str, account: str, **parameters: str) -> None:
    """Let another account deploy the template, once more if it did."""
    parameters = {"JobwatchAccount": ACCOUNT, "JobwatchRegion": REGION, **parameters}
    client = harness.aws.client("cloudformation", account)
    given = {
        "StackName": READER,
        "TemplateBody": template,
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    }
    known = client.list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])
    if any(stack["StackName"] == READER for stack in known["StackSummaries"]):
        client.update_stack(**given)
        client.get_waiter("stack_update_complete").wait(StackName=READER, WaiterConfig={"Delay": 1})
    else:
        client.create_stack(**given)
        client.get_waiter("stack_create_complete").wait(StackName=READER, WaiterConfig={"Delay": 1})


def _start_job(harness: Harness, account: str, region: str) -> None:
    harness.aws.client("translate", account, region).start_text_translation_job(
        InputDataConfig={"S3Uri": "s3://member/texts/", "ContentType": "text/plain"},
        OutputDataConfig={"S3Uri": "s3://member/translated/"},
        DataAccessRoleArn=f"arn:aws:iam::{account}:role/translator",
        SourceLanguageCode="en",
        TargetLanguageCodes=["fr"],
        ClientToken=f"{account}-{region}",
    )


def _unread_afresh(harness: Harness, deployed: Deployed) -> set[tuple[str, str]]:
    """Poll with a function that holds no credentials from before; give where nothing was read."""
    client = harness.aws.client("lambda")
    size = client.get_function_configuration(FunctionName=deployed.poll)["MemorySize"]
    client.update_function_configuration(FunctionName=deployed.poll, MemorySize=size)
    for account, region in product(WORDS, REGIONS):
        turn = Turn("translate", account, region, ("translations",), datetime.now(UTC))
        assert "FunctionError" not in give_turn(client, deployed.poll, turn)
    healths = [i for i in _remembered(harness, deployed) if i["sk"]["S"] == "scope"]
    assert len(healths) == len(WORDS) * len(REGIONS)
    failed = [json.loads(i["health"]["S"]) for i in healths if read_health(i).failures]
    return {(each["account"], each["region"]) for each in failed}


def _remembered(harness: Harness, deployed: Deployed) -> Any:
    return harness.aws.client("dynamodb").scan(TableName=deployed.table)["Items"]


@contextmanager
def _trust_of(harness: Harness, account: str) -> Iterator[dict[str, Any]]:
    """Give the trust's statement for a change that holds for a while."""
    iam = harness.aws.client("iam", account)
    before = iam.get_role(RoleName=READER)["Role"]["AssumeRolePolicyDocument"]
    (statement,) = json.loads(json.dumps(before))["Statement"]
    yield statement
    document = {**before, "Statement": [statement]}
    iam.update_assume_role_policy(RoleName=READER, PolicyDocument=json.dumps(document))


def test_the_poll_function_may_read_nothing_here_and_take_the_role_there(role: Role) -> None:
    services = {"dynamodb", "logs", "sqs"}
    assert [a for a in role.actions() if a.split(":")[0] not in services] == ["sts:AssumeRole"]


def test_the_jobs_of_every_account_and_region_are_read_with_its_role(
    harness: Harness, deployed: Deployed, role: Role
) -> None:
    assert _unread_afresh(harness, deployed) == set(), role
    jobs = [item for item in _remembered(harness, deployed) if item["sk"]["S"].startswith("job#")]
    assert len(jobs) == len(WORDS) * len(REGIONS)


def test_without_the_permission_to_take_the_role_they_are_not_read(
    harness: Harness, deployed: Deployed, role: Role
) -> None:
    with role.without("sts:AssumeRole"):
        unread = _unread_afresh(harness, deployed)
    assert unread == {*product(WORDS, REGIONS)}


def test_another_external_id_keeps_that_account_alone_from_being_read(
    harness: Harness, deployed: Deployed, role: Role, template: str
) -> None:
    _offer(harness, template, SECOND, ExternalId="not-that-word")
    assert _unread_afresh(harness, deployed) == {(SECOND, region) for region in REGIONS}, role
    _offer(harness, template, SECOND, ExternalId=WORDS[SECOND])
    assert _unread_afresh(harness, deployed) == set()


def test_another_stack_of_the_same_account_may_not_take_the_role(
    harness: Harness, deployed: Deployed, role: Role, template: str
) -> None:
    _offer(harness, template, FIRST, ExternalId=WORDS[FIRST], StackName="Another")
    assert _unread_afresh(harness, deployed) == {(FIRST, region) for region in REGIONS}, role
    _offer(harness, template, FIRST, ExternalId=WORDS[FIRST], StackName=STACK)
    assert _unread_afresh(harness, deployed) == set()


def test_the_same_stack_in_another_region_may_not_take_the_role(
    harness: Harness, deployed: Deployed, role: Role, template: str
) -> None:
    word = WORDS[FIRST]
    _offer(harness, template, FIRST, ExternalId=word, JobwatchRegion="eu-central-1")
    assert _unread_afresh(harness, deployed) == {(FIRST, region) for region in REGIONS}, role
    for region in ("*", REGION):
        _offer(harness, template, FIRST, ExternalId=word, JobwatchRegion=region)
        assert _unread_afresh(harness, deployed) == set()


def test_the_other_account_sees_the_functions_name_as_the_sessions(
    harness: Harness, deployed: Deployed, role: Role
) -> None:
    """Only a session of that name is let in."""
    for name, unread in ((deployed.poll, 0), ("jobwatch", len(REGIONS))):
        with _trust_of(harness, FIRST) as statement:
            statement["Condition"]["StringEquals"]["sts:RoleSessionName"] = name
        assert len(_unread_afresh(harness, deployed)) == unread, role
    with _trust_of(harness, FIRST) as statement:
        del statement["Condition"]["StringEquals"]["sts:RoleSessionName"]
