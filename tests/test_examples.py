"""The apps in examples/: each synthesizes, and its rule takes the events that it is for."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from runpy import run_path
from types import ModuleType
from typing import Any

import pytest

from lambdas.alert.status import ATTRIBUTES
from operate.rules import broken
from tests.examples import EXAMPLES, GIVEN, TOPIC, template
from tests.patterns import event, matches
from tests.schemas import FOLDER, read
from tests.template import of_type

SES = {"source": "sesv2.import-jobs"}
EXCHANGE = {"source": "dataexchange.jobs", "job_type": "EXPORT_REVISIONS_TO_S3"}
EXPORT = {"source": "dynamodb.exports"}
TAKES: Mapping[str, list[dict[str, Any]]] = {
    "after_data_exchange": [event(**EXCHANGE, status="SUCCEEDED")],
    "after_import": [event(**SES, status=each) for each in ("SUCCEEDED", "PARTIAL")],
    "airflow": [
        event(status=each, terminal=True) for each in ("SUCCEEDED", "PARTIAL", "FAILED", "UNKNOWN")
    ],
    "glue_after_export": [event(**EXPORT, status="SUCCEEDED")],
    "ticket": [event(**SES), event(**EXPORT)],
    "other_account": [event(), event("Job Stalled"), event("Run Missing")],
    "archive": [event(), event("Job Stalled"), event("Run Missing")],
}
LEAVES: Mapping[str, list[dict[str, Any]]] = {
    "after_data_exchange": [
        event(**EXCHANGE),
        event(source="dataexchange.jobs", job_type="IMPORT_ASSETS_FROM_S3", status="SUCCEEDED"),
        event("Job Stalled"),
    ],
    "after_import": [event(**SES), event(**EXCHANGE, status="SUCCEEDED"), event("Run Arrived")],
    "airflow": [
        event(status="RUNNING", terminal=False),
        event(watch="another"),
        event("Job Stalled"),
    ],
    "glue_after_export": [event(**EXPORT), event("Run Arrived"), event(**SES, status="SUCCEEDED")],
    "ticket": [event(status="SUCCEEDED"), event("Job Stalled"), event("Watch Unreachable")],
    "other_account": [{**event(), "source": "another"}],
    "archive": [{**event(), "source": "another"}],
}


def patterns(name: str) -> list[Any]:
    kinds = ("AWS::Events::Rule", "AWS::Events::Archive")
    return [
        each["EventPattern"] for kind in kinds for each in of_type(kind, template(name)).values()
    ]


def test_each_example_is_here_and_in_the_list() -> None:
    assert {file.parent.name for file in EXAMPLES.glob("*/app.py")} == {*GIVEN}
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for name in (*GIVEN, "types"):
        assert f"]({name}/README.md)" in listed


@pytest.mark.parametrize("name", GIVEN)
def test_an_example_is_what_cloudformation_takes(name: str) -> None:
    assert [*broken(json.dumps(template(name)))] == []


@pytest.mark.parametrize("name", TAKES)
def test_a_rule_takes_the_events_that_it_is_for_and_no_others(name: str) -> None:
    (pattern,) = patterns(name)
    assert [matches(pattern, each) for each in TAKES[name]] == [True] * len(TAKES[name])
    assert [matches(pattern, each) for each in LEAVES[name]] == [False] * len(LEAVES[name])


@pytest.mark.parametrize("name", ["after_data_exchange", "after_import", "glue_after_export"])
def test_what_is_replayed_starts_no_work_again(name: str) -> None:
    """Who may start a replay of an archive would else have a newsletter sent once more."""
    (pattern,) = patterns(name)
    replayed = [{**each, "replay-name": "again"} for each in TAKES[name]]
    assert [matches(pattern, each) for each in replayed] == [False] * len(replayed)


@pytest.mark.parametrize("name", TAKES)
def test_a_rule_is_on_the_bus_that_is_named(name: str) -> None:
    for each in of_type("AWS::Events::Rule", template(name)).values():
        assert each["EventBusName"] == "jobs"


def test_a_filter_policy_names_attributes_that_messages_have() -> None:
    (subscription,) = of_type("AWS::SNS::Subscription", template("failed_to_queue")).values()
    assert subscription["TopicArn"] == TOPIC
    policy = subscription["FilterPolicy"]
    assert policy == {"watch": ["contact-imports"], "status": ["FAILED"], "state": ["open"]}
    assert policy.keys() <= {*ATTRIBUTES, "severity", "state", "to"}


def test_each_ticket_has_the_id_of_its_event_so_that_a_repeat_makes_no_other() -> None:
    (rule,) = of_type("AWS::Events::Rule", template("ticket")).values()
    (target,) = rule["Targets"]
    headers = target["HttpParameters"]["HeaderParameters"]
    assert headers == {"Idempotency-Key": "$.detail.id"}
    paths = target["InputTransformer"]["InputPathsMap"].values()
    fields = [path.removeprefix("$.detail.").split(".")[0] for path in paths]
    assert {*fields} <= read("Job Status Change", FOLDER / "examples")["detail"].keys()


def test_no_text_of_a_stranger_stands_within_another_text_of_a_ticket() -> None:
    """A quote in a job's id would end it there, and what follows would be a field of the ticket."""
    (rule,) = of_type("AWS::Events::Rule", template("ticket")).values()
    said = rule["Targets"][0]["InputTransformer"]
    texts = re.findall(r'"[^"]*"', said["InputTemplate"])
    within = {name for text in texts for name in re.findall("<([^>]+)>", text)}
    assert {said["InputPathsMap"][name] for name in within} == {"$.detail.watch"}
    assert {"$.detail.job_id", "$.detail.failure.message"} <= {*said["InputPathsMap"].values()}


def test_their_bus_lets_in_the_role_of_the_rule_alone() -> None:
    """Else whoever of the account may put events could put some there that nobody announced."""
    page = (EXAMPLES / "other_account" / "README.md").read_text(encoding="utf-8")
    policies = re.findall(r"--policy '([^']+)'", page)
    assert "put-permission" in page
    assert len(policies) == page.count("put-permission")
    ((reference, role),) = [
        (name, each["Properties"])
        for name, each in template("other_account")["Resources"].items()
        if each["Type"] == "AWS::IAM::Role"
    ]
    (rule,) = of_type("AWS::Events::Rule", template("other_account")).values()
    assert rule["Targets"][0]["RoleArn"] == {"Fn::GetAtt": [reference, "Arn"]}
    for statement in json.loads(policies[0])["Statement"]:
        (who,) = statement["Condition"]["ArnEquals"].values()
        (name, _) = role["RoleName"]["Fn::Join"][1]
        assert who == f"arn:aws:iam::111122223333:role/{name}eu-west-1"
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def waiting(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The example's plugin for Airflow, without Airflow: what it takes of that is not called."""
    for name, words in {
        "airflow.providers.amazon.aws.hooks.sqs": ("SqsHook",),
        "airflow.sdk": ("BaseSensorOperator", "Context"),
        "airflow.sdk.exceptions": ("AirflowFailException",),
        "airflow.triggers.base": ("BaseTrigger", "TriggerEvent"),
    }.items():
        module = ModuleType(name)
        vars(module).update({word: type(word, (), {}) for word in words})
        monkeypatch.setitem(sys.modules, name, module)
    file = EXAMPLES / "airflow" / "plugins" / "jobwatch_waiting.py"
    spec = spec_from_file_location("jobwatch_waiting", file)
    assert spec
    assert spec.loader
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", "{}", '{"detail": 1}', "[" * 200_000, '{"detail": ' * 50_000]
)
def test_a_message_that_is_no_event_keeps_no_task_of_airflow_from_its_own(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing takes it off the queue: an error would end each wait that looks at it, for a day."""
    assert waiting(monkeypatch)._detail({"Body": body}) == {}


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_left_out_is_said_in_a_line(name: str) -> None:
    """In this process, which has the CDK's library and Node already."""
    with pytest.raises(SystemExit) as ended:
        run_path(str(EXAMPLES / name / "app.py"), run_name="__main__")
    line = ended.value.code
    assert isinstance(line, str)  # Python prints it, and ends with 1
    assert "\n" not in line
    for each in GIVEN[name]:
        assert f"-c {each}=" in line


def test_an_example_runs_by_itself(tmp_path: Path) -> None:
    context = json.dumps(GIVEN["after_import"])
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "after_import" / "app.py")],
        env={**os.environ, "CDK_CONTEXT_JSON": context, "CDK_OUTDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "AfterImport.template.json").read_text())["Resources"]


@pytest.mark.parametrize("page", ["README.md", *(f"{name}/README.md" for name in GIVEN)])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = (EXAMPLES / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert ((EXAMPLES / page).parent / target).exists(), target


@pytest.mark.parametrize("name", GIVEN)
def test_a_page_shows_how_it_is_deployed(name: str) -> None:
    page = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    assert f"examples/{name}/app.py" in page
    assert re.findall(r"-c (\w+)=", page) == [*GIVEN[name]]
