"""What one poll marks, the next ones take back: a mark outlives no poll that was stopped."""

from pathlib import Path

import pytest

from tests.api import refused
from tests.faults.watched import AGELESS, LISTS, SES, SORTED, Watched, replanned, watched
from tests.values import DAY, HOUR, MINUTE, NOW

LOCATION = "location.jobs"
PIECE = 45
"""Seconds that a page takes where an invocation has time for a few."""


def in_pieces(it: Watched) -> None:
    it.faults.takes = lambda name: PIECE if name == it.list_call else 0


@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("named", [{}, {"jobs": ["a"]}])
@pytest.mark.parametrize("call", [1, 2])
def test_a_job_that_was_missed_once_and_found_since_is_not_gone_at_its_next_miss(
    source: str, named: dict[str, list[str]], call: int, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, **named)
    it.put("a")
    it.look()
    job = it.api.jobs.pop("a")
    it.stopped_at("PutItem", call)
    it.api.jobs["a"] = job
    it.look(3)
    del it.api.jobs["a"]
    it.look()
    assert it.told() == []
    it.look()
    assert it.told() == [("a", "NOT_FOUND")]


@pytest.mark.parametrize("source", LISTS[:2])
@pytest.mark.parametrize("call", [1, 2])
def test_a_status_that_went_back_after_a_stopped_poll_is_told(
    source: str, call: int, tmp_path: Path
) -> None:
    it = watched(tmp_path, source)
    it.put("a", status="PENDING")
    it.look()
    it.put("a")
    it.stopped_at("PutItem", call)
    it.put("a", status="PENDING")
    it.look(3)
    assert it.told() in ([], [("a", "RUNNING"), ("a", "PENDING")])


@pytest.mark.parametrize("source", [SES, SORTED, LOCATION])
@pytest.mark.parametrize("times", ["impossible", "left out"])
def test_a_finished_job_that_tells_no_time_is_told_once_as_long_as_the_list_has_it(
    source: str, times: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, retention="2 days")
    it.look()
    it.put("a", status="FAILED")
    row = it.api.source
    for answer in (it.api.jobs["a"], it.api.fuller["a"]):
        for name in {row.created, row.ended} & answer.keys():
            if times == "impossible":
                answer[name] = 0
            else:
                del answer[name]
    it.look()
    it.live_on(12)
    assert it.told() == [("a", "FAILED")]
    assert len(it.alerted()) == 1


@pytest.mark.parametrize("source", [SES, AGELESS])
def test_a_job_that_a_failed_piece_showed_and_that_is_gone_by_the_next_is_missed(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source)
    names = [f"j{n:02}" for n in range(18)]
    it.put(*names, status="SUCCEEDED")
    it.look()
    it.now += DAY
    in_pieces(it)
    it.look()
    it.put("new")
    it.api.jobs = {n: it.api.jobs[n] for n in (*names[:7], "new", *names[7:])}
    token = it.api.source.listing.token
    assert token is not None
    it.refuse(lambda _, given: given.get(token.send) == "8", TimeoutError())
    it.look()
    it.recover()
    del it.api.jobs["new"]
    it.look(30)
    assert it.told() == [("new", "RUNNING"), ("new", "NOT_FOUND")]


def test_a_job_made_anew_under_its_id_that_fails_again_is_an_alert(tmp_path: Path) -> None:
    it = watched(tmp_path, LOCATION)
    it.put("a")
    it.look()
    it.put("a", status="FAILED")
    it.look()
    it.put("a", status="FAILED", at=NOW + 9 * HOUR)
    it.look(later=12 * HOUR)
    assert it.told() == [("a", "FAILED"), ("a", "FAILED")]
    assert [alert["status"] for alert in it.alerted()] == ["FAILED", "FAILED"]


@pytest.mark.parametrize("source", LISTS)
def test_a_job_by_id_whose_health_was_not_written_stalls_all_the_same(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, jobs=["x", "c"], stalled_after="2 hours")
    it.refuse(lambda _, given: "x" in given.values(), refused("AccessDeniedException"))
    it.look()
    it.put("c")
    written = [0]

    def refuse_the_second(name: str) -> None:
        written[0] += name == "PutItem"
        if name == "PutItem" and written[0] == 2:
            raise ConnectionError("away")

    it.faults.meddle = refuse_the_second
    it.poll()
    it.recover()
    it.look(2)
    it.look(3, later=3 * HOUR)
    assert it.told() == [("c", "RUNNING"), ("c", "Job Stalled")]


@pytest.mark.parametrize("source", LISTS)
def test_an_end_by_id_whose_health_was_not_written_lets_the_scope_be_idle(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, jobs=["a"], idle_every="1 hour")
    it.put("a")
    it.look()
    it.put("a", status="FAILED")
    it.stopped_at("PutItem", 2)
    it.look()
    asked = it.api.made(it.api.source.get.operation)
    for _ in range(30):
        it.poll(MINUTE, clocked=True)
    assert it.api.made(it.api.source.get.operation) - asked <= 1
    assert it.told() == [("a", "FAILED")]


def test_a_job_that_was_closed_while_it_was_missing_is_not_gone_at_one_miss(
    tmp_path: Path,
) -> None:
    it = watched(tmp_path, SES, jobs=["a", "b"])
    it.put("a", "b")
    it.look()
    job = it.api.jobs.pop("a")
    it.look()
    it.api.jobs["a"] = job
    it = replanned(it, tmp_path, SES, jobs=["b"])
    it.look()
    it = replanned(it, tmp_path, SES, jobs=["a", "b"])
    del it.api.jobs["a"]
    it.look()
    assert it.told() == []


def test_a_job_at_the_seam_of_two_pieces_is_told_though_both_show_it(tmp_path: Path) -> None:
    """Its fingerprint stood twice in the digest, and cancelled itself."""
    it = watched(tmp_path, SES, page_size=3)
    names = [f"j{n:02}" for n in range(24)]
    it.put(*names)
    it.look()
    it.api.overlap = 1
    in_pieces(it)
    it.look(30)
    it.told()
    it.put(*names, status="FAILED")
    it.look(60)
    assert sorted(job_id for job_id, _ in it.told()) == names
