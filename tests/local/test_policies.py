"""The policies of the largest file, as IAM holds them after a deployment.

The stack and the role of another account are deployed; nothing is polled, as nothing is due.
"""

from pathlib import Path
from typing import Any

import pytest

from demo.harness import Harness
from demo.records import ACCOUNT
from demo.world import REGION
from infra.config.permissions import Permission
from infra.config.plan import Compiled
from infra.member import LARGEST_BODY, member_template
from tests.catalogue import compile_plan
from tests.iam import Allowed, allowed, assert_they_fit, that_can_be_taken, wanted
from tests.largest import ROLE, write_largest
from tests.local.watching import deploy_watches
from tests.template import ROOT, Json

STACK, MEMBER = "Largest", "333333333333"


@pytest.fixture(scope="module")
def watches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_largest(tmp_path_factory.mktemp("largest"))


@pytest.fixture(scope="module")
def compiled(watches: Path) -> Compiled:
    return compile_plan(watches, ROOT / "catalogue")


def test_the_poll_functions_role_holds_the_largest_file(
    harness: Harness, watches: Path, compiled: Compiled
) -> None:
    poll = deploy_watches(harness.aws, watches, STACK).poll
    function = harness.aws.client("lambda").get_function_configuration(FunctionName=poll)
    iam, name = harness.aws.client("iam"), function["Role"].rpartition("/")[2]
    inline, managed = _read(iam, name)
    assert_they_fit(inline.values(), managed)
    found = allowed(map(_without_roles, (inline["ReadJobs"], *managed)))
    asked = _wanted(compiled.permissions, ACCOUNT, REGION)
    assert that_can_be_taken(found, asked) == asked


def test_the_members_role_holds_the_largest_file(harness: Harness, compiled: Compiled) -> None:
    (reader,) = compiled.readers
    template = member_template(reader, STACK).encode()
    assert len(template) > LARGEST_BODY
    s3, client = (harness.aws.client(name, MEMBER) for name in ("s3", "cloudformation"))
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key=ROLE, Body=template)
    client.create_stack(
        StackName=ROLE,
        TemplateURL=f"{harness.aws.endpoint}/templates/{ROLE}",
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in {"JobwatchAccount": ACCOUNT, "JobwatchRegion": "*"}.items()
        ],
    )
    client.get_waiter("stack_create_complete").wait(StackName=ROLE, WaiterConfig={"Delay": 1})
    inline, managed = _read(harness.aws.client("iam", MEMBER), ROLE)
    assert_they_fit(inline.values(), managed)
    asked = _wanted(reader.permissions, MEMBER, "*")
    assert that_can_be_taken(allowed([*inline.values(), *managed]), asked) == asked


def _read(iam: Any, role: str) -> tuple[dict[str, Json], list[Json]]:
    """Read a role's inline policies, by name, and its managed ones."""
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    inline = {n: iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"] for n in names}
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return inline, [_managed(iam, each["PolicyArn"]) for each in attached]


def _managed(iam: Any, arn: str) -> Json:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found: Json = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    return found["Document"]


def _without_roles(document: Json) -> Json:
    statements = document["Statement"]
    return {"Statement": [s for s in statements if s["Action"] != ["sts:AssumeRole"]]}


def _wanted(permissions: tuple[Permission, ...], account: str, region: str) -> Allowed:
    names = {"partition": "aws", "account": account, "region": region}
    return wanted(permissions, lambda template: template.format(**names))
