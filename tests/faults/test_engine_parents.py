"""What lives in parents: those that are missing for a while, deleted, or cannot be listed."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from lambdas.plan import Listing
from tests.api import refused
from tests.faults.watched import DAY, SEGMENTS, Watched, replanned, watched
from tests.values import MINUTE

APPLICATIONS = "pinpoint.import-jobs"
WITHIN = {"for": {"ApplicationId": "a"}}


class Places:
    """Applications with their segments, and jobs that are each in one of these.

    A job is named after its place, as in `a-s0-1`.
    """

    def __init__(self, it: Watched, segments: dict[str, list[str]]) -> None:
        self.segments, self.gone = segments, set[str]()
        self._api, self._page = it.api, it.api._page
        it.api._page = self._answer

    def _answer(self, listing: Listing, items: Any, parameters: Any) -> dict[str, Any]:
        application, segment = parameters.get("ApplicationId"), parameters.get("SegmentId")
        if listing.operation == "GetApps":
            items = [{"Id": name} for name in self.segments if name not in self.gone]
        elif listing.operation == "GetSegments":
            items = [{"Id": name} for name in self.segments[application]]
        else:
            place = "-".join(filter(None, (application, segment))) + "-"
            items = [job for job in self._api.jobs.values() if job["Id"].startswith(place)]
        return self._page(listing, items, parameters)


@pytest.mark.parametrize("source", [APPLICATIONS, SEGMENTS])
@pytest.mark.parametrize("polls", [1, 3])
def test_the_jobs_of_a_parent_that_was_missing_for_a_while_are_not_lost_when_it_goes(
    source: str, polls: int, tmp_path: Path
) -> None:
    it = watched(tmp_path, source)
    places = Places(it, {"a": ["s"], "b": ["s"]})
    job = "a-s-1" if source == SEGMENTS else "a-1"
    it.look(2)
    places.gone = {"a"}
    it.look(polls)
    places.gone = set()
    it.look(2)
    it.put(job, at=it.now)
    it.look()
    assert it.told() == [(job, "RUNNING")]
    places.gone = {"a"}
    it.put(job, status="FAILED", at=it.now)
    it.look(2)
    assert it.told() == [(job, "FAILED")]


def test_a_child_of_which_the_table_lost_track_is_held_again_within_a_day(tmp_path: Path) -> None:
    it = watched(tmp_path, APPLICATIONS)
    Places(it, {"a": []})
    it.look(2)
    (key,) = [key for key in it.dynamodb.items if key[1].startswith("child#")]
    del it.dynamodb.items[key]
    it.look(2, later=DAY)
    assert key in it.dynamodb.items


def test_what_is_unreachable_after_its_parent_was_missing_does_not_recover_each_day(
    tmp_path: Path,
) -> None:
    it = watched(tmp_path, APPLICATIONS)
    places = Places(it, {"a": [], "b": []})
    it.look(2)
    places.gone = {"a"}
    it.look()
    places.gone = set()
    it.refuse(lambda _, given: given.get("ApplicationId") == "a", refused("AccessDenied"))
    it.look(3)
    it.look(5, later=DAY)
    assert it.told() == [("", "Watch Unreachable")]


def hanging(it: Watched) -> None:
    it.hang(it.get_call)


def slow(it: Watched) -> None:
    it.faults.takes = lambda name: 30 if name == it.get_call else 0


@pytest.mark.parametrize("trouble", [hanging, slow])
def test_jobs_of_a_deleted_parent_that_take_long_delay_no_other_place(
    trouble: Callable[[Watched], None], tmp_path: Path
) -> None:
    it = watched(tmp_path, SEGMENTS)
    segments = [f"s{number}" for number in range(6)]
    places = Places(it, {"a": segments, "b": ["t"]})
    for segment in segments:
        it.put(f"a-{segment}-1", f"a-{segment}-2")
    it.put("b-t-1")
    it.look(2)
    places.gone = {"a"}
    trouble(it)
    it.put("b-t-1", status="FAILED", at=it.now)
    it.look(10)
    assert ("b-t-1", "FAILED") in it.told()
    it.recover()
    it.put(
        *(f"a-{segment}-{n}" for segment in segments for n in (1, 2)), status="FAILED", at=it.now
    )
    it.look(10)
    assert len(it.told()) == 12
    assert not [key for key in it.dynamodb.items if "child#a" in key[1] or "child#s" in key[1]]


@pytest.mark.parametrize("hangs", [False, True], ids=["refused", "hanging"])
@pytest.mark.parametrize("operation", ["GetApps", "GetSegments"])
def test_what_is_known_of_a_parent_is_visited_while_its_list_cannot_be_read(
    operation: str, hangs: bool, tmp_path: Path
) -> None:
    """A list that hung silenced all below it, though that answered."""
    it = watched(tmp_path, SEGMENTS)
    Places(it, {"a": ["s"]})
    it.put("a-s-1")
    it.look(2)
    if hangs:
        it.hang(xform_name(operation))
    else:
        it.refuse(lambda called, _: called == operation, refused("TooManyRequestsException"))
    it.put("a-s-1", status="FAILED", at=it.now)
    it.look()
    assert it.told() == [("a-s-1", "FAILED")]
    it.look(3)
    assert it.told() == [("", "Watch Unreachable")]
    it.recover()
    it.look()
    assert it.told() == [("", "Watch Recovered")]


def test_what_is_unreachable_below_a_scope_whose_jobs_are_named_now_is_taken_back(
    tmp_path: Path,
) -> None:
    """It counted as held, though no lane came to it any more."""
    it = watched(tmp_path, SEGMENTS, **WITHIN)
    Places(it, {"a": ["s"]})
    it.put("a-s-1")
    it.look(2)
    it.refuse(lambda operation, _: operation == "GetSegmentImportJobs", refused("AccessDenied"))
    it.look(4)
    assert it.told() == [("", "Watch Unreachable")]
    it = replanned(it, tmp_path, SEGMENTS, **WITHIN, jobs=["a-s-1"])
    it.look(3, later=DAY)
    assert it.told() == [("", "Watch Recovered")]


@pytest.mark.parametrize("source", [APPLICATIONS, SEGMENTS])
def test_what_is_known_to_be_gone_is_settled_also_while_the_list_above_is_refused(
    source: str, tmp_path: Path
) -> None:
    """It was listed, as if it were there, and called unreachable."""
    it = watched(tmp_path, source)
    places = Places(it, {"a": ["s"], "b": ["s"]})
    job = "a-s-1" if source == SEGMENTS else "a-1"
    it.put(job)
    it.look(2)
    places.gone = {"a"}
    it.look(2)

    def refuse(operation: str, given: Mapping[str, Any]) -> bool:
        below_a = given.get("ApplicationId") == "a" and operation != it.api.source.get.operation
        return operation == "GetApps" or below_a

    it.refuse(refuse, refused("TooManyRequestsException"))
    it.look(2)
    it.put(job, status="FAILED", at=it.now)
    it.look(4)
    assert sorted(it.told()) == [("", "Watch Unreachable"), (job, "FAILED")]
    it.recover()
    places.gone = set()
    it.put(job.replace("1", "2"), at=it.now)
    it.look(2)
    assert it.told() == [("", "Watch Recovered"), (job.replace("1", "2"), "RUNNING")]


def test_a_parent_that_went_at_an_upgrade_is_settled_and_costs_nothing_then(tmp_path: Path) -> None:
    """Its segments stood in its health, from where nothing took them: each poll asked for all."""
    it = watched(tmp_path, SEGMENTS)
    places = Places(it, {"a": ["s", "t"], "b": ["s"]})
    it.put("a-s-1")
    it.look(2)
    as_schema_2(it)
    places.gone = {"a"}
    it.put("a-s-1", status="FAILED", at=it.now)
    it.look(3)
    assert it.told() == [("a-s-1", "FAILED")]
    assert sorted(sk for _, sk in it.dynamodb.items if "child#" in sk) == ["child#b", "child#s"]
    it.faults.calls.clear()
    it.look()
    assert it.faults.calls.count("GetItem") == 3


def as_schema_2(it: Watched) -> None:
    """Write what parents hold as the version before did: in their health."""
    items = it.dynamodb.items
    for key in [key for key in items if key[1].startswith("child#")]:
        parent = items[key[0], "scope"]
        health = json.loads(parent["health"]["S"])
        health.pop("holds", None)
        health.setdefault("children", []).append(items.pop(key)["id"]["S"])
        parent["health"]["S"], parent["schema"]["N"] = json.dumps(health), "2"


@pytest.fixture
def refused_for_good(tmp_path: Path) -> tuple[Watched, Places]:
    """An application that was deleted while its job ran, and whose service answers 403 since."""
    it = watched(tmp_path, APPLICATIONS)
    places = Places(it, {"a": [], "b": []})
    it.put("a-1")
    it.look(2)
    places.gone = {"a"}
    it.refuse(lambda _, given: given.get("ApplicationId") == "a", refused("ForbiddenException"))
    it.look(30)
    assert it.told() == []
    return it, places


def test_a_job_of_a_deleted_parent_that_is_refused_for_a_day_is_told_of_and_asked_for_no_more(
    refused_for_good: tuple[Watched, Places],
) -> None:
    """It was asked for in each poll for ever, and the alarm rang for ever."""
    it, _ = refused_for_good
    it.look(later=DAY - 31 * MINUTE)
    assert it.told() == []
    it.look(3)
    assert it.told() == [("", "Watch Unreachable")]
    it.api.calls.clear()
    assert it.look().ages["w"] == 0
    assert it.api.made(it.api.source.get.operation) == 0
    it.look(3, later=DAY)
    assert it.told() == [("", "Watch Recovered")]
    assert not [key for key, item in it.dynamodb.items.items() if "open" in item]


@pytest.mark.parametrize("hidden", [False, True], ids=["listed", "off the list"])
@pytest.mark.parametrize("later", [MINUTE, DAY], ids=str)
def test_a_parent_that_comes_back_after_that_goes_on_where_it_was(
    later: timedelta, hidden: bool, refused_for_good: tuple[Watched, Places]
) -> None:
    it, places = refused_for_good
    it.look(later=DAY)
    it.look(3, later=later)
    it.recover()
    places.gone = set()
    it.put("a-1", status="FAILED", at=it.now)
    it.api.hidden = {"a-1"} if hidden else set()
    it.look(3)
    assert sorted(it.told()) == [
        ("", "Watch Recovered"),
        ("", "Watch Unreachable"),
        ("a-1", "FAILED"),
    ]


@pytest.mark.parametrize("error", [TimeoutError("Read timeout"), refused("ThrottlingException")])
def test_jobs_of_a_deleted_parent_whose_gets_come_to_nothing_are_asked_for_on(
    error: Exception, refused_for_good: tuple[Watched, Places]
) -> None:
    it, _ = refused_for_good
    it.refuse(lambda _, given: given.get("ApplicationId") == "a", error)
    it.look(3, later=DAY)
    it.recover()
    it.put("a-1", status="FAILED", at=it.now)
    it.look()
    assert it.told() == [("a-1", "FAILED")]


def open_jobs(it: Watched) -> list[tuple[str, str]]:
    """The unfinished jobs that the table has, and in which partition."""
    return [key for key, item in it.dynamodb.items.items() if "job#" in key[1] and "open" in item]


def test_jobs_of_segments_that_are_named_after_they_were_listed_go_on_where_they_were(
    tmp_path: Path,
) -> None:
    """They stood in the partition of their segment, and nobody looked there any more."""
    it = watched(tmp_path, SEGMENTS, **WITHIN)
    Places(it, {"a": ["s", "t"]})
    names = ["a-s-1", "a-s-2", "a-t-3"]
    it.put(*names, "a-t-4", "a-t-5")
    it.look(2)
    it.put("a-s-1", "a-t-4", status="FAILED", at=it.now)
    del it.api.jobs["a-t-3"]
    it = replanned(it, tmp_path, SEGMENTS, **WITHIN, jobs=names)
    it.look(3)
    assert sorted(it.told()) == [("a-s-1", "FAILED"), ("a-t-3", "NOT_FOUND")]
    assert [sk for _, sk in open_jobs(it)] == ["job#a-s-2"]
    it.put("a-s-2", status="FAILED", at=it.now)
    it.look(2)
    assert it.told() == [("a-s-2", "FAILED")]
    assert open_jobs(it) == []
    it.faults.calls.clear()
    it.look()
    assert it.faults.calls.count("GetItem") == 1


def test_jobs_of_segments_that_are_listed_after_they_were_named_go_on_where_they_were(
    tmp_path: Path,
) -> None:
    names = ["a-s-1", "a-s-2", "a-t-3"]
    it = watched(tmp_path, SEGMENTS, **WITHIN, jobs=names)
    it.put(*names)
    it.look(2)
    it.put("a-s-1", status="FAILED", at=it.now)
    del it.api.jobs["a-t-3"]
    it = replanned(it, tmp_path, SEGMENTS, **WITHIN)
    Places(it, {"a": ["s", "t"]})
    it.look(4)
    assert sorted(it.told()) == [("a-s-1", "FAILED"), ("a-t-3", "NOT_FOUND")]
    it.put("a-s-2", status="FAILED", at=it.now)
    it.look(2)
    assert it.told() == [("a-s-2", "FAILED")]
    assert open_jobs(it) == []


def test_jobs_of_segments_that_are_listed_again_after_some_were_named_are_followed_again(
    tmp_path: Path,
) -> None:
    it = watched(tmp_path, SEGMENTS, **WITHIN)
    Places(it, {"a": ["s"]})
    it.put("a-s-1", "a-s-2")
    it.look(2)
    it = replanned(it, tmp_path, SEGMENTS, **WITHIN, jobs=["a-s-1"])
    it.look(2)
    it = replanned(it, tmp_path, SEGMENTS, **WITHIN)
    Places(it, {"a": ["s"]})
    it.look(2)
    del it.api.jobs["a-s-1"], it.api.jobs["a-s-2"]
    it.look(3)
    assert sorted(it.told()) == [("a-s-1", "NOT_FOUND"), ("a-s-2", "NOT_FOUND")]


def test_gets_that_hang_where_jobs_were_named_before_delay_no_segment(tmp_path: Path) -> None:
    names = ["a-s-1", "a-s-2", "a-s-3"]
    it = watched(tmp_path, SEGMENTS, **WITHIN, jobs=names)
    it.put(*names)
    it.look(2)
    it = replanned(it, tmp_path, SEGMENTS, **WITHIN)
    Places(it, {"a": ["s"]})
    it.hang(it.get_call)
    it.look(4)
    it.put("a-s-4", at=it.now)
    it.look(4)
    assert it.told() == [("a-s-4", "RUNNING")]
    it.recover()
    it.look(4)
    assert len(open_jobs(it)) == 4
