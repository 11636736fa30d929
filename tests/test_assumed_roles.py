"""Which roles of other accounts the poll function may assume, and that it is told in few words."""

import json
from dataclasses import replace
from typing import Any

from infra.config.permissions import MOST_NAMED, roles_of
from infra.config.watches import Watch
from tests.template import COMPILED, Json, of_type, plain, synthesize

LARGEST_POLICY = 10_240
"""Characters of all inline policies of a role, spaces aside."""
OTHER = {"id": "111122223333", "role": "another"}
ANYWHERE = "arn:{partition}:iam::*:role/jobwatch-reader"


def statements(among: Json) -> list[dict[str, Any]]:
    """Every statement of the inline policies of the poll function's role."""
    policies = of_type("AWS::IAM::Policy", among).values()
    mine = [p for p in policies if p["Roles"][0]["Ref"].startswith("PollingPollRole")]
    return [statement for policy in mine for statement in policy["PolicyDocument"]["Statement"]]


def test_a_role_of_many_accounts_is_assumed_in_the_organization_only() -> None:
    many = synthesize(replace(COMPILED, roles=(ANYWHERE,)))
    (found,) = [each for each in statements(many) if each["Action"] == "sts:AssumeRole"]
    assert plain(found["Resource"]) == "arn:<AWS::Partition>:iam::*:role/jobwatch-reader"
    of_ours = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
    assert found["Condition"] == of_ours


def test_a_thousand_accounts_fit_into_the_poll_functions_policy() -> None:
    accounts = [{"id": f"{n:012}", "role": "jobwatch-reader"} for n in range(1_000)]
    watches = [
        Watch.model_validate({"source": "x", "accounts": accounts}),
        Watch.model_validate({"source": "x", "accounts": [*accounts[:1], OTHER]}),
    ]
    many = synthesize(replace(COMPILED, roles=roles_of(watches)))
    written = json.dumps(statements(many), separators=(",", ":"))
    assert len(written) < LARGEST_POLICY
    assert "111122223333:role/another" in written


def test_as_many_roles_as_are_named_one_by_one_fit_too() -> None:
    roles = tuple(f"arn:{{partition}}:iam::{n:012}:role/{'x' * 64}" for n in range(MOST_NAMED))
    many = synthesize(replace(COMPILED, roles=roles))
    written = json.dumps(statements(many), separators=(",", ":"))
    assert len(written.replace('{"Ref":"AWS::Partition"}', '"aws"')) < LARGEST_POLICY


def test_no_role_is_assumed_where_no_other_account_is_watched() -> None:
    alone = synthesize(replace(COMPILED, roles=()))
    assert "sts:AssumeRole" not in json.dumps(statements(alone))
