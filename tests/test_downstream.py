"""What docs/downstream.md says of waiting is so; tests/local/test_waiting.py runs its machines."""

import json
import re
import textwrap
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_stepfunctions as sfn

from infra import timeouts
from infra.cost import quantities as q
from infra.cost.fleet import Activity
from infra.cost.month import waiting
from infra.cost.prices import bill, read_prices
from infra.words import money
from lambdas.answer.sweep import LOOKS_EVERY
from lambdas.model import CANCELLED, FAILED, NOT_FOUND, PARTIAL
from lambdas.wait import asked
from lambdas.wait.handler import TaskOverError
from lambdas.waits.calls import CallError, DeniedError
from lambdas.waits.settling import TELLERS
from lambdas.waits.wait import FAILED_PREFIX, GAVE_UP, NOT_WATCHED, WRONG_INPUT
from tests.catalogue import ours
from tests.downstream import PAGE, WAIT, machines, nested, python
from tests.examples import EXAMPLES, template

TEXT = PAGE.read_text(encoding="utf-8")
ERRORS = {FAILED_PREFIX + each for each in (FAILED, CANCELLED, PARTIAL, NOT_FOUND)} | {
    *(GAVE_UP, NOT_WATCHED, WRONG_INPUT),
}


def wait_of(machine: dict[str, Any]) -> dict[str, Any]:
    """The state of a machine that waits."""
    (state,) = [each for each in machine["States"].values() if each.get("Resource") == WAIT]
    return dict(state)


@pytest.mark.parametrize("source", sorted(machines()))
def test_a_machine_waits_for_its_source_with_keys_that_there_are(source: str) -> None:
    state = wait_of(machines()[source])
    payload = {
        name.removesuffix(".$"): each for name, each in state["Parameters"]["Payload"].items()
    }
    assert payload["source"] == source in ours().rows
    assert {"source", "job_id", "token"} <= payload.keys() <= {*asked.KEYS}
    assert payload["token"] == "$$.Task.Token"
    assert state["HeartbeatSeconds"] >= 5 * timeouts.SWEEP
    parents = [parent.parameter for parent in ours().rows[source].source.parents]
    given = {name.removesuffix(".$") for name in payload.get("parameters", {})}
    assert given == {*parents}


@pytest.mark.parametrize("source", sorted(machines()))
def test_each_state_of_a_machine_leads_to_one_that_there_is(source: str) -> None:
    machine = machines()[source]
    states = machine["States"]
    named = {machine["StartAt"]}
    for state in states.values():
        catches = [each["Next"] for each in state.get("Catch", ())]
        named |= {*catches, *([state["Next"]] if "Next" in state else [])}
    assert named == states.keys()


def test_the_errors_that_a_machine_catches_are_some_of_ours() -> None:
    catch = wait_of(machines()["sesv2.import-jobs"])["Catch"]
    assert {error for each in catch for error in each["ErrorEquals"]} < ERRORS


def test_a_machine_tries_again_what_may_pass_and_nothing_else() -> None:
    """A function that takes too long is called so by what runs it, and no more `Lambda.Unknown`."""
    (retry,) = wait_of(machines()["sesv2.import-jobs"])["Retry"]
    named = {*retry["ErrorEquals"]}
    assert {CallError.__name__, "Sandbox.Timedout", "Lambda.TooManyRequestsException"} <= named
    assert not named & {DeniedError.__name__, TaskOverError.__name__, "States.ALL"}
    made = json.dumps(template("waiting")["Resources"])
    assert {*re.findall(r"\b(?:Lambda|Sandbox)\.\w+|\bCallError\b", made)} == named


def test_the_tables_name_each_key_and_each_error() -> None:
    keys = re.findall(
        r"^\| (`.*?) \|", TEXT.split("### What it is given")[1].split("###")[0], re.MULTILINE
    )
    assert {name for row in keys for name in re.findall(r"`(\w+)`", row)} == {*asked.KEYS}
    told = TEXT.split("### What it is told")[1].split("\n###")[0]
    assert {*re.findall(r"`(Jobwatch\.[A-Z_]+)`", told)} == ERRORS


THEIRS = "444455556666"


def test_another_accounts_machine_says_what_the_one_that_waits_for_it_takes() -> None:
    (called,) = nested()["wait-for-job"]["States"].values()
    (caller,) = nested()["import"]["States"].values()
    payload = called["Parameters"]["Payload"]
    assert {name.removesuffix(".$") for name in payload} <= {*asked.KEYS}
    given = {f"$.{name.removesuffix('.$')}" for name in caller["Parameters"]["Input"]}
    assert {*payload.values()} == given | {"$$.Task.Token", THEIRS}
    assert called["Resource"] == WAIT
    assert called["HeartbeatSeconds"] >= 5 * timeouts.SWEEP


def test_who_may_start_the_machine_for_another_account_reads_no_others_events() -> None:
    """An account out of its input could be anybody's whose jobs are watched."""
    (called,) = nested()["wait-for-job"]["States"].values()
    (caller,) = nested()["import"]["States"].values()
    assert called["Parameters"]["Payload"]["account"] == THEIRS
    assert "account" not in caller["Parameters"]["Input"]
    machine = caller["Parameters"]["StateMachineArn"].rpartition(":")[2]
    assert THEIRS in machine, "one for each account, whose executions the others don't see"


def test_the_role_between_two_accounts_lets_one_machine_start_the_other_and_no_more() -> None:
    """As AWS has it for `.sync` and another account: with no rule of EventBridge."""
    (caller,) = nested()["import"]["States"].values()
    machine = caller["Parameters"]["StateMachineArn"]
    start, follow = nested()["may"]["Statement"]
    assert (start["Action"], start["Resource"]) == ("states:StartExecution", machine)
    assert {*follow["Action"]} == {"states:DescribeExecution", "states:StopExecution"}
    assert follow["Resource"] == machine.replace(":stateMachine:", ":execution:") + ":*"
    (trust,) = nested()["trust"]["Statement"]
    theirs = trust["Condition"]["StringEquals"]["sts:ExternalId"].split(":")
    assert (theirs[4], theirs[3]) == (THEIRS, machine.split(":")[3])
    assert trust["Principal"]["AWS"].split(":")[4] == THEIRS
    assert caller["Credentials"]["RoleArn"].split(":")[4] == machine.split(":")[4] != THEIRS


def test_the_cdk_snippet_makes_the_task_that_the_machines_have() -> None:
    made: dict[str, Any] = {}
    exec(compile(python(), str(PAGE), "exec"), made)  # noqa: S102  the page's own
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Some")
    task = made["wait_for"](stack, "Jobwatch-Wait", "dataexchange.jobs", "$.job")
    sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(task))
    resources = cdk.assertions.Template.from_stack(stack).to_json()["Resources"].values()
    (machine,) = [r for r in resources if r["Type"] == "AWS::StepFunctions::StateMachine"]
    parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
    text = "".join(each if isinstance(each, str) else "aws" for each in parts)
    (state,) = json.loads(text)["States"].values()
    ours_ = wait_of(machines()["dataexchange.jobs"])
    assert state["Resource"] == WAIT
    assert state["Parameters"]["Payload"] == ours_["Parameters"]["Payload"]
    assert state["HeartbeatSeconds"] == ours_["HeartbeatSeconds"]
    (policy,) = [r for r in resources if r["Type"] == "AWS::IAM::Policy"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"


def test_the_task_of_a_dag_is_that_of_the_example_which_airflow_itself_runs() -> None:
    dag = (EXAMPLES / "airflow" / "dags" / "import_contacts.py").read_text(encoding="utf-8")
    assert textwrap.indent(python("JobSensor"), "    ") in dag


def test_what_the_loop_costs_is_reckoned_with_the_prices_of_the_cost_model() -> None:
    price = read_prices()["step-functions"]
    loop = 120 * q.TRANSITIONS
    assert f"| transitions of a job of two hours | {loop} | 1 |" in TEXT
    for words, jobs in {"a thousand": 1_000, "ten thousand": 10_000}.items():
        row = f"| {words} such jobs a month | {money(price.of(jobs * loop))} | "
        assert f"{row}{money(price.of(jobs))} |" in TEXT
    assert f"${price.of(loop):.3f}" in TEXT
    assert f"${price.of(1):.6f}" in TEXT
    quiet = Activity(jobs=0, unfinished=0, changes=0, alerts=0)
    assert round(bill(waiting(quiet), read_prices()).listed, 1) == 0.1


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"one invocation of {timeouts.ANSWER} s reaches, eight at a time" in TEXT
    assert TELLERS == 8
    assert LOOKS_EVERY == 5
    assert "given within five minutes" in TEXT
