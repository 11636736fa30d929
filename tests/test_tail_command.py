"""`./jobwatch tail`: events as they arrive, against moto's bus and queues; nothing stays behind."""

import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.plan import write_plan
from operate.aws import Clients, clients_here
from operate.command.options import Means
from operate.stack import Stack, find_stack
from operate.tail.events import STAYS_EVERY, Wanted
from operate.tail.leftovers import LEFT_AFTER
from operate.tail.queue import ALIVE, PATTERN, TAG, Tail, began, new_tail
from tests.flow import make_plan
from tests.patterns import matches
from tests.said import Said, golden, run

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
LONG_AGO = NOW - LEFT_AFTER - timedelta(minutes=1)
TEMPLATE = {
    "Resources": {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "Jobwatch-bus"}}},
    "Outputs": {
        "EventBusName": {"Value": "Jobwatch-bus"},
        "PollFunctionName": {"Value": "poll"},
    },
}
JOB = {
    "version": "1",
    "id": "e1",
    "watch": "contacts",
    "source": "sesv2.import-jobs",
    "account": "111122223333",
    "region": "eu-west-1",
    "parameters": {},
    "job_id": "8a4f",
    "job_arn": None,
    "job_type": None,
    "job_name": "contacts of May",
    "status": "FAILED",
    "previous_status": "RUNNING",
    "raw_status": "FAILED",
    "previous_raw_status": "PROCESSING",
    "terminal": True,
    "created_at": "2026-11-22T01:45:00Z",
    "ended_at": "2026-11-22T01:59:07Z",
    "observed_at": "2026-11-22T01:59:31Z",
    "duration_seconds": 847,
    "progress": {"total": None, "processed": 120_000, "failed": 12},
    "failure": {
        "code": None,
        "message": "A malformed row: https://evil.example/\u202e",
        "details": [],
    },
    "details": {},
    "console_url": None,
}
DONE = {
    **JOB,
    "id": "e2",
    "status": "SUCCEEDED",
    "job_name": "contacts of June",
    "progress": {"total": 10, "processed": 10, "failed": 0},
    "observed_at": "2026-11-22T01:59:20Z",
    "failure": {"code": None, "message": None, "details": []},
}
PLACE = {
    **{name: JOB[name] for name in ("version", "account", "region", "parameters", "observed_at")},
    "id": "e3",
    "watch": "nightly",
    "source": "dataexchange.jobs",
    "status": "UNREACHABLE",
    "error": {"code": "AccessDeniedException", "message": "no"},
    "since": "2026-11-22T01:56:00Z",
}
CHANGE, UNREACHABLE = "Job Status Change", "Watch Unreachable"
Step = Callable[[], None]


class Here:
    """Somebody who listens; at each call for messages, something happens, then they end it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.now = NOW
        self._capsys = capsys
        self.clients = clients_here(region="eu-west-1")
        self.seen: dict[str, Any] = {}
        self._steps: list[Step] = []
        self.called: set[str] = set()
        self.plan = ""
        for service in ("sqs", "events", "cloudformation"):
            self.clients(service).meta.events.register("before-call", self._note)
        events = self.clients("sqs").meta.events
        events.register("before-call.sqs.ReceiveMessage", self._step)

    def tail(self, *words: str, steps: Sequence[Step] = ()) -> Said:
        self._steps = [*steps, self.interrupt]
        means = Means(
            clients=lambda *_, **__: self.clients, clock=lambda: self.now, fetch=self._fetch
        )
        return run(self._capsys, "tail", *words, means=means)

    def _fetch(self, _: str) -> bytes:
        content = io.BytesIO()
        with ZipFile(content, "w") as code:
            code.writestr("plan.json", self.plan)
        return content.getvalue()

    def put(self, *events: tuple[str, dict[str, Any]], source: str = "jobwatch") -> Step:
        entries = [
            {"EventBusName": "Jobwatch-bus", "Source": source, "DetailType": kind,
             "Detail": json.dumps(detail)}
            for kind, detail in events
        ]  # fmt: skip
        return lambda: self.clients("events").put_events(Entries=entries)

    def interrupt(self) -> None:
        raise KeyboardInterrupt

    def _note(self, model: Any, **_: Any) -> None:
        self.called.add(f"{model.service_model.endpoint_prefix}:{model.name}")

    def _step(self, **_: Any) -> None:
        self.seen = self.there()
        self._steps.pop(0)()

    def there(self) -> dict[str, Any]:
        """Name the queues, and the rules of the bus."""
        sqs, events = self.clients("sqs"), self.clients("events")
        return {
            "queues": [url.rpartition("/")[2] for url in sqs.list_queues().get("QueueUrls", ())],
            "rules": [r["Name"] for r in events.list_rules(EventBusName="Jobwatch-bus")["Rules"]],
        }


NOTHING: dict[str, Any] = {"queues": [], "rules": []}


@pytest.fixture
def it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        cloudformation = clients_here(region="eu-west-1")("cloudformation")
        cloudformation.create_stack(StackName="Jobwatch", TemplateBody=json.dumps(TEMPLATE))
        yield Here(capsys)


def stack(it: Here) -> Stack:
    found = find_stack("Jobwatch", it.clients)
    assert found is not None
    return found


def test_events_are_shown_in_a_line_each_in_the_order_in_which_they_were(it: Here) -> None:
    said = it.tail(steps=[it.put((CHANGE, JOB), (CHANGE, DONE), (UNREACHABLE, PLACE))])
    assert said.code == 130
    assert said.out == golden("tail")
    assert said.err.strip() == (
        "Listening to Jobwatch: the first event may take a minute. Ctrl-C ends it."
    )


def test_as_json_an_event_is_a_line(it: Here) -> None:
    said = it.tail("--json", steps=[it.put((CHANGE, JOB)), it.put((UNREACHABLE, PLACE))])
    first, second = map(json.loads, said.out.splitlines())
    assert (first["detail-type"], first["detail"]) == (CHANGE, JOB)
    assert second["detail"] == PLACE
    assert "\u202e" not in said.out


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["--failed"], ["e1"]),
        (["--status=succeeded", "--status=UNREACHABLE"], ["e2", "e3"]),
        (["--failed", "--status=SUCCEEDED"], ["e2", "e1"]),
        (["--watch=night*"], ["e3"]),
        (["--source=sesv2.*"], ["e2", "e1"]),
        (["--source=sesv2.*", "--status=UNREACHABLE"], []),
    ],
)
def test_only_what_is_asked_for_is_shown(it: Here, words: list[str], ids: list[str]) -> None:
    said = it.tail(
        "--json", *words, steps=[it.put((CHANGE, JOB), (CHANGE, DONE), (UNREACHABLE, PLACE))]
    )
    assert [json.loads(each)["detail"]["id"] for each in said.out.splitlines()] == ids


@pytest.fixture
def with_plan(it: Here, tmp_path: Path) -> Here:
    """Somebody who may read the plan, of two watches."""
    sources = {"contacts": "sesv2.import-jobs", "nightly": "dataexchange.jobs"}
    plan = make_plan(tmp_path, {name: {"source": source} for name, source in sources.items()})
    it.plan = json.dumps(write_plan(plan))
    answer = {"Code": {"Location": "https://code.test/"}, "Configuration": {}}
    it.clients("lambda").meta.events.register(
        "before-call.lambda.GetFunction", lambda **_: (SimpleNamespace(status_code=200), answer)
    )
    return it


THEIRS = "a watch of Jobwatch, one of contacts, nightly"
SOURCES = "dataexchange.jobs, sesv2.import-jobs"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (
            "--watch=contact",
            f'--watch: found "contact", expected {THEIRS}; did you mean contacts?\n',
        ),
        (
            "--watch=prod-*",
            f'--watch: found "prod-*", expected {THEIRS}\n',
        ),
        (
            "--source=glue.*",
            f'--source: found "glue.*", expected a source of Jobwatch, one of {SOURCES}\n',
        ),
    ],
)
def test_what_no_event_can_be_of_is_refused_before_anything_is_made(
    with_plan: Here, word: str, said: str
) -> None:
    assert with_plan.tail(word) == (1, "", said)
    assert with_plan.seen == {}


def test_what_events_can_be_of_is_listened_for(with_plan: Here) -> None:
    said = with_plan.tail("--watch=cont*", "--source=sesv2.*", steps=[with_plan.put((CHANGE, JOB))])
    assert (said.code, "contacts of May" in said.out) == (130, True)
    assert "can't be looked up" not in said.err


def test_who_may_not_read_the_plan_listens_all_the_same(it: Here) -> None:
    said = it.tail("--watch=contacts", steps=[it.put((CHANGE, JOB))])
    assert "Whether there is such a watch or source can't be looked up: " in said.err
    assert "contacts of May" in said.out


def test_a_stalled_job_is_found_by_what_is_told_of_it() -> None:
    stalled = {"detail-type": "Job Stalled", "detail": {**JOB, "status": "RUNNING"}}
    assert Wanted(statuses=["STALLED"]).takes(stalled)
    assert not Wanted(statuses=["RUNNING"]).takes(stalled)


def test_a_repeat_is_shown_once(it: Here) -> None:
    said = it.tail(steps=[it.put((CHANGE, JOB)), it.put((CHANGE, JOB))])
    assert len(said.out.splitlines()) == 1


def test_what_is_none_of_ours_is_not_shown(it: Here) -> None:
    broken = {"id": "e9", "watch": "contacts"}
    steps = [
        it.put((CHANGE, JOB), source="somebody"),
        it.put((CHANGE, broken)),
        it.put((CHANGE, DONE)),
    ]
    said = it.tail("--json", steps=steps)
    assert [json.loads(each)["detail"]["id"] for each in said.out.splitlines()] == ["e2"]


@pytest.mark.parametrize(
    "about",
    [
        {"watch": 5},
        {"id": ["e9"]},
        {"observed_at": None},
        {"failure": "x"},
        {"progress": []},
        {"details": 5},
        {"duration_seconds": "long"},
        {"duration_seconds": float("inf")},
    ],
)
def test_what_others_send_to_its_queue_ends_it_not(it: Here, about: dict[str, Any]) -> None:
    """Its policy lets the rule send alone; who may change that may let others."""
    steps = [it.put((CHANGE, {**JOB, "id": "e9", **about})), it.put((CHANGE, DONE))]
    said = it.tail("--watch=*", "--status=FAILED", "--status=SUCCEEDED", steps=steps)
    assert said.code == 130, said.err
    assert "contacts of June" in said.out
    assert said.out.count("\n") == 1


def test_what_others_send_to_its_queue_moves_no_cursor(it: Here) -> None:
    forged = {name: f"\x1b[2J{JOB[name]}\x07" for name in ("watch", "status", "observed_at")}
    said = it.tail(steps=[it.put((CHANGE, {**JOB, **forged}))])
    assert said.out.removesuffix("\n").isprintable()
    assert "contacts of May" in said.out


def test_what_a_replay_puts_on_the_bus_again_does_not_arrive() -> None:
    """A line has the time of the day alone: what failed weeks ago would read as if it did now."""
    event = {"source": "jobwatch", "detail-type": CHANGE, "detail": JOB}
    assert matches(json.loads(PATTERN), event)
    assert not matches(json.loads(PATTERN), event | {"replay-name": "again"})


def test_a_queue_and_a_rule_are_there_as_long_as_somebody_listens(it: Here) -> None:
    it.tail()
    ((queue,), (rule,)) = it.seen.values()
    assert queue == rule
    assert began("Jobwatch", queue) == NOW
    assert it.there() == NOTHING


ENDING = pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])


@ENDING
def test_who_is_killed_leaves_nothing_behind(it: Here, how: signal.Signals) -> None:
    before = signal.getsignal(how)
    said = it.tail(steps=[it.put((CHANGE, JOB)), lambda: os.kill(os.getpid(), how)])
    assert said.code == 130
    assert it.seen != NOTHING
    assert it.there() == NOTHING
    assert signal.getsignal(how) == before


@ENDING
def test_who_is_ended_once_more_meanwhile_leaves_nothing_behind(
    it: Here, how: signal.Signals
) -> None:
    """A terminal that is closed sends two signals, and people press Ctrl-C again."""

    def again(**_: Any) -> None:
        os.kill(os.getpid(), how)

    it.clients("events").meta.events.register("before-call.events.RemoveTargets", again)
    before = signal.getsignal(how)
    said = it.tail(steps=[lambda: os.kill(os.getpid(), how)])
    assert said.code == 130
    assert it.there() == NOTHING
    assert signal.getsignal(how) == before


def test_a_signal_that_is_ignored_already_ends_nothing(it: Here) -> None:
    """As with nohup, which lets a command outlive its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        hang_up = [lambda: os.kill(os.getpid(), signal.SIGHUP), it.put((CHANGE, JOB))]
        said = it.tail(steps=hang_up)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert "contacts of May" in said.out


def test_an_error_leaves_nothing_behind(it: Here) -> None:
    def fail() -> None:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "no"}}, "ReceiveMessage")

    said = it.tail(steps=[fail])
    assert (said.code, said.out) == (1, "")
    assert "InternalError" in said.err
    assert it.there() == NOTHING


def refuse(it: Here, service: str, operation: str, error: BaseException | None = None) -> None:
    """Let a call be denied, or end in this, from now on."""
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, operation)

    def answer(**_: Any) -> None:
        raise error or denied

    it.clients(service).meta.events.register(f"before-call.{service}.{operation}", answer)


@pytest.mark.parametrize(
    ("service", "operation"),
    [("events", "PutRule"), ("events", "PutTargets"), ("sqs", "CreateQueue")],
)
def test_what_was_begun_is_taken_back_where_the_rest_is_denied(
    it: Here, service: str, operation: str
) -> None:
    refuse(it, service, operation)
    said = it.tail()
    assert (said.code, said.out) == (1, "")
    assert f"when calling the {operation} operation: not you" in said.err
    assert "left behind" not in said.err
    assert it.there() == NOTHING


def test_nothing_is_said_to_be_left_behind_where_nothing_was_begun(it: Here) -> None:
    for service, operation in (("sqs", "CreateQueue"), ("events", "RemoveTargets")):
        refuse(it, service, operation)
    assert "left behind" not in it.tail().err


def test_who_ends_it_before_it_has_begun_leaves_nothing_behind(it: Here) -> None:
    refuse(it, "events", "PutTargets", KeyboardInterrupt())
    assert it.tail().code == 130
    assert it.there() == NOTHING


def test_what_can_not_be_removed_is_said(it: Here) -> None:
    refuse(it, "sqs", "DeleteQueue")
    said = it.tail()
    (name,) = it.there()["queues"]
    assert f"the queue {name} was left behind: " in said.err
    assert it.there()["rules"] == []


def test_the_queue_is_encrypted_and_takes_from_its_rule_alone(it: Here) -> None:
    read: dict[str, Any] = {}

    def look() -> None:
        sqs = it.clients("sqs")
        (url,) = sqs.list_queues()["QueueUrls"]
        read.update(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])
        read["tags"] = sqs.list_queue_tags(QueueUrl=url)["Tags"]

    it.tail(steps=[look])
    (name,) = it.seen["rules"]
    allows, alone, denies = json.loads(read["Policy"])["Statement"]
    assert read["SqsManagedSseEnabled"] == "true"
    assert read["tags"] == {TAG: "Jobwatch", ALIVE: "2026-11-22T02:00:00Z"}
    assert allows["Principal"] == {"Service": "events.amazonaws.com"}
    assert allows["Action"] == "sqs:SendMessage"
    assert allows["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(f":rule/Jobwatch-bus/{name}")
    # Whoever else may send to any queue of the account.
    assert (alone["Effect"], alone["Principal"]) == ("Deny", "*")
    assert alone["Action"] == allows["Action"]
    assert alone["Condition"] == {"ArnNotEquals": allows["Condition"]["ArnEquals"]}
    assert allows["Resource"] == alone["Resource"] == denies["Resource"] == read["QueueArn"]
    assert (denies["Effect"], denies["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_on_the_accounts_own_bus_it_takes_from_its_rule_alone_too(it: Here) -> None:
    """The rules of that one have no bus in their ARN."""
    tail = new_tail(it.clients, replace(stack(it), outputs={"EventBusName": "default"}), NOW)
    sqs, url = it.clients("sqs"), tail.make_queue(NOW)
    read = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    allows, *_ = json.loads(read["Policy"])["Statement"]
    assert allows["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(f":rule/{tail.name}")


def test_the_page_names_every_action_that_it_takes(it: Here) -> None:
    """A tagged queue and rule take one more each, and a batch is allowed as a single one."""
    left(it, LONG_AGO)
    it.now += STAYS_EVERY
    it.tail(steps=[it.put((CHANGE, JOB)), lambda: None])
    others = {"sqs:DeleteMessageBatch": "sqs:DeleteMessage", "events:PutEvents": "events:PutRule"}
    taken = {others.get(each, each) for each in it.called}
    page = (Path(__file__).parents[1] / "docs" / "poll.md").read_text(encoding="utf-8")
    assert len(taken) > 10
    named = {f"`{each}`" for each in taken | {"sqs:TagQueue", "events:TagResource"}}
    assert not [each for each in named if each not in page]


class TestLeftBehind:
    def test_by_an_earlier_tail_is_removed(self, it: Here) -> None:
        old = left(it, LONG_AGO)
        said = it.tail()
        assert f"{old.name} was left behind by an earlier tail: it is removed" in said.err
        assert it.there() == NOTHING

    def test_is_nothing_at_which_somebody_listens(self, it: Here) -> None:
        """One that runs for days says every few minutes that it does."""
        other = left(it, LONG_AGO)
        url = it.clients("sqs").get_queue_url(QueueName=other.name)["QueueUrl"]
        other.stay(url, NOW - timedelta(minutes=30))
        it.tail()
        assert it.there() == {"queues": [other.name], "rules": [other.name]}

    def test_is_nothing_that_has_just_begun(self, it: Here) -> None:
        other = left(it, NOW)
        it.tail()
        assert it.there() == {"queues": [other.name], "rules": [other.name]}

    def test_is_a_rule_whose_queue_is_gone(self, it: Here) -> None:
        old, fresh = left(it, LONG_AGO), left(it, NOW)
        for each in (old, fresh):
            url = it.clients("sqs").get_queue_url(QueueName=each.name)["QueueUrl"]
            it.clients("sqs").delete_queue(QueueUrl=url)
        it.tail()
        assert it.there() == {"queues": [], "rules": [fresh.name]}

    def test_is_nothing_of_somebody_elses(self, it: Here) -> None:
        """Neither by its name alone nor by its tag alone."""
        sqs = it.clients("sqs")
        like = new_tail(it.clients, stack(it), LONG_AGO).name
        mine = {ALIVE: "2026-11-01T00:00:00Z", TAG: "Jobwatch"}
        another = {**mine, TAG: "Another"}
        names = {like: {}, f"{like[:-2]}00": another, "Jobwatch-tail-mine": mine, f"{like}z": mine}
        for name, tags in names.items():
            sqs.create_queue(QueueName=name, tags=tags)
        it.tail()
        assert {*it.there()["queues"]} == {*names}

    def test_that_may_not_be_looked_for_keeps_nobody_from_listening(self, it: Here) -> None:
        events = it.clients("sqs").meta.events
        denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListQueues")

        def answer(**_: Any) -> None:
            events.unregister("before-call.sqs.ListQueues", answer)
            raise denied

        events.register("before-call.sqs.ListQueues", answer)
        said = it.tail(steps=[it.put((CHANGE, JOB))])
        assert "What earlier tails left behind can't be looked for" in said.err
        assert len(said.out.splitlines()) == 1


def left(it: Here, when: datetime) -> Tail:
    """Let a tail begin, and never end."""
    tail = new_tail(it.clients, stack(it), when)
    tail.make_queue(when)
    tail.make_rule()
    return tail


def test_a_tail_that_runs_for_long_says_that_somebody_listens(it: Here) -> None:
    read: list[str] = []

    def later() -> None:
        it.now += STAYS_EVERY + timedelta(seconds=1)

    def look() -> None:
        sqs = it.clients("sqs")
        read.append(sqs.list_queue_tags(QueueUrl=sqs.list_queues()["QueueUrls"][0])["Tags"][ALIVE])

    it.tail(steps=[later, look])
    assert read == ["2026-11-22T02:10:01Z"]


@pytest.mark.parametrize("name", ["A" * 43, "Jobwatch"])
def test_names_fit_whatever_the_stack_is_called(it: Here, name: str) -> None:
    clients: Clients = it.clients
    stack = Stack(clients, name, "a:b:c:d:e", "", {"EventBusName": "jobs"})
    like = new_tail(clients, stack, NOW)
    assert len(like.name) <= 64
    assert began(name, like.name) == NOW


def test_a_stack_that_is_not_there_is_told_in_a_line(it: Here) -> None:
    said = it.tail("--stack=Staging")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "Staging is not deployed in eu-west-1 of this account "
        "→ ./jobwatch deploy --stack Staging, or name another stack, region or profile\n"
    )


def test_a_status_that_there_is_not_is_a_wrong_word(it: Here) -> None:
    assert it.tail("--status=BROKEN").code == 2


def test_who_reads_no_more_ends_it_quietly(it: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def close() -> None:
        raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", sys.stdout)  # which is written to nowhere from then on
    assert it.tail(steps=[close]).code == 0
    sys.stdout.close()
    assert it.there() == NOTHING
