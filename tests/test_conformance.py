"""The list of what is assumed of AWS, and the script that checks it, name the same rows."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from threading import Barrier, Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console

from lambdas.apis.jobs import read_job
from lambdas.model import Change, Scope, StoredJob
from lambdas.poll.event import job_detail
from operate.conformance.__main__ import conclude
from operate.conformance.cdk import CdkError
from operate.conformance.changes import SOURCE, detail
from operate.conformance.clock import SPREADS, overlaps, permissions_suffice
from operate.conformance.findings import Check, Finding, Unseen, Verdict, Wrong
from operate.conformance.owners import Owned, lifted
from operate.conformance.run import CHECKS, DEPLOY, DESTROY, Run
from operate.conformance.storing import until_between
from operate.conformance.telling import filter_policies_hold
from operate.conformance.trial import FUNCTIONS, LATE, SETTLES, Line
from tests.rows import sources_of
from tests.template import of_type
from tests.values import NOW

if TYPE_CHECKING:
    from operate.conformance.trial import Trial

PAGE = (Path(__file__).parents[1] / "docs" / "aws.md").read_text(encoding="utf-8")
ROWS = {
    cells[1].strip(): [cell.strip() for cell in cells[2:-1]]
    for cells in (line.split("|") for line in PAGE.splitlines() if re.match(r"\| [A-Z]+-\d", line))
}
CHECKED = [DEPLOY, *(check.row for check in CHECKS), DESTROY]


def test_a_change_that_is_made_by_hand_has_the_shape_of_one_that_poll_stores(
    tmp_path: Path,
) -> None:
    source = sources_of(tmp_path, SOURCE)[SOURCE]
    job = read_job(source, {"ExportArn": "a", "ExportStatus": "FAILED"}, NOW)
    assert job is not None
    scope = Scope("w", SOURCE, "111122223333", "eu-west-1")
    after = StoredJob("a", job.raw_status, job.status, job.progress, version=1, moved_at=NOW)
    stored = job_detail(scope, source, Change(None, after, job, None), NOW, None)
    trial = cast("Trial", SimpleNamespace(stack="s", account="1", region="r"))
    by_hand = detail(trial, "a", "FAILED", NOW)
    assert set(by_hand) == set(stored)
    for part in ("progress", "failure"):
        assert set(by_hand[part]) == set(stored[part])


def test_no_id_is_given_twice() -> None:
    ids = re.findall(r"^\| ([A-Z]+-\d+) \|", PAGE, re.MULTILINE)
    assert len(ids) == len(set(ids)) == len(ROWS)
    assert len(CHECKED) == len(set(CHECKED))


def test_the_script_checks_just_the_rows_that_say_so() -> None:
    said = {row for row, cells in ROWS.items() if cells[2].startswith("`make conformance`")}
    assert set(CHECKED) == said


@pytest.mark.parametrize("row", ROWS)
def test_every_row_says_where_aws_says_it_and_how_it_is_checked(row: str) -> None:
    assumed, source, checked = ROWS[row]
    assert assumed.endswith(".")
    assert "https://docs.aws.amazon.com/" in source or "not established" in source
    assert any(word in checked for word in ("`make conformance`", "by hand: ", "nothing to check"))


def _check(error: Exception) -> Finding:
    def look(_: object) -> str:
        raise error

    return Check("X-1", "It holds", look).hold(None)


def test_no_finding_tells_a_link_that_is_signed() -> None:
    def look(_: None) -> str:
        raise EndpointConnectionError(endpoint_url="https://x.test/?X-Amz-Signature=5ec4e7")

    said = Check("X-1", "It holds", look).hold(None).said
    assert said == 'Could not connect to the endpoint URL: "https://x.test/?[withheld]"'


def test_a_refusal_of_our_own_calls_says_nothing_about_aws() -> None:
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetThing")
    assert _check(refused).verdict is Verdict.UNSEEN
    assert _check(KeyError("Thing")).verdict is Verdict.UNSEEN
    assert _check(Unseen("nothing ran")).verdict is Verdict.UNSEEN
    assert _check(Wrong("it does not")) == Finding("X-1", "It holds", Verdict.WRONG, "it does not")


@pytest.mark.parametrize(
    ("verdicts", "code", "said"),
    [
        ([Verdict.OK, Verdict.OK], 0, "2 ok."),
        ([Verdict.OK, Verdict.UNSEEN], 3, "1 ok, 1 could not look."),
        ([Verdict.UNSEEN, Verdict.WRONG], 1, "1 wrong, 1 could not look."),
    ],
)
def test_the_exit_code_tells_what_was_found(verdicts: list[Verdict], code: int, said: str) -> None:
    lines: list[str] = []
    findings = [Finding("X-1", "It holds", verdict, "") for verdict in verdicts]
    assert conclude(findings, lines.append) == code
    assert lines[0] == said


def test_runs_that_overlap_are_counted() -> None:
    assert overlaps([(0, 1), (1, 2), (2.5, 3)]) == 0
    assert overlaps([(2.5, 3), (0, 1), (0.5, 2)]) == 1


STACK = "JobwatchConformanceabcde"
REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListThings")


@dataclass
class Account:
    """An account in which one stack was made, or else every call is `refused`."""

    refused: Exception | None = None
    left: bool = False
    bootstrap: str = "21"
    exceptions: Any = field(default_factory=lambda: SimpleNamespace(ParameterNotFound=KeyError))
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="eu-west-1"))

    def __call__(self, _: str) -> Any:
        return self

    def get_paginator(self, _: str) -> Any:
        found = {"StackName": STACK, "StackStatus": "DELETE_FAILED"}

        def paginate(**_: Any) -> Iterator[Any]:
            if self.refused:
                raise self.refused
            stacks = [found] if self.left else []
            yield {"StackResourceSummaries": [], "StackSummaries": stacks}

        return SimpleNamespace(paginate=paginate)

    def list_event_buses(self, **_: Any) -> Any:
        return {"EventBuses": []}

    def get_parameter(self, **_: Any) -> Any:
        return {"Parameter": {"Value": self.bootstrap}}


@dataclass
class Tool:
    """The CDK's command line, which fails if it is said to."""

    fails: Exception | None = None
    fails_to_deploy: Exception | None = None
    destroyed: bool = False

    def __call__(self, *_: object) -> Any:
        return self

    def deploy(self) -> Any:
        if self.fails_to_deploy:
            raise self.fails_to_deploy
        return {}

    def destroy(self) -> None:
        self.destroyed = True
        if self.fails:
            raise self.fails


class Closed(StringIO):
    """A terminal that was closed."""

    def write(self, _: str) -> int:
        raise OSError(5, "Input/output error")

    def isatty(self) -> bool:
        return True


def _run(account: Account, tool: Tool, console: Console | None = None, stages: Any = ()) -> Finding:
    console = console or Console(file=StringIO())
    run = Run(STACK, "1", account, console, 0, stages, profile="mine", tool=tool)
    run.run()
    return run.findings[-1]


@pytest.mark.parametrize(
    "refused", [REFUSED, EndpointConnectionError(endpoint_url="https://x"), KeyError("Resources")]
)
def test_the_stack_is_removed_whatever_can_not_be_listed(refused: Exception) -> None:
    tool = Tool()
    found = _run(Account(refused), tool)
    assert tool.destroyed
    assert (found.row, found.verdict) == (DESTROY, Verdict.UNSEEN)
    assert found.said.startswith(f"the CDK destroyed {STACK}, and what may be left")


@pytest.mark.parametrize("fails", [CdkError("it is stuck"), FileNotFoundError("no node")])
def test_a_stack_that_could_not_be_removed_is_wrong_and_named_with_its_command(
    fails: Exception,
) -> None:
    found = _run(Account(REFUSED), Tool(fails))
    assert (found.row, found.verdict) == (DESTROY, Verdict.WRONG)
    command = f"delete-stack --stack-name {STACK} --region eu-west-1 --profile mine"
    assert found.said == f"{fails}; delete the stack by hand: aws cloudformation {command}"


@pytest.mark.parametrize(
    ("version", "said"), [("21", "it is stuck"), ("5", "it is stuck; This account and region are")]
)
def test_who_is_not_ready_for_the_cdk_is_told_so_and_nobody_else(version: str, said: str) -> None:
    account, tool = Account(bootstrap=version), Tool(fails_to_deploy=CdkError("it is stuck"))
    run = Run(STACK, "1", account, Console(file=StringIO()), 0, (), tool=tool)
    run.run()
    assert run.findings[0].verdict is Verdict.WRONG
    assert run.findings[0].said.startswith(said)
    assert ("./jobwatch bootstrap" in run.findings[0].said) == (version == "5")


def test_what_is_left_is_wrong_and_nothing_left_is_ok() -> None:
    assert _run(Account(), Tool()).verdict is Verdict.OK
    assert _run(Account(left=True), Tool()).said == f"left behind: stack {STACK}"


def test_a_terminal_that_is_closed_keeps_nothing_from_being_removed() -> None:
    tool = Tool()
    with pytest.raises(OSError, match="Input/output"):
        _run(Account(), tool, Console(file=Closed(), force_terminal=True))
    assert tool.destroyed


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutThing")
BROKEN = ClientError({"Error": {"Code": "InternalFailure", "Message": "no"}}, "PutThing")


@dataclass
class Tried:
    """What is tried by hand: it ends with these one after the other, the last one again and again.

    `lifted_after` is how often it was tried before its policy was lifted.
    """

    ends: list[Exception | str | None]
    tried: int = 0
    lifted_after: int | None = None

    def __call__(self, _: object) -> str | None:
        end = self.ends[min(self.tried, len(self.ends) - 1)]
        self.tried += 1
        if isinstance(end, Exception):
            raise end
        return end

    def lift(self, _: object) -> None:
        self.lifted_after = self.tried


def _twice(look: Callable[[], Any]) -> Any:
    return look() or look()


@pytest.mark.parametrize(
    ("ends", "verdict", "lifted_after"),
    [
        ([DENIED, None], Verdict.OK, 1),
        (["NotAuthorizedForSourceException", None], Verdict.OK, 1),
        ([None, DENIED, DENIED, None], Verdict.OK, 2),
        ([None], Verdict.WRONG, None),
        (["MalformedDetail"], Verdict.WRONG, None),
        ([DENIED], Verdict.UNSEEN, 1),
        ([BROKEN], Verdict.UNSEEN, None),
    ],
)
def test_what_one_role_may_do_is_refused_until_that_is_lifted(
    ends: list[Exception | str | None], verdict: Verdict, lifted_after: int | None
) -> None:
    tried = Tried(ends)
    check = Check("X-5", "", Owned(tried, tried.lift).check)
    assert check.hold(SimpleNamespace(until=_twice)).verdict is verdict
    assert tried.lifted_after == lifted_after


def test_what_is_lifted_of_the_stacks_own_policies_is_what_only_one_may_do() -> None:
    tables = [each["ResourcePolicy"] for each in of_type("AWS::DynamoDB::Table").values()]
    (bus,) = of_type("AWS::Events::EventBus").values()
    topics = of_type("AWS::SNS::TopicPolicy").values()
    documents = [each["PolicyDocument"] for each in (*tables, *topics)]
    for document in (*documents, bus["Policy"]):
        before = [each["Sid"] for each in document["Statement"]]
        after = [each["Sid"] for each in json.loads(lifted(json.dumps(document)))["Statement"]]
        of_one = ("OnlyPoll", "OnlyPublish", "OnlyAlert", "OnlyWait")
        kept = [sid for sid in before if sid not in of_one]
        assert after == kept


@dataclass
class Topic:
    """A topic, and the queue behind it: the filter policy holds from the third message on."""

    lets_through: int
    heard: list[Any] = field(default_factory=list)
    published: int = 0

    def publish(self, *, MessageAttributes: Any, **_: Any) -> None:  # noqa: N803
        self.published += 1
        if self.published <= self.lets_through:
            status = {"Value": MessageAttributes["status"]["StringValue"]}
            self.heard.append({"MessageAttributes": {"status": status}})

    def listen(self) -> list[Any]:
        return [*self.heard]


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on only while somebody sleeps."""
    slept: list[float] = []
    monkeypatch.setattr("time.monotonic", lambda: sum(slept))
    return slept


@pytest.mark.parametrize(
    ("lets_through", "verdict", "least"),
    [(0, Verdict.OK, 0), (20, Verdict.OK, 300), (10_000, Verdict.WRONG, SETTLES)],
)
def test_a_filter_policy_has_a_quarter_of_an_hour_to_hold(
    hours: list[float], lets_through: int, verdict: Verdict, least: float
) -> None:
    topic = Topic(lets_through, [{"MessageAttributes": {"status": {"Value": "FAILED"}}}])
    trial = SimpleNamespace(
        listeners=SimpleNamespace(alerts=topic),
        clients=lambda _: topic,
        outputs={"AlertTopicArn": "t"},
        settles=SETTLES,
        late=LATE,
        pause=hours.append,
    )
    found = Check("SNS-3", "Filter policies hold", filter_policies_hold).hold(trial)
    assert found.verdict is verdict
    assert least <= sum(hours) < least + 60
    assert verdict is Verdict.OK or found.said == (
        "a subscription to FAILED still got UNKNOWN after 15 minutes"
    )


@pytest.mark.parametrize("since", range(0, 600, 7))
def test_what_is_stored_silently_is_stored_when_no_heartbeat_can_come(since: int) -> None:
    wait = until_between(since, LATE)
    assert LATE <= wait <= LATE + 105
    assert 75 <= (since + wait) % 180 <= 180 - 2 * LATE


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(None, Verdict.OK), (SPREADS - 1, Verdict.UNSEEN), (SPREADS + 1, Verdict.WRONG)],
)
def test_a_refusal_is_wrong_once_the_roles_are_known_everywhere(
    after: float | None, verdict: Verdict
) -> None:
    logs = {name: [Line(1_000.0, "START"), Line(2_000.0, "END")] for name in FUNCTIONS}
    if after:
        logs["Alert"].append(Line(1_000 + after, "error: AccessDenied, not authorized"))
    asked: list[str] = []
    trial = SimpleNamespace(
        log=logs.get,
        function=str,
        clients=lambda _: SimpleNamespace(invoke=lambda **call: asked.append(call["FunctionName"])),
        until=lambda look: look(),
    )
    found = Check("IAM-1", "", permissions_suffice).hold(trial)
    assert asked == ["Wait"]
    assert found.verdict is verdict
    assert (found.said.startswith("Alert: AccessDenied")) == bool(after)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Tool:
    """What deploys something that can be checked, to which nobody listens."""
    monkeypatch.setattr(Tool, "deploy", lambda _: {"TableName": "t"})
    monkeypatch.setattr("operate.conformance.run.listening", lambda *_: nullcontext())
    return Tool()


def test_chains_of_checks_are_held_side_by_side_and_told_in_order(deployed: Tool) -> None:
    meeting, said = Barrier(2, timeout=20), StringIO()
    done: list[str] = []

    def look(_: Any) -> str:
        meeting.wait()
        return "they met"

    def first(_: Any) -> str:
        done.append("first")
        return ""

    def then(_: Any) -> str:
        return "after " + " and ".join(done)

    chains = [[Check("A-1", "", look), Check("A-2", "", first)], [Check("B-1", "", look)]]
    stages = (chains, [[Check("C-1", "", then)]])
    assert _run(Account(), deployed, Console(file=said, width=200), stages).row == DESTROY
    rows = [DEPLOY, "A-1", "A-2", "B-1", "C-1", DESTROY]
    assert re.findall(r"^ok +(\S+)", said.getvalue(), re.MULTILINE) == rows
    assert "C-1       : after first (0 s)" in said.getvalue()


def test_an_interrupt_ends_all_checks_before_the_stack_is_removed(deployed: Tool) -> None:
    came, waits = list[str](), Event()

    def interrupted(_: Any) -> str:
        assert waits.wait(20)
        raise KeyboardInterrupt

    def wait(trial: Any) -> str:
        waits.set()
        with suppress(Unseen):
            trial.pause(600)
        came.append(f"destroyed: {deployed.destroyed}")
        return ""

    def never(_: Any) -> str:
        came.append("went on")
        return ""

    chains = [Check("A-1", "", interrupted)], [Check("B-1", "", wait), Check("B-2", "", never)]
    with pytest.raises(KeyboardInterrupt):
        _run(Account(), deployed, stages=(chains,))
    assert came == ["destroyed: False"]
    assert deployed.destroyed
