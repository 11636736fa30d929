"""Another account's jobs: they are read with the role that this account offers, if it may be taken.

Neither account can do without the other's word: the stack's role must be allowed to assume, and
the other account's role must trust it. IAM is enforced in both.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from demo.deploy import Deployed, deploy
from demo.local_aws import Tools
from demo.scene import Scene
from tests.local.roles import Role, roles_of

ABROAD, REGION, READER = "111122223333", "eu-west-1", "jobwatch-reader"
WATCHES = Path(__file__).with_name("abroad.yaml")
READ = ("translate:DescribeTextTranslationJob", "translate:ListTextTranslationJobs")


@pytest.fixture(scope="module")
def deployed(scene: Scene) -> Deployed:
    """A second stack, which watches the other account."""
    return deploy(Tools.find(), scene.aws, WATCHES, "Abroad")


@pytest.fixture(scope="module")
def role(scene: Scene, deployed: Deployed) -> Role:
    """The role of the second stack's poll function, which the other account trusts."""
    client = scene.aws.client("lambda")
    arn = client.get_function_configuration(FunctionName=deployed.poll)["Role"]
    _offer(scene, arn)
    scene.aws.client("translate", ABROAD, REGION).start_text_translation_job(
        InputDataConfig={"S3Uri": "s3://abroad/texts/", "ContentType": "text/plain"},
        OutputDataConfig={"S3Uri": "s3://abroad/translated/"},
        DataAccessRoleArn=f"arn:aws:iam::{ABROAD}:role/translator",
        SourceLanguageCode="en",
        TargetLanguageCodes=["fr"],
        ClientToken="abroad",
    )
    return roles_of(scene.aws, "Abroad")[arn]


def _offer(scene: Scene, trusted: str) -> None:
    """Let the other account offer a role, which may read the jobs and nothing else."""
    iam = scene.aws.client("iam", ABROAD)
    trust = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=READER, AssumeRolePolicyDocument=_document(trust))
    reads = {"Effect": "Allow", "Action": READ, "Resource": "*"}
    iam.put_role_policy(RoleName=READER, PolicyName="Read", PolicyDocument=_document(reads))


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _poll_afresh(scene: Scene, deployed: Deployed) -> Any:
    """Poll with a function that holds no credentials of another account from before."""
    client = scene.aws.client("lambda")
    size = client.get_function_configuration(FunctionName=deployed.poll)["MemorySize"]
    client.update_function_configuration(FunctionName=deployed.poll, MemorySize=size)
    return json.loads(client.invoke(FunctionName=deployed.poll, Payload=b"{}")["Payload"].read())


def test_the_poll_function_may_read_nothing_here_and_take_the_role_there(role: Role) -> None:
    services = {"dynamodb", "logs"}
    assert [a for a in role.actions() if a.split(":")[0] not in services] == ["sts:AssumeRole"]


def test_the_jobs_of_another_account_are_read_with_its_role(
    scene: Scene, deployed: Deployed, role: Role
) -> None:
    answer = _poll_afresh(scene, deployed)
    assert (answer["Jobs"], answer["Unread"]) == (1, []), role


def test_without_the_permission_to_take_the_role_they_are_not_read(
    scene: Scene, deployed: Deployed, role: Role
) -> None:
    with role.without("sts:AssumeRole"):
        (unread,) = _poll_afresh(scene, deployed)["Unread"]
    assert (unread["account"], unread["region"]) == (ABROAD, REGION)
    assert "denied" in f"{unread['error']} {unread['message']}".lower()


def test_without_the_other_accounts_trust_they_are_not_read(
    scene: Scene, deployed: Deployed, role: Role
) -> None:
    iam = scene.aws.client("iam", ABROAD)
    trust = iam.get_role(RoleName=READER)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Principal"]["AWS"] = role.arn + "-of-somebody-else"
    iam.update_assume_role_policy(RoleName=READER, PolicyDocument=json.dumps(trust))
    assert len(_poll_afresh(scene, deployed)["Unread"]) == 1
