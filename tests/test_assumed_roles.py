"""Which roles of other accounts the poll function may assume, and that it is told in few words."""

import json
from dataclasses import replace
from typing import Any

from infra.config.permissions import roles_of
from infra.config.watches import Watch
from tests.iam import assert_they_fit, policies_of
from tests.template import COMPILED, Json, of_type, plain, synthesize

POLL = "<PollingPollRole>"
OTHER = {"id": "111122223333", "role": "another"}
ANYWHERE = "arn:{partition}:iam::*:role/jobwatch-reader"


def statements(among: Json) -> list[dict[str, Any]]:
    """Every statement of the inline policies of the poll function's role."""
    policies = of_type("AWS::IAM::Policy", among).values()
    mine = [p for p in policies if p["Roles"][0]["Ref"].startswith("PollingPollRole")]
    return [statement for policy in mine for statement in policy["PolicyDocument"]["Statement"]]


def test_a_role_of_many_accounts_is_assumed_in_the_organization_only() -> None:
    many = synthesize(replace(COMPILED, roles=(ANYWHERE,)))
    (found,) = [each for each in statements(many) if each["Action"] == ["sts:AssumeRole"]]
    assert [*map(plain, found["Resource"])] == ["arn:<AWS::Partition>:iam::*:role/jobwatch-reader"]
    of_ours = {"StringEquals": {"aws:ResourceOrgID": ["${aws:PrincipalOrgID}"]}}
    assert found["Condition"] == of_ours


def test_a_thousand_accounts_fit_into_the_poll_functions_policy() -> None:
    accounts = [{"id": f"{n:012}", "role": "jobwatch-reader"} for n in range(1_000)]
    watches = [
        Watch.model_validate({"source": "x", "accounts": accounts}),
        Watch.model_validate({"source": "x", "accounts": [*accounts[:1], OTHER]}),
    ]
    many = synthesize(replace(COMPILED, roles=roles_of(watches)))
    assert_they_fit(*policies_of(POLL, many))
    assert "111122223333:role/another" in json.dumps(statements(many))


def test_roles_of_a_name_each_are_all_named_in_as_many_policies_as_it_takes() -> None:
    roles = tuple(f"arn:{{partition}}:iam::{n:012}:role/reader-{'x' * 50}{n}" for n in range(200))
    inline, managed = policies_of(POLL, synthesize(replace(COMPILED, roles=roles)))
    assert_they_fit(inline, managed)
    written = json.dumps([*inline, *managed])
    assert all(role.partition("::")[2] in written for role in roles)


def test_no_role_is_assumed_where_no_other_account_is_watched() -> None:
    alone = synthesize(replace(COMPILED, roles=()))
    assert "sts:AssumeRole" not in json.dumps(statements(alone))
