"""The state machines of docs/waiting-asl.md wait, by a Step Functions and the deployed functions.

Their first states start jobs of services that are not here; what these answer is given instead. No
such job is there, so each is given up, which it is only where a watch of the stack sees the source
and the state says all of its parents.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from demo.deploy import Deployed
from demo.local_aws import LocalAws
from operate.waiting.families import Family, machine, read_families
from tests.local.apps import waited_for
from tests.local.watching import deploy_watches

FAMILIES = {each.source: each for each in read_families()}
SOME = "some"
NAMED = {"emr.steps": {"ClusterId": SOME}}
"""What a watch has to name."""


@pytest.fixture(scope="module")
def stack(aws: LocalAws) -> Deployed:
    """Jobwatch, which watches them all."""
    file = aws.folder / "watches.yaml"
    named = {s.replace(".", "-"): {"source": s, "for": what} for s, what in NAMED.items()}
    rest = {"all": {"source": sorted(FAMILIES.keys() - NAMED.keys())}}
    file.write_text(json.dumps({"watches": named | rest}))
    return deploy_watches(aws, file)


@pytest.fixture(scope="module")
def start(aws: LocalAws, stack: Deployed) -> Callable[[Family], str]:
    """Make the machine of a family, and start it behind its first state; give the execution."""
    iam, states = aws.client("iam"), aws.client("stepfunctions")
    who = {"Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    may = {
        "Action": "lambda:InvokeFunction",
        "Resource": f"arn:aws:lambda:*:*:function:{stack.wait}",
    }
    trust, policy = (
        json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each}]})
        for each in (who, may)
    )
    role = iam.create_role(RoleName="machines", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="machines", PolicyName="May", PolicyDocument=policy)

    def begin(family: Family) -> str:
        text = json.dumps(machine(family)).replace("${WaitFunctionName}", stack.wait)
        name, whole = family.source.replace(".", "-"), json.loads(text)
        states.create_state_machine(name=name, definition=text, roleArn=role)
        whole["StartAt"] = "Wait"
        whole["States"]["Wait"]["Parameters"]["Payload"]["give_up_after"] = 1
        made = states.create_state_machine(
            name=f"{name}-waits", definition=json.dumps(whole), roleArn=role
        )
        started = states.start_execution(
            stateMachineArn=made["stateMachineArn"], input=json.dumps(given(family))
        )
        return str(started["executionArn"])

    return begin


def given(family: Family) -> Any:
    """What a state finds after the first one: some text wherever a path leads."""
    found: dict[str, Any] = {}
    for path in (family.job_id, *family.parents.values()):
        at, (*before, last) = found, path.removeprefix("$.").split(".")
        for word in before:
            at = at.setdefault(word, {})
        name, number = re.fullmatch(r"(\w+)(\[0\])?", last).groups()  # type: ignore[union-attr]
        at[name] = [SOME] if number else SOME
    return found


def test_each_waits_and_is_given_up(
    aws: LocalAws, stack: Deployed, start: Callable[[Family], str]
) -> None:
    states, executions = aws.client("stepfunctions"), {s: start(f) for s, f in FAMILIES.items()}

    def ended() -> Any:
        aws.client("lambda").invoke(FunctionName=stack.answer, Payload="{}")
        found = {s: states.describe_execution(executionArn=e) for s, e in executions.items()}
        return found if all(e["status"] != "RUNNING" for e in found.values()) else None

    said = {s: (e["error"], e["cause"]) for s, e in waited_for(ended).items()}
    assert {s: each for s, each in said.items() if each[0] != "Jobwatch.GAVE_UP"} == {}
    assert all("no poll sees it" in cause for _, cause in said.values())
