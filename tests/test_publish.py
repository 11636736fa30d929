"""Publishing: in order for each job, at least once, and stopping at the first that fails."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import EndpointConnectionError

from lambdas.publish.publisher import LARGEST_CALL, News, Publisher, batches, read_news
from tests.test_alerts import detail


class FakeBus:
    """An EventBridge client that refuses the ids it is told to."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.refuse: set[str] = set()
        self.down = False

    @property
    def accepted(self) -> list[str]:
        return [i for call in self.calls for i in call if i not in self.refuse]

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        if self.down:
            raise EndpointConnectionError(endpoint_url="https://events")
        ids = [json.loads(entry["Detail"])["id"] for entry in Entries]
        self.calls.append(ids)
        answers = [{"ErrorCode": "ThrottlingException"} if i in self.refuse else {} for i in ids]
        return {"FailedEntryCount": len([a for a in answers if a]), "Entries": answers}


class FakeTopic:
    """An SNS client that refuses messages of the watches it is told to."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.refuse: set[str] = set()
        self.calls = 0

    def publish_batch(self, **call: Any) -> dict[str, Any]:
        self.calls += 1
        entries = call["PublishBatchRequestEntries"]
        failed = [
            {"Id": e["Id"], "Code": "InternalError", "SenderFault": False}
            for e in entries
            if e["MessageAttributes"]["watch"]["StringValue"] in self.refuse
        ]
        ids = {f["Id"] for f in failed}
        self.entries += [e for e in entries if e["Id"] not in ids]
        taken = [{"Id": e["Id"]} for e in entries if e["Id"] not in ids]
        return {"Successful": taken, "Failed": failed}

    @property
    def counts(self) -> dict[str, int]:
        return {
            e["MessageAttributes"]["watch"]["StringValue"]: json.loads(
                json.loads(e["Message"])["sqs"]
            )["detail"]["count"]
            for e in self.entries
        }


def publisher(bus: FakeBus, topic: FakeTopic) -> Publisher:
    return Publisher(
        events=bus,
        sns=topic,
        bus="jobs",
        topic="arn:topic",
        alerts_on=frozenset({"FAILED"}),
        labels={"sesv2.import-jobs": "SES import job"},
        logger=Logger(service="test"),
    )


def news(number: int, job: str | None = None, **given: Any) -> News:
    about = detail(id=f"e{number}", job_id=job or f"j{number}", **given)
    return News(f"{number:03}", about["job_id"], "Job Status Change", json.dumps(about), about)


def test_events_go_out_ten_a_call_and_in_order() -> None:
    bus = FakeBus()
    assert publisher(bus, FakeTopic()).publish([news(n) for n in range(25)]) is None
    assert [len(call) for call in bus.calls] == [10, 10, 5]
    assert bus.accepted == [f"e{n}" for n in range(25)]


def test_a_refused_event_is_reported_and_nothing_behind_its_call_is_sent() -> None:
    """P5: a call that answers 200 may have refused some of its entries."""
    bus = FakeBus()
    bus.refuse = {"e4"}
    assert publisher(bus, FakeTopic()).publish([news(n) for n in range(25)]) == "004"
    assert len(bus.calls) == 1


def test_two_changes_of_one_job_never_share_a_call() -> None:
    """Or the later one could arrive while the earlier one is refused."""
    bus = FakeBus()
    bus.refuse = {"e1"}
    both = [news(0), news(1, "same"), news(2, "other"), news(3, "same")]
    assert publisher(bus, FakeTopic()).publish(both) == "001"
    assert bus.accepted == ["e0", "e2"]
    bus.refuse = set()
    bus.calls = []
    assert publisher(bus, FakeTopic()).publish(both[1:]) is None
    assert bus.accepted == ["e1", "e2", "e3"]


def test_a_bus_that_cannot_be_called_is_reported() -> None:
    """P25: an error of sending is never swallowed."""
    bus = FakeBus()
    bus.down = True
    assert publisher(bus, FakeTopic()).publish([news(n) for n in range(3)]) == "000"


def test_a_call_is_never_too_large() -> None:
    weights = dict.fromkeys(range(5), 100_000)
    calls = batches(weights, weights.__getitem__, lambda n: n)
    assert [len(call) for call in calls] == [2, 2, 1]
    assert LARGEST_CALL < 256 * 1024


def test_alerts_that_share_their_attributes_are_one_message() -> None:
    bus, topic = FakeBus(), FakeTopic()
    stored = [news(n, watch="a" if n % 3 else "b") for n in range(30)]
    assert publisher(bus, topic).publish(stored) is None
    assert topic.counts == {"b": 10, "a": 20}
    assert (len(bus.accepted), topic.calls) == (30, 1)


def test_an_alert_that_failed_is_reported_by_its_first_record() -> None:
    topic = FakeTopic()
    topic.refuse = {"b"}
    stored = [news(0, watch="a"), news(1, watch="b"), news(2, watch="b")]
    assert publisher(FakeBus(), topic).publish(stored) == "001"
    assert topic.counts == {"a": 1}


def test_alerts_of_events_that_were_sent_go_out_when_a_later_event_is_refused() -> None:
    bus, topic = FakeBus(), FakeTopic()
    bus.refuse = {"e1"}
    assert publisher(bus, topic).publish([news(0, watch="a"), news(1, watch="b")]) == "001"
    assert topic.counts == {"a": 1}


def test_a_record_without_news_is_passed_over() -> None:
    silent = {"dynamodb": {"SequenceNumber": "1", "NewImage": {"pk": {"S": "p"}, "sk": {"S": "s"}}}}
    removed = {"dynamodb": {"SequenceNumber": "2"}}
    assert [read_news(silent), read_news(removed)] == [None, None]
