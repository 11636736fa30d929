"""`./jobwatch plan`: what a deployment would change, against a plan in a function's zip."""

import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from infra.config.files.documents import parse_document
from infra.config.own import Own
from infra.config.plan import Compiled, compile_document
from infra.config.policies import READ_JOBS, cut
from infra.config.statements import document, fill_in
from infra.cost.reckoning import reckon
from lambdas.plan import VERSION, Account, Expect, Organization, Plan, Policy, Watch, write_plan
from operate.command.options import Means
from operate.plan.differences import HIDDEN, LEFT, ROW, differences
from operate.plan.granted import granted, would_grant
from operate.plan.permissions import POLL, THEIRS, allowed
from operate.plan.said import watch_said
from tests.answers import REGION, Answer, Answers
from tests.catalogue import compile_plan, ours, read_once
from tests.said import Said, golden, run
from tests.template import GIVEN, synthesize

ROOT = Path(__file__).parents[1]
ACCOUNT = "111122223333"
OLD = """\
watches:
  imports: {source: sesv2.import-jobs}
  exports: {source: sesv2.export-jobs, every: 5 minutes}
  gone: {source: dataexchange.jobs}
alerts: {email: [ops@example.com]}
"""
RICH = """\
watches:
  exports:
    source: pinpoint.segment-import-jobs
    for: {ApplicationId: a}
    accounts: [{id: "444455556666", role: reader, external_id: x1, name: prod}]
    regions: [eu-west-1]
    every: 5 minutes
    stalled_after: 2 hours
    include: {id: [prod-*]}
    expect: {at: "0 3 * * *", within: 90 minutes}
    alerts: {on: [FAILED], to: [lake], severity: critical, owner: data, runbook: https://a.example/}
  named: {source: sesv2.import-jobs, jobs: [a]}
  of-all: {source: dataexchange.jobs, organization: {units: [ou-abcd-11111111], role: reader}}
recipients:
  lake: {topic: "arn:aws:sns:eu-west-1:111122223333:job-alerts"}
"""
NEW = """\
watches:
  imports: {source: sesv2.import-jobs, every: 2 minutes, alerts: {on: [FAILED]}}
  exports:
    source: [sesv2.export-jobs, comprehend.entities-detection-jobs]
    every: 5 minutes
    regions: [eu-west-1, us-east-1]
  theirs:
    source: dataexchange.jobs
    accounts: [{id: "444455556666", role: reader}]
recipients:
  lake: {topic: "arn:aws:sns:eu-west-1:111122223333:job-alerts"}
alerts: {email: [me@example.com], to: [lake]}
retention: 60 days
"""
STACK = {
    "StackName": "Jobwatch",
    "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/Jobwatch/0f",
    "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
    "StackStatus": "UPDATE_COMPLETE",
    "Outputs": [
        {"OutputKey": "PollFunctionName", "OutputValue": "poll"},
        {"OutputKey": "TableName", "OutputValue": "seen"},
    ],
}
IDENTITY = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "UserId": "AIDA"}
TEMPLATE = {
    "Resources": {
        "Mail": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {"Protocol": "email", "Endpoint": "ops@example.com"},
        },
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
    }
}
ANSWERS: Mapping[str, Answer] = {
    "sts:GetCallerIdentity": IDENTITY,
    "cloudformation:DescribeStacks": {"Stacks": [STACK]},
    "lambda:GetFunction": {"Code": {"Location": "https://code.example/zip"}},
    "dynamodb:Query": {"Count": 31},
}
WRITES = ("Put", "Create", "Update", "Delete", "Set", "Tag")


@pytest.fixture(scope="module", autouse=True)
def _catalogue() -> None:
    read_once()


class Here:
    """Somebody who asks what a deployment would change; `zipped` is the code of what is there."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self.watches = folder / "watches.yaml"
        self.old = folder / "old.yaml"
        self.old.write_text(OLD, encoding="utf-8")
        self.watches.write_text(NEW, encoding="utf-8")
        compiled = compile_plan(self.old)
        self.zipped = zipped(write_plan(compiled.plan))
        self.template = {**TEMPLATE["Resources"], "Poll": reading(compiled)}
        self._capsys = capsys
        self.calls: set[str] = set()
        self.fetch: Callable[[str], bytes] = lambda _: self.zipped

    def priced(self, said: Said) -> str:
        """Give what is said without its dollars, which move with AWS's prices."""
        return re.sub(r"\$[\d.]+", "$N", said.out)

    def plan(self, *words: str, **answers: Answer) -> Said:
        return self.call("plan", f"--watches={self.watches}", *words, **answers)

    def call(self, *words: str, **answers: Answer) -> Said:
        named = {name.replace("_", ":"): answer for name, answer in answers.items()}
        body = json.dumps({"Resources": self.template})
        answers: Mapping[str, Answer] = {
            **ANSWERS,
            # Anew each time, as botocore reads the text where it stands.
            "cloudformation:GetTemplate": lambda _: {"TemplateBody": body},
            **named,
        }
        clients = Answers(answers)
        means = Means(clients=lambda *_, **__: clients, fetch=self.fetch)
        said = run(self._capsys, *words, means=means)
        self.calls = {name for name, _ in clients.calls}
        return said

    def found(self, **answers: Answer) -> Any:
        said = self.plan("--json", **answers)
        assert (said.code, said.err) == (0, "")
        return json.loads(said.out)


def reading(compiled: Compiled) -> dict[str, Any]:
    """What the poll function's role may read, as a template has it."""
    place = {"partition": "aws", "region": REGION, "account": ACCOUNT}
    said = [each for policy in cut(compiled.statements(), compiled.kept) for each in policy]
    allowed = document(said, lambda template: fill_in(template, **place))
    properties = {"PolicyName": READ_JOBS, "PolicyDocument": allowed}
    return {"Type": "AWS::IAM::Policy", "Properties": properties}


def zipped(plan: Any) -> bytes:
    content = io.BytesIO()
    with ZipFile(content, "w") as file:
        file.writestr("plan.json", json.dumps(plan))
    return content.getvalue()


@pytest.fixture
def it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Here:
    return Here(capsys, tmp_path)


def test_what_changes_is_said_in_words(it: Here) -> None:
    said = it.plan()
    assert (said.code, said.err) == (0, "")
    assert it.priced(said) == golden("plan-changes")


def test_where_nothing_is_deployed_everything_is_new(it: Here) -> None:
    said = it.plan(cloudformation_DescribeStacks="ValidationError")
    assert (said.code, said.err) == (0, "")
    assert it.priced(said) == golden("plan-new")
    assert it.calls == {"sts:GetCallerIdentity", "cloudformation:DescribeStacks"}


def test_where_the_file_is_what_is_deployed_nothing_changes(it: Here) -> None:
    it.watches.write_text(OLD, encoding="utf-8")
    said = it.plan()
    assert (said.code, said.err) == (0, "")
    assert it.priced(said) == golden("plan-same")
    assert it.found()["changes"] is False


def test_of_another_version_only_the_names_of_watches_are_told(it: Here) -> None:
    it.zipped = zipped({"version": VERSION - 1, "watches": {"imports": {}, "older": {}}})
    said = it.plan()
    assert (said.code, said.err) == (0, "")
    assert it.priced(said) == golden("plan-version")


def test_calls_and_dollars_are_those_that_a_synth_reckons(it: Here) -> None:
    """Before and after, with as many parents as the rows say at most."""
    it.watches.write_text(NEW.replace("dataexchange.jobs", "pinpoint.import-jobs"), "utf-8")
    found = it.found()
    assert found["after"] == asdict(reckon(compile_plan(it.watches)))
    assert found["before"] == asdict(reckon(compile_plan(it.old)))


def test_it_only_reads(it: Here) -> None:
    it.plan()
    assert it.calls == {*ANSWERS, "cloudformation:GetTemplate"}
    page = (ROOT / "docs" / "poll.md").read_text(encoding="utf-8")
    assert not [each for each in it.calls - {"sts:GetCallerIdentity"} if each not in page]
    assert not [name for name in it.calls if name.partition(":")[2].startswith(WRITES)]


def test_a_mistake_in_the_file_is_told_in_lines(it: Here) -> None:
    it.watches.write_text("watches:\n  a: {source: sesv2.import-job}\n", encoding="utf-8")
    said = it.plan()
    assert (said.code, said.out) == (1, "")
    assert ":2: watches.a.source: found" in said.err
    assert it.calls == set()


def test_watches_that_are_too_dear_are_told_as_a_synth_does(it: Here) -> None:
    wide = "watches: {all: {source: '*', every: 10 seconds}}\nmost_dollars: 1\n"
    it.watches.write_text(wide, encoding="utf-8")
    said = it.plan()
    assert (said.code, said.out) == (1, "")
    assert "most_dollars" in said.err


@pytest.mark.parametrize(
    "content", [b"", b"no zip", zipped([]), zipped({}), zipped({"version": VERSION, "watches": {}})]
)
def test_a_deployed_plan_that_cant_be_read_is_told(it: Here, content: bytes) -> None:
    it.zipped = content
    said = it.plan("--stack=Staging")
    assert (said.code, said.out) == (1, "")
    look = "./jobwatch doctor --stack Staging"
    assert said.err == f"the plan that poll runs can't be read → {look}\n"


def changed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """Give a document with another value somewhere."""
    if not place:
        return value
    inner = changed(document[place[0]], place[1:], value)
    if isinstance(document, dict):
        return {**document, place[0]: inner}
    return [*document[: place[0]], inner, *document[place[0] + 1 :]]


EXPORTS = ("watches", "exports")
STRANGE: tuple[tuple[tuple[Any, ...], Any], ...] = (
    ((*EXPORTS, "every"), "x"),
    ((*EXPORTS, "every"), None),
    ((*EXPORTS, "include"), ["x"]),
    ((*EXPORTS, "include", "id"), [7]),
    ((*EXPORTS, "include", "id"), "x"),
    ((*EXPORTS, "parameters", "ApplicationId"), 7),
    ((*EXPORTS, "accounts"), {"x": "x"}),
    ((*EXPORTS, "accounts", 0, "name"), ["x"]),
    ((*EXPORTS, "expect", "within"), "x"),
    ((*EXPORTS, "alerts", "on"), "x"),
    ((*EXPORTS, "alerts", "after"), "x"),
    ((*EXPORTS, "alerts", "owner"), {"x": "x"}),
    ((*EXPORTS, "name"), "x"),
    ((*EXPORTS, "sources"), {"x": []}),
    (("sources", "dataexchange.jobs", "name"), "x"),
    (("sources", "dataexchange.jobs", "calls_per_second"), "x"),
    (("sources", "dataexchange.jobs", "listing"), None),
    (("consoles",), 7),
    (("retention",), "x"),
    (("retention",), 10**30),
    ((*EXPORTS, "every"), 0),
    ((*EXPORTS, "every"), 10**30),
    ((*EXPORTS, "stalled_after"), 10**30),
    ((*EXPORTS, "expect", "within"), -1),
    (("recipients", "lake"), None),
)


OF_NO_FILE: tuple[tuple[tuple[Any, ...], Any], ...] = (
    ((*EXPORTS, "accounts", 0, "id"), "x"),
    (("watches", "of-all", "organization", "most"), 10**30),
)


@pytest.mark.parametrize(
    ("command", "place", "value"),
    [
        *(("plan", *each) for each in (*STRANGE, *OF_NO_FILE)),
        *(("status", *each) for each in STRANGE),
    ],
    ids=str,
)
def test_what_no_plan_has_is_told_where_one_is_deployed_that_has_it(
    it: Here, command: str, place: tuple[Any, ...], value: Any
) -> None:
    """Whoever may change a function's code may write anything there."""
    it.old.write_text(RICH, encoding="utf-8")
    document = json.loads(json.dumps(write_plan(compile_plan(it.old).plan)))
    it.zipped = zipped(changed(document, place, value))
    said = it.plan() if command == "plan" else it.call(command)
    assert (said.code, said.out) == (1, "")
    assert re.fullmatch(r"the plan .* can't be read.* → ./jobwatch doctor\n", said.err)


def test_a_plan_in_a_layer_is_read_there(it: Here) -> None:
    """As `./jobwatch template` has it, whose code fits every plan."""
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:Plan:3"
    function = {
        "Code": {"Location": "https://code.example/zip"},
        "Configuration": {
            "Environment": {"Variables": {"JOBWATCH_PLAN": "/opt/plan.json"}},
            "Layers": [{"Arn": arn}],
        },
    }
    asked: list[Mapping[str, Any]] = []

    def layer(call: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(call)
        return {"Content": {"Location": "https://code.example/layer"}}

    zips = {"https://code.example/zip": zipped({}), "https://code.example/layer": it.zipped}
    it.fetch = zips.__getitem__
    answers = {"lambda_GetFunction": function, "lambda_GetLayerVersionByArn": layer}
    assert it.found(**answers)["removed"] == [{"watch": "gone", "known_jobs": 31}]
    assert asked == [{"Arn": arn}]


def test_a_stack_of_somebody_elses_is_told(it: Here) -> None:
    said = it.plan(cloudformation_DescribeStacks={"Stacks": [{**STACK, "Outputs": []}]})
    assert (said.code, said.out) == (1, "")
    assert "has no output PollFunctionName" in said.err


def test_what_may_not_be_asked_for_is_said_and_keeps_nothing_else(it: Here) -> None:
    found = it.found(cloudformation_GetTemplate="AccessDenied", dynamodb_Query="AccessDenied")
    assert found["emails"] is None
    assert found["removed"] == [{"watch": "gone", "known_jobs": None}]
    said = it.plan(cloudformation_GetTemplate="AccessDenied").out
    assert "it takes cloudformation:GetTemplate" in said


def test_nothing_is_said_to_change_only_as_far_as_the_template_can_be_read(it: Here) -> None:
    """A recipient may lead elsewhere, and a row may have taken less."""
    it.watches.write_text(OLD, encoding="utf-8")
    assert it.found(cloudformation_GetTemplate="AccessDenied")["changes"] is None
    said = it.plan(cloudformation_GetTemplate="AccessDenied").out
    assert "told or allowed, as far as it can be read." in " ".join(said.split())
    assert "what a row that changed takes can't be read off it" in " ".join(said.split())


def test_where_the_code_may_not_be_read_a_line_says_so(it: Here) -> None:
    said = it.plan(lambda_GetFunction="AccessDeniedException")
    assert (said.code, said.out) == (1, "")
    assert "GetFunction" in said.err


def test_many_known_jobs_are_not_counted(it: Here) -> None:
    more = {"pk": {"S": "w"}, "sk": {"S": "job#1"}}
    found = it.found(dynamodb_Query={"Count": 900, "LastEvaluatedKey": more})
    assert found["removed"] == [{"watch": "gone", "known_jobs": None}]


def test_what_each_watch_has_of_the_files_settings_is_said_once(it: Here) -> None:
    found = it.found()
    assert {"key": "alerts.to", "before": "", "after": "lake"} in found["settings"]
    keys = {each["key"] for watch in found["changed"] for each in watch["differences"]}
    assert "alerts.to" not in keys


WATCH = Watch(
    name="w",
    sources={"sesv2.import-jobs": ()},
    parameters={},
    jobs=None,
    accounts=(),
    every=60,
    idle_every=None,
    discover_every=None,
    stalled_after=None,
    max_duration=None,
    expect=None,
    alerts=Policy(frozenset({"FAILED"})),
)
OTHER: Mapping[str, Any] = {
    "sources": {"sesv2.export-jobs": ()},
    "parameters": {"ApplicationId": "4f1c0a"},
    "jobs": ("job-1",),
    "accounts": (Account("444455556666", "reader"),),
    "every": 120,
    "idle_every": 3_600,
    "discover_every": 900,
    "stalled_after": 7_200,
    "max_duration": 7_200,
    "expect": Expect("0 3 * * *", "UTC", 3_600),
    "alerts": Policy(frozenset({"FAILED"}), to=("lake",)),
    "include": {"name": ("prod-*",)},
    "exclude": {"type": ("EXPORT",)},
    "organization": Organization(("ou-abcd-11111111",), "reader", (), 10),
}


def plan_of(*watches: Watch, **said: Any) -> Plan:
    named = {each.name: each for each in watches}
    return Plan(**{"watches": named, "sources": {}, "alerts": WATCH.alerts, "retention": 86_400,
                   "concurrency": 5, **said})  # fmt: skip


@pytest.mark.parametrize("name", [each.name for each in fields(Watch) if each.name != "name"])
def test_each_field_of_a_watch_is_said_where_it_changes(name: str) -> None:
    found = differences(plan_of(WATCH), plan_of(replace(WATCH, **{name: OTHER[name]})))
    (changed,) = found.changed
    assert changed.differences


@pytest.mark.parametrize("name", [each.name for each in fields(Policy) if each.name != "on"])
def test_each_field_of_a_policy_is_said_where_it_changes(name: str) -> None:
    other: Mapping[str, Any] = {"to": ("lake",), "after": 3}
    policy = replace(WATCH.alerts, **{name: other.get(name, "said")})
    found = differences(plan_of(WATCH), plan_of(replace(WATCH, alerts=policy)))
    ((changed,),) = [each.differences for each in found.changed]
    assert changed.key == f"alerts.{name}"
    assert [each.key for each in differences(plan_of(), plan_of(alerts=policy)).settings] == [
        f"alerts.{name}"
    ]


def test_an_external_id_is_never_shown_and_its_change_is_said() -> None:
    secret = replace(WATCH, accounts=(Account("444455556666", "reader", "hush-1"),))
    other = replace(WATCH, accounts=(Account("444455556666", "reader", "hush-2"),))
    assert "hush" not in str(watch_said(secret))
    (changed,) = differences(plan_of(secret), plan_of(other)).changed
    assert changed.means == (HIDDEN,)


MANY = tuple(f"a-{number}" for number in range(8))
SWAPPED: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "exclude": ({"exclude": {"name": (*MANY, "b-*")}}, {"exclude": {"name": (*MANY, "prod-*")}}),
    "jobs": ({"jobs": (*MANY, "b")}, {"jobs": (*MANY, "c")}),
    "alerts": (
        {"alerts": replace(WATCH.alerts, to=(*MANY, "oncall"))},
        {"alerts": replace(WATCH.alerts, to=(*MANY, "pager"))},
    ),
    "accounts": (
        {"accounts": (Account("444455556666", "reader", "hush-1"),)},
        {"accounts": (Account("444455556666", "reader", "hush-2"),)},
    ),
}


@pytest.mark.parametrize("name", SWAPPED)
def test_what_is_behind_the_words_that_are_said_changes_not_unseen_beside_others(name: str) -> None:
    """Whoever has a glob take out more of a watch would only change its cadence, too."""
    old, new = (replace(WATCH, **said) for said in SWAPPED[name])
    (changed,) = differences(plan_of(old), plan_of(replace(new, every=120))).changed
    assert [each.key for each in changed.differences] == ["every"]
    assert HIDDEN in changed.means
    (quiet,) = differences(plan_of(old), plan_of(replace(old, every=120))).changed
    assert HIDDEN not in quiet.means


def test_what_a_watch_looks_at_no_more_is_said() -> None:
    both = replace(WATCH, sources={"sesv2.import-jobs": (), "sesv2.export-jobs": ()})
    (changed,) = differences(plan_of(both), plan_of(WATCH)).changed
    assert LEFT in changed.means


def told(
    it: Here, recipients: Mapping[str, Any], stack: Mapping[str, Any], **more: Mapping[str, Any]
) -> Any:
    """What is said of a file beside a deployment of `TO_ALL`, of which the watches are the same."""
    was = {**TO_ALL, "recipients": GIVEN, "stack": OF_OURS}
    text = yaml.safe_dump(_plainly(was))
    it.old.write_text(text, encoding="utf-8")
    now = {**was, "recipients": recipients, "stack": stack, **more}
    it.watches.write_text(yaml.safe_dump(_plainly(now)), encoding="utf-8")
    it.zipped = zipped(write_plan(compile_plan(it.old).plan))
    return it.found(cloudformation_GetTemplate=lambda _: {"TemplateBody": _template_of(text)})


@cache
def _template_of(text: str) -> str:
    """The template of a stack of a file that says so."""
    return json.dumps(synthesize(compile_document(parse_document("watches.yaml", text), ours())))


def _plainly(value: Any) -> Any:
    return json.loads(json.dumps(value))


HERE = "arn:aws:{}:eu-west-1:111122223333:{}"
KEY = HERE.format("kms", "key/11111111-2222-3333-4444-{}")
TO_ALL = {
    "watches": {"imports": {"source": "sesv2.import-jobs"}},
    "alerts": {"to": [*GIVEN], "email": ["ops@example.com"]},
}
OF_OURS: Mapping[str, Any] = {
    "tags": {"team": "data"},
    "permissions_boundary": "arn:aws:iam::111122223333:policy/boundary",
    "log_retention": "90 days",
    "key": KEY.format("555555555555"),
    "organization": "o-abcd123456",
    "vpc": {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]},
}
OTHER_PLACES: Mapping[str, Mapping[str, Any]] = {
    "chat": {"slack": {"workspace": "T01ABCDEF", "channel": "C0OTHERS"}},
    "lake": {"topic": HERE.format("sns", "others"), "resolved": False},
    "mail": {"email": ["data@example.com"], "resolved": True},
    "oncall": {"pagerduty": {**GIVEN["oncall"]["pagerduty"], "region": "eu"}},
    "team": {"teams": {**GIVEN["team"]["teams"], "channel": "19%3adef%40thread.tacv2"}},
    "weekend": {"pagerduty": {**GIVEN["weekend"]["pagerduty"], "key": "another"}},
}
OF_OTHERS: Mapping[str, Any] = {
    "tags": {"team": "others"},
    "permissions_boundary": "arn:aws:iam::111122223333:policy/other",
    "log_retention": "1 day",
    "key": KEY.format("666666666666"),
    "organization": "o-wxyz987654",
    "vpc": {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0ffffffff"]},
    "bus": "company-events",
    "topic": HERE.format("sns", "company-alerts"),
}


def test_of_a_template_that_the_file_would_make_nothing_is_told(it: Here) -> None:
    found = told(it, GIVEN, OF_OURS)
    assert (found["told"], found["own"], found["changes"]) == ([], [], False)


@pytest.mark.parametrize("name", OTHER_PLACES)
def test_a_recipient_that_is_elsewhere_is_told(it: Here, name: str) -> None:
    """Whoever looks at a change by `plan` is to see that alerts go to somebody else."""
    found = told(it, {**GIVEN, name: OTHER_PLACES[name]}, OF_OURS)
    called = "data@example.com" if name == "mail" else name
    assert [each["key"] for each in found["told"]] == [called]
    assert found["changes"] is True


def test_where_a_recipient_is_that_is_new_is_told_also_in_the_place_of_another(it: Here) -> None:
    """Its name and its kind would look alike in the account of somebody else."""
    theirs = {"topic": "arn:aws:sns:eu-west-1:999999999999:job-alerts"}
    (new,) = told(it, {**GIVEN, "archive": theirs}, OF_OURS)["told"]
    assert new == {"key": "archive", "before": "", "after": f"{theirs['topic']} (open, resolved)"}
    others = {name: each for name, each in GIVEN.items() if name != "lake"}
    it_is = {**TO_ALL["alerts"], "to": [*others, "archive"]}
    found = told(it, {**others, "archive": theirs}, OF_OURS, alerts=it_is)["told"]
    assert {each["key"]: (each["before"], each["after"]) for each in found} == {
        "lake": (f"{GIVEN['lake']['topic']} (open)", ""),
        "archive": ("", new["after"]),
    }


@pytest.mark.parametrize("key", Own.model_fields)
def test_each_key_of_ones_own_that_changes_is_told(it: Here, key: str) -> None:
    """A bus that another organization may listen to, a boundary that is another one."""
    found = told(it, GIVEN, {**OF_OURS, key: OF_OTHERS[key]})
    assert [each["key"] for each in found["own"]] == [key]
    without = {name: each for name, each in OF_OURS.items() if name != key}
    found = told(it, GIVEN, without)
    assert [each["key"] for each in found["own"]] == [key] * (key in OF_OURS)


def test_where_alerts_go_and_who_may_listen_is_said_in_words(it: Here) -> None:
    moved = {**GIVEN, "lake": OTHER_PLACES["lake"]}
    told(it, moved, {**OF_OURS, "organization": "o-wxyz987654"})
    compiled = compile_plan(it.old)
    template = json.dumps(synthesize(compiled))
    said = it.plan(cloudformation_GetTemplate=lambda _: {"TemplateBody": template})
    assert f"~ lake: {GIVEN['lake']['topic']} (open) → {HERE.format('sns', 'others')} (open)" in (
        " ".join(said.out.split())
    )
    assert "~ organization: o-abcd123456 → o-wxyz987654" in said.out


def row_of_ones_own(it: Here, **get: Any) -> None:
    ours = yaml.safe_load((ROOT / "catalogue" / "sesv2.yaml").read_text(encoding="utf-8"))
    row = ours["sources"]["import-jobs"]
    mine = {**row, "get": {**row["get"], **get}}
    file = it.watches.parent / "catalogue" / "sesv2.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({"service": "sesv2", "sources": {"mine": mine}}), "utf-8")


def test_a_row_that_takes_more_than_it_did_is_told_where_no_watch_changes(it: Here) -> None:
    """Of a row, the plan has only how it is read: what it is allowed, the template says."""
    row_of_ones_own(it)
    it.watches.write_text("watches: {imports: {source: sesv2.mine}}\n", encoding="utf-8")
    compiled = compile_plan(it.watches)
    it.zipped = zipped(write_plan(compiled.plan))
    body = json.dumps(synthesize(compiled))
    answers: Mapping[str, Answer] = {"cloudformation_GetTemplate": lambda _: {"TemplateBody": body}}
    assert it.found(**answers)["permissions"] == {"gained": [], "lost": []}
    row_of_ones_own(it, resource="*", also={"lambda:ListFunctions": "*"})
    found = it.found(**answers)
    gained = {(each["action"], each["resource"]) for each in found["permissions"]["gained"]}
    assert gained == {
        ("lambda:ListFunctions", "* in eu-west-1"),
        ("ses:GetImportJob", "* in eu-west-1"),
    }
    (lost,) = found["permissions"]["lost"]
    assert lost["resource"] == "arn:aws:ses:eu-west-1:111122223333:import-job/*"
    assert found["changes"] is True


@pytest.mark.parametrize(
    "source", ["sesv2.*", "['*.*-jobs', pinpoint.segment-import-jobs]", "cloudfront.*"]
)
def test_permissions_of_the_same_rows_are_those_of_the_template(it: Here, source: str) -> None:
    """Also where they are said of several services together, elsewhere, or in any region."""
    more = "regions: [us-east-1, eu-west-1], accounts: [{id: '444455556666', role: reader}]"
    watches = f"a: {{source: {source}}}, b: {{source: {source}, {more}}}"
    text = f"watches: {{{watches}}}\nmost_dollars: 1000000\n"
    it.watches.write_text(text, encoding="utf-8")
    compiled = compile_plan(it.watches)
    it.zipped = zipped(write_plan(compiled.plan))
    place = {"partition": "aws", "region": REGION, "account": ACCOUNT}
    before = granted(synthesize(compiled)["Resources"], place)
    assert before == would_grant(compiled.plan, compiled.rows, place, compiled.kept)


def test_a_template_of_another_make_is_said_not_to_be_read(it: Here) -> None:
    rule = {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)"}}
    body = json.dumps({"Resources": {"Rule": rule}})
    answers: Mapping[str, Answer] = {"cloudformation_GetTemplate": lambda _: {"TemplateBody": body}}
    assert it.found(**answers)["told"] is None
    said = " ".join(it.plan(**answers).out.split())
    assert "? where recipients are and what a row that changed takes can't be read off it" in said


@pytest.mark.parametrize("odd", [["Queues", ["a"], {}], {"Properties": {}}, None])
def test_what_has_no_type_in_a_template_keeps_nothing_else(it: Here, odd: Any) -> None:
    """CloudFormation's loops are lists amid the resources."""
    whole = it.found()
    it.template = {**it.template, "Fn::ForEach::Queues": odd}
    assert it.found() == whole


@pytest.mark.parametrize("body", ["Resources: {}", {}, {"Resources": []}])
def test_a_template_that_is_none_of_ours_is_said_not_to_be_read(it: Here, body: Any) -> None:
    answers: Mapping[str, Answer] = {
        "cloudformation_GetTemplate": lambda _: {"TemplateBody": json.dumps(body)}
    }
    assert (it.found(**answers)["told"], it.found(**answers)["emails"]) == (None, None)


def test_a_row_that_changed_is_said_of_the_watches_that_it_is_read_by(it: Here) -> None:
    plan = compile_plan(it.watches).plan
    row = plan.sources["sesv2.import-jobs"]
    newer = {**plan.sources, row.name: replace(row, calls_per_second=99.0)}
    (changed,) = differences(plan, replace(plan, sources=newer)).changed
    assert (changed.watch, changed.means) == ("imports", (f"sesv2.import-jobs {ROW}",))


def test_what_a_plan_allows_is_what_its_stack_grants(it: Here) -> None:
    """Also in regions of their own, by ids, in parents, and with the roles of other accounts."""
    more = """\
  segments: {source: pinpoint.segment-import-jobs, for: {ApplicationId: 4f1c0a}}
  some: {source: dataexchange.jobs, jobs: [job-1], regions: [us-east-1]}
  whole: {source: translate.*, organization: {units: [ou-abcd-11111111], role: other}}
"""
    it.watches.write_text(NEW.replace("recipients:", f"{more}recipients:"), encoding="utf-8")
    compiled = compile_plan(it.watches)
    place = {"partition": "aws", "region": REGION, "account": ACCOUNT}
    granted = {(POLL, *each) for each in _granted(compiled, place)}
    for reader in compiled.readers:
        theirs = _of(reader.permissions, {**place, "account": THEIRS})
        granted |= {(f"the role {reader.role} of other accounts", *each) for each in theirs}
    assert {tuple(each) for each in allowed(compiled.plan, compiled.rows, **place)} == granted


def _granted(compiled: Compiled, place: Mapping[str, str]) -> set[tuple[str, str]]:
    roles = {("sts:AssumeRole", fill_in(role, **place)) for role in compiled.roles}
    listing = {
        (f"organizations:List{what}ForParent", f"arn:aws:organizations::*:{kind}/*")
        for what in ("Accounts", "OrganizationalUnits")
        for kind in ("ou", "root")
    }
    return roles | listing | _of(compiled.permissions, place)


def _of(permissions: Any, place: Mapping[str, str]) -> set[tuple[str, str]]:
    return {
        (action, fill_in(resource, **place) + (f" in {fill_in(where, **place)}" if where else ""))
        for each in permissions
        for action in each.actions
        for resource in each.resources
        for where in (each.regions or ("",))
    }
