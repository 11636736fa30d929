"""Whose turn it is, and how turns come into the queue."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from lambdas.lanes import MOST_TRIES, enqueue, enqueue_later, turns_of
from lambdas.messages import Turn
from lambdas.plan import Plan
from lambdas.queues import QueueError
from tests.flow import aws, make_plan
from tests.values import MINUTE, NOW

OWN = ("123456789012", "eu-west-1")
ACCOUNTS = [f"{number:012}" for number in range(1, 4)]
WATCHES: dict[str, Any] = {
    "imports": {"source": "sesv2.import-jobs"},
    "exports": {"source": "sesv2.export-jobs"},
    "jobs": {"source": "dataexchange.jobs"},
    "many": {
        "source": "dataexchange.jobs",
        "accounts": [{"id": each, "role": "reader"} for each in ACCOUNTS],
        "regions": ["eu-west-1", "us-east-1"],
    },
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(tmp_path_factory.mktemp("plan"), WATCHES)


def turns(plan: Plan, *names: str) -> list[Turn]:
    return turns_of(plan, [plan.watches[name] for name in names], OWN, NOW, NOW)


def many(number: int) -> list[Turn]:
    return [Turn("s", f"{n:012}", "eu-west-1", ("w",), NOW, NOW) for n in range(number)]


class Queue:
    """SQS, of which the first `times` calls refuse the groups that they are told to."""

    def __init__(self, refuse: Callable[[str], bool] = lambda _: False, times: int = 99) -> None:
        self._refuse, self._times = refuse, times
        self.taken: list[dict[str, Any]] = []
        self.calls: list[int] = []
        self.slept: list[float] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: ARG002, N803
        self.calls.append(len(Entries))
        bad = [each for each in Entries if self._refuse(str(each.get("MessageGroupId")))]
        bad = bad if len(self.calls) <= self._times else []
        self.taken += [each for each in Entries if each not in bad]
        if not bad:
            return {"Successful": [{"Id": each["Id"]} for each in Entries]}
        return {"Failed": [{"Id": each["Id"], "Code": "InternalError"} for each in bad]}


def test_watches_of_one_service_in_one_place_share_a_lane(plan: Plan) -> None:
    assert turns(plan, "imports", "jobs", "exports") == [
        Turn("sesv2", *OWN, ("exports", "imports"), NOW, NOW),
        Turn("dataexchange", *OWN, ("jobs",), NOW, NOW),
    ]


def test_a_watch_of_several_sources_is_once_in_each_lane_of_their_services(
    tmp_path: Path,
) -> None:
    both = make_plan(tmp_path, {"w": {"source": ["sesv2.*", "dataexchange.jobs"]}})
    assert sorted(turns(both, "w"), key=lambda turn: turn.service) == [
        Turn("dataexchange", *OWN, ("w",), NOW, NOW),
        Turn("sesv2", *OWN, ("w",), NOW, NOW),
    ]


def test_each_account_and_each_region_is_a_lane_of_its_own(plan: Plan) -> None:
    found = turns(plan, "many", "jobs")
    groups = {turn.group for turn in found}
    assert len(groups) == len(found) == 2 * len(ACCOUNTS) + 1
    assert f"dataexchange:{ACCOUNTS[2]}:us-east-1" in groups


def test_the_group_of_a_turn_is_its_lane_so_that_no_two_are_taken_side_by_side(plan: Plan) -> None:
    queue = Queue()
    enqueue(queue, "lanes", turns(plan, "imports", "many"))
    for entry in queue.taken:
        body = json.loads(entry["MessageBody"])
        lane = f"{body['service']}:{body['account']}:{body['region']}"
        assert entry["MessageGroupId"] == lane


def test_turns_go_ten_at_a_time_and_each_once() -> None:
    queue = Queue()
    enqueue(queue, "lanes", many(23))
    assert queue.calls == [10, 10, 3]
    assert set(Counter(each["MessageGroupId"] for each in queue.taken).values()) == {1}


def test_no_lane_is_always_the_last(plan: Plan) -> None:
    last = set()
    for minutes in range(20):
        queue, tick = Queue(), NOW + minutes * MINUTE
        enqueue(queue, "lanes", turns_of(plan, plan.watches.values(), OWN, tick, tick))
        last.add(queue.taken[-1]["MessageGroupId"])
    assert len(last) > 3


def test_what_is_refused_is_sent_again_later_and_later_and_nothing_else_is() -> None:
    """E18."""
    queue = Queue(lambda group: group < "s:000000000003", times=2)
    enqueue(queue, "lanes", many(10), queue.slept.append)
    assert queue.calls == [10, 3, 3]
    assert queue.slept == [0.2, 0.4]
    assert len({each["MessageGroupId"] for each in queue.taken}) == len(queue.taken) == 10


def test_what_is_refused_again_and_again_is_an_error_and_the_waits_are_bounded() -> None:
    """E18: a lane that silently gets no turn would be looked at by nobody."""
    queue = Queue(lambda group: group.startswith("s:000000000001"))
    with pytest.raises(QueueError, match="refused 1 messages 4 times: InternalError"):
        enqueue(queue, "lanes", many(9), queue.slept.append)
    assert len(queue.calls) == MOST_TRIES
    assert sum(queue.slept) < 2
    assert len(queue.taken) == 8


class TestFifo:
    """What SQS itself makes of turns."""

    @pytest.fixture
    def taken(self) -> Any:
        with mock_aws():
            sqs = aws("sqs")
            url = sqs.create_queue(QueueName="lanes.fifo", Attributes={"FifoQueue": "true"})[
                "QueueUrl"
            ]

            def give(*ticks: list[Turn]) -> int:
                for turns in ticks:
                    enqueue(sqs, url, turns)
                asked = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
                attributes = sqs.get_queue_attributes(**asked)["Attributes"]
                return int(attributes["ApproximateNumberOfMessages"])

            yield give

    def test_a_schedule_that_fires_twice_for_one_time_gives_one_turn(
        self, plan: Plan, taken: Any
    ) -> None:
        watches = [plan.watches["imports"]]
        again = turns_of(plan, watches, OWN, NOW + timedelta(seconds=2), NOW)
        assert taken(turns(plan, "imports"), again) == 1

    def test_its_next_time_is_another_turn(self, plan: Plan, taken: Any) -> None:
        later = turns_of(plan, [plan.watches["imports"]], OWN, NOW + MINUTE, NOW + MINUTE)
        assert taken(turns(plan, "imports"), later) == 2

    def test_another_cadence_is_due_at_the_same_time_in_the_same_lane(
        self, plan: Plan, taken: Any
    ) -> None:
        assert taken(turns(plan, "imports"), turns(plan, "exports")) == 2

    def test_a_person_who_asks_twice_is_answered_twice(self, plan: Plan, taken: Any) -> None:
        now = turns_of(plan, [plan.watches["imports"]], OWN, NOW, None)
        assert taken(now, now) == 2


@pytest.mark.parametrize(
    ("every", "delays"),
    [(60, []), (30, [30]), (20, [20, 40]), (15, [15, 30, 45]), (10, [10, 20, 30, 40, 50])],
)
def test_a_cadence_below_a_minute_is_due_again_within_it(every: int, delays: list[int]) -> None:
    queue = Queue()
    enqueue_later(queue, "later", ["imports"], due=NOW, every=every)
    assert [entry["DelaySeconds"] for entry in queue.taken] == delays
    for entry in queue.taken:
        later = timedelta(seconds=entry["DelaySeconds"])
        assert json.loads(entry["MessageBody"]) == {
            "watches": ["imports"],
            "due": (NOW + later).isoformat(),
        }


def test_a_later_tick_that_is_refused_again_and_again_is_an_error() -> None:
    """E18: it was ignored."""
    queue = Queue(lambda _: True)
    with pytest.raises(QueueError, match="refused 3 messages"):
        enqueue_later(queue, "later", ["w"], due=NOW, every=15, sleep=queue.slept.append)
    assert len(queue.slept) == MOST_TRIES - 1
