"""Time is a budget: calls that hang, lists that are long or endless, and turns that come late.

E2, E4, E6, E8, E11, E15, E18 and their kind. Time is virtual: calls take what a test says, and
Lambda stops an invocation after its 300 seconds.
"""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lambdas.apis.clients import CONFIG, IMPATIENT
from lambdas.lanes import enqueue, enqueue_later, turns_of
from lambdas.model import Scope
from lambdas.queues import QueueError
from lambdas.store.batches import StoreError
from tests.api import FakeApi, refused
from tests.faults.watched import (
    AGELESS,
    HUNG,
    LISTS,
    SEGMENTS,
    SES,
    SORTED,
    Watched,
    replanned,
    watched,
)
from tests.flow import make_plan
from tests.memory import Faults, MemoryTable
from tests.sim import ACCOUNT, REGION, Simulation
from tests.values import DAY, HOUR, MINUTE, NOW

COMPLETED_BY_GET = (SES, AGELESS)


@pytest.mark.parametrize("ended", [1, 2, 4, 40])
@pytest.mark.parametrize("source", COMPLETED_BY_GET)
def test_jobs_whose_gets_hang_are_told_without_them_when_patience_is_over(
    source: str, ended: int, tmp_path: Path
) -> None:
    """E4: get after get hung until Lambda stopped the function, and nothing was ever told."""
    it = watched(tmp_path, source, page_size=10)
    names = [f"j{number}" for number in range(ended)]
    it.put(*names)
    it.look()
    it.put(*names, status="FAILED")
    it.hang(it.get_call)
    it.look(2)
    assert it.told() == []
    it.look()
    assert sorted(it.told()) == sorted((name, "FAILED") for name in names)
    assert it.faults.calls.count(it.get_call) <= 3 * 2


@pytest.mark.parametrize("jobs", [1, 3, 4, 20])
@pytest.mark.parametrize("source", LISTS)
def test_jobs_by_id_that_hang_make_a_scope_unreachable_and_are_told_when_it_is_back(
    source: str, jobs: int, tmp_path: Path
) -> None:
    """E4: each poll was killed, so that no failure was ever counted."""
    names = [f"j{number}" for number in range(jobs)]
    it = watched(tmp_path, source, jobs=names)
    it.put(*names)
    it.look()
    it.put(*names, status="FAILED")
    it.hang(it.get_call)
    it.look(3)
    assert it.told() == [("", "Watch Unreachable")]
    it.recover()
    it.look()
    assert sorted(it.told()) == [("", "Watch Recovered"), *sorted((n, "FAILED") for n in names)]


def test_of_jobs_by_id_only_some_of_which_hang_the_others_are_told(tmp_path: Path) -> None:
    """E4: what was learned before is stored; E8: those behind have their turn in the next poll."""
    names = [f"j{number}" for number in range(9)]
    it = watched(tmp_path, SORTED, jobs=names)
    it.put(*names)
    it.look()
    it.put(*names, status="FAILED")
    hung = {"j3", "j4", "j5"}

    def time_out(_: str, given: Mapping[str, Any]) -> None:
        if given["JobId"] in hung:
            it.faults.elapsed += HUNG
            raise TimeoutError

    it.api.fail = time_out
    it.look(2)
    told = {job_id for job_id, what in it.told() if what == "FAILED"}
    assert told == {*names} - hung


@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("seconds", [0, 20, 37, 49, 50, 51, 70])
def test_an_end_is_told_however_much_of_the_time_the_list_takes(
    seconds: int, source: str, tmp_path: Path
) -> None:
    """E4's sibling: with the list read, no time was left for a get, in each poll anew."""
    it = watched(tmp_path, source, page_size=4)
    it.put("a", *[f"j{number}" for number in range(8)], "b")
    it.look()
    it.put("a", "b", status="FAILED")
    it.put("b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", status="SUCCEEDED")
    for number in range(8):
        del it.api.jobs[f"j{number}"]
    it.faults.takes = lambda name: {it.list_call: seconds, it.get_call: 30}.get(name, 0)
    it.look(20)
    new = [(f"b{number}", "SUCCEEDED") for number in range(2, 10)]
    gone = [(f"j{number}", "NOT_FOUND") for number in range(8)]
    assert sorted(it.told()) == [("a", "FAILED"), ("b", "FAILED"), *new, *gone]


@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("pages", [2, 3, 5])
def test_all_changes_in_a_list_that_is_read_in_pieces_are_told_once(
    source: str, pages: int, tmp_path: Path
) -> None:
    """E4's sibling: a piece took all of the time, and of what ended in it nothing was told."""
    it = watched(tmp_path, source)
    names = [f"j{number:02}" for number in range(18)]
    it.put(*names)
    it.look()
    it.put(*names, status="FAILED")
    it.put("new")
    del it.api.jobs["j04"], it.api.jobs["j13"]
    it.faults.takes = lambda name: 150 / pages if name == it.list_call else 1
    it.look(60)
    told = dict.fromkeys(names, "FAILED") | dict.fromkeys(["j04", "j13"], "NOT_FOUND")
    assert sorted(it.told()) == sorted({**told, "new": "RUNNING"}.items())


@pytest.mark.parametrize("source", COMPLETED_BY_GET)
def test_gets_that_are_refused_hold_up_no_list_that_is_read_in_pieces(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source)
    names = [f"j{number:02}" for number in range(18)]
    it.put(*names)
    it.look()
    it.put(*names, status="FAILED")
    it.refuse(lambda name, _: name == it.api.source.get.operation, refused("AccessDenied"))
    it.faults.takes = lambda name: {it.list_call: 30, it.get_call: 20}.get(name, 0)
    it.look(60)
    assert sorted(it.told()) == [(name, "FAILED") for name in names]


def in_pieces(folder: Path, source: str) -> tuple[Watched, set[Any]]:
    """A list of 30 pages, of which one invocation reads three; and the tokens that are refused."""
    it, refused_at = watched(folder, source), set[Any]()
    it.put(*[f"j{number:02}" for number in range(60)], status="SUCCEEDED")
    it.faults.takes = lambda name: 45 if name == it.list_call else 0
    token = it.api.source.listing.token
    assert token is not None
    sent = token.send
    it.refuse(lambda _, given: given.get(sent) in refused_at, refused("InternalServiceError"))
    return it, refused_at


@pytest.mark.parametrize("source", LISTS)
def test_failures_among_the_pieces_of_a_long_list_that_goes_on_are_not_in_a_row(
    source: str, tmp_path: Path
) -> None:
    """The third one made the scope unreachable, though pieces between them were read."""
    it, refused_at = in_pieces(tmp_path, source)
    for page in (4, 10, 16, 22, 28):
        refused_at.add(str(2 * page))
        while not it.look().unread:
            pass
        refused_at.clear()
    it.look(8)
    assert it.told() == []
    it.put("new", status="FAILED")
    it.look(30)
    assert it.told() == [("new", "FAILED")]


@pytest.mark.parametrize("page", [0, 4, 13])
@pytest.mark.parametrize("source", LISTS)
def test_failures_at_one_place_of_a_long_list_are_in_a_row_whatever_is_read_before_it(
    source: str, page: int, tmp_path: Path
) -> None:
    it, refused_at = in_pieces(tmp_path, source)
    refused_at.add(str(2 * page) if page else None)
    it.look(40)
    assert it.told() == [("", "Watch Unreachable")]
    refused_at.clear()
    it.look(4)
    assert it.told() == [], "pieces are no list that can be read again"
    it.look(20)
    assert it.told() == [("", "Watch Recovered")]


class Slow(FakeApi):
    """What a client with its own patience makes of a service whose first page takes seconds."""

    def __init__(self, api: FakeApi, config: Any, seconds: float) -> None:
        self._api, self._config, self._seconds = api, config, seconds

    def __getattr__(self, method: str) -> Any:
        def call(**given: Any) -> Any:
            first = "NextToken" not in given
            if first and self._seconds > self._config.read_timeout:
                raise TimeoutError("Read timeout")
            for attempt in range(self._config.retries["total_max_attempts"]):
                throttled = next(CALLS) % 10 == 0
                if not throttled:
                    return getattr(self._api, method)(**given)
                assert attempt <= 3
            raise refused("TooManyRequestsException")

        return call


CALLS = count(1)


@pytest.mark.parametrize("seconds", [0, 6, 14])
def test_a_long_list_that_is_slow_or_throttled_comes_back(seconds: float, tmp_path: Path) -> None:
    """E6: 70 pages were read with one attempt each and a short timeout, and so never again."""
    it = watched(tmp_path, SES)
    it.put(*[f"j{number}" for number in range(140)])
    it.look()
    it.refuse(lambda *_: True, TimeoutError())
    it.look(5)
    it.recover()
    it.put("j7", status="FAILED")

    class Clients:
        def client(self, _service: str, _scope: Scope, patient: bool = True) -> Any:
            return Slow(it.api, CONFIG if patient else CONFIG.merge(IMPATIENT), seconds)

    it.clients = Clients()
    it.look(2)
    assert it.told() == [
        ("", "Watch Unreachable"),
        ("j7", "FAILED"),
        ("", "Watch Recovered"),
    ]


@pytest.mark.parametrize("source", LISTS)
def test_every_id_has_its_turn(source: str, tmp_path: Path) -> None:
    """E8: of 400 at one call a second the same 272 were asked each time, and never the others."""
    names = [f"j{number:03}" for number in range(400)]
    it = watched(tmp_path, source, jobs=names)
    it.put(*names)
    it.faults.takes = lambda name: 1 if name == it.get_call else 0
    it.look(5)
    assert it.told() == []
    it.put(*names, status="FAILED")
    it.look(5)
    assert sorted(it.told()) == [(name, "FAILED") for name in names]
    calls = it.faults.calls.count(it.get_call)
    it.look(3)
    assert it.faults.calls.count(it.get_call) == calls


def test_an_idle_scope_by_ids_of_which_some_had_no_turn_is_asked_at_the_next_tick(
    tmp_path: Path,
) -> None:
    """E8 and E11: those had their turn an hour later."""
    names = [f"j{number:03}" for number in range(400)]
    it = watched(tmp_path, SORTED, jobs=names, idle_every="1 hour")
    it.look()
    it.put(*names, status="FAILED")
    it.now += HOUR
    it.faults.takes = lambda name: 1 if name == it.get_call else 0
    for _ in range(4):
        assert it.poll(clocked=True) is not None
    assert len(it.told()) == 400


@pytest.mark.parametrize("watch", [{}, {"jobs": ["old", "new"]}], ids=["listed", "by id"])
@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("number", range(4))
def test_a_look_at_an_idle_scope_that_is_stopped_is_made_good_at_the_next_tick(
    source: str, watch: dict[str, Any], number: int, tmp_path: Path
) -> None:
    """E11: it cost a whole further `idle_every`."""
    it = watched(tmp_path, source, idle_every="1 hour", **watch)
    it.put("old", status="SUCCEEDED")
    it.look()
    it.put("new", status="FAILED")
    it.now += HOUR
    it.faults.stop_at, it.faults.after = len(it.faults.calls) + number, True
    assert it.poll(clocked=True) is None
    it.now += it.queue.HIDDEN
    it.queue.entries.clear()
    assert it.poll(clocked=True) is not None
    assert it.told() == [("new", "FAILED")]


class Circle:
    """A list that never ends: fresh tokens, and nothing new on its pages."""

    def __init__(self, it: Watched, jobs: int, seconds: float) -> None:
        self.it, self.jobs, self.seconds = it, jobs, seconds
        self.pages = count()

    def list_import_jobs(self, **_: Any) -> dict[str, Any]:
        page = next(self.pages)
        self.it.faults.elapsed += self.seconds
        job = {"JobId": f"j{page % self.jobs}", "JobStatus": "PROCESSING"}
        return {"ImportJobs": [job], "NextToken": f"token {page}"}

    def get_apps(self, **_: Any) -> dict[str, Any]:
        page = next(self.pages)
        apps = {"Item": [{"Id": f"a{page % self.jobs}"}], "NextToken": f"token {page}"}
        return {"ApplicationsResponse": apps}


class Circles:
    def __init__(self, circle: Circle) -> None:
        self.circle = circle

    def client(self, *_: Any) -> Circle:
        return self.circle


@pytest.mark.parametrize("source", [SES, SEGMENTS])
@pytest.mark.parametrize("jobs", [1, 7])
def test_a_list_that_never_ends_fails_after_some_pages(
    jobs: int, source: str, tmp_path: Path
) -> None:
    """E15: 100,000 pages were read in 415 invocations of one tick before one failure counted."""
    it = watched(tmp_path, source)
    circle = Circle(it, jobs, 0.25)
    it.clients = Circles(circle)
    (unread,) = it.look().unread
    assert unread["error"] == "EndlessList"
    assert next(circle.pages) < 100
    it.look(2)
    assert it.told() == [("", "Watch Unreachable")]


def test_a_list_that_never_ends_is_unreachable_also_where_some_turns_have_little_time(
    tmp_path: Path,
) -> None:
    """Seed 70116 of 'endless': the pieces between counted as further than the page that failed."""
    it = watched(tmp_path, SES)
    circle = Circle(it, 7, 1.5)
    it.clients = Circles(circle)
    for seconds in (1.5, 4, 4, 1.5, 4, 4, 1.5):
        circle.seconds = seconds
        it.look()
    assert it.told() == [("", "Watch Unreachable")]


def test_a_list_that_never_ends_and_is_slow_gets_older_and_older(tmp_path: Path) -> None:
    """E15 and E2: each invocation read a few pages, and counted as a complete read."""
    it = watched(tmp_path, SES)
    it.clients = Circles(Circle(it, 7, 20))
    ages = [it.look().ages["w"] for _ in range(4)]
    assert ages == [0, 60, 120, 180]


def test_a_token_that_expires_between_two_pieces_hides_nothing_of_the_first(
    tmp_path: Path,
) -> None:
    """A list that can't be read whole is unreachable; what is seen of it is told all the same."""
    it = watched(tmp_path, SES)
    it.put(*[f"j{number}" for number in range(20)])
    it.look()
    pieces: list[Any] = []

    def expire(operation: str, given: Mapping[str, Any]) -> None:
        token = given.get("NextToken")
        if operation == "ListImportJobs" and token and it.faults.elapsed - pieces[0] < 1:
            raise refused("InvalidNextTokenException")
        it.faults.elapsed += 40 if operation == "ListImportJobs" else 0

    it.api.fail = expire
    it.put("j0", "j1", status="FAILED")
    for _ in range(8):
        pieces[:] = [it.faults.elapsed]
        it.look()
    assert sorted(it.told()) == [("", "Watch Unreachable"), ("j0", "FAILED"), ("j1", "FAILED")]


def two_lanes(folder: Path) -> Simulation:
    watches = {"contacts": {"source": SES}, "audience": {"source": SEGMENTS}}
    it = Simulation(make_plan(folder, watches))
    segments = it.apis[SEGMENTS]
    segments.page_size = 200
    segments.children = {"ApplicationId": ["app"], "SegmentId": [f"s{n:03}" for n in range(150)]}
    return it


def test_a_watch_that_takes_longer_than_its_cadence_delays_its_own_lane_only(
    tmp_path: Path,
) -> None:
    """E2: the scopes of another watch were handed over when the slow one was over, too late."""
    it = two_lanes(tmp_path)
    it.poll()
    it.apis[SEGMENTS].put("job", "FAILED")
    it.faults.takes = lambda name: 299 if name == "list_import_jobs" else 0
    turns = turns_of(it.plan, it.plan.watches.values(), (ACCOUNT, REGION), it.now, it.now)
    assert sorted(turn.group for turn in turns) == [
        f"pinpoint:{ACCOUNT}:{REGION}",
        f"sesv2:{ACCOUNT}:{REGION}",
    ]
    summary = it.poll()
    assert summary is not None
    it.publish()
    assert len(it.told()) == 150


def test_scopes_that_no_invocation_comes_to_have_their_turn_in_the_next_and_an_age(
    tmp_path: Path,
) -> None:
    """E2: all but the first hundred starved, and `AgeOfLastRead` stayed green."""
    it = watched(tmp_path, SEGMENTS, page_size=200)
    it.api.children = {"ApplicationId": ["app"], "SegmentId": [f"s{n:03}" for n in range(60)]}
    it.look()
    it.faults.takes = lambda name: 10 if name == it.list_call else 0
    it.api.put("job", "FAILED")
    ages = [it.look().ages["w"] for _ in range(6)]
    assert len(it.told()) == 60
    assert max(ages) >= 120
    it.recover()
    assert it.look().ages["w"] == 0


def test_a_turn_that_comes_late_again_and_again_gets_older(tmp_path: Path) -> None:
    """E2: a dropped turn counted as a read."""
    it = watched(tmp_path, SES)
    it.look()
    ages = []
    for _ in range(4):
        tick, it.now = it.now, it.now + 2 * MINUTE
        (turn,) = turns_of(it.plan, it.plan.watches.values(), (ACCOUNT, REGION), tick, tick)
        summary = it.poller.poll(turn, 300)
        assert summary.counts["Dropped"] == 1
        ages.append(summary.ages["w"])
    assert ages == [120, 240, 360, 480]
    assert it.look().ages["w"] == 0


@pytest.mark.parametrize("level", ["GetApps", "GetSegments"])
def test_a_parent_that_takes_longer_to_list_than_there_is_time_is_said_to_be_unreadable(
    level: str, tmp_path: Path
) -> None:
    """Below another parent it was begun again and again, and no scope of the lane had its turn."""
    it = watched(tmp_path, SEGMENTS)
    it.api.children = {"ApplicationId": ["app"], "SegmentId": [f"s{n:03}" for n in range(50)]}
    if level == "GetApps":
        it.api.children["ApplicationId"] = [f"a{n:03}" for n in range(50)]
    slow = {"GetApps": "get_apps", "GetSegments": "get_segments"}[level]
    it.faults.takes = lambda name: 20 if name == slow else 0
    it.look(3)
    assert it.told() == [("", "Watch Unreachable")]


def test_settling_what_a_big_parent_held_heeds_the_time(tmp_path: Path) -> None:
    """E2's sibling: all of it was done in one invocation, which Lambda stopped."""
    it = watched(tmp_path, SEGMENTS, page_size=500)
    segments = [f"s{n:03}" for n in range(400)]
    it.api.children = {"ApplicationId": ["app"], "SegmentId": segments}
    it.put("job")
    it.look()
    it.api.children = {"ApplicationId": []}
    it.faults.takes = lambda name: 1 if name in {"GetItem", it.get_call} else 0
    del it.api.jobs["job"]
    it.look(20)
    assert [what for _, what in it.told()] == ["NOT_FOUND"] * 400
    assert not [sk for _, sk in it.dynamodb.items if sk.startswith("child#a")]


def throttled(name: str) -> Any:
    left = [True]

    def meddle(called: str) -> None:
        if called == name and left:
            left.pop()
            raise refused("ThrottlingException", called)

    return meddle


@pytest.mark.parametrize("name", ["GetItem", "PutItem", "Query", "BatchGetItem"])
@pytest.mark.parametrize("source", [*LISTS, SEGMENTS])
def test_a_call_that_the_table_refuses_ends_no_invocation(
    source: str, name: str, tmp_path: Path
) -> None:
    """An error hides the message, and with it the lane, for five minutes."""
    it = watched(tmp_path, source)
    it.api.children = {"ApplicationId": ["app"], "SegmentId": ["s1", "s2"]}
    it.put("old")
    it.faults.meddle = throttled(name)
    summary = it.poll()
    assert summary is not None
    it.faults.meddle = lambda _: None
    it.look()
    it.put("old", status="FAILED")
    it.look()
    assert {what for _, what in it.told()} == {"FAILED"}


@pytest.mark.parametrize("by_id", [False, True])
def test_single_jobs_that_a_slow_table_is_asked_for_are_stored_as_far_as_there_is_time(
    by_id: bool, tmp_path: Path
) -> None:
    """E4: each look-up was begun, however long all took: Lambda stopped the function each time."""
    names = [f"j{number:04}" for number in range(1_000 if by_id else 2_000)]
    it = watched(tmp_path, SES, **{"jobs": names} if by_id else {}, page_size=1_000)
    it.put(*names)
    it.look(2)
    it.told()
    it.api.hidden = {*names}
    it.put(*names, status="FAILED", at=NOW + HOUR)
    seconds = {"BatchGetItem": 17, "PutItem": 17, it.get_call: 100 / len(names)}
    it.faults.takes = lambda name: seconds.get(name, 0)
    it.look(3)
    it.recover()
    it.look(2)
    assert sorted(it.told()) == [(name, "FAILED") for name in names]


class Stingy(MemoryTable):
    """Leaves out all of what BatchGetItem is asked for, so many times."""

    left = 10**9

    def batch_get_item(self, **call: Any) -> dict[str, Any]:
        if not self.left:
            return super().batch_get_item(**call)
        self.left -= 1
        return {"Responses": {}, "UnprocessedKeys": call["RequestItems"]}


@pytest.mark.parametrize(("times", "fails"), [(3, False), (10**9, True)])
def test_keys_that_the_table_leaves_out_are_asked_for_later_and_not_for_ever(
    times: int, fails: bool, tmp_path: Path
) -> None:
    """E18: they were asked for again at once, and without end."""
    it = watched(tmp_path, SES)
    it.look()
    stingy = Stingy(Faults())
    stingy.items, stingy.left = it.dynamodb.items, times
    waits: list[float] = []
    it.table = type(it.table)(stingy, "seen", it.table.pool, waits.append)
    it.put("a", status="FAILED")
    summary = it.poll()
    assert summary is not None
    errors = [type(error) for _, error in summary.errors]
    assert errors == ([StoreError] if fails else [])
    assert waits == sorted({*waits})
    assert len(waits) < 10


class FullQueue:
    """An SQS client that refuses each entry so many times."""

    def __init__(self, times: int) -> None:
        self.times, self.taken = times, []

    def send_message_batch(self, **call: Any) -> dict[str, Any]:
        if self.times:
            self.times -= 1
            return {"Failed": [{"Id": e["Id"], "Code": "Busy"} for e in call["Entries"]]}
        self.taken += call["Entries"]
        return {}


def send_lanes(queue: FullQueue, it: Watched) -> None:
    turns = turns_of(it.plan, it.plan.watches.values(), (ACCOUNT, REGION), NOW, NOW)
    enqueue(queue, "lanes", turns, lambda _: None)


def send_later(queue: FullQueue, _: Watched) -> None:
    enqueue_later(queue, "later", ["w"], due=NOW, every=15, sleep=lambda _: None)


@pytest.mark.parametrize(("send", "messages"), [(send_lanes, 1), (send_later, 3)])
def test_messages_that_a_queue_refuses_are_sent_again_or_fail_loudly(
    send: Any, messages: int, tmp_path: Path
) -> None:
    """E18: refused ticks later in the minute were forgotten."""
    it = watched(tmp_path, SES)
    queue = FullQueue(2)
    send(queue, it)
    assert len(queue.taken) == messages
    with pytest.raises(QueueError):
        send(FullQueue(10**9), it)


def test_a_plan_that_is_deployed_meanwhile_takes_over_the_cursor(tmp_path: Path) -> None:
    it = watched(tmp_path, SES)
    it.put(*[f"j{number:02}" for number in range(18)])
    it.look()
    it.put("j00", "j17", status="FAILED")
    it.faults.takes = lambda name: 50 if name == it.list_call else 0
    it.look()
    after = replanned(it, tmp_path, SES, every="5 minutes")
    after.look(6, later=DAY / 8)
    assert sorted(after.told()) == [("j00", "FAILED"), ("j17", "FAILED")]
