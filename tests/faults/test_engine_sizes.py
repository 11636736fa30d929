"""A thousand where others have two: no item grows without bound, nor does one invocation's work.

E16, E19 and their kind. A DynamoDB item holds 400 KB.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest

from lambdas.apis.reader import LONGEST_TOKEN
from lambdas.plan import Listing
from lambdas.poll import visit
from lambdas.poll.gets import MOST_GOT
from lambdas.poll.sizes import BATCH
from tests.faults.watched import LISTS, SEGMENTS, SES, SORTED, Watched, replanned, watched
from tests.values import HOUR, NOW

TRANSLATE = "translate.text-translation-jobs"
LARGEST_ITEM = 400_000
LARGEST_HEALTH = 130_000
"""Of carried ids and a page token: what waits or was never read, of 1,000 jobs each, adds 40 KB."""
ARN = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/export/01695353076000-"


def size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Give the bytes of an item as DynamoDB counts them, or a few more."""
    return sum(len(name) + len(_bytes(value)) for name, typed in item.items()
               for value in typed.values())  # fmt: skip


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def give_long_tokens(it: Watched) -> None:
    """Let the list's page tokens be as long as they may be."""
    token, page = it.api.source.listing.token, it.api._page
    assert token is not None

    def padded(listing: Listing, jobs: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        asked = {name: v.rstrip("x") if name == token.send else v for name, v in given.items()}
        answer = page(listing, jobs, asked)
        if token.read in answer:
            answer[token.read] = answer[token.read].ljust(LONGEST_TOKEN, "x")
        return answer

    it.api._page = padded  # type: ignore[method-assign]


def largest(it: Watched, sort_key: str = "") -> int:
    return max(size(i) for (_, sk), i in it.dynamodb.items.items() if sk.startswith(sort_key))


@pytest.mark.parametrize("state", ["none there", "running", "ended", "refused"])
def test_a_thousand_jobs_by_id_leave_a_small_health_item(state: str, tmp_path: Path) -> None:
    """E16: from 4,000 ARNs on it was over 400 KB, every write failed, and all was asked anew."""
    names = [f"{ARN}{number:08x}" for number in range(1_000)]
    it = watched(tmp_path, SORTED, jobs=names)
    if state == "refused":
        it.refuse(lambda *_: True, PermissionError())
    it.look()
    it.recover()
    if state != "none there":
        it.put(*names, status="FAILED" if state == "ended" else "RUNNING")
    it.look(2)
    assert largest(it, "scope") < 40_000


def test_eleven_thousand_segments_make_no_item_large(tmp_path: Path) -> None:
    """E16: they all stood in their application's health item."""
    it = watched(tmp_path, SEGMENTS, page_size=1_000)
    segments = [f"{number:032x}" for number in range(11_000)]
    it.api.children = {"ApplicationId": ["app"], "SegmentId": segments}
    it.faults.takes = lambda name: 140 if name == it.list_call else 0
    it.look()
    assert largest(it) < 10_000
    it.api.children["SegmentId"] = segments[1:]
    it.look()
    assert len([sk for _, sk in it.dynamodb.items if sk.startswith("child#0")]) == 11_000


@pytest.mark.parametrize("source", LISTS)
def test_a_list_in_pieces_of_long_ids_that_all_vanish_makes_no_item_large(
    source: str, tmp_path: Path
) -> None:
    """E16's sibling: the cursor carries what the list has not shown yet, and the page token."""
    it = watched(tmp_path, source, page_size=50)
    give_long_tokens(it)
    names = [f"{number:05}{'x' * 800}" for number in range(300)]
    it.put(*names)
    it.look()
    for name in names[50:]:
        del it.api.jobs[name]
    it.put(*[f"new-{number}" for number in range(250)])
    it.faults.takes = lambda name: 50 if name == it.list_call else 0
    it.look(12)
    assert largest(it) < LARGEST_HEALTH
    it.recover()
    it.look(4)
    gone = {job_id for job_id, what in it.told() if what == "NOT_FOUND"}
    assert gone == {*names[50:]}


@pytest.mark.parametrize("seconds", [0.2, 2])
@pytest.mark.parametrize("source", LISTS)
def test_writing_stops_for_time_and_the_next_turn_goes_on(
    source: str, seconds: float, tmp_path: Path
) -> None:
    """E19: writing heeded no deadline, and Lambda stopped it amid the items."""
    it = watched(tmp_path, source, page_size=100)
    names = [f"j{number:04}" for number in range(600)]
    it.put(*names)
    it.faults.takes = lambda name: seconds if name == "PutItem" else 0
    for _ in range(40):
        it.look()
        if '"read_at"' in str(it.dynamodb.items):
            break
    it.recover()
    it.look(2)
    assert it.told() == []
    assert len([sk for _, sk in it.dynamodb.items if sk.startswith("job#")]) == 600
    it.put(*names, status="FAILED")
    it.faults.takes = lambda name: seconds if name == "PutItem" else 0
    it.look(30)
    assert len(it.told()) == 600


def test_events_that_take_long_to_make_end_no_invocation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their texts are searched for secrets, and who starts jobs chooses them."""
    it = watched(tmp_path, SES, page_size=1_000)
    made = visit.job_detail

    def slowly(*given: Any) -> dict[str, Any]:
        it.faults.elapsed += 0.4
        return made(*given)

    monkeypatch.setattr(visit, "job_detail", slowly)
    it.put(*[f"j{number:04}" for number in range(1_000)])
    it.look(4)
    it.put("new", status="FAILED", at=NOW + HOUR)
    it.look(2)
    assert it.told() == [("new", "FAILED")]


def test_a_table_that_is_slow_to_find_ends_no_invocation(tmp_path: Path) -> None:
    """E19's sibling: looking up heeded no deadline either."""
    it = watched(tmp_path, SES, page_size=1_000)
    it.put(*[f"j{number:05}" for number in range(6_000)])
    it.faults.takes = lambda name: 4 if name == "BatchGetItem" else 0
    it.look(20)
    it.put("new", status="FAILED", at=NOW + HOUR)
    it.look(4)
    assert it.told() == [("new", "FAILED")]


class Hashed(str):
    """An id that counts how often any of its kind is looked for in a set or a dict."""

    __slots__ = ()
    times = 0

    def __hash__(self) -> int:
        Hashed.times += 1
        return super().__hash__()

    def __str__(self) -> str:
        return self


def hashes(it: Watched) -> int:
    """Poll; tell how often an id was hashed."""
    before = Hashed.times
    it.look()
    return Hashed.times - before


@pytest.mark.parametrize("status", ["RUNNING", "FAILED"])
@pytest.mark.parametrize("source", LISTS)
def test_the_work_on_ids_grows_as_their_number_does(
    source: str, status: str, tmp_path: Path
) -> None:
    """A set that is built anew for each id: of 50,000 open jobs, no invocation came to its end."""
    it = watched(tmp_path, source, page_size=100)
    it.look()
    it.put(*[Hashed(f"j{number:04}") for number in range(1_000)], status=status)
    for _ in range(3):
        assert hashes(it) < 100 * 1_000


def test_the_work_on_ids_that_are_named_grows_as_their_number_does(tmp_path: Path) -> None:
    names = [f"j{number:04}" for number in range(1_000)]
    it = watched(tmp_path, SORTED, jobs=names)
    it.put(*names)
    watch = replace(it.plan.watches["w"], jobs=tuple(map(Hashed, names)))
    it.plan = replace(it.plan, watches={"w": watch})
    it.faults.takes = lambda name: 1 if name == it.get_call else 0
    for _ in range(4):
        assert hashes(it) < 100 * 1_000


class Large(str):
    """A text of a megabyte, as far as anybody knows; `live` counts those that are still held."""

    __slots__ = ()
    live = most = 0

    def __new__(cls) -> Self:
        Large.live += 1
        Large.most = max(Large.most, Large.live)
        return super().__new__(cls, "SELECT")

    def __del__(self) -> None:
        Large.live -= 1

    def __sizeof__(self) -> int:
        return 1_000_000


def most_held(it: Watched, times: int = 3) -> int:
    """Poll, each get call answering a megabyte; tell how many of those were held at a time."""
    get = it.api._get

    def answer(**parameters: Any) -> dict[str, Any]:
        answered = get(**parameters)
        item = it.api.source.get.item
        (answered if item == "@" else answered[item])["Query"] = Large()
        return answered

    it.api._get = answer  # type: ignore[method-assign]
    Large.most = 0
    it.look(times)
    it.api._get = get  # type: ignore[method-assign]
    return Large.most


NAMES = [f"j{number:03}" for number in range(100)]
HALF = 50
"""Items that the table in memory finds of the hundred that it is asked for."""
MOST_HELD = 2 * MOST_GOT // 1_000_000 + 2
"""What is dealt with while as much is asked for, and the calls that exceed both."""


def test_answers_about_jobs_that_have_ended_are_let_go_of_piece_by_piece(tmp_path: Path) -> None:
    """A thousand of them, of up to a megabyte each, were held before the first was stored: the
    function ended amid them, again and again."""
    it = watched(tmp_path, SES, page_size=1_000)
    it.look()
    it.put(*NAMES, status="FAILED")
    assert 1 < most_held(it) <= MOST_HELD
    assert sorted(it.told()) == [(name, "FAILED") for name in NAMES]


@pytest.mark.parametrize("source", [*LISTS, TRANSLATE])
def test_answers_about_jobs_that_a_list_lacks_are_let_go_of_piece_by_piece(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, page_size=10)
    it.put("first", status="FAILED")
    it.put(*NAMES)
    it.look()
    it.api.hidden = {*NAMES}
    assert 1 < most_held(it) <= MOST_HELD
    it.put(*NAMES, status="FAILED")
    assert 1 < most_held(it) <= MOST_HELD
    assert sorted(it.told()) == [(name, "FAILED") for name in NAMES]


@pytest.mark.parametrize("source", LISTS)
def test_answers_about_jobs_that_are_named_are_let_go_of_piece_by_piece(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, jobs=NAMES)
    it.put(*NAMES)
    assert 1 < most_held(it) <= MOST_HELD
    it.put(*NAMES, status="FAILED")
    assert 1 < most_held(it) <= MOST_HELD
    assert sorted(it.told()) == [(name, "FAILED") for name in NAMES]


def test_answers_about_jobs_of_what_is_gone_are_let_go_of_piece_by_piece(tmp_path: Path) -> None:
    it = watched(tmp_path, SEGMENTS, page_size=1_000)
    it.api.children = {"ApplicationId": ["app"], "SegmentId": ["one", "two"]}
    it.put(*NAMES)
    it.look()
    it.api.children["SegmentId"] = ["two"]
    it.put(*NAMES, status="FAILED")
    it.api.hidden = {*NAMES}
    assert 1 < most_held(it, 1) <= MOST_HELD
    assert {*it.told()} == {(name, "FAILED") for name in NAMES}


def test_what_is_closed_and_followed_again_is_looked_up_in_batches(tmp_path: Path) -> None:
    """The events of all unfinished jobs of a scope were held before the first was written."""
    it = watched(tmp_path, SES, page_size=1_000)
    names = [f"j{number:04}" for number in range(2 * BATCH)]
    it.put(*names)
    it.look()
    for named in ({"jobs": ["other"]}, {}):
        it = replanned(it, tmp_path, SES, **named)
        it.faults.calls.clear()
        it.look()
        before = it.faults.calls[: it.faults.calls.index("PutItem")]
        assert 1 < before.count("BatchGetItem") < 1.5 * BATCH / HALF
    it.put(*names, status="FAILED")
    it.look(2)
    assert sorted(it.told()) == [(name, "FAILED") for name in names]


@pytest.mark.parametrize("source", LISTS)
def test_a_first_read_is_dealt_with_in_batches(source: str, tmp_path: Path) -> None:
    """E19: all of it was in memory before the first item was written."""
    it = watched(tmp_path, source, page_size=100)
    it.put(*[f"j{number:04}" for number in range(3 * BATCH)])
    it.look()
    calls = it.faults.calls
    at = calls.index("PutItem")
    assert calls[:at].count(it.list_call) <= BATCH / 100
    assert calls[at:].count(it.list_call) >= 2 * BATCH / 100
