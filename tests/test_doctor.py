"""What is said of an account that is well, and of each thing that can be wrong with it."""

import io
import json
import re
import shlex
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_LZMA, ZipFile

import botocore.session
import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)
from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from rich.console import Console

from infra.bundle import BundleError
from infra.config.plan import Compiled
from lambdas.alert.mutes import Mute
from lambdas.members import Members
from lambdas.model import Health, Scope
from lambdas.plan import VERSION, write_plan
from lambdas.store.batches import StoreError
from lambdas.store.healths import write_health
from lambdas.store.members import write_members
from operate import bootstrap
from operate.command.unmute import command as unmute
from operate.doctor import account, polling, telling
from operate.doctor.checks import CHECKS, RING, Check, run
from operate.doctor.findings import Finding, Mark, warning
from operate.doctor.here import STANDING, WAITS, Here
from operate.doctor.offers import TYPES
from operate.doctor.show import show
from operate.doctor.template import HELD
from operate.stack import BOARD, FUNCTIONS
from operate.ways import Typed, of_the_cdk
from operate.ways import of_template as ways_of_template
from tests.answers import REGION, Answer, Answers
from tests.catalogue import compile_plan
from tests.command import call
from tests.records import unreachable
from tests.template import OFTEN, TOLD, of_type, synthesize, template

ROOT = Path(__file__).parents[1]
HERE = f"arn:aws:{{}}:{REGION}:111122223333"
ROLE = "arn:aws:iam::111122223333:role/Jobwatch-PollingPollRole"
TABLE = f"{HERE.format('dynamodb')}:table/seen"
ALERTS, ALARMS = f"{HERE.format('sns')}:alerts", f"{HERE.format('sns')}:alarms"
STACK_ID = f"{HERE.format('cloudformation')}:stack/Jobwatch/0f"
QUEUE = f"{HERE.format('sqs')}:inbox"
WATCHES = """\
watches:
  imports: {source: sesv2.import-jobs}
  exports: {source: sesv2.export-jobs, regions: [eu-west-1, us-east-1]}
alerts: {email: [ops@example.com]}
"""
MEMBERS = """\
watches:
  theirs:
    source: sesv2.import-jobs
    accounts: [{id: "444455556666", role: reader}]
"""
OUTPUTS = {
    "EventBusName": "events",
    "AlertTopicArn": ALERTS,
    "AlarmTopicArn": ALARMS,
    "TableName": "seen",
    **{f"{name.capitalize()}FunctionName": name for name in FUNCTIONS},
    **{f"{name}QueueUrl": f"https://queue/{name}" for name in ("Lanes", "LostLanes")},
    **{f"{name}QueueUrl": f"https://queue/{name}" for name in ("Unpublished", "Unsent")},
}


def alarm(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "AlarmDescription": f"Jobwatch: {name} is wrong. See docs/runbook.md#{name}",
        "StateValue": "OK",
        "ActionsEnabled": True,
        "AlarmActions": [ALARMS],
        **fields,
    }


SILENT = alarm(
    "silent",
    Namespace="Jobwatch",
    MetricName="AgeOfLastRead",
    Statistic="SampleCount",
    Period=300,
    EvaluationPeriods=3,
    Threshold=1.0,
    ComparisonOperator="LessThanThreshold",
    TreatMissingData="breaching",
    Dimensions=[{"Name": "every", "Value": "60"}, {"Name": "service", "Value": "Jobwatch"}],
)


TEMPLATE = {
    "Resources": {
        "silent": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmDescription": SILENT["AlarmDescription"],
                "Namespace": "Jobwatch",
                "MetricName": "AgeOfLastRead",
                "Statistic": "SampleCount",
                "Period": 300,
                "EvaluationPeriods": 3,
                "Threshold": 1,
                "ComparisonOperator": "LessThanThreshold",
                "TreatMissingData": "breaching",
                "Dimensions": [
                    {"Name": "service", "Value": "Jobwatch"},
                    {"Name": "every", "Value": "60"},
                ],
            },
        }
    }
}
"""A stack of an alarm, as it is synthesized."""


def described(call: Mapping[str, Any]) -> dict[str, Any]:
    names = call["AlarmNames"]
    return {"MetricAlarms": [SILENT if name == "silent" else alarm(name) for name in names]}


def resources(**types: str) -> dict[str, Any]:
    return {
        "StackResourceSummaries": [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": name,
                "ResourceType": kind.replace("_", "::"),
                "LastUpdatedTimestamp": datetime.now(UTC),
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name, kind in types.items()
        ]
    }


PARAMETERS = ("Bucket", "CodeKey", "PlanKey")
"""Those of a stack of a template."""


def stack(
    status: str = "CREATE_COMPLETE",
    outputs: Mapping[str, str] = OUTPUTS,
    parameters: Sequence[str] = ("BootstrapVersion",),
) -> Answer:
    described = {
        "StackName": "Jobwatch",
        "StackId": STACK_ID,
        "CreationTime": datetime.now(UTC),
        "StackStatus": status,
        "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
        "Parameters": [{"ParameterKey": each, "ParameterValue": "x"} for each in parameters],
    }
    return {"Stacks": [described]}


def mappings(call: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """What feeds a function: nothing tick, a queue poll, the table's stream the others."""
    name = call["FunctionName"]
    source = f"{HERE.format('sqs')}:lanes" if name == "poll" else f"{TABLE}/stream/now"
    mapping = {"UUID": f"{name:0<36}", "State": "Enabled", "EventSourceArn": source}
    mapping |= {"FunctionArn": f"{HERE.format('lambda')}:function:{name}", **fields}
    return {"EventSourceMappings": [] if name == "tick" else [mapping]}


def table(**fields: Any) -> Answer:
    streams = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    found = {"TableStatus": "ACTIVE", "StreamSpecification": streams}
    return {"Table": {**found, "LatestStreamArn": f"{TABLE}/stream/now", **fields}}


def lives(state: str, attribute: str | None = "expires_at") -> Answer:
    named = {"AttributeName": attribute} if attribute else {}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": state, **named}}


def archived(*names: str) -> Callable[[Mapping[str, Any]], Any]:
    """Name the archives of the stack's bus, and of no other."""
    bus = "arn:aws:events:eu-west-1:111122223333:event-bus/events"

    def answer(call: Mapping[str, Any]) -> dict[str, Any]:
        found = names if call["EventSourceArn"] == bus else ()
        return {"Archives": [{"ArchiveName": name} for name in found]}

    return answer


def shards(open_: int, closed: int = 0) -> Answer:
    """What is said of a stream, in pages of one shard."""
    ranges = [{"EndingSequenceNumber": "2" * 21}] * closed + [{}] * open_

    def answer(call: Mapping[str, Any]) -> dict[str, Any]:
        number = int(call.get("ExclusiveStartShardId", "0" * 28)) + 1
        shard = {"ShardId": f"{number:028}", "SequenceNumberRange": ranges[number - 1]}
        more = {"LastEvaluatedShardId": shard["ShardId"]} if number < len(ranges) else {}
        return {"StreamDescription": {"Shards": [shard], **more}}

    return answer


def subscribed(endpoint: str, protocol: str = "email", arn: str | None = None) -> dict[str, Any]:
    arn = arn or f"{ALERTS}:6d0c"
    return {"Protocol": protocol, "Endpoint": endpoint, "SubscriptionArn": arn}


def subscriptions(*found: Mapping[str, Any]) -> Answer:
    return {"Subscriptions": [*found]}


def ages(value: float | None, ago: float = 40) -> Answer:
    at = datetime.now(UTC) - timedelta(seconds=ago)
    found = [] if value is None else [value]
    return {"MetricDataResults": [{"Id": "age", "Timestamps": [at][: len(found)], "Values": found}]}


def simulated(**detail: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Allow everything; `detail` is of what is said of listing import jobs in us-east-1."""

    def answer(call: Mapping[str, Any]) -> dict[str, Any]:
        there = call["ContextEntries"][0]["ContextKeyValues"] == ["us-east-1"]
        return {
            "EvaluationResults": [
                {"EvalActionName": action, "EvalDecision": "allowed"}
                | (detail if there and action == "ses:ListExportJobs" else {})
                for action in call["ActionNames"]
            ]
        }

    return answer


def waiting(**queues: int) -> Callable[[Mapping[str, Any]], Any]:
    def answer(call: Mapping[str, Any]) -> dict[str, Any]:
        number = queues.get(call["QueueUrl"].rpartition("/")[2], 0)
        return {"Attributes": dict.fromkeys(call["AttributeNames"], "0") | {"x": str(number)}}

    return answer


def of_jobs(lived: dict[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Give how long jobs live, and of every other table that it is as it should be."""
    return lambda asked: lived if asked["TableName"] == "seen" else lives("ENABLED")


WELL: Mapping[str, Answer] = {
    "sts:GetCallerIdentity": {
        "Account": "111122223333",
        "Arn": "arn:aws:sts::111122223333:role/me",
    },
    "ssm:GetParameter": {"Parameter": {"Value": "30"}},
    "lambda:GetAccountSettings": {
        "AccountLimit": {"ConcurrentExecutions": 1_000, "UnreservedConcurrentExecutions": 900}
    },
    "ec2:DescribeRegions": {
        "Regions": [
            {"RegionName": REGION, "OptInStatus": "opt-in-not-required"},
            {"RegionName": "us-east-1", "OptInStatus": "opted-in"},
            {"RegionName": "af-south-1", "OptInStatus": "not-opted-in"},
        ]
    },
    "cloudformation:DescribeStacks": stack(),
    "cloudformation:ListStackResources": resources(
        clock="AWS_Scheduler_Schedule",
        silent="AWS_CloudWatch_Alarm",
        StandingTable="AWS_DynamoDB_Table",
    ),
    "lambda:GetFunctionConfiguration": {"Role": ROLE, "State": "Active"},
    "lambda:GetFunctionConcurrency": {},
    "lambda:GetFunction": {
        "Configuration": {"CodeSha256": "ours"},
        "Code": {"Location": "https://code.test/ours"},
    },
    "iam:SimulatePrincipalPolicy": simulated(),
    "scheduler:GetSchedule": {"State": "ENABLED"},
    "lambda:ListEventSourceMappings": mappings,
    "dynamodb:DescribeTable": table(),
    "dynamodb:DescribeTimeToLive": lives("ENABLED"),
    "dynamodbstreams:DescribeStream": shards(4),
    "dynamodb:Query": {"Items": []},
    "sqs:GetQueueAttributes": waiting(),
    "cloudwatch:DescribeAlarms": described,
    "cloudwatch:GetMetricData": ages(0),
    "cloudwatch:ListAlarmMuteRules": {"AlarmMuteRuleSummaries": []},
    "events:ListArchives": archived(),
    "sns:GetTopicAttributes": {"Attributes": {"KmsMasterKeyId": "alias/aws/sns"}},
    "sns:ListSubscriptionsByTopic": subscriptions(subscribed("ops@example.com")),
}


SILENT_CHECKS = {"members", "organizations", "deliveries", "offers"}
"""What has nothing to say where there is no other account, no queue is subscribed, and the file
takes nothing that a region may lack."""


@pytest.fixture
def watches(tmp_path: Path) -> Path:
    file = tmp_path / "watches.yaml"
    file.write_text(WATCHES, encoding="utf-8")
    return file


class Doctor:
    """Somebody who looks; `said` is what they are told, by check and mark."""

    def __init__(
        self,
        watches: Path,
        aws: Answers,
        deployed: bytes,
        built: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.watches, self.aws = watches, aws
        self.deployed: bytes | Exception | Mapping[str, bytes] = deployed
        self.built: Path | Exception = built
        self.template: Mapping[str, Any] = TEMPLATE
        self.fetched: list[str] = []
        self.code: int | None = None
        self._capsys = capsys

    def run(self, *words: str) -> str:
        """Run the command; give what it printed."""
        means = {"fetch": self._fetch, "build": self._build, "synthesize": self._synthesize}
        given = ("--watches", str(self.watches), *words)
        self.code = call("doctor", *given, clients=self.aws, **means)
        return self._capsys.readouterr().out

    def _synthesize(self, _: Compiled, name: str) -> Mapping[str, Any]:
        assert name in {"Jobwatch", "Staging"}
        return self.template

    def _build(self, compiled: Compiled, *, portable: bool) -> Path:
        """Build what `zipped` packs; the functions and what they need are there already."""
        if isinstance(self.built, Exception):
            raise self.built
        plan = self.built / "plan.json"
        plan.unlink(missing_ok=True)
        if not portable:
            plan.write_text(json.dumps(write_plan(compiled.plan)), encoding="utf-8")
        return self.built

    def _fetch(self, link: str) -> bytes:
        if isinstance(self.deployed, Exception):
            raise self.deployed
        self.fetched.append(link)
        return self.deployed if isinstance(self.deployed, bytes) else self.deployed[link]

    def look(self, *more: str, **answers: Answer) -> list[tuple[str, str, str, str]]:
        """Look where some operations, such as sts__GetCallerIdentity, answer otherwise.

        The file that is named stands in what to type, which is told without it.
        """
        self.aws.answers |= {name.replace("__", ":"): answer for name, answer in answers.items()}
        named = re.compile(f"(?<=deploy|estroy|mplate) --watches {re.escape(str(self.watches))}")
        return [
            (each["check"], each["mark"], each["what"], named.sub("", each["do"]))
            for each in json.loads(self.run("--json", *more))
        ]

    def faults(self, *more: str, **answers: Answer) -> list[tuple[str, str, str, str]]:
        return [each for each in self.look(*more, **answers) if each[1] != "ok"]

    def fault(self, *more: str, **answers: Answer) -> tuple[str, str, str, str]:
        (found,) = self.faults(*more, **answers)
        return found


def zipped(watches: Path, more: Mapping[str, str] | None = None, **changes: Any) -> bytes:
    """The zip of the functions, with the plan of a file."""
    plan = write_plan(compile_plan(watches, ROOT / "catalogue").plan) | changes
    return zipped_files({"plan.json": json.dumps(plan), **(more or {})})


def zipped_files(more: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    files = {each.relative_to(ROOT).as_posix(): each for each in (ROOT / "lambdas").rglob("*.py")}
    texts = {name: each.read_text(encoding="utf-8") for name, each in files.items()}
    with ZipFile(content, "w") as code:
        code.mkdir("lambdas")
        for name, text in (texts | dict.fromkeys(LIBRARY, "") | dict(more)).items():
            code.writestr(name, text)
    return content.getvalue()


LIBRARY = ("botocore/client.py", "botocore/data/sesv2/2019-09-27/service-2.json")


@pytest.fixture(scope="module")
def aws() -> Answers:
    """Made once, as reading the services' models takes its time."""
    return Answers({})


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The functions' zip as it is deployed from the file."""
    file = tmp_path_factory.mktemp("deployed") / "watches.yaml"
    file.write_text(WATCHES, encoding="utf-8")
    return zipped(file)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is built here, but for the plan."""
    folder = tmp_path_factory.mktemp("built")
    with ZipFile(io.BytesIO(zipped_files({}))) as code:
        code.extractall(folder)
    return folder


@pytest.fixture
def doctor(
    watches: Path,
    aws: Answers,
    deployed: bytes,
    built: Path,
    capsys: pytest.CaptureFixture[str],
) -> Doctor:
    aws.answers = dict(WELL)
    aws.calls.clear()
    return Doctor(watches, aws, deployed, built, capsys)


def test_an_account_that_is_well_has_nothing_wrong_and_every_check_says_so(doctor: Doctor) -> None:
    found = doctor.look()
    assert [each for each in found if each[1] != "ok"] == []
    assert {name for name, *_ in found} == {
        "watches.yaml",
        "credentials",
        *(
            check.name
            for some in CHECKS.values()
            for check in some
            if check.name not in SILENT_CHECKS
        ),
    }
    assert doctor.code == 0


def test_it_only_reads_with_the_actions_that_each_check_says(doctor: Doctor) -> None:
    doctor.look()
    called = {name.replace("streams:", ":") for name, _ in doctor.aws.calls}
    needs = {need for some in CHECKS.values() for check in some for need in check.needs}
    always = {"sts:GetCallerIdentity", "cloudformation:DescribeStacks"}
    rare = {
        *("kms:DescribeKey", "dynamodb:GetItem", "sqs:GetQueueUrl", "lambda:GetLayerVersion"),
        *("dynamodb:BatchGetItem", "cloudformation:DescribeType"),
        *("events:DescribeApiDestination", "events:DescribeRule", "events:ListTargetsByRule"),
        "sns:GetSubscriptionAttributes",
    }
    assert called == needs - rare | always


def test_every_action_is_an_operation_of_its_service_that_reads() -> None:
    session = botocore.session.Session()
    for check in (*(check for some in CHECKS.values() for check in some), RING):
        for service, operation in (need.split(":") for need in check.needs):
            has = [service, *(["dynamodbstreams"] if service == "dynamodb" else [])]
            assert any(operation in session.get_service_model(s).operation_names for s in has)
            reads = re.match("(Batch)?Get|List|Describe|Query|Simulate", operation)
            assert reads or (service, operation, check) == ("cloudwatch", "SetAlarmState", RING)


def test_the_runbook_names_every_action_that_it_takes() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    section = runbook.split("## Look at an account\n")[1].split("\n## ")[0]
    needs = {need for some in CHECKS.values() for check in some for need in check.needs}
    more = {"cloudformation:DescribeStacks", *RING.needs}
    assert {*re.findall(r"`(\w+:[A-Z]\w+)`", section)} == needs | more


def test_the_runbook_shows_what_it_says(doctor: Doctor) -> None:
    """The sample is of a new account and the file that ships, of which an older one is deployed."""
    file = doctor.watches
    shipped = (ROOT / "watches.yaml").read_text(encoding="utf-8")
    older = shipped.replace("sesv2.import-jobs", "sesv2.import-jobs\n    every: 2 minutes", 1)
    file.write_text(re.sub(r"  data-exchange-jobs:\n.*\n", "", older), encoding="utf-8")
    doctor.deployed = zipped(file)
    file.write_text(shipped.replace("# email:", "email:"), encoding="utf-8")
    asleep = {"UUID": "14e0db71-5d35-4eb5-b481-8945cf9d10c2", "State": "Disabled"}
    alarms = {name: {"AlarmDescription": alarm(name)["AlarmDescription"]} for name in "abcdefghi"}
    functions = {name: {"Role": ROLE} for name in (*FUNCTIONS, BOARD)}
    fed = {f"{name:0<36}": name for name in ("poll", "publish")} | {asleep["UUID"]: "alert"}
    feeding = {uuid: {"FunctionName": name} for uuid, name in fed.items()}
    whole = {
        "AWS::CloudWatch::Alarm": alarms,
        "AWS::Lambda::Function": functions,
        "AWS::Lambda::EventSourceMapping": feeding,
        "AWS::Events::Rule": {"ended": {"EventBusName": "jobs", "State": "ENABLED"}},
        "AWS::SNS::Subscription": {"to-alerts": {}, "to-alarms": {}},
    }
    more = {
        name: {"Type": kind, "Properties": properties}
        for kind, each in whole.items()
        for name, properties in each.items()
    }
    doctor.template = {"Resources": TEMPLATE["Resources"] | more}
    pending = subscribed("ops@example.com", arn="PendingConfirmation")
    doctor.aws.answers |= {
        "sts:GetCallerIdentity": {
            "Account": "111122223333",
            "Arn": "arn:aws:sts::111122223333:assumed-role/admin/kim",
        },
        "cloudformation:DescribeStacks": stack("UPDATE_COMPLETE"),
        "cloudformation:ListStackResources": resources(
            **dict.fromkeys(("clock", "Heartbeat"), "AWS_Scheduler_Schedule"),
            **dict.fromkeys((STANDING, WAITS), "AWS_DynamoDB_Table"),
            **{name: each["Type"] for name, each in doctor.template["Resources"].items()},
        ),
        "lambda:GetAccountSettings": NO_ACCOUNT,
        "events:DescribeRule": {"State": "ENABLED"},
        "events:ListTargetsByRule": {},
        "sns:GetSubscriptionAttributes": {"Attributes": {}},
        "lambda:ListEventSourceMappings": lambda call: mappings(
            call, **(asleep if call["FunctionName"] == "alert" else {})
        ),
        "sns:ListSubscriptionsByTopic": lambda call: subscriptions(
            pending if call["TopicArn"] == ALERTS else subscribed("ops@example.com")
        ),
    }
    said = re.sub(r"completed \d+ s ago", "completed 41 s ago", _printed(doctor))
    named = re.compile(r"watches in\s+[^,]+,\s+and\s+no\s+mistake")
    said = named.sub("watches in watches.yaml, and no mistake", said)
    assert f"```\n{said}```\n" in (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8"), said


def _printed(doctor: Doctor) -> str:
    """Print what it says to who names no file."""
    printed, marks = io.StringIO(), Counter[Mark]()
    for group, found in groupby(json.loads(doctor.run("--json")), key=itemgetter("group")):
        findings = [(e["check"], Finding(Mark(e["mark"]), e["what"], e["do"])) for e in found]
        named = f" --watches {doctor.watches}"
        plain = [(name, replace(each, do=each.do.replace(named, ""))) for name, each in findings]
        show(Console(file=printed, width=100, highlight=False), group, plain)
        marks.update(each.mark for _, each in findings)
    return printed.getvalue() + ", ".join(f"{marks[mark]} {mark}" for mark in Mark) + "\n"


def test_every_entry_of_the_runbook_that_it_names_is_there() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    heads = re.findall(r"^#+ (.*)$", runbook, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    code = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "operate/doctor").glob("*.py"))
    named = {*re.findall(r"runbook\.md#([a-z-]+)", code), "another-account-cant-be-read"}
    assert len(named) > 5
    assert named <= anchors


def test_the_numbers_are_those_of_the_stack() -> None:
    (parameter,) = template()["Parameters"].values()
    assert parameter["Default"] == bootstrap.PARAMETER
    (rule,) = template()["Rules"].values()
    (needed,) = re.findall(r"version (\d+) required", json.dumps(rule))
    assert int(needed) == bootstrap.REQUIRED < bootstrap.OWN_BUCKET
    mappings = of_type("AWS::Lambda::EventSourceMapping", synthesize(OFTEN))
    (later,) = [each for name, each in mappings.items() if "FromLater" in name]
    assert later["ScalingConfig"]["MaximumConcurrency"] == account.LATER
    assert len([name for name in template()["Resources"] if name.startswith(BOARD)]) == 1
    tables = sorted(of_type("AWS::DynamoDB::Table"))
    assert [n.rstrip("0123456789ABCDEF") for n in tables] == [STANDING, "StorageTable", WAITS]
    kept = [each["TimeToLiveSpecification"] for each in of_type("AWS::DynamoDB::Table").values()]
    assert kept == [{"AttributeName": polling.EXPIRY, "Enabled": True}] * 3


@pytest.mark.parametrize(
    ("raised", "what", "do"),
    [
        (NoCredentialsError(), "there are none here", "aws sso login"),
        (
            UnauthorizedSSOTokenError(),
            "SSO session .* expired or is otherwise invalid",
            "sso login",
        ),
        (ProfileNotFound(profile="mine"), r"profile \(mine\) could not", "list-profiles"),
        (NoRegionError(), "no region is set", "AWS_REGION"),
        (EndpointConnectionError(endpoint_url="https://sts.x"), "Could not connect", "online"),
        ("ExpiredToken", "they have expired", "sso login"),
        ("InvalidClientTokenId", "InvalidClientTokenId", "sso login"),
    ],
)
def test_without_credentials_nothing_else_is_asked(
    doctor: Doctor, raised: Answer, what: str, do: str
) -> None:
    found = doctor.look(sts__GetCallerIdentity=raised)
    assert [name for name, *_ in found] == ["watches.yaml", "credentials"]
    assert re.search(what, found[1][2])
    assert do in found[1][3]
    assert [name for name, _ in doctor.aws.calls] == ["sts:GetCallerIdentity"]
    assert doctor.code == 1


def test_without_a_region_nothing_is_asked(
    watches: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """STS alone would answer all the same."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert call("doctor", "--watches", watches) == 1
    assert (
        "✗ credentials  no region is set → --region NAME, or export AWS_REGION=NAME"
        in capsys.readouterr().out
    )


def test_a_wrong_file_is_told_and_the_stack_is_looked_at_all_the_same(doctor: Doctor) -> None:
    doctor.watches.write_text("watches: {a: {source: nowhere}}\n", encoding="utf-8")
    found = doctor.look()
    (name, mark, what, do) = found[0]
    assert (name, mark) == ("watches.yaml", "wrong")
    assert what.startswith(f"1 mistake in {doctor.watches}: ")
    assert do == f"./jobwatch check --watches {doctor.watches} has all"
    assert {"schedules", "alarms", "bootstrap"} <= {name for name, *_ in found}
    assert not {"plan", "permissions", "regions"} & {name for name, *_ in found}


def test_a_file_of_any_name_is_checked_by_what_is_advised(doctor: Doctor) -> None:
    doctor.watches = doctor.watches.with_name("my $(touch it); watches.yaml")
    doctor.watches.write_text("watches: {a: {source: nowhere}}\n", encoding="utf-8")
    (_, _, _, do) = doctor.look()[0]
    typed = ["./jobwatch", "check", "--watches", str(doctor.watches)]
    assert shlex.split(do) == [*typed, "has", "all"]


def test_before_a_deployment_the_account_is_looked_at(doctor: Doctor) -> None:
    faults = doctor.faults(cloudformation__DescribeStacks="ValidationError")
    assert [each[:2] for each in faults] == [
        ("stack", "could not look"),
        ("permissions", "could not look"),
    ]
    assert faults[0][2:] == ("Jobwatch is not deployed in eu-west-1 yet", "./jobwatch deploy")
    assert doctor.code == 0


def test_a_stack_of_somebody_else_is_told(doctor: Doctor) -> None:
    (found, _) = doctor.faults(cloudformation__DescribeStacks=stack(outputs={"TableName": "x"}))
    assert found[:2] == ("stack", "wrong")
    assert "has no output EventBusName, AlertTopicArn, AlarmTopicArn, TickFunctionName" in found[2]


@pytest.mark.parametrize(
    ("status", "mark", "do"),
    [
        ("REVIEW_IN_PROGRESS", "warning", "./jobwatch deploy"),
        ("CREATE_IN_PROGRESS", "warning", "look again when that is over"),
        ("DELETE_IN_PROGRESS", "warning", "look again when that is over"),
        ("CREATE_FAILED", "wrong", "then ./jobwatch deploy"),
        ("ROLLBACK_COMPLETE", "wrong", "then ./jobwatch deploy"),
        ("ROLLBACK_FAILED", "wrong", "then ./jobwatch destroy and ./jobwatch deploy"),
        ("DELETE_FAILED", "wrong", "then ./jobwatch destroy once more"),
    ],
)
@pytest.mark.parametrize("outputs", [{}, OUTPUTS])
def test_a_stack_that_is_not_whole_is_told_by_its_state_whatever_outputs_it_has(
    doctor: Doctor, status: str, mark: str, do: str, outputs: Mapping[str, str]
) -> None:
    told = doctor.faults(cloudformation__DescribeStacks=stack(status, outputs))[0]
    assert told[:2] == ("stack", mark)
    assert f"{status}: " in told[2]
    assert "output" not in told[2]
    assert told[3].endswith(do)


def test_a_resource_that_could_not_be_made_keeps_no_check_from_the_others(doctor: Doctor) -> None:
    some = resources(clock="AWS_Scheduler_Schedule", silent="AWS_CloudWatch_Alarm")
    stuck = {**some["StackResourceSummaries"][1], "ResourceStatus": "CREATE_FAILED"}
    del stuck["PhysicalResourceId"]
    some["StackResourceSummaries"].append(stuck)
    assert doctor.faults(cloudformation__ListStackResources=some) == []


NO_ACCOUNT = {"AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 6}}
SMALL_ACCOUNT = {"AccountLimit": {"ConcurrentExecutions": 9, "UnreservedConcurrentExecutions": 9}}
ALIEN = subscribed("arn:aws:sqs:us-east-1:999999999999:inbox", "sqs")
MINE = subscriptions(subscribed("ops@example.com"), subscribed(QUEUE, "sqs"))


def deny(**more: Any) -> dict[str, Any]:
    return {"EvalDecision": "implicitDeny", **more}


WITH_BOARD = resources(
    clock="AWS_Scheduler_Schedule",
    silent="AWS_CloudWatch_Alarm",
    **{f"{BOARD}1F": "AWS_Lambda_Function"},
)
ONE: dict[str, tuple[dict[str, Answer], str, str, str]] = {
    "never bootstrapped": (
        {"ssm__GetParameter": "ParameterNotFound"},
        *("bootstrap: wrong", "never made ready for the CDK", "./jobwatch bootstrap"),
    ),
    "an old bootstrap": (
        {"ssm__GetParameter": {"Parameter": {"Value": "5"}}},
        *("bootstrap: wrong", "version 5, and the template needs 6", "./jobwatch bootstrap"),
    ),
    "a bootstrap that lets the CDK write to a stranger's bucket": (
        {"ssm__GetParameter": {"Parameter": {"Value": "20"}}},
        *(
            "bootstrap: warning",
            "version 20: once its bucket is deleted, who",
            "./jobwatch bootstrap",
        ),
    ),
    "a new account": (
        {"lambda__GetAccountSettings": NO_ACCOUNT},
        "concurrency: warning",
        "10 functions may run at once here, and 4 are reserved; this stack takes 18, and more",
        "ask Service Quotas for more",
    ),
    "an account with too little room for all lanes": (
        {
            "lambda__GetAccountSettings": SMALL_ACCOUNT,
            "dynamodbstreams__DescribeStream": shards(1, closed=3),
        },
        *("concurrency: warning", "this stack takes 12", "`concurrency: 2` in watches.yaml,"),
    ),
    "another region": (
        {"ec2__DescribeRegions": {"Regions": [{"RegionName": REGION, "OptInStatus": "opted-in"}]}},
        *(
            "regions: wrong",
            "us-east-1 is no region of this account",
            "correct `regions` of the watches",
        ),
    ),
    "a stack that failed": (
        {"cloudformation__DescribeStacks": stack("UPDATE_ROLLBACK_FAILED")},
        *("stack: wrong", "UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ),
    "a stack that went back": (
        {"cloudformation__DescribeStacks": stack("UPDATE_ROLLBACK_COMPLETE")},
        *(
            "stack: warning",
            "the last change of it failed, and was taken back",
            "./jobwatch deploy",
        ),
    ),
    "a stack that changes": (
        {"cloudformation__DescribeStacks": stack("UPDATE_IN_PROGRESS")},
        *("stack: warning", "being changed right now", "look again"),
    ),
    "a function that is stopped": (
        {
            "lambda__GetFunctionConcurrency": lambda call: (
                {"ReservedConcurrentExecutions": 0} if call["FunctionName"] == "alert" else {}
            )
        },
        *("functions: wrong", "alert is kept from running", "--function-name alert"),
    ),
    "the dashboard's function that is stopped": (
        {
            "cloudformation__ListStackResources": WITH_BOARD,
            "lambda__GetFunctionConcurrency": lambda call: (
                {"ReservedConcurrentExecutions": 0} if call["FunctionName"] == f"{BOARD}1F" else {}
            ),
        },
        *("functions: wrong", "board is kept from running", f"--function-name {BOARD}1F"),
    ),
    "an organization that denies": (
        {
            "iam__SimulatePrincipalPolicy": simulated(
                **deny(OrganizationsDecisionDetail={"AllowedByOrganizations": False})
            )
        },
        "permissions: warning",
        "in us-east-1: a service control policy does not allow it, if IAM is right: it does not",
        "ask who administers the organization",
    ),
    "a boundary that denies on one resource": (
        {
            "iam__SimulatePrincipalPolicy": simulated(
                EvalDecision="allowed",
                ResourceSpecificResults=[
                    {
                        "EvalResourceName": "x",
                        "EvalResourceDecision": "implicitDeny",
                        "PermissionsBoundaryDecisionDetail": {
                            "AllowedByPermissionsBoundary": False
                        },
                    }
                ],
            )
        },
        *("permissions: wrong", "the permission boundary", "widen the boundary"),
    ),
    "a policy that denies": (
        {"iam__SimulatePrincipalPolicy": simulated(EvalDecision="explicitDeny")},
        *("permissions: wrong", "a policy denies it", "take the statement out"),
    ),
    "a policy with a condition that IAM can't tell": (
        {
            "iam__SimulatePrincipalPolicy": simulated(
                EvalDecision="explicitDeny", MissingContextValues=["aws:PrincipalOrgID"]
            )
        },
        "permissions: warning",
        "a policy denies it, if IAM is right: it was not told aws:PrincipalOrgID",
        "take the statement out",
    ),
    "a policy that lacks it": (
        {"iam__SimulatePrincipalPolicy": simulated(**deny())},
        *(
            "permissions: wrong",
            "no policy of the poll function's role allows it",
            "./jobwatch deploy",
        ),
    ),
    "a schedule that is off": (
        {"scheduler__GetSchedule": {"State": "DISABLED"}},
        *("schedules: wrong", "clock is disabled: its watches are not polled", "enable it"),
    ),
    "the heartbeat's schedule that is off": (
        {
            "cloudformation__ListStackResources": resources(
                Heartbeat="AWS_Scheduler_Schedule", silent="AWS_CloudWatch_Alarm"
            ),
            "scheduler__GetSchedule": {"State": "DISABLED"},
        },
        *("schedules: wrong", "Heartbeat is disabled: no heartbeat is written", "enable it"),
    ),
    "a schedule that is gone": (
        {"scheduler__GetSchedule": "ResourceNotFoundException"},
        *("schedules: wrong", "clock is gone", "enable it"),
    ),
    "a table that changes": (
        {"dynamodb__DescribeTable": table(TableStatus="UPDATING")},
        *("table: warning", "it is UPDATING", "look again"),
    ),
    "a stream that is off": (
        {"dynamodb__DescribeTable": table(StreamSpecification={"StreamEnabled": False})},
        *("table: wrong", "its stream is off: nothing is announced", "./jobwatch deploy"),
    ),
    "a stream that was made anew": (
        {"dynamodb__DescribeTable": table(LatestStreamArn=f"{TABLE}/stream/later")},
        *("table: wrong", "the functions read the one before", "./jobwatch deploy"),
    ),
    "another attribute by which jobs expire": (
        {"dynamodb__DescribeTimeToLive": of_jobs(lives("ENABLED", "moved_at"))},
        "expiry: wrong",
        "jobs expire by moved_at: what DynamoDB deletes too early is told again as new",
        "Enabled=false,AttributeName=moved_at first; an hour later: aws dynamodb",
    ),
    "an attribute whose name is a command": (
        {"dynamodb__DescribeTimeToLive": of_jobs(lives("ENABLED", "$(id)"))},
        *(
            "expiry: wrong",
            "jobs expire by $(id)",
            "with 'Enabled=false,AttributeName=$(id)' first",
        ),
    ),
    "another attribute by which jobs will expire": (
        {"dynamodb__DescribeTimeToLive": of_jobs(lives("ENABLING", "moved_at"))},
        *("expiry: wrong", "jobs expire by moved_at", "Enabled=true,AttributeName=expires_at"),
    ),
    "no time to live": (
        {"dynamodb__DescribeTimeToLive": of_jobs(lives("DISABLED", None))},
        *("expiry: warning", "nothing expires", "Enabled=true,AttributeName=expires_at"),
    ),
    "another attribute by which alerts expire": (
        {
            "cloudformation__ListStackResources": resources(
                clock="AWS_Scheduler_Schedule",
                silent="AWS_CloudWatch_Alarm",
                StandingTable1="AWS_DynamoDB_Table",
            ),
            "dynamodb__DescribeTimeToLive": lambda asked: lives(
                "ENABLED", "moved_at" if asked["TableName"] == "StandingTable1" else "expires_at"
            ),
        },
        "expiry: wrong",
        "alerts expire by moved_at: what DynamoDB deletes too early is never told to be over",
        "aws dynamodb update-time-to-live --table-name StandingTable1",
    ),
    "an archive of the bus": (
        {"events__ListArchives": archived("all")},
        *("archives: warning", "the archive all keeps the bus's events", "replay-name"),
    ),
    "dead letters": (
        {"sqs__GetQueueAttributes": waiting(Unsent=2, Lanes=7)},
        *("queues: wrong", "2 dead letters with changes that have no alert", "./jobwatch replay"),
    ),
    "a lost lane": (
        {"sqs__GetQueueAttributes": waiting(LostLanes=1)},
        *("queues: wrong", "1 lane could not be polled", "docs/runbook.md#lost-lanes"),
    ),
    "silence": (
        {"cloudwatch__GetMetricData": ages(None)},
        "polls: wrong",
        "no poll of the watches that are due every 60 s was completed in 15 minutes",
        "docs/runbook.md#silent",
    ),
    "a scope that is not read": (
        {"cloudwatch__GetMetricData": ages(4_000)},
        *("polls: wrong", " s ago, but a scope was last read 4000 s ago", "#unread"),
    ),
    "a topic without its key": (
        {"sns__GetTopicAttributes": {"Attributes": {}}},
        *("encryption: warning", "has no key any more", "alias/aws/sns"),
    ),
    "a topic with a key that is about to go": (
        {
            "sns__GetTopicAttributes": {"Attributes": {"KmsMasterKeyId": "k"}},
            "kms__DescribeKey": {"KeyMetadata": {"KeyId": "k", "KeyState": "PendingDeletion"}},
        },
        *("encryption: wrong", "another key than the file says, k (PendingDeletion)", "alias"),
    ),
    "an alarm that rings": (
        {"cloudwatch__DescribeAlarms": {"MetricAlarms": [{**SILENT, "StateValue": "ALARM"}]}},
        *("alarms: wrong", "rings: silent is wrong.", "docs/runbook.md#silent"),
    ),
    "an alarm that is muted": (
        {"cloudwatch__DescribeAlarms": {"MetricAlarms": [{**SILENT, "ActionsEnabled": False}]}},
        *(
            "alarms: warning",
            "silent rings for nobody",
            "enable-alarm-actions --alarm-names silent",
        ),
    ),
    "an alarm whose name a shell would run": (
        {
            "cloudwatch__DescribeAlarms": {
                "MetricAlarms": [SILENT, {**SILENT, "AlarmName": "$(id)", "ActionsEnabled": False}]
            }
        },
        *("alarms: warning", "$(id) rings for nobody", "--alarm-names '$(id)', or"),
    ),
    "a queue of another account": (
        {
            "sns__ListSubscriptionsByTopic": lambda call: subscriptions(
                *[subscribed("ops@example.com"), *([ALIEN] if call["TopicArn"] == ALERTS else [])]
            )
        },
        *("deliveries: could not look", "inbox is in us-east-1 of 999999999999", "look there"),
    ),
}


@pytest.mark.parametrize("case", ONE.values(), ids=ONE)
def test_what_is_wrong_is_told_in_one_line(
    doctor: Doctor, case: tuple[dict[str, Answer], str, str, str]
) -> None:
    answers, where, what, do = case
    name, mark, found, then = doctor.fault(**answers)
    assert f"{name}: {mark}" == where
    assert what in found
    assert do in then
    assert doctor.code == (mark == "wrong")
    assert "\n" not in found + then


def test_a_region_that_is_not_enabled_is_told_with_its_command(doctor: Doctor) -> None:
    doctor.watches.write_text(WATCHES.replace("us-east-1", "af-south-1"), encoding="utf-8")
    told = [each for each in doctor.faults() if each[0] == "regions"]
    ((_, mark, what, do),) = told
    assert (mark, what) == ("wrong", "af-south-1 is not enabled in this account")
    assert do.startswith("aws account enable-region --region-name af-south-1")


EACH_ELSEWHERE = """\
watches:
  imports: {source: sesv2.import-jobs}
  sets: {source: dataexchange.jobs, regions: [us-east-1]}
  theirs:
    source: sesv2.import-jobs
    regions: [af-south-1]
    accounts: [{id: "444455556666", role: reader}]
"""


def test_an_action_is_simulated_only_where_a_watch_of_this_account_calls_it(
    doctor: Doctor,
) -> None:
    doctor.watches.write_text(EACH_ELSEWHERE, encoding="utf-8")
    doctor.look()
    simulated = [call for name, call in doctor.aws.calls if name == "iam:SimulatePrincipalPolicy"]
    asked = {
        (action.partition(":")[0], call["ContextEntries"][0]["ContextKeyValues"][0])
        for call in simulated
        for action in call["ActionNames"]
    }
    assert asked == {("ses", REGION), ("dataexchange", "us-east-1"), ("sts", REGION)}
    named = {arn.split(":")[3] for call in simulated for arn in call["ResourceArns"] if arn != "*"}
    assert named <= {"", REGION, "us-east-1"}


KEY = HERE.format("kms") + ":key/11111111-2222-3333-4444-555555555555"


UNDER = f"is encrypted under {KEY}"
OTHER_KEY = "has another key than the file says"


@pytest.mark.parametrize(
    ("own", "has", "state", "told"),
    [
        (f"key: {KEY}", KEY, "Enabled", ("ok", f"{UNDER} (Enabled)")),
        (f"key: {KEY}", KEY, "Disabled", ("wrong", f"{UNDER} (Disabled)")),
        (f"key: {KEY}", "alias/aws/sns", "Enabled", ("warning", OTHER_KEY)),
        (f"key: {KEY}", None, "", ("warning", "has no key any more")),
        (f"topic: {ALERTS}", None, "", ("ok", "is yours, and has no key")),
        (f"topic: {ALERTS}", "alias/aws/sns", "", ("ok", "is encrypted under alias/aws/sns")),
        (f"topic: {ALERTS}", KEY, "Enabled", ("ok", f"{UNDER} (Enabled)")),
        (f"topic: {ALERTS}", KEY, "Disabled", ("wrong", f"{UNDER} (Disabled)")),
        (f"topic: {ALERTS}2", KEY, "Enabled", ("warning", OTHER_KEY)),
    ],
)
def test_the_alerts_topic_has_the_key_that_the_file_says_or_is_of_the_users_own(
    doctor: Doctor, own: str, has: str | None, state: str, told: tuple[str, str]
) -> None:
    doctor.watches.write_text(f"{WATCHES}stack: {{{own}}}\n", encoding="utf-8")
    answers: dict[str, Any] = {
        "sns__GetTopicAttributes": {"Attributes": {"KmsMasterKeyId": has} if has else {}},
        "kms__DescribeKey": {"KeyMetadata": {"KeyId": KEY, "KeyState": state}},
    }
    (found,) = [each for each in doctor.look(**answers) if each[0] == "encryption"]
    assert found[1] == told[0]
    assert told[1] in found[2]


UNITS = ("ou-abcd-11111111",)
WHOLE = """\
watches:
  theirs:
    source: sesv2.import-jobs
    organization: {units: [ou-abcd-11111111], role: reader, most: 1}
"""
SINCE, AT = datetime(2026, 11, 22, 12, tzinfo=UTC), "2026-11-22 12:00 UTC"
FAILING = f"ou-abcd-11111111: can't be listed since {AT}: Code: why"


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (None, [("could not look", "ou-abcd-11111111: not listed yet")]),
        (
            Members(("111111111111",), SINCE),
            [("ok", f"{UNITS[0]}: 1 account, listed {AT}")],
        ),
        (
            Members(("111111111111",), SINCE, failed_since=SINCE, error="Code: why"),
            [("wrong", f"{FAILING}; 1 account of before can be read")],
        ),
        (
            Members((), SINCE, failed_since=SINCE, error="Code: why"),
            [("wrong", f"{FAILING}; no account can be read")],
        ),
        (
            Members(("111111111111", "222222222222"), SINCE),
            [
                ("ok", f"{UNITS[0]}: 2 accounts, listed {AT}"),
                ("warning", "theirs: 1 account of the organization left out"),
            ],
        ),
    ],
    ids=["never", "well", "failing", "always failing", "too many"],
)
def test_it_tells_what_is_known_of_the_accounts_of_an_organization(
    doctor: Doctor, known: Members | None, told: list[tuple[str, str]]
) -> None:
    doctor.watches.write_text(WHOLE, encoding="utf-8")
    items = [] if known is None else [write_members(UNITS, known, SINCE)]
    found = doctor.look(dynamodb__BatchGetItem={"Responses": {OUTPUTS["TableName"]: items}})
    assert [each[1:3] for each in found if each[0] == "organizations"] == told
    (regions,) = [each for each in found if each[0] == "regions"]
    assert regions[1] == "could not look", "no place of it is in this account"


def test_a_table_that_leaves_out_items_again_and_again_keeps_no_other_check_from_looking() -> None:
    def starve(_: Here) -> Iterator[Finding]:
        raise StoreError("DynamoDB left out all 1 items 7 times in a row")

    check = Check("organizations", starve, ())
    (found,) = run(check, cast("Here", None))
    assert found.mark is Mark.UNKNOWN
    assert "7 times" in found.what


def test_the_regions_of_other_accounts_need_not_be_enabled_in_this_one(doctor: Doctor) -> None:
    doctor.watches.write_text(EACH_ELSEWHERE, encoding="utf-8")
    blind = "what other accounts have enabled can't be told from here"
    (told,) = [each for each in doctor.look() if each[0] == "regions"]
    assert told[1:3] == ("ok", f"{REGION}, us-east-1: enabled in this account; {blind}")
    doctor.watches.write_text(MEMBERS, encoding="utf-8")
    (told,) = [each for each in doctor.look() if each[0] == "regions"]
    assert told[1:3] == ("could not look", blind)


def test_what_is_not_offered_in_the_stacks_region_is_not_simulated_there(doctor: Doctor) -> None:
    doctor.watches.write_text("watches: {a: {source: dataexchange.jobs}}", encoding="utf-8")
    doctor.aws = Answers(doctor.aws.answers, "eu-west-3")
    doctor.look()
    assert "iam:SimulatePrincipalPolicy" not in {name for name, _ in doctor.aws.calls}


@pytest.mark.parametrize(
    ("details", "mark"),
    [
        ({"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}, "ok"),
        ({"IAM Policy": "implicitDeny", "Resource Policy": "implicitDeny"}, "warning"),
        ({}, "warning"),
    ],
)
def test_that_nobody_simulates_the_trust_of_another_account_is_no_denial(
    doctor: Doctor, details: dict[str, str], mark: str
) -> None:
    doctor.watches.write_text(MEMBERS, encoding="utf-8")
    denied = {"EvalDecision": "implicitDeny", "EvalDecisionDetails": details}
    answer = {"EvaluationResults": [{"EvalActionName": "sts:AssumeRole", **denied}]}
    found = doctor.look(iam__SimulatePrincipalPolicy=answer)
    assert [each[1] for each in found if each[0] == "permissions"] == [mark]


@pytest.mark.parametrize(
    ("cadences", "open_", "needed"),
    [(1, 1, 5 + 1 + 2), (1, 4, 5 + 1 + 8), (3, 6, 5 + 3 + 12), (1, None, 5 + 1 + 8)],
)
def test_each_cadence_ticks_by_itself_and_each_shard_is_read_twice(
    doctor: Doctor, cadences: int, open_: int | None, needed: int
) -> None:
    """Before there is a stack, its stream counts with the four shards of a new table.

    Four more wait for jobs, answer, sweep, and show the dashboard's table.
    """
    every = ["", ", every: 2 minutes", ", every: 3 minutes"]
    lines = [f"  w{n}: {{source: sesv2.import-jobs{every[n]}}}\n" for n in range(cadences)]
    doctor.watches.write_text("watches:\n" + "".join(lines), encoding="utf-8")
    if open_ is None:
        doctor.aws.answers["cloudformation:DescribeStacks"] = "ValidationError"
    else:
        doctor.aws.answers["dynamodbstreams:DescribeStream"] = shards(open_, closed=2)
    (told,) = [each for each in doctor.look() if each[0] == "concurrency"]
    others = 4
    takes = f"this stack takes {needed + others}, and more where many jobs end at once"
    assert told[2].endswith(takes)


def test_without_a_dashboard_one_function_less_is_to_run(doctor: Doctor) -> None:
    doctor.watches.write_text(WATCHES + "dashboard: false\n", encoding="utf-8")
    (told,) = [each[2] for each in doctor.look() if each[0] == "concurrency"]
    assert "this stack takes 17, " in told


def test_a_source_that_is_not_offered_in_the_stacks_region_is_told(doctor: Doctor) -> None:
    doctor.watches.write_text("watches: {a: {source: dataexchange.jobs}}", encoding="utf-8")
    doctor.aws = Answers(doctor.aws.answers, "eu-west-3")
    looked = doctor.faults()
    ((_, mark, what, _),) = [each for each in looked if each[0] == "sources"]
    assert mark == "warning"
    assert what == "dataexchange is not offered in eu-west-3, where its watches are left alone"


def test_a_watch_of_which_something_is_offered_is_right(doctor: Doctor) -> None:
    text = "watches: {a: {source: [dataexchange.jobs, sesv2.import-jobs]}}"
    doctor.watches.write_text(text, encoding="utf-8")
    doctor.aws = Answers(doctor.aws.answers, "eu-west-3")
    ((_, mark, what, _),) = [each for each in doctor.look() if each[0] == "sources"]
    assert (mark, what) == ("ok", "1 watch: something of each is offered where it looks")


def test_other_accounts_roles_are_for_the_function_alone(doctor: Doctor) -> None:
    doctor.watches.write_text(MEMBERS, encoding="utf-8")
    said = "1 other account with roles that only the poll function may take"
    before = doctor.look(cloudformation__DescribeStacks="ValidationError")
    assert ("members", "could not look", said) in [each[:3] for each in before]
    after = doctor.look(cloudformation__DescribeStacks=stack())
    assert ("members", "ok", f"{said}: how it fares there is told under scopes") in [
        each[:3] for each in after
    ]
    simulated = [call for name, call in doctor.aws.calls if name == "iam:SimulatePrincipalPolicy"]
    assert [(call["ActionNames"], call["ResourceArns"]) for call in simulated] == [
        (["sts:AssumeRole"], ["arn:aws:iam::444455556666:role/reader"])
    ]


def test_a_changed_file_is_told_with_the_watches_that_differ(doctor: Doctor) -> None:
    text = WATCHES.replace("imports:", "contacts:").replace("eu-west-1, ", "")
    doctor.watches.write_text(text + "retention: 2 days\n", encoding="utf-8")
    assert doctor.fault() == (
        *("plan", "warning"),
        (
            "it is not the file's; not deployed: contacts; not in the file: imports; "
            "changed: exports, retention"
        ),
        "./jobwatch deploy",
    )


def of_two(another: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Let one function have a zip of its own."""

    def answer(call: Mapping[str, Any]) -> dict[str, Any]:
        which = "theirs" if call["FunctionName"] == another else "ours"
        link = {"Location": f"https://code.test/{which}"}
        return {"Configuration": {"CodeSha256": which}, "Code": link}

    return answer


ALL = "tick, poll, publish, alert, wait and answer run other code than this folder builds"


def test_functions_of_another_version_are_told(doctor: Doctor) -> None:
    doctor.deployed = zipped(doctor.watches, {"lambdas/older.py": ""})
    assert doctor.fault()[:3] == (
        *("plan", "warning"),
        f"{ALL}: not built here: lambdas/older.py",
    )
    doctor.deployed = zipped(doctor.watches, version=1)
    assert doctor.fault()[2] == "what is deployed is of another version of Jobwatch"


def test_code_is_looked_at_whatever_version_its_plan_names(doctor: Doctor) -> None:
    """Who changes a function also writes the plan in its zip."""
    doctor.deployed = zipped(doctor.watches, {"lambdas/digest.py": "x"}, version=1)
    assert [each[1:] for each in doctor.faults()] == [
        ("warning", "what is deployed is of another version of Jobwatch", "./jobwatch deploy"),
        (
            *("warning", f"{ALL}: changed: lambdas/digest.py"),
            "./jobwatch deploy; where that is said again, docs/runbook.md#code-that-is-not-ours",
        ),
    ]
    assert isinstance(doctor.deployed, bytes)
    theirs = doctor.deployed
    doctor.deployed = {
        "https://code.test/ours": zipped(doctor.watches),
        "https://code.test/theirs": theirs,
    }
    faults = doctor.faults(lambda__GetFunction=of_two("poll"))
    assert [each[1:3] for each in faults] == [
        ("warning", "what is deployed is of another version of Jobwatch"),
        ("wrong", "poll runs other code than this folder builds: changed: lambdas/digest.py"),
    ]


PLANS = {
    "a list": "[]",
    "a depth": "[" * 200_000,
    "no plan at all": '"plan"',
    "no version": "{}",
    "no watches": json.dumps({"version": VERSION}),
    "watches of another shape": json.dumps({"version": VERSION, "watches": [], "sources": {}}),
    "not JSON": "{",
    "more than is read": json.dumps({"version": "another", "watches": " " * 20_000_000}),
}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_a_plan_that_somebody_wrote_by_hand_is_no_traceback(doctor: Doctor, plan: str) -> None:
    doctor.deployed = zipped_files({"plan.json": plan})
    assert doctor.fault()[:3] == ("plan", "wrong", "the plan that poll runs can't be read")


def test_code_of_the_dashboards_function_is_held_as_that_of_the_others(doctor: Doctor) -> None:
    """What it answers stands in CloudWatch's console, with buttons that call as who looks."""
    made = resources(
        clock="AWS_Scheduler_Schedule",
        silent="AWS_CloudWatch_Alarm",
        StandingTable="AWS_DynamoDB_Table",
        BoardingBoardFunction1="AWS_Lambda_Function",
    )
    doctor.deployed = {
        "https://code.test/ours": zipped(doctor.watches),
        "https://code.test/theirs": zipped(doctor.watches, {"lambdas/board/page.py": "x"}),
    }
    faults = doctor.faults(
        cloudformation__ListStackResources=made,
        lambda__GetFunction=of_two("BoardingBoardFunction1"),
    )
    told = "board runs other code than this folder builds: changed: lambdas/board/page.py"
    assert [each[:3] for each in faults] == [("plan", "wrong", told)]


def test_code_that_can_not_be_read_is_wrong_and_the_others_are_looked_at(doctor: Doctor) -> None:
    doctor.deployed = {
        "https://code.test/ours": zipped(doctor.watches, {"a.py": ""}),
        "https://code.test/theirs": b"<html>",
    }
    assert [each[1:3] for each in doctor.faults(lambda__GetFunction=of_two("alert"))] == [
        ("wrong", "the code that alert runs can't be read"),
        (
            "wrong",
            f"{ALL.replace(' alert,', '')}: not built here: a.py",
        ),
    ]


def test_a_file_that_is_packed_by_another_method_is_no_traceback(doctor: Doctor) -> None:
    content = io.BytesIO()
    with (
        ZipFile(content, "w", ZIP_LZMA) as code,
        ZipFile(io.BytesIO(zipped(doctor.watches))) as ours,
    ):
        for name in ours.namelist():
            code.writestr(name, ours.read(name))
        broken = code.getinfo("lambdas/digest.py")
    whole = bytearray(content.getvalue())
    at = broken.header_offset + 30 + len(broken.filename) + 4
    whole[at : at + 5] = b"\xff" * 5
    doctor.deployed = bytes(whole)
    assert doctor.fault()[2] == f"{ALL}: changed: lambdas/digest.py"


CHANGED: dict[str, tuple[Mapping[str, str], str]] = {
    "a library": ({"botocore/client.py": "x"}, "changed: botocore/client.py"),
    "a model": ({LIBRARY[1]: "x"}, f"changed: {LIBRARY[1]}"),
    "what Python runs first": ({"sitecustomize.py": ""}, "not built here: sitecustomize.py"),
    "what would be imported instead": ({"botocore.so": ""}, "not built here: botocore.so"),
    "more than has a line": (
        {f"{n}.py": "" for n in range(7)},
        "not built here: 0.py, 1.py, 2.py, 3.py, 4.py and 2 more",
    ),
}


@pytest.mark.parametrize("case", CHANGED.values(), ids=CHANGED)
def test_every_file_of_the_functions_code_is_held_against_what_is_built_here(
    doctor: Doctor, case: tuple[Mapping[str, str], str]
) -> None:
    more, told = case
    doctor.deployed = zipped(doctor.watches, more)
    (name, mark, what, do) = doctor.fault()
    assert (name, mark, what) == ("plan", "warning", f"{ALL}: {told}")
    assert (
        do == "./jobwatch deploy; where that is said again, docs/runbook.md#code-that-is-not-ours"
    )


def test_a_file_that_is_missing_is_told(doctor: Doctor) -> None:
    assert isinstance(doctor.built, Path)
    more = doctor.built / "more.py"
    more.write_text("")
    try:
        assert doctor.fault()[2] == f"{ALL}: missing: more.py"
    finally:
        more.unlink()


def test_a_file_that_stands_in_a_zip_twice_is_held_twice(doctor: Doctor) -> None:
    """Which of the two runs is up to who unpacks it."""
    assert isinstance(doctor.deployed, bytes)
    content = io.BytesIO(doctor.deployed)
    with ZipFile(content, "a") as code:
        first = code.read("botocore/client.py")
        for text in ("x", first):
            with pytest.warns(UserWarning, match="Duplicate name"):
                code.writestr("botocore/client.py", text)
    doctor.deployed = content.getvalue()
    assert doctor.fault()[2] == f"{ALL}: changed: botocore/client.py"


def test_a_file_that_can_not_be_unpacked_is_another(doctor: Doctor) -> None:
    assert isinstance(doctor.deployed, bytes)
    with ZipFile(io.BytesIO(doctor.deployed)) as code:
        entry = code.getinfo("lambdas/digest.py")
    # Behind its 30 bytes of header and its name.
    at = entry.header_offset + 30 + len(entry.filename) + 5
    assert doctor.deployed[at] != 0
    doctor.deployed = doctor.deployed[:at] + b"\0" + doctor.deployed[at + 1 :]
    assert doctor.fault()[2] == f"{ALL}: changed: lambdas/digest.py"


def test_a_function_that_runs_other_code_than_the_others_is_wrong(doctor: Doctor) -> None:
    """Every deployment gives all of them the same: each distinct zip is fetched once."""

    assert isinstance(doctor.deployed, bytes)
    doctor.deployed = {
        "https://code.test/ours": doctor.deployed,
        "https://code.test/theirs": zipped(doctor.watches, {"lambdas/digest.py": "x"}),
    }
    assert doctor.fault(lambda__GetFunction=of_two("alert"))[:3] == (
        *("plan", "wrong"),
        "alert runs other code than this folder builds: changed: lambdas/digest.py",
    )
    assert doctor.fetched == ["https://code.test/ours", "https://code.test/theirs"]


def test_the_code_of_the_dashboards_function_is_held_as_that_of_the_others(doctor: Doctor) -> None:
    doctor.deployed = {
        "https://code.test/ours": zipped(doctor.watches),
        "https://code.test/theirs": zipped(doctor.watches, {"lambdas/digest.py": "x"}),
    }
    found = doctor.fault(
        cloudformation__ListStackResources=WITH_BOARD,
        lambda__GetFunction=of_two(f"{BOARD}1F"),
    )
    assert found[2] == "board runs other code than this folder builds: changed: lambdas/digest.py"


def test_where_the_plan_differs_what_follows_it_is_not_told_of_the_code(doctor: Doctor) -> None:
    doctor.deployed = zipped(doctor.watches, {LIBRARY[1]: "x", "lambdas/older.py": ""})
    text = WATCHES.replace("imports:", "contacts:")
    doctor.watches.write_text(text, encoding="utf-8")
    assert [each[2] for each in doctor.faults()] == [
        "it is not the file's; not deployed: contacts; not in the file: imports",
        f"{ALL}: not built here: lambdas/older.py",
    ]


OF_TEMPLATE = {
    "Layers": [{"Arn": "Plan"}],
    "Environment": {"Variables": {"JOBWATCH_PLAN": "/opt/plan.json"}},
}
"""What functions have whose plan is a layer, as `./jobwatch template` makes them."""
IN_LAYER = "https://code.test/plan"


def plan_in_a_layer(watches: Path) -> bytes:
    """The zip of the layer of a template: its plan, and nothing else."""
    packed = io.BytesIO()
    with ZipFile(io.BytesIO(zipped(watches))) as whole, ZipFile(packed, "w") as layer:
        layer.writestr("plan.json", whole.read("plan.json"))
    return packed.getvalue()


@pytest.fixture
def of_template(doctor: Doctor) -> Doctor:
    """Somebody who looks at the stack of a template."""
    doctor.aws.answers |= {
        "cloudformation:DescribeStacks": stack(parameters=PARAMETERS),
        "cloudformation:ListStackResources": resources(
            clock="AWS_Scheduler_Schedule",
            silent="AWS_CloudWatch_Alarm",
            StandingTable="AWS_DynamoDB_Table",
            Plan="AWS_Lambda_LayerVersion",
            poll="AWS_Lambda_Function",
        ),
        "lambda:GetFunction": {
            "Configuration": {"CodeSha256": "ours", **OF_TEMPLATE},
            "Code": {"Location": "https://code.test/ours"},
        },
        "lambda:GetFunctionConfiguration": {"Role": ROLE, "State": "Active", **OF_TEMPLATE},
        "lambda:GetLayerVersionByArn": {"Content": {"Location": IN_LAYER}},
    }
    poll = {"Type": "AWS::Lambda::Function", "Properties": {"Role": ROLE}}
    doctor.template = {"Resources": {**TEMPLATE["Resources"], "poll": poll}}
    doctor.deployed = {
        "https://code.test/ours": zipped_files({}),
        IN_LAYER: plan_in_a_layer(doctor.watches),
    }
    return doctor


def test_the_stack_of_a_template_is_held_against_what_the_template_deploys(
    of_template: Doctor,
) -> None:
    """Its plan is read out of the layer, its code has none, and each function names the layer."""
    assert of_template.faults() == []
    whole = "1 alarm and 1 function"
    assert ("template", "ok", f"as this folder synthesizes it: {whole}", "") in of_template.look()


def test_the_stack_of_a_template_is_mended_by_a_template(of_template: Doctor) -> None:
    of_template.deployed = {
        "https://code.test/ours": zipped_files({"lambdas/older.py": ""}),
        IN_LAYER: plan_in_a_layer(of_template.watches),
    }
    of_template.watches.write_text(WATCHES + "retention: 2 days\n", encoding="utf-8")
    anew = "./jobwatch template, then docs/template.md"
    again = "where that is said again, docs/runbook.md#code-that-is-not-ours"
    assert [each[1:] for each in of_template.faults()] == [
        ("warning", "it is not the file's; changed: retention", anew),
        ("warning", f"{ALL}: not built here: lambdas/older.py", f"{anew}; {again}"),
    ]


BY_TEMPLATE = "./jobwatch template, then docs/template.md"
DELETE = "aws cloudformation delete-stack --stack-name Jobwatch"


@pytest.mark.parametrize(
    ("answers", "do"),
    [
        (
            {"lambda__GetFunctionConfiguration": {"Role": ROLE, "State": "Failed", **OF_TEMPLATE}},
            BY_TEMPLATE,
        ),
        (
            {"lambda__ListEventSourceMappings": {"EventSourceMappings": []}},
            f"{DELETE} and {BY_TEMPLATE}, which",
        ),
        (
            {"dynamodb__DescribeTable": table(StreamSpecification={"StreamEnabled": False})},
            f"{DELETE} and {BY_TEMPLATE}, which",
        ),
        (
            {"cloudwatch__DescribeAlarms": {"MetricAlarms": []}},
            "docs/template.md#what-was-changed-by-hand",
        ),
        (
            {"cloudwatch__DescribeAlarms": {"MetricAlarms": [{**SILENT, "ActionsEnabled": False}]}},
            BY_TEMPLATE,
        ),
        ({"sns__GetTopicAttributes": {"Attributes": {}}}, BY_TEMPLATE),
        ({"sns__ListSubscriptionsByTopic": {"Subscriptions": []}}, f"{BY_TEMPLATE}; where"),
        ({"iam__SimulatePrincipalPolicy": simulated(EvalDecision="implicitDeny")}, BY_TEMPLATE),
        (
            {"cloudformation__DescribeStacks": stack("ROLLBACK_COMPLETE", {}, PARAMETERS)},
            f"then {DELETE}, {BY_TEMPLATE}",
        ),
        (
            {
                "cloudformation__DescribeStacks": stack(
                    "UPDATE_ROLLBACK_FAILED", OUTPUTS, PARAMETERS
                )
            },
            f"continue-update-rollback, and {BY_TEMPLATE}",
        ),
        ({"cloudformation__DescribeStacks": stack(outputs={}, parameters=PARAMETERS)}, BY_TEMPLATE),
    ],
    ids=[
        *("function", "mapping", "stream", "alarm", "rings for nobody", "key", "nobody"),
        "denied",
        *("rolled back", "stuck", "no outputs"),
    ],
)
def test_of_the_stack_of_a_template_everything_is_mended_without_the_cdk(
    of_template: Doctor, answers: dict[str, Answer], do: str
) -> None:
    told = [each[3] for each in of_template.faults(**answers)]
    assert any(do in each for each in told)
    assert not [each for each in told if re.search("jobwatch (deploy|destroy|bootstrap)", each)]


def test_the_stack_of_a_template_needs_no_bootstrap(of_template: Doctor) -> None:
    assert of_template.faults(ssm__GetParameter="ParameterNotFound") == []


def test_a_layer_that_holds_no_plan_is_told(of_template: Doctor) -> None:
    of_template.deployed = {"https://code.test/ours": zipped_files({}), IN_LAYER: b"<html>"}
    assert of_template.fault()[:3] == ("plan", "wrong", "the plan that poll runs can't be read")


def test_what_a_layer_holds_besides_the_plan_is_told_as_an_extension_would_run(
    of_template: Doctor,
) -> None:
    content = of_template.deployed[IN_LAYER]
    assert isinstance(content, bytes)
    more = io.BytesIO(content)
    with ZipFile(more, "a") as layer:
        layer.writestr("extensions/listen", "#!/bin/sh")
    of_template.deployed = {**of_template.deployed, IN_LAYER: more.getvalue()}
    what = "the layer holds more than the plan, which may run: extensions/listen"
    assert of_template.fault()[:3] == ("plan", "wrong", what)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("not_offered", {"sesv2.import-jobs": ["eu-west-1"]}),  # nothing is read any more
        ("session_policies", {"sesv2": ""}),  # whatever the role may do elsewhere
        ("consoles", {"": "evil.example"}),  # to where the links of alerts lead
        ("recipients", {"lake": "topic"}),
        ("strange", {}),
    ],
)
def test_all_that_a_plan_in_a_layer_says_is_held(of_template: Doctor, key: str, said: Any) -> None:
    """Its bytes are held against nothing, as those of a plan beside the code are."""
    with ZipFile(io.BytesIO(plan_in_a_layer(of_template.watches))) as whole:
        plan = {**json.loads(whole.read("plan.json")), key: said}
    of_template.deployed = {
        "https://code.test/ours": zipped_files({}),
        IN_LAYER: zipped_plan(plan),
    }
    assert of_template.fault()[2] == f"it is not the file's; changed: {key}"


def zipped_plan(*plans: Any) -> bytes:
    """The zip of a layer with these plans, all of one name."""
    packed = io.BytesIO()
    with warnings.catch_warnings(), ZipFile(packed, "w") as layer:
        warnings.simplefilter("ignore")  # of two of a name
        for plan in plans:
            layer.writestr("plan.json", json.dumps(plan))
    return packed.getvalue()


def test_a_second_plan_in_a_layer_is_told(of_template: Doctor) -> None:
    """It has the name of the first, and which one a function reads is not for us to know."""
    with ZipFile(io.BytesIO(plan_in_a_layer(of_template.watches))) as whole:
        plan = json.loads(whole.read("plan.json"))
    of_template.deployed = {
        "https://code.test/ours": zipped_files({}),
        IN_LAYER: zipped_plan({**plan, "watches": {}}, plan),
    }
    what = "the layer holds more than the plan, which may run: plan.json"
    assert of_template.fault()[:3] == ("plan", "wrong", what)


def test_a_model_in_code_that_fits_any_plan_is_told_where_the_plan_differs(
    of_template: Doctor,
) -> None:
    """To where calls go, and with what: no model of such code goes by the plan."""
    of_template.deployed = {
        "https://code.test/ours": zipped_files({LIBRARY[1]: "x"}),
        IN_LAYER: plan_in_a_layer(of_template.watches),
    }
    of_template.watches.write_text(WATCHES + "retention: 2 days\n", encoding="utf-8")
    assert [each[2] for each in of_template.faults()] == [
        "it is not the file's; changed: retention",
        f"{ALL}: changed: {LIBRARY[1]}",
    ]


def test_a_function_that_lost_its_layer_is_told(of_template: Doctor) -> None:
    """It then takes the plan in its zip, of which there is none."""
    bare = {"Role": ROLE, "State": "Active"}
    (name, mark, what, _) = of_template.fault(lambda__GetFunctionConfiguration=bare)
    assert (name, mark) == ("template", "wrong")
    assert what.endswith(": Layers, Environment")


def test_where_nothing_can_be_built_the_plan_is_looked_at_all_the_same(doctor: Doctor) -> None:
    offline = "requirements.txt: cannot be installed: offline"
    doctor.built = BundleError(offline)
    doctor.watches.write_text(WATCHES + "retention: 2 days\n", encoding="utf-8")
    assert [each[1:3] for each in doctor.faults()] == [
        ("warning", "it is not the file's; changed: retention"),
        ("could not look", f"the functions' code: it can't be built here: {offline}"),
    ]


@pytest.mark.parametrize(
    ("fields", "mark", "what", "do"),
    [
        (
            {"State": "Disabled"},
            *("wrong", "the poll function is fed no more: its mapping is disabled"),
            f"aws lambda update-event-source-mapping --enabled --uuid {'poll':0<36}",
        ),
        ({"State": "Creating"}, "warning", "the poll function's mapping is creating", "look again"),
        (
            {"LastProcessingResult": "PROBLEM: Function call failed"},
            *("warning", "the poll function's mapping: PROBLEM: Function call failed", "its log"),
        ),
    ],
)
def test_a_mapping_that_does_not_feed_its_function_is_told(
    doctor: Doctor, fields: dict[str, str], mark: str, what: str, do: str
) -> None:
    def answer(call: Mapping[str, Any]) -> Any:
        return mappings(call, **(fields if call["FunctionName"] == "poll" else {}))

    found = doctor.fault(lambda__ListEventSourceMappings=answer)
    assert found[:3] == ("mappings", mark, what)
    assert found[3].startswith(do)


def test_a_function_that_nothing_feeds_is_told(doctor: Doctor) -> None:
    def answer(call: Mapping[str, Any]) -> Any:
        return {"EventSourceMappings": []} if call["FunctionName"] == "alert" else mappings(call)

    found = doctor.fault(lambda__ListEventSourceMappings=answer)
    assert found[:3] == ("mappings", "wrong", "nothing feeds the alert function")


def test_nobody_to_tell_and_who_has_not_confirmed_are_warnings(doctor: Doctor) -> None:
    pending = subscribed("ops@example.com", arn="PendingConfirmation")
    faults = doctor.faults(
        sns__ListSubscriptionsByTopic=lambda call: subscriptions(
            *([pending] if call["TopicArn"] == ALERTS else [])
        )
    )
    assert [each[:3] for each in faults] == [
        ("subscribers", "warning", "alerts: ops@example.com has not confirmed"),
        ("subscribers", "warning", "alerts: nobody is told, as no subscription is confirmed"),
        ("subscribers", "warning", "alarms: ops@example.com is in the file, not subscribed"),
        ("subscribers", "warning", "alarms: nobody is told, as no subscription is confirmed"),
    ]
    assert doctor.code == 0


def test_an_endpoint_that_has_not_confirmed_is_no_link_and_has_no_mail(doctor: Doctor) -> None:
    """Who may subscribe writes the endpoint."""
    pending = subscribed("https://evil.example/hook", "https", arn="PendingConfirmation")
    faults = doctor.faults(
        sns__ListSubscriptionsByTopic=lambda call: subscriptions(
            subscribed("ops@example.com"), *([pending] if call["TopicArn"] == ALERTS else [])
        )
    )
    ((_, mark, what, do),) = faults
    assert (mark, what) == ("warning", "alerts: hxxps://evil[.]example/… has not confirmed")
    assert do.startswith("aws sns confirm-subscription with the token that SNS sent there")
    assert "mail" not in do
    assert "https://" not in doctor.run()


@pytest.mark.parametrize("arn", ["PendingConfirmation", "Deleted"])
@pytest.mark.parametrize(
    "endpoint",
    [
        "https://{host}/integration/c0ffee11/enqueue",
        "https://{host}/intake/webhook/sns?api_key=c0ffee11",
        "https://{host}?k=c0ffee11",
        "HTTPS://ops:c0ffee11@{host}/alerts",
        "https://ops:c0ffee11@{host}",
        "https://ops:c0ffee11/x@{host}/alerts",
    ],
)
def test_the_key_in_an_endpoint_s_address_is_not_told(
    doctor: Doctor, endpoint: str, arn: str
) -> None:
    """Trackers and pagers have theirs in the path or the query; a diagnosis goes into tickets."""
    address = endpoint.format(host="tracker.example")
    found = subscriptions(subscribed("ops@example.com"), subscribed(address, "https", arn=arn))
    doctor.aws.answers["sns:ListSubscriptionsByTopic"] = lambda _: found
    for words in ([], ["--json"]):
        printed = doctor.run(*words)
        assert "alerts: hxxps" in printed.lower()
        assert "c0ffee" not in printed


STRANGE = "https://evil.example/"


@pytest.mark.parametrize(
    "answers",
    [
        {"events__ListArchives": archived(STRANGE)},
        {"dynamodb__DescribeTimeToLive": lives("ENABLED", STRANGE)},
        {
            "lambda__GetFunctionConfiguration": {
                "Role": ROLE,
                "LastUpdateStatus": "Failed",
                "LastUpdateStatusReason": STRANGE,
            }
        },
    ],
    ids=["an archive", "an attribute", "a reason"],
)
def test_no_text_of_a_stranger_s_is_a_link(doctor: Doctor, answers: dict[str, Answer]) -> None:
    doctor.aws.answers |= {name.replace("__", ":"): answer for name, answer in answers.items()}
    for words in ([], ["--json"]):
        printed = doctor.run(*words)
        assert "hxxps://evil[.]example/" in printed
        assert "https://" not in printed


def test_who_unsubscribed_is_told_and_counts_as_nobody(doctor: Doctor) -> None:
    def look(*found: Mapping[str, Any]) -> list[str]:
        faults = doctor.faults(
            sns__ListSubscriptionsByTopic=lambda call: (
                subscriptions(*found)
                if call["TopicArn"] == ALERTS
                else WELL["sns:ListSubscriptionsByTopic"]
            )
        )
        return [what for _, _, what, _ in faults]

    gone = subscribed("ops@example.com", arn="Deleted")
    unsubscribed = "alerts: ops@example.com was unsubscribed"
    assert look(gone, subscribed("lead@example.com")) == [unsubscribed]
    nobody = "alerts: nobody is told, as no subscription is confirmed"
    assert look(gone) == [unsubscribed, nobody]
    assert look(gone, subscribed("ops@example.com")) == []
    pending = subscribed("ops@example.com", arn="PendingConfirmation")
    assert look(gone, pending) == ["alerts: ops@example.com has not confirmed", nobody]


def test_an_address_of_the_file_is_subscribed_anew_by_the_file_and_others_by_hand(
    doctor: Doctor,
) -> None:
    """By hand, that of a recipient would have no filter, and no deployment brings it back."""

    def do(*found: Mapping[str, Any], topic: str = ALERTS) -> list[str]:
        well = subscriptions(subscribed("ops@example.com"), subscribed("data@example.com"))
        faults = doctor.faults(
            sns__ListSubscriptionsByTopic=lambda call: (
                subscriptions(*found) if call["TopicArn"] == topic else well
            )
        )
        return [then for name, _, _, then in faults if name == "subscribers"]

    text = WATCHES + "recipients: {data: {email: [data@example.com]}}\n"
    doctor.watches.write_text(text.replace("alerts: {", "alerts: {to: [data], "), encoding="utf-8")
    doctor.deployed = zipped(doctor.watches)
    ops, anew = subscribed("ops@example.com"), "take it out of watches.yaml, deploy, put it back"
    for arn in ("Deleted", "PendingConfirmation"):
        (then,) = do(ops, subscribed("data@example.com", arn=arn))
        assert anew in then
    (then,) = do(ops)
    assert then.startswith("./jobwatch deploy; where it was deployed before:")
    assert anew in then
    theirs = subscribed("data@example.com")
    (then,) = do(ops, theirs, subscribed("lead@example.com", arn="Deleted"))
    assert then == "aws sns subscribe, as README.md#subscribe-to-failed-jobs says"
    (then,) = do(ops, subscribed("lead@example.com", arn="Deleted"), topic=ALARMS)
    assert then == "aws sns subscribe, as docs/runbook.md#who-is-notified says"


def test_the_page_that_a_subscription_by_hand_goes_by_is_of_that_topic() -> None:
    for topic, do in telling.SUBSCRIBE.items():
        page, anchor = re.findall(r"([\w/.]+\.md)#([a-z-]+)", do)[0]
        text = (ROOT / page).read_text(encoding="utf-8").lower()
        section = text.split(f"## {anchor.replace('-', ' ')}\n")[1].split("\n## ")[0]
        command = section.partition("aws sns subscribe --topic-arn ")[2]
        assert command.startswith(f'"${topic.removesuffix("s")}_topic_arn"')


OFFERED = """\
watches: {imports: {source: sesv2.import-jobs}}
schemas: true
alerts: {email: [ops@example.com], to: [chat, oncall]}
recipients:
  chat: {slack: {workspace: T01ABCDEF, channel: C01ABCDEF}}
  oncall:
    pagerduty: {secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:pager-a1B2c3"}
"""


def test_what_the_region_lacks_of_what_the_file_takes_is_wrong(doctor: Doctor) -> None:
    doctor.watches.write_text(OFFERED, encoding="utf-8")

    def offers(lacks: Sequence[str]) -> list[tuple[str, str]]:
        found = doctor.look(
            cloudformation__DescribeStacks="ValidationError",
            cloudformation__DescribeType=lambda call: (
                "TypeNotFoundException" if call["TypeName"] in lacks else {}
            ),
        )
        return [(mark, what) for name, mark, what, _ in found if name == "offers"]

    has = "CloudFormation has here what `schemas`, `slack` and `pagerduty` takes"
    assert offers([]) == [("ok", has)]
    here = "not offered by CloudFormation in eu-west-1"
    assert offers(["AWS::Events::ApiDestination", "AWS::EventSchemas::Schema"]) == [
        ("wrong", f"`schemas` takes AWS::EventSchemas::Schema, {here}"),
        ("wrong", f"`pagerduty` takes AWS::Events::ApiDestination, {here}"),
    ]
    assert doctor.code == 1


def test_whatever_a_region_lacks_of_a_template_is_asked_for() -> None:
    """The types are those of CloudFormation's own schemas; secret regions are not held."""
    made = synthesize(replace(TOLD, schemas=True, dashboard=True))
    every = {each["Type"] for each in made["Resources"].values()}
    lacking = set().union(
        *(
            every - {*PROVIDER_SCHEMA_MANAGER.get_resource_types(region)}
            for region in REGIONS
            if "iso" not in region
        )
    )
    assert lacking == {each for types in TYPES.values() for each in types}


def policy(**fields: Any) -> dict[str, str]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Condition": {"ArnEquals": {"aws:SourceArn": ALERTS}},
        **fields,
    }
    return {"Policy": json.dumps({"Statement": statement})}


def policies(*some: Mapping[str, str]) -> dict[str, str]:
    return {
        "Policy": json.dumps({"Statement": [json.loads(p["Policy"])["Statement"] for p in some]})
    }


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        (policy(), None),
        (policy(Principal="*", Action=["SQS:SendMessage"]), None),
        (policy(Principal={"AWS": "*"}, Condition={"ArnLike": {"AWS:SourceArn": "arn:*"}}), None),
        (policy(Condition={}), None),
        ({}, "does not let the topic send"),
        (policy(Effect="Deny"), "does not let the topic send"),
        (policy(Action="sqs:ReceiveMessage"), "does not let the topic send"),
        (policy(Principal={"AWS": "111122223333"}), "does not let the topic send"),
        (
            policy(Condition={"ArnEquals": {"aws:SourceArn": "other"}}),
            "does not let the topic send",
        ),
        (policy() | {"KmsMasterKeyId": "alias/aws/sqs"}, "SNS may not use the key"),
        (policy() | {"KmsMasterKeyId": "alias/mine"}, "whether the queue inbox lets the topic"),
        (policy(Resource=QUEUE), None),
        (policy(Resource=f"{QUEUE}-other"), "does not let the topic send"),
        (policy(Resource="arn:*:sqs:*:inb?x"), None),
        (policy(Resource="arn:*[s]qs*"), "does not let the topic send"),
        # However long it takes to find that out: whoever has the queue wrote it.
        (policy(Resource="*?" * 18 + "-other"), "does not let the topic send"),
        (policy(Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}), None),
        (
            policy(Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}),
            "does not let the topic send",
        ),
        (
            policy(Condition={"StringEquals": {"aws:SourceOrgID": "o-1"}}),
            "whether the queue inbox lets the topic",
        ),
        (policy(Condition={"ArnNotLike": {"aws:SourceArn": "arn:*:other"}}), None),
        (policy(NotAction="sqs:DeleteQueue"), "whether the queue inbox lets the topic"),
        (policies(policy(), policy(Effect="Deny")), "does not let the topic send"),
        (
            policies(
                policy(),
                policy(
                    Effect="Deny",
                    Principal="*",
                    Action="sqs:*",
                    Condition={"Bool": {"aws:SecureTransport": "false"}},
                ),
            ),
            None,
        ),
        (
            policies(
                policy(),
                policy(Effect="Deny", Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}),
            ),
            "whether the queue inbox lets the topic",
        ),
    ],
)
def test_a_queue_that_its_topic_may_not_send_to_is_told(
    doctor: Doctor, attributes: dict[str, str], fault: str | None
) -> None:
    def topics(call: Mapping[str, Any]) -> Any:
        return MINE if call["TopicArn"] == ALERTS else WELL["sns:ListSubscriptionsByTopic"]

    def queues(call: Mapping[str, Any]) -> Any:
        asked = "Policy" in call["AttributeNames"]
        return {"Attributes": attributes} if asked else waiting()(call)

    faults = doctor.faults(
        sns__ListSubscriptionsByTopic=topics,
        sqs__GetQueueUrl={"QueueUrl": "https://queue/inbox"},
        sqs__GetQueueAttributes=queues,
    )
    assert [each[0] for each in faults] == (["deliveries"] if fault else [])
    assert not fault or fault in faults[0][2]


def test_a_queue_that_is_gone_is_told(doctor: Doctor) -> None:
    faults = doctor.faults(
        sns__ListSubscriptionsByTopic=MINE,
        sqs__GetQueueUrl="QueueDoesNotExist",
    )
    assert [each[2] for each in faults] == [
        "alerts: the queue inbox is gone",
        "alarms: the queue inbox is gone",
    ]


def test_a_scope_that_is_not_read_is_told_with_its_error(doctor: Doctor) -> None:
    said = unreachable(error={"code": "AccessDenied", "message": "no sts:AssumeRole"})
    since = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    health = Health(version=3, unreachable=True, since=since, detail=json.dumps(said))
    items = [
        write_health(Scope("imports", "sesv2.import-jobs", f"{n:012}", REGION), health, None)
        for n in range(7)
    ]
    by_key = {item["pk"]["S"]: item for item in items}
    faults = doctor.faults(
        dynamodb__Query={"Items": [{k: v for k, v in i.items() if k != "detail"} for i in items]},
        dynamodb__GetItem=lambda call: {"Item": by_key[call["Key"]["pk"]["S"]]},
    )
    assert [each[:2] for each in faults] == [("scopes", "wrong")] * 6
    assert faults[0][2:] == (
        (
            f"imports (000000000000, {REGION}) can't be read since 2026-11-22 12:00 UTC: "
            "AccessDenied: no sts:AssumeRole"
        ),
        "docs/runbook.md#another-account-cant-be-read",
    )
    assert faults[5][2] == "and 2 scopes more"


def test_a_stranger_s_text_does_nothing_to_the_terminal(doctor: Doctor) -> None:
    """S14: ids of parents stand in the table as the service wrote them."""
    odd = "a\x1b[2J\u202eb\U000e0041 https://evil.example/"
    said = unreachable(error={"code": "Denied", "message": odd})
    health = Health(version=3, unreachable=True, detail=json.dumps(said))
    scope = Scope("imports", "sesv2.import-jobs", "111122223333", REGION, {"ApplicationId": odd})
    item = write_health(scope, health, None)
    damaged = {**item, "health": {"S": "{"}}
    answers = {"dynamodb__Query": {"Items": [item]}, "dynamodb__GetItem": {"Item": item}}
    doctor.faults(**answers)
    for words in ([], ["--json"]):
        printed = doctor.run(*words)
        assert "hxxps://evil[.]example/" in printed
        assert all(line.isprintable() for line in printed.splitlines())
    answers["dynamodb__GetItem"] = {"Item": damaged}
    assert doctor.faults(**answers)[0][2] == "an item of the table can't be read"


def test_an_alarm_that_is_gone_is_wrong(doctor: Doctor) -> None:
    name, mark, what, do = doctor.fault(cloudwatch__DescribeAlarms={"MetricAlarms": []})
    assert (name, mark) == ("alarms", "wrong")
    assert what == "silent is gone: what it should tell, nothing tells"
    assert do.startswith("./jobwatch deploy -- --revert-drift; ")
    assert doctor.code == 1


OVERWRITTEN: dict[str, tuple[dict[str, Any], str]] = {
    "another metric": ({"MetricName": "Jobs"}, "MetricName"),
    "another dimension": ({"Dimensions": [SILENT["Dimensions"][0]]}, "Dimensions"),
    "another threshold": ({"Threshold": -1.0}, "Threshold"),
    "another comparison": ({"ComparisonOperator": "GreaterThanThreshold"}, "ComparisonOperator"),
    "what silence means": ({"TreatMissingData": "ignore"}, "TreatMissingData"),
    "fewer points": ({"DatapointsToAlarm": 1}, "DatapointsToAlarm"),
    "metric math": (
        {"Metrics": [{"Id": "a", "Expression": "0"}], "Period": 60},
        "Metrics, Period",
    ),
}


@pytest.mark.parametrize("case", OVERWRITTEN.values(), ids=OVERWRITTEN)
def test_an_alarm_that_was_overwritten_is_wrong(
    doctor: Doctor, case: tuple[dict[str, Any], str]
) -> None:
    fields, named = case
    answer = {"MetricAlarms": [{**SILENT, **fields}]}
    name, mark, what, do = doctor.fault(cloudwatch__DescribeAlarms=answer)
    assert (name, mark) == ("template", "wrong")
    assert what == f"the alarm silent is not as this folder synthesizes it: {named}"
    assert do.endswith("docs/runbook.md#what-is-not-as-it-was-deployed")


def test_as_many_points_as_periods_are_what_an_alarm_takes_that_names_none(doctor: Doctor) -> None:
    answer = {"MetricAlarms": [{**SILENT, "DatapointsToAlarm": 3, "Metrics": []}]}
    assert doctor.faults(cloudwatch__DescribeAlarms=answer) == []


def test_what_decides_when_an_alarm_rings_is_all_held() -> None:
    """Whoever bumps botocore decides of what is new in an alarm."""
    held = {*HELD["AWS::CloudWatch::Alarm"].properties}
    shape = botocore.session.Session().get_service_model("cloudwatch").shape_for("MetricAlarm")
    others = {name for name in shape.members if name not in held}
    assert others == {
        *("AlarmName", "AlarmArn", "AlarmConfigurationUpdatedTimestamp"),
        *("ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions"),
        *("ActionConfiguration", "EvaluationState", "StateTransitionedTimestamp"),
        *("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp"),
    }
    assert held <= shape.members.keys()


def test_an_alarm_that_is_not_deployed_yet_is_a_warning_and_its_polls_are_not_missed(
    doctor: Doctor,
) -> None:
    clock = resources(clock="AWS_Scheduler_Schedule")
    found = doctor.look(
        cloudformation__ListStackResources=clock, cloudwatch__GetMetricData=ages(None)
    )
    assert [each for each in found if each[1] != "ok"] == [
        ("template", "warning", "not deployed: silent", "./jobwatch deploy")
    ]


def test_the_cadences_are_those_of_the_plan_whatever_alarms_are_there(doctor: Doctor) -> None:
    faults = doctor.faults(
        cloudwatch__DescribeAlarms={"MetricAlarms": []}, cloudwatch__GetMetricData=ages(None)
    )
    assert {each[:2] for each in faults} == {("polls", "wrong"), ("alarms", "wrong")}


class Deployed:
    """The stack that is synthesized, as AWS has it; `functions` and `filters` can be changed."""

    def __init__(self) -> None:
        self.template, self.version = template(), ""
        made = self.template["Resources"]
        self.ids = {name: _id(name, each["Type"]) for name, each in made.items()}
        self.functions = {
            self.ids[name]: {
                "Handler": properties["Handler"],
                "Runtime": properties["Runtime"],
                "Role": "arn:aws:iam::111122223333:role/"
                + self.ids[properties["Role"]["Fn::GetAtt"][0]],
                "Environment": {
                    "Variables": {
                        key: self._value(each)
                        for key, each in properties["Environment"]["Variables"].items()
                    }
                },
            }
            for name, properties in of_type("AWS::Lambda::Function", self.template).items()
        }
        feeding = of_type("AWS::Lambda::EventSourceMapping")
        self.filters = {
            self.ids[name]: properties.get("FilterCriteria") for name, properties in feeding.items()
        }
        self.failing = {self.ids[name]: self._failing(each) for name, each in feeding.items()}
        (ended,) = of_type("AWS::Events::Rule").values()
        self.rule = {"EventPattern": json.dumps(ended["EventPattern"])}
        function = self.ids[ended["Targets"][0]["Arn"]["Fn::GetAtt"][0]]
        arn = f"{HERE.format('lambda')}:function:{function}"
        self.targets: list[dict[str, Any]] = [{**ended["Targets"][0], "Arn": arn}]
        self.heard = {
            self.ids[name]: {"FilterPolicy": json.dumps(each["FilterPolicy"])}
            if "FilterPolicy" in each
            else {}
            for name, each in of_type("AWS::SNS::Subscription").items()
        }

    def _failing(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """What becomes of that which could not be sent; Lambda says so of a queue, too."""
        if "DestinationConfig" not in properties:
            return {"FunctionResponseTypes": [], "DestinationConfig": {"OnFailure": {}}}
        names = ("FunctionResponseTypes", "MaximumRecordAgeInSeconds")
        queue = properties["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
        to = f"{HERE.format('sqs')}:{queue.lower()}"
        destination = {"DestinationConfig": {"OnFailure": {"Destination": to}}}
        return {name: properties[name] for name in names} | destination

    def _value(self, value: Any) -> str:
        match value:
            case {"Ref": name}:
                return self.ids[name]
            case {"Fn::GetAtt": [name, "Arn"]}:
                return f"{HERE.format('dynamodb')}:table/{self.ids[name]}"
            case {"Fn::Select": _}:
                return "0f"
        return str(value)

    def answers(self) -> dict[str, Answer]:
        made = self.template["Resources"].items()
        types = {name: each["Type"].replace("::", "_") for name, each in made}
        listed = resources(**types)
        for each in listed["StackResourceSummaries"]:
            each["PhysicalResourceId"] = self.ids[each["LogicalResourceId"]]
        names = {
            name: next(i for i in self.functions if f"{name}function" in i.lower())
            for name in FUNCTIONS
        }
        outputs = {f"{name.capitalize()}FunctionName": id_ for name, id_ in names.items()}
        alarms = [
            alarm(
                self.ids[name],
                **{key: value for key, value in each.items() if not key.endswith("Actions")}
                | {"Dimensions": self._dimensions(each)},
            )
            for name, each in of_type("AWS::CloudWatch::Alarm", self.template).items()
        ]
        return {
            "cloudformation__DescribeStacks": stack(outputs={**OUTPUTS, **outputs}),
            "cloudformation__ListStackResources": listed,
            "cloudwatch__DescribeAlarms": {"MetricAlarms": alarms},
            "lambda__GetFunctionConfiguration": lambda call: {
                "State": "Active",
                **self.functions[call["FunctionName"]],
            },
            "lambda__ListEventSourceMappings": self._mappings,
            "events__DescribeRule": {"State": "ENABLED", **self.rule},
            "events__ListTargetsByRule": {"Targets": self.targets} if self.targets else {},
            "sns__GetSubscriptionAttributes": lambda call: {
                "Attributes": {
                    "FilterPolicyScope": "MessageAttributes",
                    **self.heard[call["SubscriptionArn"]],
                }
            },
        }

    def _dimensions(self, properties: Mapping[str, Any]) -> list[dict[str, str]]:
        found = []
        for each in properties["Dimensions"]:
            value = each["Value"]
            if "Fn::GetAtt" in value:
                value = value["Fn::GetAtt"][0].lower()
            elif "Ref" in value:
                value = self.ids[value["Ref"]]
            found.append({"Name": each["Name"], "Value": value})
        return found

    def _mappings(self, call: Mapping[str, Any]) -> dict[str, Any]:
        found = []
        for name, each in of_type("AWS::Lambda::EventSourceMapping").items():
            if self.ids[each["FunctionName"]["Ref"]] == call["FunctionName"]:
                id_ = self.ids[name]
                source = f"{TABLE}/stream/now" if self.filters[id_] else f"{HERE.format('sqs')}:q"
                given = {"FilterCriteria": self.filters[id_]} if self.filters[id_] else {}
                given |= {"UUID": id_, "EventSourceArn": source, "State": "Enabled"}
                feeds = call["FunctionName"] + self.version
                given |= {"FunctionArn": f"{HERE.format('lambda')}:function:{feeds}"}
                found.append(given | self.failing[id_])
        return {"EventSourceMappings": found}


def _id(name: str, kind: str) -> str:
    """An id as AWS gives it: a queue's is its URL, a topic's its ARN."""
    if kind == "AWS::Lambda::EventSourceMapping":
        return f"{name:0<36}"
    if kind == "AWS::SQS::Queue":
        return f"https://sqs.test/111122223333/{name.lower()}"
    return f"{HERE.format('sns')}:{name.lower()}" if kind == "AWS::SNS::Topic" else f"id-{name}"


@pytest.fixture
def stack_of_today(doctor: Doctor) -> Deployed:
    deployed = Deployed()
    doctor.template = deployed.template
    return deployed


def told_of_the_template(doctor: Doctor, deployed: Deployed) -> list[tuple[str, str]]:
    found = doctor.look(**deployed.answers())
    return [(mark, what) for name, mark, what, _ in found if name == "template"]


def test_what_is_deployed_as_it_is_synthesized_is_well(
    doctor: Doctor, stack_of_today: Deployed
) -> None:
    alarms = len(of_type("AWS::CloudWatch::Alarm"))
    others = f"1 rule and {len(of_type('AWS::SNS::Subscription'))} subscriptions"
    assert told_of_the_template(doctor, stack_of_today) == [
        (
            "ok",
            f"as this folder synthesizes it: {alarms} alarms, 7 functions, 3 mappings, {others}",
        )
    ]


TAKEN_OVER: dict[str, tuple[dict[str, Any], str]] = {
    "a layer": ({"Layers": [{"Arn": "arn:aws:lambda:eu-west-1:999999999999:layer:x:1"}]}, "Layers"),
    "a handler": ({"Handler": "botocore.x"}, "Handler"),
    "a runtime": ({"Runtime": "python3.9"}, "Runtime"),
    "a role": ({"Role": "arn:aws:iam::111122223333:role/admin"}, "Role"),
    "a file system": (
        {
            "FileSystemConfigs": [
                {
                    "Arn": f"{HERE.format('elasticfilesystem')}:access-point/a",
                    "LocalMountPath": "/mnt/x",
                }
            ]
        },
        "FileSystemConfigs",
    ),
}


@pytest.mark.parametrize("case", TAKEN_OVER.values(), ids=TAKEN_OVER)
def test_a_function_that_runs_otherwise_than_it_is_synthesized_is_wrong(
    doctor: Doctor, stack_of_today: Deployed, case: tuple[dict[str, Any], str]
) -> None:
    fields, named = case
    for name, deployed in [*stack_of_today.functions.items()]:
        stack_of_today.functions[name] = deployed | fields
        assert told_of_the_template(doctor, stack_of_today) == [
            ("wrong", f"the function {name} is not as this folder synthesizes it: {named}")
        ]
        stack_of_today.functions[name] = deployed


def test_variables_of_a_function_are_held_and_none_is_told_by_its_value(
    doctor: Doctor, stack_of_today: Deployed
) -> None:
    name = next(name for name in stack_of_today.functions if "Publish" in name)
    variables = stack_of_today.functions[name]["Environment"]["Variables"]
    variables |= {"PYTHONPATH": "/opt/secret", "EVENT_BUS_NAME": "secret"}
    ((mark, what),) = told_of_the_template(doctor, stack_of_today)
    assert mark == "wrong"
    assert what.endswith(
        "it: Environment.Variables.EVENT_BUS_NAME, Environment.Variables.PYTHONPATH"
    )


@pytest.mark.parametrize("told", ["as they were", "not JSON"])
def test_no_variable_of_a_function_stands_for_the_others(
    doctor: Doctor, stack_of_today: Deployed, told: str
) -> None:
    """One that is called as the pattern of a filter is, which is JSON, is no pattern."""
    name = next(name for name in stack_of_today.functions if "Publish" in name)
    variables = stack_of_today.functions[name]["Environment"]["Variables"]
    before = json.dumps(variables) if told == "as they were" else told
    variables |= {"Pattern": before, "AWS_LAMBDA_EXEC_WRAPPER": "/opt/theirs"}
    ((mark, what),) = told_of_the_template(doctor, stack_of_today)
    assert mark == "wrong"
    assert what.endswith(
        "it: Environment.Variables.AWS_LAMBDA_EXEC_WRAPPER, Environment.Variables.Pattern"
    )


def test_a_version_of_a_function_that_is_fed_in_its_place_is_wrong(
    doctor: Doctor, stack_of_today: Deployed
) -> None:
    """It runs the code that the function had when it was made, whatever that has now."""
    stack_of_today.version = ":1"
    found = told_of_the_template(doctor, stack_of_today)
    assert [mark for mark, _ in found] == ["wrong"] * len(stack_of_today.filters)
    assert all(what.endswith("synthesizes it: FunctionName") for _, what in found)


ELSEWHERE = {"Id": "evil", "Arn": f"{HERE.format('sqs')}:theirs"}


@pytest.mark.parametrize(
    ("rule", "targets", "told"),
    [
        ({"State": "DISABLED"}, None, "State"),
        ({"EventPattern": '{"source": ["nobody"]}'}, None, "EventPattern.detail, "),
        ({}, [], "Targets"),
        ({}, [ELSEWHERE], "Targets"),
    ],
)
def test_a_rule_that_takes_something_out_of_what_is_brought_is_wrong(
    doctor: Doctor, stack_of_today: Deployed, rule: Any, targets: Any, told: str
) -> None:
    """It takes no right to pass its role, and no alarm rings."""
    stack_of_today.rule |= rule
    if targets is not None:
        stack_of_today.targets = targets
    ((mark, what),) = told_of_the_template(doctor, stack_of_today)
    assert mark == "wrong"
    assert f"is not as this folder synthesizes it: {told}" in what


def test_the_rules_that_bring_alerts_are_held_to_whomever_they_lead(doctor: Doctor) -> None:
    """A pager's target has something behind its name that no template knows."""
    rule = "AWS::Events::Rule"
    every = synthesize(TOLD)["Resources"]
    rules = {name: each for name, each in every.items() if each["Type"] == rule}
    rules = {name: each for name, each in rules.items() if name.startswith("Recipients")}
    assert len(rules) == len(TOLD.recipients) - 1, "all but the one of email"
    doctor.template = {"Resources": {**TEMPLATE["Resources"], **rules, **_referred(every)}}
    ids = {name: _id(name, each["Type"]) for name, each in doctor.template["Resources"].items()}
    listed = resources(
        clock="AWS_Scheduler_Schedule",
        StandingTable="AWS_DynamoDB_Table",
        **{n: e["Type"].replace("::", "_") for n, e in doctor.template["Resources"].items()},
    )
    for each in listed["StackResourceSummaries"]:
        each["PhysicalResourceId"] = {**ids, "silent": "silent"}.get(
            each["LogicalResourceId"], each["LogicalResourceId"]
        )
    arns = {
        "AWS::Events::ApiDestination": f"{HERE.format('events')}:api-destination/{{}}/{UUID}",
        "AWS::IAM::Role": "arn:aws:iam::111122223333:role/{}",
        "AWS::SQS::Queue": f"{HERE.format('sqs')}:{{}}",
    }

    def there(value: Any) -> Any:
        match value:
            case {"Ref": str() as name}:
                return ids[name]
            case {"Fn::GetAtt": [str() as name, "Arn"]}:
                return arns[every[name]["Type"]].format(re.split("[:/]", ids[name])[-1])
            case Mapping():
                return {key: there(each) for key, each in value.items()}
        return value

    by_name = {ids[name]: each["Properties"] for name, each in rules.items()}

    def described_rule(call: Mapping[str, Any]) -> Any:
        assert call["EventBusName"] == ids["RecipientsBusEF36673B"]
        pattern = json.dumps(by_name[call["Name"]]["EventPattern"])
        return {"State": "ENABLED", "EventPattern": pattern}

    answers: dict[str, Answer] = {
        "cloudformation__ListStackResources": listed,
        "events__DescribeRule": described_rule,
        "events__ListTargetsByRule": lambda call: {
            "Targets": [there(each) for each in by_name[call["Rule"]]["Targets"]]
        },
        "events__DescribeApiDestination": {"ConnectionArn": f"{LEADS}/{UUID}"},
    }
    found = [each for each in doctor.look(**answers) if each[0] == "template"]
    whole = f"as this folder synthesizes it: 1 alarm, 2 destinations and {len(rules)} rules"
    assert found == [("template", "ok", whole, "")]


UUID = "11111111-2222-3333-4444-555555555555"
LEADS = f"{HERE.format('events')}:connection/pager"
REFERRED = {
    *("AWS::Events::EventBus", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::IAM::Role"),
    "AWS::Events::ApiDestination",
}


def _referred(every: Mapping[str, Any]) -> dict[str, Any]:
    """What rules refer to; what a destination is itself, another test holds."""
    found = {name: each["Type"] for name, each in every.items() if each["Type"] in REFERRED}
    own = {"AWS::Events::ApiDestination": {"ConnectionArn": LEADS}}
    return {name: {"Type": kind, "Properties": own.get(kind, {})} for name, kind in found.items()}


def test_a_rule_that_is_gone_is_wrong(doctor: Doctor, stack_of_today: Deployed) -> None:
    answers = stack_of_today.answers() | {"events__DescribeRule": "ResourceNotFoundException"}
    found = [each for each in doctor.look(**answers) if each[0] == "template"]
    ((_, mark, what, _),) = found
    assert mark == "wrong"
    assert what.endswith("synthesizes it: EventPattern, State, Targets")


@pytest.mark.parametrize(
    "heard",
    [
        {"FilterPolicy": '{"state": ["resolved"]}'},
        {"FilterPolicyScope": "MessageBody"},
    ],
)
def test_a_subscription_that_hears_less_than_the_file_says_is_wrong(
    doctor: Doctor, stack_of_today: Deployed, heard: dict[str, str]
) -> None:
    """Who may set its attributes has it hear nothing, and no alarm rings."""
    arn = next(arn for arn, said in stack_of_today.heard.items() if said)
    stack_of_today.heard[arn] |= heard
    ((mark, what),) = told_of_the_template(doctor, stack_of_today)
    (name,) = heard
    assert mark == "wrong"
    assert f"the subscription {arn} is not as this folder synthesizes it: {name}" in what


def test_a_subscription_that_is_gone_is_for_another_check(
    doctor: Doctor, stack_of_today: Deployed
) -> None:
    answers = stack_of_today.answers() | {"sns__GetSubscriptionAttributes": "NotFound"}
    ((_, mark, _, _),) = [each for each in doctor.look(**answers) if each[0] == "template"]
    assert mark == "ok"


CONNECTION = (
    "arn:aws:events:eu-west-1:111122223333:connection/{}/11111111-2222-3333-4444-555555555555"
)


def test_a_pagers_address_and_connection_are_held_as_its_key_and_alerts_go_there(
    doctor: Doctor,
) -> None:
    pager = "AWS::Events::ApiDestination"
    ours = next(iter(of_type(pager, synthesize(TOLD)).values()))
    (key, _) = ours["ConnectionArn"]["Fn::GetAtt"]
    made = {
        "Pager": {"Type": pager, "Properties": ours},
        key: {"Type": "AWS::Events::Connection", "Properties": {}},
    }
    doctor.template = {"Resources": {**TEMPLATE["Resources"], **made}}
    listed = resources(
        clock="AWS_Scheduler_Schedule",
        silent="AWS_CloudWatch_Alarm",
        StandingTable="AWS_DynamoDB_Table",
        Pager="AWS_Events_ApiDestination",
        **{key: "AWS_Events_Connection"},
    )
    there = {
        "InvocationEndpoint": ours["InvocationEndpoint"],
        "HttpMethod": "POST",
        "ConnectionArn": CONNECTION.format(key),
    }
    answers = {
        "cloudformation__ListStackResources": listed,
        "events__DescribeApiDestination": there,
    }
    assert doctor.faults(**answers) == []
    for name, other in (
        ("InvocationEndpoint", "https://evil.example/"),
        ("ConnectionArn", CONNECTION.format("evil")),
    ):
        changed = {**answers, "events__DescribeApiDestination": {**there, name: other}}
        told = f"the destination Pager is not as this folder synthesizes it: {name}"
        assert doctor.fault(**changed)[:3] == ("template", "wrong", told)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("FunctionResponseTypes", [], "FunctionResponseTypes"),
        ("MaximumRecordAgeInSeconds", 60, "MaximumRecordAgeInSeconds"),
        ("DestinationConfig", {"OnFailure": {}}, "DestinationConfig"),
        (
            "DestinationConfig",
            {"OnFailure": {"Destination": QUEUE}},
            "DestinationConfig.OnFailure.Destination",
        ),
    ],
)
def test_a_mapping_that_loses_what_could_not_be_sent_is_wrong(
    doctor: Doctor, stack_of_today: Deployed, field: str, value: Any, told: str
) -> None:
    """No alarm tells of a change that is given up with no dead letter."""
    name = next(name for name, each in stack_of_today.filters.items() if each)
    stack_of_today.failing[name][field] = value
    assert told_of_the_template(doctor, stack_of_today) == [
        ("wrong", f"the mapping {name} is not as this folder synthesizes it: {told}")
    ]


def test_a_filter_that_lets_the_heartbeat_through_alone_is_wrong(
    doctor: Doctor, stack_of_today: Deployed
) -> None:
    name = next(name for name, each in stack_of_today.filters.items() if each)
    heartbeat = stack_of_today.filters[name]["Filters"][-1]
    stack_of_today.filters[name] = {"Filters": [heartbeat]}
    assert told_of_the_template(doctor, stack_of_today) == [
        (
            "wrong",
            f"the mapping {name} is not as this folder synthesizes it: FilterCriteria.Filters",
        )
    ]


def test_the_words_of_an_alarm_that_is_not_ours_are_no_advice(doctor: Doctor) -> None:
    """Who may put alarms writes their descriptions."""
    said = "Jobwatch: a\x1b[2J\u202eb https://evil.example/ See \x1b]0;docs/runbook.md#a; curl x|sh"
    ringing = {**SILENT, "StateValue": "ALARM", "AlarmDescription": said}
    answers = {"cloudwatch__DescribeAlarms": {"MetricAlarms": [ringing]}}
    (_, (_, _, what, do)) = doctor.faults(**answers)
    assert "hxxps://evil[.]example/" in what
    assert do == "docs/runbook.md"
    for words in ([], ["--json"]):
        assert all(line.isprintable() for line in doctor.run(*words).splitlines())


def test_what_to_do_is_printed_legibly() -> None:
    printed = io.StringIO()
    show(Console(file=printed), "group", [("check", warning("wrong", "mend \x1b[2J\u202eit"))])
    assert not {*"\x1b\u202e"} & {*printed.getvalue()}


CHECKED = [check for some in CHECKS.values() for check in some]
NEEDS = sorted({need for check in CHECKED for need in check.needs} & {*WELL})


@pytest.mark.parametrize("need", NEEDS)
def test_a_check_that_is_denied_says_what_it_needs_and_keeps_no_other(
    doctor: Doctor, need: str
) -> None:
    whole = {name for name, *_ in doctor.look()}
    doctor.aws.answers[need] = "AccessDeniedException"
    found = {name: each for name, *each in doctor.look()}
    denied = {check.name for check in CHECKED if need in check.needs}
    for name in denied & whole:
        assert found[name] == ["could not look", f"needs {need}", ""]
    assert whole <= found.keys() <= whole | denied
    assert {found[name][0] for name in whole - denied} == {"ok"}
    assert doctor.code == 0


def test_a_stack_that_may_not_be_looked_for_is_told(doctor: Doctor) -> None:
    found = doctor.faults(cloudformation__DescribeStacks="AccessDenied")
    assert found[0][2] == "needs cloudformation:DescribeStacks"


def test_a_service_that_fails_is_told_in_one_line(doctor: Doctor) -> None:
    broken = EndpointConnectionError(endpoint_url="https://ssm\n.test")
    name, mark, what, _ = doctor.fault(ssm__GetParameter=broken)
    assert (name, mark) == ("bootstrap", "could not look")
    assert what.startswith("Could not connect to the endpoint URL")
    assert "Throttling" in doctor.fault(ssm__GetParameter="ThrottlingException")[2]


SIGNED = f"X-Amz-Security-Token={'IQoJb3JpZ2luX2Vj' * 9}&X-Amz-Signature=5e"
LINK = f"https://code.test/snapshots/1?{SIGNED}"
UNREACHED: dict[str, Exception] = {
    "nobody answers": EndpointConnectionError(endpoint_url=LINK),
    "too late": ReadTimeoutError(endpoint_url=LINK),
    "of the library": HTTPClientError(error=f"Max retries with url: {LINK[17:]} (Caused by x)"),
    "of the file": OSError(f"{LINK}: 403"),
    "of a strange answer": ValueError(f"no zip: {LINK}"),
}


@pytest.mark.parametrize("error", UNREACHED.values(), ids=UNREACHED)
def test_no_error_tells_the_link_to_the_code_which_is_signed(
    doctor: Doctor, error: Exception
) -> None:
    doctor.deployed = error
    for words in ([], ["--json"]):
        printed = doctor.run(*words)
        assert "could not look" in printed
        assert not re.search("IQoJ|=5e|Signature=[^[]", printed)


def test_an_answer_of_another_shape_is_no_traceback(doctor: Doctor) -> None:
    doctor.deployed = b"<html>"
    (name, mark, what, _) = doctor.fault(ssm__GetParameter={"Parameter": {"Value": "30"}})
    assert (name, mark) == ("plan", "wrong")
    assert what == "the code that tick, poll, publish, alert, wait and answer run can't be read"
    faults = doctor.faults(ssm__GetParameter={"Parameter": {"Value": "x"}})
    assert faults[0][:2] == ("bootstrap", "could not look")


def muting(
    rules: Mapping[tuple[str, str], Sequence[str]],
) -> Callable[[Mapping[str, Any]], Any]:
    """Give the rules, by name and status, of which these are the alarms: in pages of one."""

    def answer(call: Mapping[str, Any]) -> dict[str, Any]:
        found = [
            {"AlarmMuteRuleArn": f"{HERE.format('cloudwatch')}:alarm-mute-rule:{name}", "Status": s}
            for (name, s), alarms in rules.items()
            if call.get("AlarmName", alarms[0]) in alarms
            if s in call["Statuses"]
        ]
        at = int(call.get("NextToken", 0))
        more = {"NextToken": str(at + 1)} if at + 1 < len(found) else {}
        return {"AlarmMuteRuleSummaries": found[at : at + 1], **more}

    return answer


def test_rules_that_mute_alarms_of_the_stack_are_named_and_those_of_others_are_not(
    doctor: Doctor,
) -> None:
    names = ["a", "b", "c", "d"]
    rules = {
        ("holidays", "EXPIRED"): names,
        ("theirs", "ACTIVE"): ["other"],
        ("for: ever", "ACTIVE"): [*names, "other"],
        ("\x1bnightly", "SCHEDULED"): ["b"],
    }
    faults = doctor.faults(
        cloudformation__ListStackResources=resources(
            clock="AWS_Scheduler_Schedule",
            **dict.fromkeys((*names, "silent"), "AWS_CloudWatch_Alarm"),
        ),
        cloudwatch__ListAlarmMuteRules=muting(rules),
    )
    assert [each[:3] for each in faults] == [
        ("mute rules", "warning", "the rule \ufffdnightly will mute: b, 1 alarm in all"),
        (
            *("mute rules", "warning"),
            "the rule for: ever mutes now: a, b, c and 1 more, 4 alarms in all",
        ),
    ]


def mutes(*some: Mute) -> Callable[[Mapping[str, Any]], Any]:
    """Give the mutes of a table, and of every other one nothing."""
    items = [{"mute": {"S": json.dumps(asdict(each))}} for each in some]
    return lambda call: {"Items": items if call["TableName"] == "StandingTable1" else []}


FOR_EVER = ("2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z")


def test_who_silences_alerts_is_named_with_the_command_that_ends_it(doctor: Doctor) -> None:
    arn = "arn:aws:sts::111122223333:assumed-role/ops/ann"
    tables = dict.fromkeys(("StandingTable1", "WaitingWaitsTable1"), "AWS_DynamoDB_Table")
    faults = doctor.faults(
        cloudformation__ListStackResources=resources(
            clock="AWS_Scheduler_Schedule", silent="AWS_CloudWatch_Alarm", **tables
        ),
        dynamodb__Query=mutes(
            Mute(None, None, "see https://evil.example/x\x1b[2J", arn, *FOR_EVER),
            Mute("imports", "a'; rm -rf ~; '*", "known", arn, *FOR_EVER),
            Mute("imports", None, "over", arn, FOR_EVER[0], "2026-01-02T00:00:00Z"),
        ),
    )
    assert [each[:2] for each in faults] == [("mutes", "warning")] * 2
    assert faults[0][2:] == (
        (
            "all watches: nobody is alerted until 2999-01-01T00:00:00Z, says assumed-role/ops/ann: "
            "see hxxps://evil[.]example/x\ufffd[2J"
        ),
        "./jobwatch unmute --all, unless that is right",
    )
    command = shlex.split(faults[1][3].partition(",")[0])
    assert command == ["./jobwatch", "unmute", "imports", "--name", "a'; rm -rf ~; '*"]


@pytest.mark.parametrize("name", [None, "prod-*"])
def test_a_watch_that_is_called_as_an_option_is_named_and_not_all_of_them(
    doctor: Doctor, name: str | None
) -> None:
    (_, _, _, do) = doctor.fault(
        cloudformation__ListStackResources=resources(
            clock="AWS_Scheduler_Schedule",
            silent="AWS_CloudWatch_Alarm",
            StandingTable1="AWS_DynamoDB_Table",
        ),
        dynamodb__Query=mutes(Mute("--all", name, "y", "me", *FOR_EVER)),
    )
    _, _, *words = shlex.split(do.partition(",")[0])
    given = unmute.make_context("unmute", words).params
    assert (given["watch"], given["everything"], given["name"]) == ("--all", False, name)


def test_of_many_mutes_the_first_are_named_and_the_rest_counted(doctor: Doctor) -> None:
    faults = doctor.faults(
        cloudformation__ListStackResources=resources(
            clock="AWS_Scheduler_Schedule",
            silent="AWS_CloudWatch_Alarm",
            StandingTable1="AWS_DynamoDB_Table",
        ),
        dynamodb__Query=mutes(*(Mute("w", f"j{n}", "y", "me", *FOR_EVER) for n in range(12))),
    )
    assert len(faults) == 11
    assert faults[-1][1:] == ("warning", "2 mutes more", "./jobwatch mute --list")


def test_an_alarm_is_rung_only_where_it_is_asked_for_and_is_set_back(doctor: Doctor) -> None:
    doctor.aws.answers["cloudwatch:SetAlarmState"] = {}
    doctor.look()
    assert "cloudwatch:SetAlarmState" not in {name for name, _ in doctor.aws.calls}
    (*_, (name, mark, what, _)) = doctor.look("--ring-alarm")
    assert (name, mark) == ("ring", "ok")
    assert "rang silent and set it back" in what
    rung = [call for name, call in doctor.aws.calls if name == "cloudwatch:SetAlarmState"]
    assert [(call["AlarmName"], call["StateValue"]) for call in rung] == [
        ("silent", "ALARM"),
        ("silent", "OK"),
    ]


def test_no_alarm_is_rung_where_all_ring(doctor: Doctor) -> None:
    ringing = {"MetricAlarms": [{**SILENT, "StateValue": "ALARM"}]}
    faults = doctor.faults("--ring-alarm", cloudwatch__DescribeAlarms=ringing)
    assert [each[:2] for each in faults] == [("alarms", "wrong"), ("ring", "could not look")]


def test_the_lines_fit_a_hundred_columns_and_say_what_they_came_to(doctor: Doctor) -> None:
    muted = {**SILENT, "ActionsEnabled": False}
    doctor.aws.answers |= {
        "ssm:GetParameter": "ParameterNotFound",
        "sns:GetTopicAttributes": "AuthorizationError",
        "cloudwatch:DescribeAlarms": {"MetricAlarms": [muted]},
    }
    lines = doctor.run().splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0] == "Who looks"
    never = "eu-west-1 of this account was never made ready for the CDK → ./jobwatch bootstrap"
    assert f"  ✗ bootstrap    {never}" in lines
    assert "  ? encryption   could not look: needs sns:GetTopicAttributes" in lines
    at = lines.index(
        "  ! alarms       silent rings for nobody: its actions were changed → aws cloudwatch"
    )
    assert lines[at + 1].startswith(
        "                 enable-alarm-actions --alarm-names silent, or ./jobwatch deploy"
    )
    assert lines[-1] == "22 ok, 1 warning, 1 wrong, 1 could not look"


def test_the_words_are_those_of_the_other_commands(doctor: Doctor) -> None:
    doctor.aws.answers["cloudformation:DescribeStacks"] = "ValidationError"
    given = ("--watches", doctor.watches, "--stack", "Staging")
    assert call("doctor", *given, clients=doctor.aws) == 0
    assert doctor.aws.calls[1] == ("cloudformation:DescribeStacks", {"StackName": "Staging"})
    assert call("doctor", "--nothing", clients=doctor.aws) == 2


def test_what_to_type_has_the_words_that_were_typed(doctor: Doctor) -> None:
    """Without them it would be another file, stack or account that is deployed."""
    doctor.aws.answers["cloudformation:DescribeStacks"] = "ValidationError"
    given = ("--stack", "Staging", "--profile", "an admin", "--region", "eu-west-1")
    found = {each["check"]: each["do"] for each in json.loads(doctor.run("--json", *given))}
    assert found["stack"] == (
        f"./jobwatch deploy --watches {doctor.watches} --profile 'an admin' --region eu-west-1 "
        "--stack Staging"
    )


def test_what_is_deployed_is_mended_with_the_words_that_were_typed(doctor: Doctor) -> None:
    doctor.watches.write_text(WATCHES + "retention: 2 days\n", encoding="utf-8")
    found = {each["check"]: each["do"] for each in json.loads(doctor.run("--json"))}
    assert found["plan"] == f"./jobwatch deploy --watches {doctor.watches}"


@pytest.mark.parametrize(
    ("stack", "words", "deploy"),
    [
        ("Jobwatch", "", "./jobwatch deploy"),
        ("Staging", " --region eu-west-1", "./jobwatch deploy --region eu-west-1 --stack Staging"),
    ],
)
def test_the_ways_of_a_stack_are_its_own(stack: str, words: str, deploy: str) -> None:
    ways = of_the_cdk(stack, Typed(account=words))
    assert (ways.deploy, ways.restore) == (deploy, f"{deploy} -- --revert-drift")
    assert ways.destroy == deploy.replace("deploy", "destroy")


def test_the_template_of_a_stack_is_written_of_its_file_and_for_its_name() -> None:
    """What no region is said of is deleted wherever one of that name is."""
    ways = ways_of_template("Staging", Typed(" --watches ours.yaml", " --region eu-west-1"))
    deploy = "./jobwatch template --watches ours.yaml --stack Staging, then docs/template.md"
    delete = "aws cloudformation delete-stack --region eu-west-1 --stack-name Staging"
    assert (ways.deploy, ways.destroy) == (deploy, delete)
    assert ways.deploy_anew == f"{delete}, {deploy}"


def test_what_is_replayed_muted_and_bootstrapped_is_what_was_looked_at(doctor: Doctor) -> None:
    """Another stack's dead letters would be sent, or another region made ready."""
    given = ("--stack", "Staging", "--profile", "an admin")
    letters = {"sqs__GetQueueAttributes": {"Attributes": {"ApproximateNumberOfMessages": "2"}}}
    found = doctor.faults(*given, ssm__GetParameter="ParameterNotFound", **letters)
    said = {name: do for name, _, _, do in found}
    words = "--profile 'an admin' --stack Staging"
    assert said["bootstrap"] == f"./jobwatch bootstrap {words}"
    assert said["queues"].startswith(f"./jobwatch replay {words}, once that is mended")


def test_what_is_unmuted_is_muted_in_the_stack_that_was_looked_at(doctor: Doctor) -> None:
    ((_, _, _, do),) = doctor.faults(
        *("--stack", "Staging", "--region", "eu-west-1"),
        cloudformation__ListStackResources=resources(
            clock="AWS_Scheduler_Schedule",
            silent="AWS_CloudWatch_Alarm",
            StandingTable1="AWS_DynamoDB_Table",
        ),
        dynamodb__Query=mutes(Mute("w", None, "y", "me", *FOR_EVER)),
    )
    assert do.startswith("./jobwatch unmute --region eu-west-1 --stack Staging w, ")
