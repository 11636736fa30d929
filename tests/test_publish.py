"""Publishing: in order for each job, at least once, and nothing holds up what can be sent."""

import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ParamValidationError

from lambdas.outbox.buses import FINAL
from lambdas.outbox.dead_letters import LARGEST, Letter, read_letter, write_letter
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.outbox.entries import LARGEST_CALL, Entry, calls
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError, read_record
from lambdas.publish.publisher import Publisher
from tests.records import (
    FOR_EVER,
    STREAM,
    TABLE,
    Bus,
    Clock,
    change,
    detail,
    down,
    refused,
    stream_record,
)


class Outlet:
    """A publisher before a fake bus, and what it put aside."""

    def __init__(self, **given: Any) -> None:
        self.bus = Bus(**given)
        self.letters: list[Any] = []
        self.sent: list[str] = []
        self.put_aside: Any = self.letters.append

    def publish(self, records: list[dict[str, Any]], ends: float = FOR_EVER) -> str | None:
        publisher = Publisher(
            events=self.bus,
            bus="jobs",
            table=TABLE,
            put_aside=self.put_aside,
            logger=Logger(service="test"),
            timer=self.bus.clock,
            on_sent=lambda record: self.sent.append(record.detail["id"]),
        )
        return publisher.publish(records, ends)

    @property
    def aside(self) -> list[str]:
        return [letter.sequence for letter in self.letters]


def test_events_go_out_in_order_and_ten_a_call_behind_the_first() -> None:
    outlet = Outlet()
    assert outlet.publish([change(n) for n in range(25)]) is None
    assert [len(call) for call in outlet.bus.calls] == [1, 10, 10, 4]
    assert outlet.bus.taken == outlet.sent == [f"e{n}" for n in range(25)]


def test_a_refused_event_is_reported_and_nothing_behind_its_call_is_sent() -> None:
    """P5: a call that answers 200 may have refused some of its entries."""
    outlet = Outlet(refuse={"e4": "ThrottlingException"})
    assert outlet.publish([change(n) for n in range(25)]) == "004"
    assert len(outlet.bus.calls) == 2
    assert outlet.sent == ["e0", "e1", "e2", "e3"]


def test_an_event_that_is_refused_again_and_again_repeats_no_other() -> None:
    outlet = Outlet(refuse={"e0": "InternalFailure"})
    for _ in range(3):
        assert outlet.publish([change(n) for n in range(25)]) == "000"
    assert outlet.bus.taken == []


def test_two_changes_of_one_job_never_share_a_call() -> None:
    """Or the later one could arrive while the earlier one is refused."""
    outlet = Outlet(refuse={"e1": "ThrottlingException"})
    records = [change(0), change(1, "same"), change(2, "other"), change(3, "same")]
    assert outlet.publish(records) == "001"
    assert outlet.bus.taken == ["e0", "e2"]
    outlet.bus.refuse = {}
    assert outlet.publish(records[1:]) is None
    assert outlet.bus.taken == ["e0", "e2", "e1", "e2", "e3"]


def test_a_bus_that_cannot_be_called_is_reported() -> None:
    """P25: an error of sending is never swallowed."""
    outlet = Outlet(refuse_calls=down)
    assert outlet.publish([change(n) for n in range(3)]) == "000"
    assert (outlet.sent, outlet.aside) == ([], [])


def test_a_call_is_never_too_large() -> None:
    entries = [Entry([], {}, 100_000) for _ in range(6)]
    assert [len(call) for call in calls(entries)] == [1, 2, 2, 1]
    assert LARGEST_CALL < 256 * 1024


@pytest.mark.parametrize("code", sorted(FINAL))
def test_an_event_that_the_bus_never_takes_is_put_aside_and_holds_nothing_up(code: str) -> None:
    """E12: it would have kept all behind it for six hours."""
    outlet = Outlet(refuse={"e1": code})
    assert outlet.publish([change(n) for n in range(4)]) is None
    assert outlet.bus.taken == outlet.sent == ["e0", "e2", "e3"]
    (letter,) = outlet.letters
    assert (letter.sequence, letter.record) == ("001", change(1))
    assert code in letter.reason


@pytest.mark.parametrize(
    "code",
    [
        "AccessDeniedException",
        "InternalFailure",
        "InvalidAccountIdException",
        "NotAuthorizedForDetailTypeException",
        "NotAuthorizedForSourceException",
        "ThrottlingException",
        "SomethingNew",
    ],
)
def test_what_somebody_can_mend_waits_in_the_stream(code: str) -> None:
    outlet = Outlet(refuse={"e1": code})
    assert outlet.publish([change(n) for n in range(4)]) == "001"
    assert outlet.aside == []


@pytest.mark.parametrize(
    "error",
    [
        refused("ValidationException"),
        ParamValidationError(report="no string"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    ],
    ids=["by the service", "by its client", "not writable"],
)
def test_of_a_call_that_is_refused_for_good_only_what_it_is_for_is_put_aside(
    error: Exception,
) -> None:
    def refuse(ids: list[str]) -> None:
        if "e2" in ids:
            raise error

    outlet = Outlet(refuse_calls=refuse)
    assert outlet.publish([change(n) for n in range(5)]) is None
    assert outlet.bus.taken == ["e0", "e1", "e3", "e4"]
    assert outlet.aside == ["002"]


UNREADABLE = {
    "no JSON": stream_record(1, "{"),
    "not a number": stream_record(1, json.dumps(detail(duration_seconds=float("nan")))),
    "an infinity": stream_record(1, json.dumps(detail(details={"Size": float("-inf")}))),
    "no object": stream_record(1, "[]"),
    "too deep": stream_record(1, "[" * 100_000),
    "no field": stream_record(1, json.dumps({"id": "e1"})),
    "a text for an object": stream_record(1, json.dumps(detail(progress="half"))),
    "an object for a text": stream_record(1, json.dumps(detail(job_id={}))),
    "no time": stream_record(1, json.dumps(detail(observed_at="yesterday"))),
    "another detail type": stream_record(1, json.dumps(detail()), detail_type="Job Done"),
    "another table's": {**change(1), "eventSourceARN": STREAM.replace("table/seen", "table/mine")},
    "a longer name": {**change(1), "eventSourceARN": STREAM.replace("table/seen", "table/seen2")},
    "another account's": {**change(1), "eventSourceARN": STREAM.replace("123456789012", "1" * 12)},
    "the table's itself": {**change(1), "eventSourceARN": TABLE},
    "the heartbeat's": {
        **change(1),
        "dynamodb": {
            **change(1)["dynamodb"],
            "NewImage": {**change(1)["dynamodb"]["NewImage"], "pk": {"S": "heartbeat"}},
        },
    },
    "no origin": {name: each for name, each in change(1).items() if name != "eventSourceARN"},
    "an odd origin": {**change(1), "eventSourceARN": [STREAM]},
    "no detail": {"dynamodb": {"SequenceNumber": "001", "NewImage": {"announce": {"S": "x"}}}},
    "no image": {"dynamodb": {"SequenceNumber": "001", "NewImage": ["announce"]}},
}


@pytest.mark.parametrize("record", UNREADABLE.values(), ids=UNREADABLE)
def test_a_record_that_cannot_be_read_is_put_aside_and_holds_nothing_up(
    record: dict[str, Any],
) -> None:
    outlet = Outlet()
    assert outlet.publish([change(0), record, change(2)]) is None
    assert outlet.bus.taken == ["e0", "e2"]
    assert [(letter.sequence, letter.record) for letter in outlet.letters] == [("001", record)]


def test_why_a_record_cannot_be_read_is_said_without_its_values() -> None:
    secret = json.dumps(detail(job_id=["AKIAIOSFODNN7EXAMPLE"]))
    with pytest.raises(UnreadableRecordError, match=r"^job_id in its detail is a list$"):
        read_record(stream_record(1, secret), TABLE)


def test_nothing_behind_what_is_refused_for_now_is_put_aside_yet() -> None:
    """The stream brings it again; it would be put aside at each try."""
    outlet = Outlet(refuse={"e0": "ThrottlingException", "e2": "MalformedDetail"})
    assert outlet.publish([change(0), UNREADABLE["no JSON"], change(2)]) == "000"
    assert outlet.aside == []


def test_what_cannot_be_put_aside_is_reported() -> None:
    def full(_: Letter) -> None:
        raise refused("QueueDoesNotExist")

    outlet = Outlet(refuse={"e1": "MalformedDetail"})
    outlet.put_aside = full
    assert outlet.publish([change(n) for n in range(4)]) == "001"


def test_no_call_is_begun_that_could_outlast_the_invocation() -> None:
    """E10: a bus that hangs took all of the function's time, and nothing was reported."""
    outlet = Outlet(clock=Clock(each=LONGEST_CALL))
    failed = outlet.publish([change(n) for n in range(40)], ends=60)
    assert outlet.bus.clock.now <= 60
    assert len(outlet.bus.calls) == 4
    assert failed == "031"


def test_nothing_is_put_aside_when_no_time_is_left_for_it() -> None:
    outlet = Outlet(refuse={"e0": "MalformedDetail"}, clock=Clock(each=LONGEST_CALL))
    assert outlet.publish([change(0)], ends=LONGEST_CALL + 1) == "000"
    assert outlet.aside == []


def test_a_stream_that_was_made_anew_is_still_of_the_table() -> None:
    outlet = Outlet()
    anew = {**change(1), "eventSourceARN": f"{TABLE}/stream/2027-01-01T00:00:00.000"}
    assert outlet.publish([change(0), anew]) is None
    assert outlet.bus.taken == ["e0", "e1"]


def test_a_record_without_anything_to_announce_is_passed_over() -> None:
    silent = {"dynamodb": {"SequenceNumber": "1", "NewImage": {"pk": {"S": "p"}, "sk": {"S": "s"}}}}
    removed = {"dynamodb": {"SequenceNumber": "2"}}
    assert [read_record(silent, TABLE), read_record(removed, TABLE)] == [None, None]


def test_a_record_is_read_as_what_the_event_needs() -> None:
    record = change(7)
    read = read_record(record, TABLE)
    text = record["dynamodb"]["NewImage"]["detail"]["S"]
    about = json.loads(text)
    item_key = "contact-imports#0f job#j7"
    assert read == OutboxRecord("007", item_key, "Job Status Change", text, about, record)


def test_a_letter_holds_the_record_its_number_and_the_reason_without_secrets() -> None:
    letter = Letter("7", change(7), "no: X-Amz-Signature=0a1b2c3d")
    written = write_letter(letter)
    read = read_letter(json.loads(written))
    assert read is not None
    assert (read.sequence, read.record) == ("7", change(7))
    assert "0a1b2c3d" not in written


def test_a_letter_is_plain_ascii_and_never_too_large_for_the_queue() -> None:
    """SQS refuses some characters, and messages of more than a megabyte."""
    record = change(7, details={"Name": "💥\uffff" * 200_000})
    written = write_letter(Letter("7", record, "it is too large"))
    assert written.isascii()
    assert len(written) < LARGEST
    kept = json.loads(written)["record"]["dynamodb"]
    assert kept["Keys"] == record["dynamodb"]["Keys"]
    assert "NewImage" not in kept


@pytest.mark.parametrize("document", [None, [], {}, "hello", {"version": "1", "sequence": 1}])
def test_what_is_no_letter_is_not_read_as_one(document: Any) -> None:
    assert read_letter(document) is None
