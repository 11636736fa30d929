"""What people ask of the alert function, and the commands that do: mutes and tests."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from lambdas.alert.again import Again, NotNowError
from lambdas.alert.asked import Asked
from lambdas.alert.bus import AlertBus
from lambdas.alert.mutes import Mutes
from lambdas.alert.muting import Muting
from lambdas.alert.outlets import Outlets
from lambdas.alert.standing import Moment, Standing, Trouble
from lambdas.alert.trial import WAIT, Trial
from lambdas.deadline import Deadline
from operate.command.group import jobwatch
from operate.command.options import Means
from tests.memory import Faults, MemoryTable
from tests.receivers import SCHEMAS, faults
from tests.records import FOR_EVER, refused
from tests.remembered import memory
from tests.schemas import faults as faults_of_alert
from tests.values import NOW

RECIPIENTS = {"mail": "email", "chat": "slack", "oncall": "pagerduty", "lake": "topic"}


class Stack:
    """A stack's alert function behind the clients of a command, before a topic and a bus."""

    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self) -> None:
        self.table, self.slept = MemoryTable(Faults()), list[float]()
        self.entries: list[dict[str, Any]] = []
        self.details: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.fails_after: int | None = None
        self.outputs = {"AlertFunctionName": "alert"}
        self.events: list[Any] = []

    def publish_batch(self, **call: Any) -> dict[str, Any]:
        if self.error or len(self.entries) == self.fails_after:
            raise self.error or refused("AuthorizationError")
        self.entries += call["PublishBatchRequestEntries"]
        return {"Successful": [{"Id": each["Id"]} for each in call["PublishBatchRequestEntries"]]}

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert {each["EventBusName"] for each in Entries} == {"alerts"}
        if self.error:
            raise self.error
        self.details += [json.loads(each["Detail"]) for each in Entries]
        return {"Entries": [{"EventId": "1"} for _ in Entries]}

    def answer(self, event: Mapping[str, Any], number: str = "1") -> dict[str, Any]:
        logger = Logger(service="test", level="CRITICAL")
        pagers, machines = frozenset({"oncall"}), frozenset({"oncall", "lake"})
        bus = AlertBus(self, "alerts", machines | {"chat"}, pagers, machines)
        place = ("111122223333", "eu-west-1")
        outlets = Outlets(self, "arn:topic", bus, set(), logger)
        asked = Asked(
            muting=Muting(Mutes(self.table, "open"), {"contact-imports"}, lambda: NOW),
            trial=Trial(outlets, RECIPIENTS, place, lambda: NOW, self.slept.append),
            again=Again(bus, memory(self.table)),
            logger=logger,
        )
        return asked.answer(event, number, Deadline(FOR_EVER))

    def client(self, service: str) -> Any:
        assert service in {"cloudformation", "lambda", "sts"}
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/ann"}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName != "Jobwatch":
            error = {"Code": "ValidationError", "Message": f"{StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        found = [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]
        about = {"StackId": "arn:stack", "StackStatus": "CREATE_COMPLETE"}
        return {"Stacks": [{**about, "Outputs": found}]}

    def get_paginator(self, operation: str) -> "Stack":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert StackName == "Jobwatch"
        made = {
            "alert": "AWS::Lambda::Function",
            "called-as-a-function": "AWS::Logs::LogGroup",
        }
        yield {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": name.title(),
                    "PhysicalResourceId": name,
                    "ResourceType": kind,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for name, kind in made.items()
            ]
        }

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "alert"
        event = json.loads(Payload)
        self.events.append(event)
        if "mute" in event:  # the command has today's time, and the stack that of the tests
            event["mute"]["until"] = "2026-11-22T13:00:00Z"
        return {"Payload": io.BytesIO(json.dumps(self.answer(event)).encode())}

    def does(self, *words: str) -> Result:
        """Call a subcommand."""
        means = Means(clients=lambda *_, **__: self.client)
        return CliRunner().invoke(jobwatch, [*words], obj=means)


@pytest.fixture
def stack() -> Stack:
    return Stack()


ASKED = {"name": None, "why": "w", "who": "w", "until": "2026-11-22T13:00:00Z"}
MUTE = ("contact-imports", "--for", "2h", "--why", "the CRM moves")


def test_a_watch_is_muted_and_everybody_can_see_who_said_so_and_why(stack: Stack) -> None:
    result = stack.does("mute", *MUTE, "--name", "prod-*")
    assert result.exit_code == 0, result.output
    (event,) = stack.events
    assert event["mute"]["who"] == "arn:aws:iam::111122223333:user/ann"
    shown = stack.does("mute", "--list").stdout
    for said in ("contact-imports", "prod-*", "2026-11-22 13:00:00", "the CRM moves", "user/ann"):
        assert said in shown
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize("other", ["pays-salaries", "called-as-a-function"])
@pytest.mark.parametrize("words", [("mute", *MUTE), ("mute", "--list"), ("test-alert",)])
def test_a_function_that_the_stack_did_not_make_is_never_invoked(
    stack: Stack, words: tuple[str, ...], other: str
) -> None:
    """Whoever may make a stack of our name could else have any function of the account invoked."""
    stack.outputs["AlertFunctionName"] = other
    result = stack.does(*words)
    assert (result.exit_code, stack.events) == (1, [])
    assert f"did not make what its output AlertFunctionName names, {other}" in result.output


def test_what_was_muted_is_unmuted(stack: Stack) -> None:
    stack.does("mute", *MUTE)
    result = stack.does("unmute", "contact-imports")
    assert (result.exit_code, result.stdout) == (0, "Nothing is muted.\n")
    assert stack.table.items == {}


def test_who_mutes_gets_no_link_of_theirs_into_a_terminal(stack: Stack) -> None:
    why = "see https://evil.example/login"
    stack.answer({"mute": {**ASKED, "why": why}})
    shown = stack.does("mute", "--list").output
    assert "hxxps://evil[.]example/login" in " ".join(shown.split())


@pytest.mark.parametrize("width", ["24", "60", "100"])
def test_mutes_are_whole_on_a_terminal_of_any_width(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("FORCE_COLOR", "1")
    why = "the CRM is migrated, which takes until the evening"
    shown = stack.does("mute", *MUTE[:3], "--name", "p" * 35, "--why", why).stdout
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(map(len, shown.splitlines())) <= int(width)
    assert ("…" in shown, "contact-imports" in shown) == (False, True)
    assert "p" * 35 in "".join(shown.split())
    said = " ".join(shown.split())
    assert (why in said, "2026-11-22 13:00:00" in said) == (True, True)


def test_a_mute_of_all_is_not_taken_for_one_of_what_is_called_all(stack: Stack) -> None:
    whole = stack.does("mute", "--all", *MUTE[1:]).stdout
    named = stack.does("mute", "--all", *MUTE[1:], "--name", "all").stdout
    assert whole.splitlines()[1].split()[:2] == ["(all)", "(all)"]
    assert named.splitlines()[-1].split()[:2] == ["(all)", "all"]


def test_mutes_are_json_for_programs(stack: Stack) -> None:
    result = stack.does("mute", "--all", *MUTE[1:], "--json")
    (found,) = json.loads(result.stdout)
    assert (found["watch"], found["name"], found["why"]) == (None, None, "the CRM moves")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("contact-import", *MUTE[1:]), 1, "did you mean contact-imports?"),
        (("nightly", *MUTE[1:]), 1, "expected one that there is: contact-imports"),
        ((*MUTE, "--all"), 2, "found both, expected a watch, or --all for all of them"),
        (MUTE[1:], 2, "expected a watch, or --all for all of them"),
        (MUTE[:3], 2, "expected --for TIME and --why TEXT"),
        (("contact-imports", "--for", "soon"), 2, "expected a time such as 90m, 2h or 3d"),
        (("contact-imports", "--for", "91d"), 2, "or 3d, 90d at most"),
        ((*MUTE, "--name", "[z-a]"), 2, "expected a glob of at most 256 characters"),
        ((*MUTE, "--why", "x" * 201), 2, "expected a text of at most 200 characters"),
        ((*MUTE, "--why", " "), 2, "expected a text of at most 200 characters"),
    ],
)
def test_wrong_words_are_said_in_a_line(
    stack: Stack, words: tuple[str, ...], code: int, said: str
) -> None:
    result = stack.does("mute", *words)
    assert result.exit_code == code
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert stack.table.items == {}


@pytest.mark.parametrize(
    "words",
    [
        ("mute", *MUTE, "--all"),
        ("mute", *MUTE[1:]),
        ("mute", *MUTE[:3]),
        ("mute", *MUTE, "--for", "91d"),
        ("mute", *MUTE, "--why", "x" * 201),
        ("mute", *MUTE, "--name", "[z-a]"),
        ("unmute", "contact-imports", "--name", ""),
        ("unmute",),
        ("unmute", "contact-imports", "--all"),
    ],
)
def test_wrong_words_are_said_before_anything_is_made(words: tuple[str, ...]) -> None:
    def clients(*_: Any, **__: Any) -> Any:
        raise AssertionError("clients were made")

    result = CliRunner().invoke(jobwatch, [*words], obj=Means(clients=clients))
    assert result.exit_code == 2, result.exception


def test_what_was_never_muted_cannot_be_unmuted(stack: Stack) -> None:
    result = stack.does("unmute", "contact-imports")
    assert (result.exit_code, result.stderr) == (1, "that is not muted; what is: nothing\n")


THERE_IS = "expected one that there is"


def test_what_is_no_watch_is_not_said_to_be_unmuted(stack: Stack) -> None:
    stack.does("mute", *MUTE)
    result = stack.does("unmute", "contact-import")
    assert (result.exit_code, result.stderr) == (
        1,
        f"watch: found 'contact-import', {THERE_IS}; did you mean contact-imports?\n",
    )


def test_a_stack_of_before_is_said_to_be_one(stack: Stack) -> None:
    stack.outputs = {}
    result = stack.does("mute", "--list")
    assert result.exit_code == 1
    assert result.stderr == (
        "Jobwatch (CREATE_COMPLETE) has no output AlertFunctionName "
        "→ ./jobwatch deploy, if it is one of Jobwatch's\n"
    )


def test_a_stack_that_is_not_there_is_told_in_a_line(stack: Stack) -> None:
    result = stack.does("mute", "--list", "--stack", "Staging")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Staging is not deployed in eu-west-1 of this account → ")


def test_a_test_reaches_all_says_that_it_is_one_and_is_over_at_once(stack: Stack) -> None:
    result = stack.does("test-alert")
    assert result.exit_code == 0, result.output
    for name in (*RECIPIENTS, "everybody"):
        assert f"\n{name} " in result.stdout
    opened, over = stack.entries
    assert opened["Subject"] == "TEST: an alert of Jobwatch, nothing is wrong"
    attributes = {n: each["StringValue"] for n, each in opened["MessageAttributes"].items()}
    assert attributes["status"] == "TEST"
    assert (attributes["severity"], attributes["state"]) == ("info", "open")
    assert json.loads(attributes["to"]) == [*RECIPIENTS]
    assert over["MessageAttributes"]["state"]["StringValue"] == "resolved"
    assert stack.slept == [WAIT]
    for each in (opened, over):
        assert faults_of_alert(json.loads(json.loads(each["Message"])["sqs"])) == []
    text = json.loads(opened["Message"])["default"]
    assert "Who      arn:aws:iam::111122223333:user/ann\n" in text
    assert "To do    nothing\n" in text


def test_a_test_is_what_its_receivers_take_and_resolves_its_own_incident(stack: Stack) -> None:
    assert "Id" in stack.answer({"test": {"severity": "critical"}})
    for detail in stack.details:
        for name in SCHEMAS:
            assert faults(name, detail[name]) == []
    opened, over = (each["pagerduty"] for each in stack.details)
    assert [opened["event_action"], over["event_action"]] == ["trigger", "resolve"]
    assert opened["dedup_key"] == over["dedup_key"]
    assert opened["payload"]["severity"] == "critical"
    stack.answer({"test": {}}, "2")
    assert stack.details[2]["pagerduty"]["dedup_key"] != opened["dedup_key"]


def test_a_test_is_to_whom_it_is_said(stack: Stack) -> None:
    answer = stack.answer({"test": {"to": ["oncall"]}})
    assert answer == {"Id": "1", "To": {"oncall": "pagerduty"}}
    assert [each["to"] for each in stack.details] == [["oncall"], ["oncall"]]
    stack.details.clear()
    stack.answer({"test": {"to": ["mail"]}})
    assert stack.details == []
    assert stack.answer({"test": {"to": []}})["To"] == {}
    assert stack.details == []


def test_who_asks_for_a_test_gets_no_link_of_theirs_into_an_inbox(stack: Stack) -> None:
    """Who that is, nobody checks: whoever may invoke the function says it."""
    stack.answer({"test": {"who": "sign in at https://evil.example/x or www.evil.example\u202e"}})
    told = json.dumps([stack.entries, stack.details])
    assert "hxxps://evil[.]example/x or www[.]evil[.]example" in told
    for opened in ("https://evil", "www.evil", "u202e"):
        assert opened not in told


def test_a_test_to_nobody_and_one_that_cannot_be_sent_are_said(stack: Stack) -> None:
    result = stack.does("test-alert", "--to", "onkall")
    assert result.exit_code == 1
    assert "found 'onkall', expected recipients that there are: chat, lake, mail" in result.stderr
    stack.error = refused("AuthorizationError")
    result = stack.does("test-alert")
    assert result.exit_code == 1
    assert "it could not be sent: ClientError" in result.stderr


def test_a_test_that_could_not_be_ended_says_so_as_a_pager_has_it_open(stack: Stack) -> None:
    stack.fails_after = 1
    result = stack.does("test-alert")
    assert result.exit_code == 1
    assert [each["state"] for each in stack.details] == ["open"]
    said = " ".join(result.stderr.split())
    assert "it was sent, and that it is over could not be: resolve it by hand" in said
    assert "ClientError" in said


def test_what_was_not_brought_is_brought_to_that_recipient_alone(stack: Stack) -> None:
    detail = {"to": ["oncall", "chat"], "state": "open", "alert": {}, "chat": {}, "pagerduty": {}}
    assert stack.answer({"again": {"to": "oncall", "detail": detail}}) == {"To": "oncall"}
    assert stack.details == [{**detail, "to": ["oncall"]}]
    assert stack.entries == []


FAILURE = {
    "to": ["oncall", "chat"],
    "state": "open",
    "alert": {"detail": {"count": 1, "alerts": [{"watch": "contact-imports", "dedup_key": "k"}]}},
    "pagerduty": {"payload": {"class": "FAILED"}},
}
THEN, NOW_OVER = (
    Moment("2026-11-22T02:00:00Z", "2", "j1"),
    Moment("2026-11-22T03:00:00Z", "3", "j2"),
)
STANDS = Trouble("FAILED", "2026-11-22T02:00:00Z", "e1", THEN)


def remember(stack: Stack, standing: Standing) -> None:
    """Have the alert function remember what stands under the key of the failure."""
    key = ("contact-imports", "k")
    assert memory(stack.table).write({key: standing}, Deadline(FOR_EVER)) == {}


def test_what_is_over_by_now_opens_nothing_again_at_a_chat_or_a_pager(stack: Stack) -> None:
    remember(stack, Standing(over=NOW_OVER))
    for to in ("oncall", "chat"):
        answer = stack.answer({"again": {"to": to, "detail": FAILURE}})
        assert answer == {"To": to, "Over": True}
    assert stack.details == []
    assert stack.answer({"again": {"to": "lake", "detail": FAILURE}}) == {"To": "lake"}
    assert len(stack.details) == 1, "a topic of the user's has all"


def test_the_end_of_what_is_open_again_ends_nothing_at_a_chat_or_a_pager(stack: Stack) -> None:
    """It closed the incident of a later failure: nobody was called while that stood."""
    remember(stack, Standing(trouble=STANDS, over=NOW_OVER))
    ends = {**FAILURE, "state": "resolved", "pagerduty": {"payload": {"class": "SUCCEEDED"}}}
    for to in ("oncall", "chat"):
        answer = stack.answer({"again": {"to": to, "detail": ends}})
        assert answer == {"To": to, "Open": True}
    assert stack.details == []
    assert stack.answer({"again": {"to": "lake", "detail": ends}}) == {"To": "lake"}
    assert len(stack.details) == 1, "a topic of the user's has all"


@pytest.mark.parametrize(
    ("standing", "more"),
    [
        (Standing(trouble=STANDS), {}),
        (Standing(trouble=replace(STANDS, told=False)), {"state": "resolved"}),
        (Standing(trouble=STANDS, over=NOW_OVER), {}),
        (Standing(), {}),
        (Standing(over=NOW_OVER), {"state": "resolved"}),
        (Standing(over=NOW_OVER), {"pagerduty": {"payload": {"class": "SUCCEEDED"}}}),
        (Standing(over=NOW_OVER), {"alert": {"detail": {"count": 2, "alerts": []}}}),
        (Standing(over=NOW_OVER), {"alert": {"detail": {"count": 1, "alerts": [{}]}}}),
        (Standing(over=NOW_OVER), {"alert": "other"}),
        (Standing(over=NOW_OVER), {"pagerduty": None}),
    ],
)
def test_what_stands_or_is_no_trouble_or_is_not_known_is_brought(
    stack: Stack, standing: Standing, more: dict[str, Any]
) -> None:
    remember(stack, standing)
    detail = {**FAILURE, **more}
    assert stack.answer({"again": {"to": "oncall", "detail": detail}}) == {"To": "oncall"}
    assert len(stack.details) == 1


HOSTILE = [
    {"detail": {"count": number, "alerts": [{"watch": "w", "dedup_key": key}] * number}}
    for number, key in ((1, ""), (1, "x" * 2_000), (1, "\ud800"), (20_000, "k"))
]
"""What no table takes as keys, or has no time for."""


@pytest.mark.parametrize("alert", HOSTILE, ids=["none", "long", "half", "many"])
def test_what_no_table_has_is_not_looked_up_and_is_brought(
    stack: Stack, alert: dict[str, Any]
) -> None:
    """A letter may be anybody's: one that DynamoDB refuses would have held up those behind it."""
    stack.table.batch_get_item = None  # type: ignore[assignment, method-assign]
    detail = {**FAILURE, "alert": alert}
    assert stack.answer({"again": {"to": "oncall", "detail": detail}}) == {"To": "oncall"}


@pytest.mark.parametrize(
    ("code", "is_final"), [("ValidationException", True), ("ThrottlingException", False)]
)
def test_what_the_bus_never_takes_again_is_told_apart_from_what_it_may_yet(
    stack: Stack, code: str, *, is_final: bool
) -> None:
    stack.error = refused(code)
    event = {"again": {"to": "oncall", "detail": {"alert": {}}}}
    if is_final:
        assert [*stack.answer(event)] == ["Error"]
    else:
        with pytest.raises(NotNowError, match=code):
            stack.answer(event)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"mutes": {}, "test": {}},
        {"other": {}},
        {"mute": []},
        {"mute": {"watch": []}},
        {"unmute": {"watch": "x", "who": "y"}},
        {"test": {"severity": "loud"}},
        {"test": []},
        {"test": {"too": ["oncall"]}},
        {"test": {"to": "oncall"}},
        {"test": {"to": [["oncall"]]}},
        {"again": []},
        {"again": {"to": ["chat"], "detail": {}}},
        {"again": {"to": "mail", "detail": {}}},
        {"again": {"to": "chat", "detail": []}},
        {"again": {"to": "chat", "detail": {"alert": float("nan")}}},
        {"mute": {**ASKED, "watch": ["contact-imports"]}},
        {"mute": {**ASKED, "watch": {}}},
        {"test": None},
        {"test": "oncall"},
        {"test": {"to": 5}},
        {"test": {"whom": ["oncall"]}},
    ],
)
def test_what_cannot_be_asked_for_is_said_and_nothing_is_done(
    stack: Stack, event: dict[str, Any]
) -> None:
    assert [*stack.answer(event)] == ["Error"]
    assert stack.entries == stack.details == []
    assert stack.table.items == {}
