"""What stands: which alerts are told to be over, in whatever order and however often it is said."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from lambdas.alert.alerter import Alerter
from lambdas.alert.memory import LEAST_KEPT, Memory
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    RUN_ARRIVED,
    RUN_MISSING,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from lambdas.plan import Policy
from tests.memory import Crash, Faults, MemoryTable, MemoryTopic
from tests.records import (
    FOR_EVER,
    LABELS,
    TABLE,
    change,
    detail,
    refused,
    stream_record,
    unreachable,
)
from tests.sim import AtOnce
from tests.values import DAY, NOW

ON = frozenset({"FAILED", "PARTIAL"})
SECOND = timedelta(seconds=1)


def run(number: int, status: str, at: int | None = None, **given: Any) -> dict[str, Any]:
    """A run of `May` that ended `at` so many minutes past two, as a record of the stream."""
    minute = number if at is None else at
    times = dict.fromkeys(("ended_at", "observed_at"), f"2026-11-22T02:{minute:02}:00Z")
    about = {"job_name": "May", "status": status, "raw_status": status, **times}
    about["previous_status"] = "PENDING"
    return change(number, **about | given)


def moved(number: int, *, version: int = 7) -> dict[str, Any]:
    """The record of a silent write: the stalled job 8a4f moved at 04:00."""
    record = stream_record(number, json.dumps(detail(id="stall", status="RUNNING")), "job#8a4f")
    image = record["dynamodb"]["NewImage"]
    del image["announce"]
    image |= {
        "announced": {"S": JOB_STALLED},
        "resolves": {"S": JOB_STALLED},
        "version": {"N": str(version)},
        "status": {"S": "RUNNING"},
        "progress": {"S": "[100, 70, null]"},
        "moved_at": {"N": str(NOW.replace(hour=4).timestamp())},
    }
    return record


class Alerting:
    """An alerter before a topic and its own table, both with faults."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.faults = Faults()
        self.table, self.topic = MemoryTable(self.faults), MemoryTopic(self.faults)
        self.policy = policy or Policy(ON)
        self.letters: list[Any] = []
        self.messages: list[dict[str, Any]] = []
        self.ahead = set[tuple[str, str]]()
        self.now = NOW

    def send(self, *records: dict[str, Any], ends: float = FOR_EVER) -> str | None:
        publish = self.topic.publish_batch

        def noted(**call: Any) -> dict[str, Any]:
            answer = publish(**call)
            self.messages += call["PublishBatchRequestEntries"]
            return answer

        alerter = Alerter(
            replace_method(self.topic, noted),
            "arn:topic",
            TABLE,
            lambda _: self.policy,
            LABELS,
            {},
            self.letters.append,
            Logger(service="test", level="CRITICAL"),
            timer=lambda: 0.0,
            units={"sesv2.import-jobs": "records"},
            ahead=self.ahead,
            memory=Memory(
                self.table, "open", AtOnce(), DAY, clock=lambda: self.now, sleep=lambda _: None
            ),
        )
        return alerter.send(records, ends)

    @property
    def told(self) -> list[tuple[str, str]]:
        """What was told: states, and the ids of events."""
        return [(a["detail"]["state"], a["detail"]["id"]) for a in self.topic.alerts]


class replace_method:  # noqa: N801  reads as a call
    """A topic whose batches are noted."""

    def __init__(self, topic: MemoryTopic, publish: Any) -> None:
        self.topic, self.publish_batch = topic, publish


def told(*batches: Sequence[dict[str, Any]], policy: Policy | None = None) -> list[tuple[str, str]]:
    alerting = Alerting(policy)
    for batch in batches:
        assert alerting.send(*batch) is None
    return alerting.told


FAILED_THEN = [("open", "e1"), ("resolved", "e2")]
PLACE = {"job_name": None}


def lost(number: int, kind: str, **given: Any) -> dict[str, Any]:
    about = unreachable(id=f"e{number}", observed_at=f"2026-11-22T03:{number:02}:00Z", **given)
    return stream_record(number, json.dumps(about), "scope", kind)


def expected(number: int, kind: str, status: str) -> dict[str, Any]:
    window = {"at": "0 3 * * *", "zone": "UTC", "within_seconds": 3600}
    return lost(number, kind, status=status, error=None, expected=window, last_success_at=None)


OVER: dict[str, list[dict[str, Any]]] = {
    "a later run of the same name": [run(1, "FAILED"), run(2, "SUCCEEDED")],
    "the job itself, which has no name": [
        run(1, "FAILED", job="j", **PLACE),
        run(2, "SUCCEEDED", job="j", **PLACE),
    ],
    "a watch": [
        lost(1, WATCH_UNREACHABLE),
        lost(2, WATCH_RECOVERED, status="OK", error=None, since=None),
    ],
    "a run": [expected(1, RUN_MISSING, "MISSING"), expected(2, RUN_ARRIVED, "OK")],
}


@pytest.mark.parametrize("kind", OVER)
def test_what_is_over_is_told_once_in_the_same_batch_or_a_later_one(kind: str) -> None:
    first, second = OVER[kind]
    assert told([first, second]) == FAILED_THEN
    assert told([first], [second]) == FAILED_THEN
    assert told([second]) == []
    assert told([first], [second], [second]) == FAILED_THEN


@pytest.mark.parametrize("kind", OVER)
def test_it_has_the_key_and_the_severity_of_what_was_open_and_the_status_that_is_now(
    kind: str,
) -> None:
    alerting = Alerting(Policy(ON, severity="critical", to=("oncall",)))
    assert alerting.send(*OVER[kind]) is None
    opened, over = (each["detail"] for each in alerting.topic.alerts)
    assert opened["dedup_key"] == over["dedup_key"]
    assert [opened["severity"], over["severity"]] == ["critical", "critical"]
    attributes = alerting.messages[-1]["MessageAttributes"]
    assert attributes["state"]["StringValue"] == "resolved"
    assert attributes["status"]["StringValue"] == over["status"]
    assert over["status"] in {"SUCCEEDED", "OK"}


@pytest.mark.parametrize(("before", "by_then"), [("critical", "info"), (None, "critical")])
def test_what_is_over_is_as_bad_as_it_was_told_to_be_whatever_the_watch_says_by_then(
    before: str | None, by_then: str
) -> None:
    alerting = Alerting(Policy(ON, severity=before))
    assert alerting.send(run(1, "FAILED")) is None
    alerting.policy = Policy(ON, severity=by_then)
    assert alerting.send(run(2, "SUCCEEDED")) is None
    severities = [each["detail"]["severity"] for each in alerting.topic.alerts]
    assert severities == [before or "error"] * 2
    attributes = [each["MessageAttributes"]["severity"] for each in alerting.messages]
    assert [each["StringValue"] for each in attributes] == severities


def test_what_is_over_is_as_bad_as_the_worst_that_was_told_of_it() -> None:
    alerting = Alerting(Policy(ON, severity="critical"))
    assert alerting.send(run(1, "PARTIAL")) is None
    alerting.policy = Policy(ON)
    assert alerting.send(run(2, "FAILED")) is None
    assert alerting.send(run(3, "SUCCEEDED")) is None
    severities = [each["detail"]["severity"] for each in alerting.topic.alerts]
    assert severities == ["critical", "error", "critical"]


@pytest.mark.parametrize("stored", [None, "worst", ["critical"], 1])
def test_what_a_version_before_told_is_as_bad_as_the_watch_says_by_then(stored: Any) -> None:
    """It wrote no severity; what is none is taken for that."""
    alerting = Alerting(Policy(ON, severity="critical"))
    assert alerting.send(run(1, "FAILED")) is None
    ((key, item),) = alerting.table.items.items()
    standing = {**json.loads(item["standing"]["S"]), "severity": stored}
    if stored is None:
        del standing["severity"]
    alerting.table.items[key] = {**item, "standing": {"S": json.dumps(standing)}}
    alerting.policy = Policy(ON, severity="info")
    assert alerting.send(run(2, "SUCCEEDED")) is None
    over = alerting.topic.alerts[-1]["detail"]
    assert (over["state"], over["severity"]) == ("resolved", "info")


DUE = "2026-11-22 02:00:00 UTC"


def texts(alerting: Alerting) -> tuple[str, str]:
    last = alerting.messages[-1]
    return last["Subject"], json.loads(last["Message"])["default"]


def test_people_read_what_is_over_since_when_it_was_so_and_for_how_long() -> None:
    alerting = Alerting()
    assert alerting.send(run(1, "FAILED"), run(2, "FAILED"), run(43, "SUCCEEDED")) is None
    subject, text = texts(alerting)
    assert subject == "RESOLVED: SES import job May (contact-imports)"
    assert text.splitlines()[:4] == [
        "RESOLVED: SES import job May",
        "",
        "Was      FAILED since 2026-11-22 02:01:00 UTC, for 42 min",
        "Now      SUCCEEDED (id j43)",
    ]


@pytest.mark.parametrize(
    ("kind", "subject", "was"),
    [
        (
            "a watch",
            "RESOLVED: SES import jobs in 111122223333 eu-west-1 can be read (contact-imports)",
            "Was      UNREACHABLE since 2026-11-22 02:00:00 UTC, for 1 h 2 min",
        ),
        (
            "a run",
            f"RESOLVED: the SES import job due {DUE} came after all (contact-imports)",
            f"Was      MISSING since {DUE}, for 1 h 2 min",
        ),
    ],
)
def test_people_read_of_watches_and_runs_what_is_over(kind: str, subject: str, was: str) -> None:
    alerting = Alerting()
    assert alerting.send(*OVER[kind]) is None
    found, text = texts(alerting)
    assert found == subject
    assert text.splitlines()[2] == was


def test_several_that_are_over_are_one_message() -> None:
    alerting = Alerting()
    failed = [run(n, "FAILED", job_name=f"r{n}") for n in range(3)]
    over = [run(9 + n, "SUCCEEDED", job_name=f"r{n}") for n in range(3)]
    assert alerting.send(*failed, *over) is None
    assert [each["Subject"] for each in alerting.messages] == [
        "FAILED: 3 SES import jobs (contact-imports)",
        "RESOLVED: 3 SES import jobs (contact-imports)",
    ]


def test_a_stalled_job_that_moved_is_over_though_no_event_says_so() -> None:
    stalled = change(1, "8a4f", JOB_STALLED, status="RUNNING", ended_at=None)
    alerting = Alerting()
    assert alerting.send(stalled) is None
    assert alerting.send(moved(2)) is None
    assert alerting.send(moved(2)) is None
    opened, over = (each["detail"] for each in alerting.topic.alerts)
    assert (over["state"], over["dedup_key"]) == ("resolved", opened["dedup_key"])
    assert over["id"] not in {"stall", opened["id"]}
    assert over["progress"] == {"total": 100, "processed": 70, "failed": None}
    subject, text = texts(alerting)
    assert subject == "RESOLVED: stalled SES import job 8a4f, now RUNNING (contact-imports)"
    assert text.startswith("RESOLVED: stalled SES import job 8a4f, now RUNNING\n")
    assert "STALLED since 2026-11-22 02:14:31 UTC, for 1 h 45 min\n" in text
    assert "RUNNING, 70 of 100 records (id 8a4f)" in text


def test_a_stalled_job_that_failed_is_over_and_open() -> None:
    stalled = change(1, "8a4f", JOB_STALLED, status="RUNNING", ended_at=None)
    failed = change(2, "8a4f", observed_at="2026-11-22T05:00:00Z")
    failed["dynamodb"]["NewImage"]["resolves"] = {"S": JOB_STALLED}
    assert told([stalled], [failed]) == [("open", "e1"), ("open", "e2"), ("resolved", "e2")]


def test_one_that_overran_and_succeeded_is_over() -> None:
    overran = change(1, "8a4f", JOB_OVERRUNNING, status="RUNNING", ended_at=None)
    ended = change(2, "8a4f", status="SUCCEEDED", observed_at="2026-11-22T05:00:00Z")
    ended["dynamodb"]["NewImage"]["resolves"] = {"S": f"{JOB_STALLED},{JOB_OVERRUNNING}"}
    alerting = Alerting()
    assert [alerting.send(overran), alerting.send(ended)] == [None, None]
    assert alerting.told == FAILED_THEN
    assert "Was      OVERRUNNING since" in texts(alerting)[1]


def test_a_run_that_is_older_than_the_one_that_failed_ends_nothing() -> None:
    assert told([run(1, "FAILED", at=30)], [run(2, "SUCCEEDED", at=20)]) == [("open", "e1")]
    assert told([run(1, "FAILED", at=30), run(2, "SUCCEEDED", at=30)]) == [("open", "e1")]


def test_a_failure_of_which_the_stream_tells_late_is_told_and_over_at_once() -> None:
    late = [run(2, "SUCCEEDED", at=20)], [run(1, "FAILED", at=10)]
    assert told(*late) == [("open", "e1"), ("resolved", "e2")]


def test_a_failure_of_which_the_stream_tells_late_ends_nothing_that_is_open_again() -> None:
    """An outlet that takes the key for one incident would close it."""
    again = [run(2, "SUCCEEDED", at=20), run(3, "FAILED", at=30)]
    late = run(1, "FAILED", at=10)
    assert told([*again, late]) == told(again, [late]) == [("open", "e3"), ("open", "e1")]


@pytest.mark.parametrize("kind", ["a watch", "a run"])
def test_what_a_replay_tells_of_after_its_end_is_told_and_over_at_once(kind: str) -> None:
    """A batch that was given up lay in the dead letters until then: nobody would ever close it."""
    first, second = OVER[kind]
    assert told([second], [first]) == FAILED_THEN
    assert told([second], [first], [first]) == 2 * FAILED_THEN


def test_a_stall_that_a_replay_tells_of_after_the_job_moved_is_over_at_once() -> None:
    stalled = change(1, "8a4f", JOB_STALLED, status="RUNNING", ended_at=None)
    assert [state for state, _ in told([moved(2)], [stalled])] == ["open", "resolved"]
    assert [state for state, _ in told([moved(2)])] == []


def test_good_news_is_never_over() -> None:
    policy = Policy(frozenset({"SUCCEEDED", "RUNNING"}))
    records = [run(1, "RUNNING"), run(2, "SUCCEEDED"), run(3, "SUCCEEDED")]
    alerting = Alerting(policy)
    assert alerting.send(*records) is None
    assert alerting.told == [("open", "e1"), ("open", "e2"), ("open", "e3")]
    assert alerting.table.items == {}


def test_a_run_that_fails_anew_is_told_after_the_one_before_was_over() -> None:
    """An outlet that takes the key for one incident must not close it in the end."""
    records = [run(1, "FAILED"), run(2, "SUCCEEDED"), run(3, "FAILED")]
    assert told(records) == [("open", "e1"), ("resolved", "e2"), ("open", "e3")]
    assert told(*[[each] for each in records]) == told(records)


# From the second failure in a row on.


def of_second(second: int) -> dict[str, str]:
    return {
        "ended_at": f"2026-11-22T02:{second // 60:02}:{second % 60:02}Z",
        "observed_at": "2026-11-22T03:00:00Z",
    }


MANY = 120
IN_TURN: dict[str, list[dict[str, Any]]] = {
    "behind a success of later": [
        run(1, "SUCCEEDED", **of_second(3_599)),
        *(run(n, "FAILED", **of_second(n)) for n in range(2, MANY)),
    ],
    "and succeed in turn": [
        run(n, "FAILED" if n % 2 else "SUCCEEDED", **of_second(n)) for n in range(MANY)
    ],
    "in whole and in part": [
        run(n, "FAILED" if n % 2 else "PARTIAL", **of_second(n)) for n in range(MANY)
    ],
    "under many names": [
        run(n, "SUCCEEDED" if n % 3 == 1 else "FAILED", job_name=f"r{n // 3}", **of_second(n))
        for n in range(MANY)
    ],
}


@pytest.mark.parametrize("kind", IN_TURN)
def test_runs_that_fail_in_whatever_order_are_a_few_messages_and_no_storm(kind: str) -> None:
    """Whoever may start jobs chooses their names, and could bury all other mails."""
    alerting, one_by_one = Alerting(), Alerting()
    assert alerting.send(*IN_TURN[kind]) is None
    assert len(alerting.messages) <= 4
    assert opened_in(alerting) == sum(not is_success(each) for each in IN_TURN[kind])
    for record in IN_TURN[kind]:
        assert one_by_one.send(record) is None
    assert standing_in(alerting) == standing_in(one_by_one)


def opened_in(alerting: Alerting) -> int:
    """How many alerts the messages count of what is open."""
    told = [json.loads(json.loads(each["Message"])["sqs"])["detail"] for each in alerting.messages]
    return sum(each["count"] for each in told if each["alerts"][0]["state"] == "open")


def is_success(record: dict[str, Any]) -> bool:
    told = json.loads(record["dynamodb"]["NewImage"]["detail"]["S"])
    return bool(told["status"] == "SUCCEEDED")


def standing_in(alerting: Alerting) -> dict[Any, bool]:
    """What is open, by the keys."""
    items = alerting.table.items.items()
    return {key: "trouble" in json.loads(item["standing"]["S"]) for key, item in items}


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_watch_that_asks_for_more_failures_is_told_from_that_one_on(after: int) -> None:
    records = [run(n, "FAILED") for n in range(1, 6)]
    expected = [("open", f"e{n}") for n in range(after, 6)]
    assert told(records, policy=Policy(ON, after=after)) == expected
    assert told(*[[each] for each in records], policy=Policy(ON, after=after)) == expected


def test_a_success_between_two_failures_has_them_count_anew() -> None:
    records = [run(1, "FAILED"), run(2, "SUCCEEDED"), run(3, "FAILED"), run(4, "FAILED")]
    for batches in ([records], [[each] for each in records]):
        assert told(*batches, policy=Policy(ON, after=2)) == [("open", "e4")]


def test_a_failure_that_comes_again_counts_once() -> None:
    first, second = run(1, "FAILED"), run(2, "FAILED")
    assert told([first], [first], [first, first], policy=Policy(ON, after=2)) == []
    assert told([first], [first], [second], policy=Policy(ON, after=2)) == [("open", "e2")]


def test_a_failure_before_the_last_success_does_not_count() -> None:
    batches = [[run(3, "SUCCEEDED", at=30)], [run(1, "FAILED", at=10)], [run(4, "FAILED", at=40)]]
    assert told(*batches, policy=Policy(ON, after=2)) == []


def test_what_has_no_name_is_told_at_once() -> None:
    record = run(1, "FAILED", **PLACE)
    assert told([record], policy=Policy(ON, after=2)) == [("open", "e1")]


def test_other_trouble_than_failures_is_told_at_once() -> None:
    for first, _ in (OVER["a watch"], OVER["a run"]):
        assert told([first], policy=Policy(ON, after=3)) == [("open", "e1")]


# Whatever fails.


class Stingy(MemoryTable):
    """Leaves out all of what BatchGetItem is asked for."""

    def batch_get_item(self, **call: Any) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": call["RequestItems"]}


def test_where_the_table_leaves_out_what_is_remembered_nothing_is_told_for_now() -> None:
    alerting = Alerting()
    alerting.table = Stingy(alerting.faults)
    assert alerting.send(run(1, "FAILED")) == run(1, "FAILED")["dynamodb"]["SequenceNumber"]
    assert alerting.told == []


STORY = [
    run(1, "FAILED"),
    run(2, "FAILED", job_name="June"),
    run(3, "SUCCEEDED"),
    run(4, "FAILED"),
    run(5, "SUCCEEDED", job_name="June"),
    run(6, "SUCCEEDED"),
    run(7, "FAILED", job_name="June"),
]
AT_LAST = {"May": "resolved", "June": "open"}


def opened(alerting: Alerting) -> set[str]:
    return {event for state, event in alerting.told if state == "open"}


def at_last(alerting: Alerting) -> dict[str, str]:
    """What people believe in the end of each name."""
    return {a["detail"]["job_name"]: a["detail"]["state"] for a in alerting.topic.alerts}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("sizes", [(7,), (1,) * 7, (2, 3, 2)])
@pytest.mark.parametrize("policy", [Policy(ON), Policy(ON, after=2)], ids=["first", "second"])
def test_stopped_at_any_call_it_comes_to_the_same(
    *, after: bool, sizes: Sequence[int], policy: Policy
) -> None:
    whole = play(Alerting(policy), sizes)
    calls = len(whole.faults.calls)
    assert calls > len(sizes)
    for stop in range(calls):
        alerting = Alerting(policy)
        alerting.faults.stop_at, alerting.faults.after = stop, after
        assert opened(play(alerting, sizes)) == opened(whole)
        assert {*alerting.told} <= {*whole.told}
        assert at_last(alerting) == at_last(whole)
        assert standings(alerting) == standings(whole)


def play(alerting: Alerting, sizes: Sequence[int]) -> Alerting:
    """Hand over the story in batches of so many, each until it is done."""
    place = 0
    for size in sizes:
        batch = STORY[place : place + size]
        for _ in range(50):
            try:
                failed = alerting.send(*batch)
            except Crash:
                alerting.faults.restart()
                continue
            if failed is None:
                break
            batch = [r for r in batch if r["dynamodb"]["SequenceNumber"] >= failed]
        else:
            raise AssertionError("it never ends")
        place += size
    return alerting


def standings(alerting: Alerting) -> dict[Any, Any]:
    """What is remembered; but for since when, as one that was over in between may count on."""
    found = {}
    for key, item in alerting.table.items.items():
        standing = json.loads(item["standing"]["S"])
        if "trouble" in standing:
            del standing["trouble"][1]
        found[key] = standing
    return found


def test_what_is_told_at_last_is_so() -> None:
    assert at_last(play(Alerting(), (7,))) == AT_LAST


@pytest.mark.parametrize("seed", range(60))
def test_whatever_call_fails_it_comes_to_the_same_and_never_ends_what_is_open(seed: int) -> None:
    chance, alerting = random.Random(seed), Alerting()  # noqa: S311  can be repeated

    def meddle(_name: str) -> None:
        if chance.random() < 0.3:
            raise TimeoutError

    alerting.faults.meddle = meddle
    alerting.topic.refuse = lambda _: chance.random() < 0.2
    play(alerting, chance.choice([(7,), (1,) * 7, (3, 4)]))
    assert opened(alerting) == opened(play(Alerting(), (7,)))
    assert at_last(alerting) == AT_LAST
    assert alerting.letters == []


@pytest.mark.parametrize("name", ["Query", "BatchGetItem", "PutItem"])
def test_while_nothing_can_be_remembered_nothing_is_told_and_all_comes_again(name: str) -> None:
    alerting = Alerting()

    def meddle(called: str) -> None:
        if called == name:
            raise TimeoutError

    alerting.faults.meddle = meddle
    assert alerting.send(*STORY) == "001"
    assert alerting.told == []
    alerting.faults.meddle = lambda _: None
    assert at_last(play(alerting, (7,))) == AT_LAST


def test_who_has_an_alert_is_not_told_again_where_another_could_not_be_remembered() -> None:
    alerting, written = Alerting(), count()
    batch = [run(1, "FAILED", job_name="one"), run(2, "FAILED", job_name="two")]

    def meddle(name: str) -> None:
        if name == "PutItem" and next(written) == 1:
            raise TimeoutError

    alerting.faults.meddle = meddle
    assert alerting.send(*batch) == "002"
    assert alerting.told == [("open", "e1")]
    assert alerting.send(*batch) is None
    assert alerting.told == [("open", "e1"), ("open", "e2")]
    assert alerting.ahead == set()


def test_what_is_never_over_is_told_without_a_look_at_what_is_open() -> None:
    alerting = Alerting(Policy(frozenset({"RUNNING"})))
    alerting.faults.meddle = lambda name: None if name in {"PublishBatch", "Query"} else 1 / 0  # type: ignore[assignment,return-value]
    assert alerting.send(run(1, "RUNNING")) is None
    assert alerting.told == [("open", "e1")]


def test_no_call_is_begun_for_which_there_is_no_time() -> None:
    alerting = Alerting()
    assert alerting.send(*STORY, ends=14) == "001"
    assert alerting.faults.calls == []


def test_another_invocation_that_wrote_in_between_has_all_come_again() -> None:
    alerting = Alerting()
    assert alerting.send(run(1, "FAILED")) is None
    (item,) = alerting.table.items.values()
    stale = json.loads(json.dumps(item))

    def meddle(name: str) -> None:
        if name == "PutItem":
            ((key, there),) = alerting.table.items.items()
            alerting.table.items[key] = {**there, "version": {"N": "9"}}
            alerting.faults.meddle = lambda _: None

    alerting.faults.meddle = meddle
    assert alerting.send(run(2, "SUCCEEDED")) == "002"
    assert alerting.send(run(2, "SUCCEEDED")) is None
    (item,) = alerting.table.items.values()
    assert item["version"] == {"N": "10"}
    assert item["standing"] != stale["standing"]


def test_an_item_that_cannot_be_read_says_nothing_and_is_written_anew() -> None:
    alerting = Alerting()
    assert alerting.send(run(1, "FAILED")) is None
    ((key, item),) = alerting.table.items.items()
    alerting.table.items[key] = {**item, "standing": {"S": '{"trouble": [1]}'}}
    assert alerting.send(run(2, "SUCCEEDED"), run(3, "FAILED"), run(4, "SUCCEEDED")) is None
    assert alerting.told == [("open", "e1"), ("open", "e3"), ("resolved", "e4")]


def test_what_is_over_is_kept_as_long_as_jobs_are_and_no_shorter_than_a_month() -> None:
    alerting = Alerting()
    assert alerting.send(run(1, "FAILED"), run(2, "SUCCEEDED")) is None
    (item,) = alerting.table.items.values()
    assert item["expires_at"] == {"N": str(int((NOW + LEAST_KEPT).timestamp()))}


@pytest.mark.parametrize("after", [1, 2])
def test_runs_that_are_a_year_apart_know_of_each_other(after: int) -> None:
    """Those of two months did not: an incident was never over, a second failure never told."""
    alerting = Alerting(Policy(ON, after=after))
    for number, status in enumerate(["FAILED"] * after + ["SUCCEEDED"], 1):
        alerting.now = NOW + number * 366 * DAY
        now = alerting.now.timestamp()
        items = alerting.table.items.items()
        alerting.table.items = {k: v for k, v in items if float(v["expires_at"]["N"]) > now}
        year = dict.fromkeys(("ended_at", "observed_at"), f"20{26 + number}-11-22T02:00:00Z")
        assert alerting.send(run(number, status, **year)) is None
    assert alerting.told == [("open", f"e{after}"), ("resolved", f"e{after + 1}")]


def test_an_item_holds_nothing_that_may_be_long() -> None:
    """It is one write unit, as the cost model has it, and no failure's text stays in it."""
    alerting = Alerting()
    long = {"failure": {"code": "x", "message": "y" * 9_000, "details": ["z" * 900]}}
    assert alerting.send(run(1, "FAILED", **long), run(2, "SUCCEEDED", **long)) is None
    (item,) = alerting.table.items.values()
    assert len(json.dumps(item)) < 1_400
    assert "yyy" not in json.dumps(item)


def test_a_thousand_items_are_read_a_hundred_at_a_time() -> None:
    alerting = Alerting()
    records = [run(n, "FAILED", at=1, job_name=f"r{n}") for n in range(1_000)]
    assert alerting.send(*records) is None
    assert alerting.faults.calls.count("PutItem") == 1_000
    before = len(alerting.faults.calls)
    assert alerting.send(*records) is None
    assert "PutItem" not in alerting.faults.calls[before:]
    assert len(alerting.messages) == 2


def test_silent_writes_are_read_by_whom_it_concerns_only() -> None:
    from lambdas.outbox.records import MOVED, read_record  # noqa: PLC0415

    assert read_record(moved(1), TABLE) is None
    read = read_record(moved(1), TABLE, resolving=True)
    assert read is not None
    assert (read.detail_type, read.detail["observed_at"]) == (MOVED, "2026-11-22T04:00:00Z")
    again = read_record(moved(1, version=8), TABLE, resolving=True)
    assert again is not None
    assert again.detail["id"] != read.detail["id"]


def test_no_run_that_is_called_as_another_ones_id_ends_the_alert_of_it() -> None:
    """Who may start jobs could have resolved the incident of any job without a name."""
    failed = run(1, "FAILED", job_name=None, job="8a4f")
    other = run(2, "SUCCEEDED", job_name="8a4f", job="9b5e")
    assert told([failed], [other]) == [("open", "e1")]
    again = run(3, "SUCCEEDED", job_name=None, job="8a4f")
    assert told([failed], [other], [again]) == [("open", "e1"), ("resolved", "e3")]


GLUE = {"JobName": "[withheld]"}


@pytest.mark.parametrize("told_as", ["[withheld]", "glue-\ufffd", "import of contacts…"])
@pytest.mark.parametrize("names", [True, False])
def test_no_job_ends_the_alert_of_another_that_looks_like_it_once_cleaned(
    told_as: str, names: bool
) -> None:
    """Of what was taken out or cut off, nobody can tell whether it was the same."""

    def of(number: int, status: str, item: str, **given: Any) -> dict[str, Any]:
        about = {"job_name": told_as, "job": item} if names else {"job_name": None, "job": told_as}
        record = run(number, status, **about | given)
        record["dynamodb"]["NewImage"]["sk"] = {"S": f"job#{item}"}
        return record

    failed, other = of(1, "FAILED", "a"), of(2, "SUCCEEDED", "b")
    assert told([failed], [other]) == [("open", "e1")]
    again = of(3, "SUCCEEDED", "a")
    assert told([failed], [other], [again]) == [("open", "e1"), ("resolved", "e3")]


def test_what_has_not_all_of_its_name_is_told_at_once() -> None:
    """No failure of the same name could be told to be one, so that a second one never came."""
    failed = [run(number, "FAILED", job_name="[withheld]") for number in (1, 2)]
    expected = [("open", "e1"), ("open", "e2")]
    assert told([failed[0]], [failed[1]], policy=Policy(ON, after=2)) == expected


def test_no_place_ends_the_alert_of_another_that_looks_like_it_once_cleaned() -> None:
    def of(number: int, detail_type: str, scope: str, status: str) -> dict[str, Any]:
        about = unreachable(id=f"e{number}", status=status, parameters=GLUE)
        record = stream_record(number, json.dumps(about), "scope", detail_type)
        record["dynamodb"]["NewImage"]["pk"] = {"S": f"contact-imports#{scope}"}
        return record

    lost = of(1, WATCH_UNREACHABLE, "0a", "UNREACHABLE")
    other, back = (of(n, WATCH_RECOVERED, s, "OK") for n, s in ((2, "0b"), (3, "0a")))
    assert told([lost], [other]) == [("open", "e1")]
    assert told([lost], [other], [back]) == [("open", "e1"), ("resolved", "e3")]


class Holding(MemoryTable):
    """A table that takes items of 400 KB, as DynamoDB does."""

    def put_item(self, **call: Any) -> dict[str, Any]:
        if len(json.dumps(call["Item"])) > 400 * 1024:
            raise refused("ValidationException")
        return super().put_item(**call)


def test_a_row_that_is_broken_again_and_again_fits_into_an_item() -> None:
    """A name that failed and succeeded by the hundred took more than DynamoDB holds, and kept all
    that came behind it waiting.
    """

    def runs() -> Iterator[dict[str, Any]]:
        for number in range(1_000):
            times = dict.fromkeys(("ended_at", "observed_at"), f"{NOW + number * SECOND:%FT%TZ}")
            status = "FAILED" if number % 2 else "SUCCEEDED"
            yield run(number, status, 1, job=f"{'x' * 900}{number}", **times)

    alerting = Alerting(Policy(ON, after=2))
    alerting.table = Holding(alerting.faults)
    left = [*runs(), run(1_000, "FAILED", 1, job_name=None)]
    for _ in range(20):
        if (failed := alerting.send(*left)) is None:
            break
        left = left[[each["dynamodb"]["SequenceNumber"] for each in left].index(failed) :]
    assert alerting.told == [("open", "e1000")]
