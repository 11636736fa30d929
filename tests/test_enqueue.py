"""How turns come into the queue: in calls that SQS takes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from lambdas.lanes import enqueue, enqueue_later
from lambdas.messages import Turn
from lambdas.queues import QueueError

NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)
NAMES = tuple(f"{n:048}" for n in range(5_000))
"""As many watches as a file may have, with names as long as they may be."""


class Queue:
    """Refuses what SQS refuses: more than ten messages, or 1,048,576 bytes, in one call."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: ARG002, N803
        assert 1 <= len(Entries) <= 10
        assert len({each["Id"] for each in Entries}) == len(Entries)
        assert sum(len(each["MessageBody"].encode()) for each in Entries) <= 1_048_576
        self.taken += Entries
        return {"Successful": [{"Id": each["Id"]} for each in Entries]}


@pytest.mark.parametrize("watches", [NAMES[:1], NAMES[:2_500], NAMES])
def test_lanes_of_many_watches_are_sent_in_calls_that_the_queue_takes(
    watches: tuple[str, ...],
) -> None:
    turns = [Turn("sesv2", f"{n:012}", "eu-west-1", watches, NOW, NOW) for n in range(25)]
    queue = Queue()
    enqueue(queue, "lanes", turns)
    assert {each["MessageGroupId"] for each in queue.taken} == {turn.group for turn in turns}
    assert len(queue.taken) == 25


def test_later_ticks_of_many_watches_are_sent_in_calls_that_the_queue_takes() -> None:
    queue = Queue()
    enqueue_later(queue, "later", NAMES, due=NOW, every=10)
    assert [each["DelaySeconds"] for each in queue.taken] == [10, 20, 30, 40, 50]
    assert all(json.loads(each["MessageBody"])["watches"] == [*NAMES] for each in queue.taken)


def test_what_the_queue_refuses_is_sent_again_alone_and_told_in_the_end() -> None:
    class Full(Queue):
        def send_message_batch(self, **call: Any) -> dict[str, Any]:
            super().send_message_batch(**call)
            refused = [e for e in call["Entries"] if "0" * 12 in e["MessageGroupId"]]
            return {"Failed": [{"Id": e["Id"], "Code": "Throttled"} for e in refused]}

    turns = [Turn("sesv2", f"{n:012}", "eu-west-1", NAMES[:1], NOW, NOW) for n in range(3)]
    queue, slept = Full(), list[float]()
    with pytest.raises(QueueError, match="refused 1 messages 4 times: Throttled"):
        enqueue(queue, "lanes", turns, slept.append)
    assert (len(queue.taken), slept) == (6, [0.2, 0.4, 0.8])


TOKEN = "IQoJb3JpZ2luX2VjEJr//////////wEaCWV1LXdlc3QtMSJHMEUCIQD" + "x" * 300
QUOTED = (
    "The request signature we calculated does not match. The Canonical String for this request "
    f"should have been 'POST\n/\n\nhost:sqs.amazonaws.com\nx-amz-security-token:{TOKEN}\n\nhost'"
)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": QUOTED}}, "SendMessage"),
        HTTPClientError(error=QUOTED),
    ],
    ids=["refused", "broken"],
)
def test_an_error_of_the_queue_quotes_no_request(error: Exception) -> None:
    """S6: what the function does not catch is in its log, with all that it came from."""

    class Refuses(Queue):
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            raise error

    with pytest.raises(QueueError) as raised:
        enqueue(Refuses(), "lanes", [Turn("sesv2", "1" * 12, "eu-west-1", NAMES[:1], NOW, NOW)])
    assert type(error).__name__ in str(raised.value)
    assert "IQoJ" not in str(raised.value)
    assert (raised.value.__context__, raised.value.__cause__) == (None, None)
