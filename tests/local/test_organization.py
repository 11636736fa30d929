"""An organization's accounts: a job in one of them becomes an event, and none is named in a file.

MiniStack knows no `aws:ResourceOrgID`, and holds lists of accounts against another ARN than AWS
does: so the poll function's role has no condition here, and may list below any unit. All the rest
of it is enforced, as are the trust and the permissions of the other account's role.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from demo.deploy import Deployed, deploy
from demo.local_aws import LocalAws, Tools
from demo.records import ACCOUNT
from demo.world import REGION
from operate.member import write_templates
from tests.local.roles import roles_of

READER, STACK = "jobwatch-reader", "Organization"
LONGEST = 400
"""Seconds that anything takes at most: the schedule may tick before the role may list, and a list
that failed is tried again five minutes later."""


class Watched(NamedTuple):
    """The stack, and the account that is in the unit which it watches."""

    stack: Deployed
    account: str


@pytest.fixture(scope="module")
def watched(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("organization")
    unit, account = _make_account(aws.client("organizations"))
    theirs = {"units": [unit], "role": READER, "most": 5}
    watch = {"source": "translate.text-translation-jobs", "organization": theirs}
    file = folder / "watches.yaml"
    file.write_text(json.dumps({"watches": {"translations": watch}}))
    stack = deploy(Tools.find(), aws, file, STACK)
    (template,) = write_templates(file, STACK, folder)
    _offer(aws.client("cloudformation", account), template.read_text(encoding="utf-8"))
    _loosen(aws, stack)
    return Watched(stack, account)


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
    arn = aws.client("lambda").get_function_configuration(FunctionName=stack.poll)["Role"]
    role = roles_of(aws, STACK)[arn]
    for name, statements in role.statements().items():
        plain = [_understood(each) for each in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": plain})
        role.iam.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=document)


def _understood(statement: Mapping[str, Any]) -> dict[str, Any]:
    if "sts:AssumeRole" in statement["Action"]:
        return {key: value for key, value in statement.items() if key != "Condition"}
    if "organizations:ListAccountsForParent" in statement["Action"]:
        return {**statement, "Resource": "*"}
    return {**statement}


def _events(aws: LocalAws, bus: str) -> str:
    """Put a queue behind the bus; give its URL."""
    sqs, rules = aws.client("sqs"), aws.client("events")
    url: str = sqs.create_queue(QueueName="organization-events")["QueueUrl"]
    named = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = sqs.get_queue_attributes(**named)["Attributes"]["QueueArn"]
    rules.put_rule(Name="all", EventBusName=bus, EventPattern='{"source": ["jobwatch"]}')
    rules.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def _tick_until(aws: LocalAws, stack: Deployed, found: Any) -> Any:
    """Tick until something is there; give it."""
    ends = time.monotonic() + LONGEST
    while not (there := found()):
        assert time.monotonic() < ends, aws.log.read_text(errors="replace")[-5_000:]
        aws.client("lambda").invoke(FunctionName=stack.tick, Payload=b"{}")
        time.sleep(2)
    return there


def test_a_job_of_an_account_that_no_file_names_becomes_an_event(
    aws: LocalAws, watched: Watched
) -> None:
    stack, account = watched
    queue = _events(aws, stack.bus)

    def read() -> Any:
        items = aws.client("dynamodb").scan(TableName=stack.table)["Items"]
        healths = [json.loads(item["health"]["S"]) for item in items if "health" in item]
        return [each["account"] for each in healths if each.get("read_at")]

    assert _tick_until(aws, stack, read) == [account]
    aws.client("translate", account).start_text_translation_job(
        InputDataConfig={"S3Uri": "s3://member/texts/", "ContentType": "text/plain"},
        OutputDataConfig={"S3Uri": "s3://member/translated/"},
        DataAccessRoleArn=f"arn:aws:iam::{account}:role/translator",
        SourceLanguageCode="en",
        TargetLanguageCodes=["fr"],
        ClientToken="one",
    )

    def told() -> Any:
        got = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(each["Body"])["detail"] for each in got.get("Messages", ())]

    first = _tick_until(aws, stack, told)[0]
    assert (first["account"], first["watch"]) == (account, "translations")
    assert first["source"] == "translate.text-translation-jobs"
