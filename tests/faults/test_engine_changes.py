"""What changes of `watches.yaml` and of the version announce: nothing but what is new."""

import json
from pathlib import Path

import pytest

from tests.api import refused
from tests.faults.watched import SES, SORTED, Watched, replanned, watched
from tests.values import DAY, HOUR

LOCATION, APPLICATIONS = "location.jobs", "pinpoint.import-jobs"
OLD = [f"o{number}" for number in range(20)]
IN = {"ApplicationId": "a"}


@pytest.mark.parametrize("there", [["a"], []], ids=["there at first", "appeared later"])
def test_a_watch_that_lists_again_begins_quietly_wherever_it_looks(
    there: list[str], tmp_path: Path
) -> None:
    it = watched(tmp_path, APPLICATIONS)
    it.api.children = {"ApplicationId": there}
    it.look(2)
    it.api.children = {"ApplicationId": ["a"]}
    it.put("mine", at=it.now)
    it.look(2)
    it = replanned(it, tmp_path, APPLICATIONS, **{"for": IN, "jobs": ["mine"]})
    it.look(2)
    it.told()
    it.now += 10 * DAY
    it.put(*OLD, status="FAILED", at=it.now - 5 * DAY)
    it.look(2)
    it = replanned(it, tmp_path, APPLICATIONS, **{"for": IN})
    it.look(3)
    assert it.told() == []
    it.put("new", status="FAILED", at=it.now)
    it.look()
    assert it.told() == [("new", "FAILED")]


def in_pieces(it: Watched) -> None:
    it.faults.takes = lambda name: 45 if name == it.list_call else 0
    it.look(20)


def broken_off(it: Watched) -> None:
    sent = it.api.source.listing.token
    assert sent is not None
    it.refuse(lambda _, given: given.get(sent.send) == "8", TimeoutError())
    it.look()
    it.recover()


@pytest.mark.parametrize("source", [SES, SORTED])
@pytest.mark.parametrize("then", [in_pieces, broken_off])
def test_a_watch_that_lists_again_begins_quietly_also_where_its_first_call_fails(
    then: object, source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, jobs=["mine"])
    it.put("mine")
    it.look(2)
    it.now += 20 * DAY
    it.put(*OLD, status="FAILED", at=it.now - 5 * DAY)
    it.look()
    it = replanned(it, tmp_path, source)
    it.refuse(lambda *_: True, refused("AccessDeniedException"))
    it.look()
    it.recover()
    assert callable(then)
    then(it)
    it.look(3)
    assert it.told() == []


@pytest.mark.parametrize("first", [None, 0])
def test_a_job_whose_first_count_comes_late_has_moved(first: int | None, tmp_path: Path) -> None:
    """The list of SES's imports tells the counts: one that was not there before is news."""
    counted = {} if first is None else {"ProcessedRecordsCount": first}
    it = watched(tmp_path, SES, stalled_after="2 hours")
    it.put("a", **counted)
    it.look(118)
    for number in range(1, 20):
        it.put("a", ProcessedRecordsCount=1_000 * number)
        it.look(5)
    assert it.told() == []


@pytest.mark.parametrize("before", ["30 days", "1 day"])
def test_a_retention_that_is_raised_while_nothing_can_be_read_forgets_nothing_unseen(
    before: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, LOCATION, retention=before)
    it.look(3)
    it.refuse(lambda *_: True, refused("AccessDeniedException"))
    it.look()
    it.put("new", status="FAILED", at=it.now)
    it.look(2, later=DAY)
    it = replanned(it, tmp_path, LOCATION, retention="30 days")
    it.look(2)
    assert ("new", "FAILED") in it.told()


def test_a_retention_that_is_raised_with_the_version_announces_nothing_anew(
    tmp_path: Path,
) -> None:
    """A table of schema 2 does not tell the retention under which it forgot."""
    it = watched(tmp_path, LOCATION, page_size=50, retention="7 days")
    it.put(*OLD[:5], status="FAILED")
    it.put("r")
    it.look(2)
    it.live_on(12)
    for item in it.dynamodb.items.values():
        item["schema"] = {"N": "2"}
        if "health" in item:
            health = json.loads(item["health"]["S"])
            del health["retention"]
            item.pop("digest", None)
            item["health"] = {"S": json.dumps(health)}
    it.put("between", status="FAILED", at=it.now + HOUR)
    it = replanned(it, tmp_path, LOCATION, retention="30 days")
    it.look(2, later=2 * HOUR)
    assert it.told() == [("between", "FAILED")]
