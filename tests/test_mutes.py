"""Mutes: nobody is alerted, nothing is lost, and what still stands is told once they have ended."""

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from lambdas.alert.alerter import MOST_RECALLED, Alerter
from lambdas.alert.alerter import PIECE as A_PIECE
from lambdas.alert.bus import AlertBus
from lambdas.alert.kept_back import CLAIMED_FOR, LARGEST, PIECE
from lambdas.alert.kept_back import MOST as AT_ONCE
from lambdas.alert.memory import OPEN_KEPT, Memory
from lambdas.alert.mutes import LONGEST, Mute
from lambdas.alert.muting import MOST, Muting, WrongWordsError
from lambdas.deadline import Deadline
from lambdas.model import JOB_STALLED, WATCH_UNREACHABLE
from lambdas.plan import Policy
from lambdas.times import iso
from tests.memory import Crash, Faults, MemoryTable, MemoryTopic
from tests.records import (
    FOR_EVER,
    LABELS,
    TABLE,
    change,
    heartbeat,
    refused,
    stream_record,
    unreachable,
)
from tests.sim import AtOnce
from tests.values import DAY, NOW

ON = frozenset({"FAILED", "PARTIAL"})
WATCH = "contact-imports"
HOUR = timedelta(hours=1)
TO = ("mail", "chat", "oncall")


class TakesAll:
    """The bus of alerts."""

    def __init__(self) -> None:
        self.details: list[dict[str, Any]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.details += [json.loads(each["Detail"]) for each in Entries]
        return {"Entries": [{"EventId": "1"} for _ in Entries]}


class Alerting:
    """An alerter before a topic, a bus and its table; `wait` lets time pass."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.faults, self.now = Faults(), NOW
        self.table, self.topic = MemoryTable(self.faults), MemoryTopic(self.faults)
        self.policy = policy or Policy(ON, TO)
        self.bus, self.letters = TakesAll(), list[Any]()
        self.ahead, self.place = set[tuple[str, str]](), dict[str, Any]()
        self.entries: list[dict[str, Any]] = []
        self.beat = 100

    @property
    def memory(self) -> Memory:
        return Memory(
            self.table, "open", AtOnce(), DAY, clock=lambda: self.now, sleep=lambda _: None
        )

    def mute(self, watch: str | None = WATCH, name: str | None = None, **more: Any) -> None:
        said = {"why": "upgrade", "who": "arn:me", "until": iso(self.now + HOUR), **more}
        self.muting.mute({"watch": watch, "name": name, **said}, Deadline(FOR_EVER))

    @property
    def muting(self) -> Muting:
        return Muting(self.memory.mutes, {WATCH, "others"}, lambda: self.now)

    def send(self, *records: dict[str, Any], ends: float = FOR_EVER) -> str | None:
        alerter = Alerter(
            self,
            "arn:topic",
            TABLE,
            lambda _: self.policy,
            LABELS,
            {},
            self.letters.append,
            Logger(service="test", level="CRITICAL"),
            timer=lambda: self.faults.elapsed,
            bus=AlertBus(
                self.bus, "alerts", frozenset(TO[1:]), frozenset({"oncall"}), frozenset({"oncall"})
            ),
            memory=self.memory,
            ahead=self.ahead,
            place=self.place,
        )
        return alerter.send(records, ends)

    def publish_batch(self, **call: Any) -> dict[str, Any]:
        answer = self.topic.publish_batch(**call)
        self.entries += call["PublishBatchRequestEntries"]
        return answer

    def beats(self, later: timedelta = HOUR, ends: float = FOR_EVER) -> str | None:
        """Let time pass until a heartbeat comes."""
        self.now += later
        self.beat += 1
        return self.send(heartbeat(self.beat), ends=ends)

    @property
    def told(self) -> list[tuple[str, str]]:
        """What was told: states, and the ids of events."""
        return [(a["detail"]["state"], a["detail"]["id"]) for a in self.topic.alerts]


def run(number: int, status: str, name: str = "May", **given: Any) -> dict[str, Any]:
    """A run that ended so many minutes past two, as a record of the stream."""
    times = dict.fromkeys(("ended_at", "observed_at"), f"2026-11-22T02:{number:02}:00Z")
    about = {"job_name": name, "status": status, "raw_status": status, **times}
    return change(number, **about | {"previous_status": "PENDING"} | given)


def lost(number: int) -> dict[str, Any]:
    about = unreachable(id=f"e{number}", observed_at=f"2026-11-22T03:{number:02}:00Z")
    return stream_record(number, json.dumps(about), "scope", WATCH_UNREACHABLE)


def muted(*records: dict[str, Any], **given: Any) -> Alerting:
    """What becomes of records in a mute."""
    alerting = Alerting()
    alerting.mute(**given)
    assert alerting.send(*records) is None
    return alerting


def test_what_is_muted_is_not_told() -> None:
    assert muted(run(1, "FAILED"), lost(2)).told == []


def test_what_still_stands_when_the_mute_ends_is_told_once() -> None:
    alerting = muted(run(1, "FAILED"))
    assert alerting.beats(HOUR / 2) is None
    assert alerting.told == []
    assert [alerting.beats(HOUR), alerting.beats(), alerting.beats()] == [None] * 3
    assert alerting.told == [("open", "e1")]
    assert alerting.send(run(2, "SUCCEEDED")) is None
    assert alerting.told == [("open", "e1"), ("resolved", "e2")]


def test_what_began_and_ended_in_silence_is_not_told() -> None:
    failed, over = run(1, "FAILED"), run(2, "SUCCEEDED")
    for batches in ([[failed, over]], [[failed], [over]]):
        alerting = Alerting()
        alerting.mute()
        for batch in batches:
            assert alerting.send(*batch) is None
        assert alerting.beats() is None
        assert alerting.told == []


def test_of_what_failed_again_and_again_the_last_failure_is_told() -> None:
    alerting = muted(run(1, "FAILED"), run(3, "FAILED"), run(2, "FAILED"))
    assert alerting.send(run(3, "FAILED")) is None
    assert alerting.beats() is None
    assert alerting.told == [("open", "e3")]


def test_what_stands_before_the_heartbeat_comes_is_told_by_what_happens_next() -> None:
    alerting = muted(run(1, "FAILED"))
    alerting.now += HOUR
    assert alerting.send(run(2, "FAILED")) is None
    assert alerting.beats() is None
    assert alerting.told == [("open", "e2")]


def test_what_is_over_before_the_heartbeat_comes_is_told_no_more() -> None:
    alerting = muted(run(1, "FAILED"))
    alerting.now += HOUR
    assert alerting.send(run(2, "SUCCEEDED")) is None
    assert alerting.beats() is None
    assert alerting.told == []


def test_an_incident_of_before_is_resolved_in_silence_and_people_are_not_told() -> None:
    alerting = Alerting()
    assert alerting.send(run(1, "FAILED")) is None
    alerting.mute()
    assert alerting.send(run(2, "SUCCEEDED")) is None
    assert alerting.beats() is None
    assert alerting.told == [("open", "e1"), ("resolved", "e2")]
    named = [each["MessageAttributes"]["to"]["StringValue"] for each in alerting.entries]
    assert [*map(json.loads, named)] == [[*TO], ["oncall"]]
    assert [each["to"] for each in alerting.bus.details] == [[*TO], ["oncall"]]


def test_what_was_told_before_and_failed_again_in_silence_is_told_if_it_stands() -> None:
    alerting = Alerting()
    assert alerting.send(run(1, "FAILED")) is None
    alerting.mute()
    assert alerting.send(run(2, "FAILED")) is None
    assert alerting.beats() is None
    assert alerting.told == [("open", "e1"), ("open", "e2")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, []),
        ({"name": "M*"}, ["e2", "e3", "e4"]),
        ({"name": "Ma[y]"}, ["e2", "e3", "e4"]),
        ({"name": "j*"}, ["e1", "e2", "e4"]),
        ({"watch": "others"}, ["e1", "e2", "e3", "e4"]),
        ({"watch": None}, []),
        ({"watch": None, "name": "J*"}, ["e1", "e3", "e4"]),
        ({"until": iso(NOW + timedelta(minutes=1))}, []),
    ],
)
def test_a_mute_is_of_a_watch_or_all_and_of_names_or_all(
    given: dict[str, Any], told: list[str]
) -> None:
    records = [run(1, "FAILED"), run(2, "FAILED", "June"), change(3, job_name=None), lost(4)]
    assert sorted(event for _, event in muted(*records, **given).told) == told


def test_good_news_is_muted_and_not_kept_back() -> None:
    alerting = Alerting(Policy(frozenset({"SUCCEEDED"}), TO))
    alerting.mute()
    assert alerting.send(run(1, "SUCCEEDED")) is None
    assert alerting.beats() is None
    assert alerting.told == []


def test_failures_in_a_mute_count_for_after() -> None:
    alerting = Alerting(Policy(ON, TO, after=2))
    alerting.mute()
    assert alerting.send(run(1, "FAILED"), run(2, "FAILED")) is None
    assert alerting.beats() is None
    assert alerting.told == [("open", "e2")]


def test_who_unmutes_is_told_with_the_next_heartbeat() -> None:
    alerting = muted(run(1, "FAILED"), name="M*")
    assert alerting.muting.unmute({"watch": WATCH, "name": "M*"}, Deadline(FOR_EVER)) == []
    assert alerting.beats(timedelta(minutes=3)) is None
    assert alerting.told == [("open", "e1")]


def test_a_watch_that_there_is_no_more_can_be_unmuted() -> None:
    alerting = Alerting()
    alerting.mute()
    muting = Muting(alerting.memory.mutes, {"others"}, lambda: alerting.now)
    assert muting.unmute({"watch": WATCH, "name": None}, Deadline(FOR_EVER)) == []


def test_of_many_watches_some_are_named_where_none_is_near() -> None:
    muting = Muting(Alerting().memory.mutes, {f"w{n:02}" for n in range(12)}, lambda: NOW)
    with pytest.raises(WrongWordsError) as wrong:
        muting.mute({**ASKED, "watch": "nightly"}, Deadline(FOR_EVER))
    assert str(wrong.value).endswith(
        "there is: " + ", ".join(f"w{n:02}" for n in range(10)) + ", and 2 more"
    )


def test_what_was_kept_back_still_knows_how_long_it_stood_still() -> None:
    stalled = change(1, detail_type=JOB_STALLED, status="RUNNING")
    stalled["dynamodb"]["NewImage"]["moved_at"] = {"N": "1795309200"}
    alerting = muted(stalled)
    assert alerting.beats() is None
    (entry,) = alerting.entries
    assert "So far   1 h 14 min without a change\n" in entry["Message"].replace("\\n", "\n")


def test_a_storm_in_silence_is_one_message_and_a_count() -> None:
    alerting = muted(*(run(1, "FAILED", f"r{n}") for n in range(40)))
    assert alerting.beats() is None
    (entry,) = alerting.entries
    assert entry["Subject"] == "FAILED: 40 SES import jobs (contact-imports)"


def test_what_was_kept_back_is_kept_longer_than_the_longest_mute() -> None:
    alerting = muted(run(1, "FAILED"))
    (item,) = (each for each in alerting.table.items.values() if "kept" in each)
    assert item["expires_at"] == {"N": str(int((NOW + OPEN_KEPT + LONGEST).timestamp()))}


def test_a_batch_with_alerts_reads_the_mutes_once() -> None:
    alerting = Alerting()
    assert alerting.send(run(1, "FAILED"), run(2, "FAILED", "June")) is None
    assert alerting.faults.calls.count("Query") == 1
    assert alerting.send() is None
    assert alerting.faults.calls.count("Query") == 1


# Whatever fails.

STORY: list[Callable[[Alerting], Sequence[dict[str, Any]]]] = [
    lambda _: [run(1, "FAILED"), run(2, "FAILED", "June")],
    lambda _: [run(3, "SUCCEEDED", "June"), run(4, "FAILED", "July"), heartbeat(5)],
    lambda alerting: pass_hour(alerting, heartbeat(6)),
    lambda _: [run(7, "SUCCEEDED"), heartbeat(8)],
    lambda alerting: pass_hour(alerting, heartbeat(9)),
]
AT_LAST = {("open", "e1"), ("open", "e4"), ("resolved", "e7")}


def pass_hour(alerting: Alerting, *records: dict[str, Any]) -> Sequence[dict[str, Any]]:
    alerting.now += HOUR
    return records


def play(alerting: Alerting) -> Alerting:
    """Hand over the story, each batch until it is done; who was stopped comes again later."""
    alerting.faults.calls.clear()
    for batch_of in STORY:
        batch = [*batch_of(alerting)]
        for _ in range(50):
            try:
                failed = alerting.send(*batch)
            except Crash:
                alerting.faults.restart()
                alerting.ahead = set()
                continue
            if failed is None:
                break
            batch = [r for r in batch if r["dynamodb"]["SequenceNumber"] >= failed]
            alerting.now += CLAIMED_FOR / 2
        else:
            raise AssertionError("it never ends")
    return alerting


def muted_story() -> Alerting:
    alerting = Alerting()
    alerting.mute()
    return alerting


def test_the_story_is_told_as_it_is() -> None:
    alerting = play(muted_story())
    assert {*alerting.told} == AT_LAST
    assert len(alerting.told) == len(AT_LAST)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_at_any_call_it_comes_to_the_same_and_ends_nothing_that_was_not_told(
    *, after: bool
) -> None:
    calls = len(play(muted_story()).faults.calls)
    assert calls > 20
    for stop in range(calls):
        alerting = muted_story()
        alerting.faults.stop_at, alerting.faults.after = stop, after
        play(alerting)
        assert {*alerting.told} == AT_LAST, stop
        assert alerting.told.index(("open", "e1")) < alerting.told.index(("resolved", "e7"))
        assert not any("kept" in each for each in alerting.table.items.values())


def test_while_the_topic_is_down_the_heartbeat_comes_again_and_what_ends_it_waits() -> None:
    alerting = muted(run(1, "FAILED"))
    alerting.topic.refuse = lambda _: True
    assert alerting.beats() == "101"
    assert alerting.send(run(2, "SUCCEEDED")) == "002"
    alerting.topic.refuse = lambda _: False
    assert alerting.send(run(2, "SUCCEEDED")) == "002"
    alerting.now += CLAIMED_FOR
    assert alerting.send(run(2, "SUCCEEDED")) == "002"
    assert alerting.told == [("open", "e1")]
    assert alerting.send(run(2, "SUCCEEDED")) is None
    assert alerting.told == [("open", "e1"), ("resolved", "e2")]


def test_what_the_topic_never_takes_is_put_aside_once() -> None:
    alerting = muted(run(1, "FAILED"))

    def never(name: str) -> None:
        if name == "PublishBatch":
            raise refused("InvalidParameter")

    alerting.faults.meddle = never
    assert [alerting.beats(), alerting.beats(), alerting.beats()] == [None] * 3
    (letter,) = alerting.letters
    alerting.faults.meddle = lambda _: None
    assert alerting.send(letter.record) is None
    assert alerting.told == [("open", "e1")]


def test_two_invocations_tell_it_once() -> None:
    alerting = muted(run(1, "FAILED"))
    inner: list[str | None] = []

    def besides(name: str) -> None:
        if name == "PublishBatch" and not inner:
            inner.append("")
            alerting.faults.meddle = lambda _: None
            inner.append(alerting.send(heartbeat(200), run(2, "SUCCEEDED")))

    alerting.faults.meddle = besides
    assert alerting.beats() is None
    assert inner[1] == "200"
    assert alerting.told == [("open", "e1")]
    assert alerting.send(run(2, "SUCCEEDED"), heartbeat(201)) is None
    assert alerting.told == [("open", "e1"), ("resolved", "e2")]


def test_where_no_mute_can_be_read_nothing_is_told() -> None:
    alerting = Alerting()

    def meddle(name: str) -> None:
        if name == "Query":
            raise TimeoutError

    alerting.faults.meddle = meddle
    assert alerting.send(run(1, "FAILED"), heartbeat(2)) == "001"
    assert alerting.send(heartbeat(2)) == "002"
    assert alerting.told == []


def test_a_mute_that_cannot_be_read_mutes_nothing() -> None:
    alerting = Alerting()
    alerting.mute()
    ((key, item),) = alerting.table.items.items()
    alerting.table.items[key] = {**item, "mute": {"S": "[]"}}
    assert alerting.send(run(1, "FAILED")) is None
    assert alerting.told == [("open", "e1")]


# What can be asked for.

ASKED = {"watch": WATCH, "why": "upgrade", "who": "arn:me", "until": iso(NOW + HOUR)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"watch": "contact-import"},
            "expected one that there is; did you mean contact-imports?",
        ),
        ({"watch": 7}, "watch: found 7, expected one that there is: contact-imports, others"),
        ({"name": ""}, "name: found '', expected a glob of at most 256 characters"),
        ({"name": "x" * 257}, "expected a glob of at most 256 characters"),
        ({"name": "\U0001f600" * 193}, "expected a glob of at most 256 characters"),
        ({"name": "[z-a]"}, "name: found '[z-a]', expected a glob"),
        ({"name": "a\nb"}, "name: found"),
        ({"why": " "}, "why: found ' ', expected a text of at most 200 characters"),
        ({"why": "x" * 201}, "why: found"),
        ({"why": None}, "why: found nothing, expected a text"),
        ({"who": "x" * 513}, "who: found"),
        ({"until": "soon"}, "until: found 'soon', expected a time to come, within 90 days"),
        ({"until": iso(NOW)}, "until: found"),
        ({"until": iso(NOW + LONGEST + HOUR)}, "until: found"),
        ({"reason": "x"}, "found 'reason', expected watch, name, why, who, until"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_right(given: dict[str, Any], said: str) -> None:
    alerting = Alerting()
    with pytest.raises(WrongWordsError) as wrong:
        alerting.muting.mute({**ASKED, **given}, Deadline(FOR_EVER))
    assert said in str(wrong.value)
    assert alerting.table.items == {}


def test_what_is_said_twice_holds_as_it_was_said_last() -> None:
    alerting = Alerting()
    alerting.mute(why="first")
    alerting.mute(why="second", until=iso(NOW + 2 * HOUR))
    (mute,) = alerting.muting.all(Deadline(FOR_EVER))
    assert (mute.why, mute.until) == ("second", iso(NOW + 2 * HOUR))


def test_there_are_not_more_mutes_than_somebody_can_look_through() -> None:
    alerting = Alerting()
    for number in range(MOST):
        alerting.mute(name=f"r{number}")
    with pytest.raises(WrongWordsError, match="100 mutes hold already"):
        alerting.mute()
    alerting.mute(name="r7", why="once more")
    alerting.now += HOUR
    alerting.mute()


def test_mutes_that_have_ended_are_read_no_more_once_there_is_another() -> None:
    """DynamoDB forgets them days later: by the thousand, no batch had the time to read them."""
    alerting = Alerting()
    for number in range(300):
        alerting.mute(name=f"r{number}", until=iso(alerting.now + HOUR))
        alerting.now += HOUR
    assert len(alerting.table.items) <= 2


def test_what_is_not_muted_cannot_be_unmuted() -> None:
    alerting = Alerting()
    alerting.mute(name="prod-*")
    with pytest.raises(WrongWordsError) as wrong:
        alerting.muting.unmute({"watch": WATCH}, Deadline(FOR_EVER))
    assert str(wrong.value) == "that is not muted; what is: contact-imports, jobs prod-*"


def test_no_secret_stays_in_a_mute() -> None:
    alerting = Alerting()
    alerting.mute(why="password=hunter2hunter2")
    assert "hunter2" not in json.dumps([*alerting.table.items.values()])


def test_a_mute_silences_what_it_says() -> None:
    mute = Mute(None, "prod-*", "x", "y", "z", "z")
    assert mute.silences("any", "prod-1")
    assert not mute.silences("any", "Prod-1")
    assert not mute.silences("any", None)
    assert mute.is_over(NOW)


def test_a_stalled_job_is_muted_by_its_name() -> None:
    stalled = change(1, "8a4f", JOB_STALLED, status="RUNNING", ended_at=None, job_name="May")
    assert muted(stalled, name="May").told == []


def test_what_is_more_than_a_turn_takes_has_the_next_one_and_holds_up_no_other_alert() -> None:
    alerting = muted(*(run(1, "FAILED", f"r{n}") for n in range(AT_ONCE + 1)))
    assert [alerting.beats(), alerting.beats(), alerting.beats()] == [None] * 3
    subjects = [entry["Subject"].split(" SES")[0] for entry in alerting.entries]
    assert subjects == ["FAILED: 1000", "FAILED:"]


def test_what_is_large_is_told_in_parts_that_fit_into_memory() -> None:
    """A few hundred of the largest events took more than the function has, at each heartbeat."""
    about = {"Comment": ["x" * 1_000] * 16, "Others": ["y" * 1_000] * 16}
    failure = {"code": None, "message": "z" * 2_000, "details": ["d" * 1_000] * 15}
    count = 2 * LARGEST // 49_000
    large = (run(1, "FAILED", f"r{n}", details=about, failure=failure) for n in range(count))
    alerting = muted(*large)
    told = [0]
    for _ in range(4):
        assert alerting.beats(timedelta(hours=1)) is None
        told.append(sum(entry_counts(alerting)))
    most = LARGEST // 49_000 + PIECE
    assert all(after - before <= most for before, after in itertools.pairwise(told))
    assert told[-1] == count


def test_whoever_has_much_kept_back_of_one_watch_holds_up_nothing_of_another() -> None:
    """It came hours after the mute had ended, behind all that others had kept back by failing."""
    about = {"Comment": ["x" * 1_000] * 16}
    theirs = [run(1, "FAILED", f"r{n}", watch="a-theirs", details=about) for n in range(400)]
    ours = [run(2, "FAILED", name, watch=f"ours-{name}") for name in "abcde"]
    alerting = Alerting()
    alerting.mute(None)
    assert alerting.send(*theirs, *ours) is None
    assert alerting.beats() is None
    told = [each["alert"]["detail"]["alerts"][0]["watch"] for each in alerting.bus.details]
    assert {*told} == {"a-theirs", *(f"ours-{name}" for name in "abcde")}


def test_large_ones_of_a_watch_take_no_room_of_what_another_kept_back() -> None:
    """A few of the largest were told for each small one, and the rest came a heartbeat later."""
    failure, few = {"code": None, "message": "x" * 49_000, "details": []}, 200
    theirs = (run(1, "FAILED", f"r{n}", failure=failure) for n in range(2 * LARGEST // 49_000))
    ours = (run(2, "FAILED", f"r{n}", watch="ours") for n in range(few))
    alerting = Alerting()
    alerting.mute(None)
    assert alerting.send(*theirs, *ours) is None
    assert alerting.beats() is None
    told = [each["alert"]["detail"] for each in alerting.bus.details]
    assert sum(each["count"] for each in told if each["alerts"][0]["watch"] == "ours") == few


def test_of_what_was_kept_back_no_more_is_recalled_at_once_than_memory_takes() -> None:
    """What ends it may say little, and what was kept be as large as it goes."""
    large = 2 * MOST_RECALLED // A_PIECE
    failure = {"code": None, "message": "z" * large, "details": []}
    alerting = muted(*(run(1, "FAILED", f"r{n}", failure=failure) for n in range(2 * A_PIECE)))
    left = [run(2, "SUCCEEDED", f"r{n}") for n in range(2 * A_PIECE)]
    for number, record in enumerate(left):
        record["dynamodb"]["SequenceNumber"] = str(number)
    assert alerting.send(*left) == str(A_PIECE)
    assert alerting.send(*left[A_PIECE:]) is None
    assert not [item for item in alerting.table.items.values() if "kept" in item]


@pytest.mark.parametrize("damaged", ["[{}, [], null]", '[{"dynamodb": 1}, 1]', "?"])
def test_what_was_kept_back_and_cannot_be_read_holds_up_no_alert(damaged: str) -> None:
    alerting = muted(run(1, "FAILED"))
    (key,) = [key for key, item in alerting.table.items.items() if "kept" in item]
    alerting.table.items[key] = {**alerting.table.items[key], "kept": {"S": damaged}}
    assert alerting.send(run(2, "FAILED")) is None


def entry_counts(alerting: Alerting) -> list[int]:
    """How many alerts each message that was sent tells of."""
    machine = (json.loads(json.loads(each["Message"])["sqs"]) for each in alerting.entries)
    return [each["detail"]["count"] for each in machine]


def test_however_much_is_kept_back_no_other_alert_waits_and_each_has_its_turn() -> None:
    """What a mute keeps back had each heartbeat fail, and with it all that is behind it."""
    alerting = Alerting()
    alerting.mute(name="r*", until=iso(NOW + 80 * DAY))
    alerting.mute(name="May")
    assert alerting.send(*(run(1, "FAILED", f"r{n}") for n in range(200))) is None
    assert alerting.send(run(2, "FAILED")) is None
    alerting.faults.takes = lambda name: 2.0 if name == "Query" else 0.0
    for _ in range(200):
        alerting.faults.elapsed = 0
        assert alerting.beats(timedelta(minutes=61), ends=57) is None
        if alerting.told:
            break
    assert alerting.told == [("open", "e2")]


def test_who_heard_after_a_mute_is_told_that_it_is_over_whomever_the_watch_names_then() -> None:
    alerting = muted(run(1, "FAILED"))
    assert alerting.beats() is None
    alerting.policy = Policy(ON, ("mail",))
    assert alerting.send(run(2, "SUCCEEDED")) is None
    assert "oncall" in alerting.bus.details[-1]["to"]


def test_what_is_told_after_a_mute_is_over_as_bad_as_it_was_told_to_be() -> None:
    alerting = Alerting(Policy(ON, TO, severity="info"))
    alerting.mute()
    assert alerting.send(run(1, "FAILED")) is None
    alerting.policy = Policy(ON, TO, severity="critical")
    assert alerting.beats() is None
    alerting.policy = Policy(ON, TO, severity="warning")
    assert alerting.send(run(2, "SUCCEEDED")) is None
    levels = [each["alert"]["detail"]["alerts"][0]["severity"] for each in alerting.bus.details]
    assert levels == ["critical", "critical"]
