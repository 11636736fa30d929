"""The table's items, as text: what is written, and that it is read back whole."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from lambdas.digest import digest
from lambdas.history import Step, write_steps
from lambdas.model import JOB_STALLED, JOB_STATUS_CHANGE, Cursor, Health, Progress, Round, Scope
from lambdas.store.healths import read_health, read_scope, write_health
from lambdas.store.items import SHORT, job_key, open_key, partition, read_job, write_job
from lambdas.store.layout import RECENT_KEYS
from lambdas.times import iso
from tests.values import DAY, HOUR, NOW, stored

SCOPE = Scope("w", "sesv2.import-jobs", "111122223333", "eu-west-1", {"A": "1"})
CURSOR = Cursor(
    began=NOW,
    token="5",
    digest=digest([7, 300]),
    examined=frozenset({1, 2}),
    unseen=frozenset({"j1"}),
    unchecked_parts=frozenset({9}),
    gets_failed=True,
    unwritten=True,
    pages=3,
    since=NOW - HOUR,
    oldest=(NOW - HOUR,),
)
FULL = Health(
    version=3,
    began_at=NOW,
    quiet_before=NOW - DAY,
    read_at=NOW,
    digest=digest([7, 300]),
    suspect_parts=frozenset({7, 8}),
    unfinished_checksum=2**63 + 1,
    still_since=NOW - HOUR,
    oldest_created=NOW - 9 * HOUR,
    boundary="j9",
    stragglers=("j1", "j2"),
    listed_since=NOW - HOUR,
    partial=digest([1]),
    cursor=CURSOR,
    position="j3",
    gap=True,
    asked_since=NOW - HOUR,
    failures=2,
    failed_at=4,
    since=NOW,
    unreachable=True,
    gets_failed_since=NOW - HOUR,
    failed_id="j7",
    reopens=True,
    waits={"0a1b2c3d4e5f": 2},
    idle_until=NOW + HOUR,
    discovered_at=NOW - HOUR,
    by_id=False,
    never_read=frozenset({"a"}),
    ended=frozenset({"b", "c"}),
    ids_checksum=17,
    narrowed=19,
    globs_since=NOW - HOUR,
    held_before=(),
    succeeded_at=NOW - HOUR,
    retention=86_400,
    shorter=(NOW, 3_600),
    round=Round(("w", "app"), NOW, NOW - HOUR, NOW - DAY, ("w",), NOW + HOUR),
    swept_at=NOW - HOUR,
    overlong_at=NOW - HOUR,
    announced="Watch Unreachable",
    detail='{"status":"UNREACHABLE"}',
)
JOB = stored(
    version=5,
    progress=Progress(3, 2, None),
    stalled=True,
    missing=True,
    overrun=True,
    announced=JOB_STALLED,
    detail='{"job_id":"j1"}',
    history='[["2026-11-22T11:00:00Z","RUNNING","RUNNING"]]',
)


def test_the_health_of_this_test_has_every_field_but_the_one_of_a_layout_of_before() -> None:
    unset = {f.name for f in fields(Health) if getattr(FULL, f.name) == getattr(Health(), f.name)}
    assert unset == {"held_before"}


@pytest.mark.parametrize(
    "health",
    [
        FULL,
        Health(version=1),
        replace(FULL, cursor=replace(CURSOR, examined=None, token={"a": 1})),
        replace(FULL, by_id=None, unfinished_checksum=0),
    ],
    ids=["full", "empty", "a list that is only compared", "zeros"],
)
def test_a_health_is_read_back_as_it_was_written(health: Health) -> None:
    assert read_health(write_health(SCOPE, health, health.announced)) == health
    assert read_health(write_health(SCOPE, health, None)) == health


def test_what_is_called_anew_in_the_code_keeps_its_name_in_the_table() -> None:
    """A version before reads what this one wrote, and this one what that did."""
    stored = json.loads(write_health(SCOPE, FULL, None)["health"]["S"])
    assert {**stored, "cursor": None, "round": None} == {
        "source": "sesv2.import-jobs",
        "account": "111122223333",
        "region": "eu-west-1",
        "parameters": {"A": "1"},
        "began_at": "2026-11-22T12:00:00Z",
        "quiet_before": "2026-11-21T12:00:00Z",
        "read_at": "2026-11-22T12:00:00Z",
        "suspects": [7, 8],
        "unfinished": 2**63 + 1,
        "still_since": "2026-11-22T11:00:00Z",
        "oldest_created": "2026-11-22T03:00:00Z",
        "boundary": "j9",
        "stragglers": ["j1", "j2"],
        "listed_since": "2026-11-22T11:00:00Z",
        "gap": True,
        "cursor": None,
        "position": "j3",
        "asked_since": "2026-11-22T11:00:00Z",
        "failures": 2,
        "failed_at": 4,
        "since": "2026-11-22T12:00:00Z",
        "unreachable": True,
        "gets_failed_since": "2026-11-22T11:00:00Z",
        "waits": {"0a1b2c3d4e5f": 2},
        "idle_until": "2026-11-22T13:00:00Z",
        "discovered_at": "2026-11-22T11:00:00Z",
        "by_id": False,
        "unread": ["a"],
        "ended": ["b", "c"],
        "failed_id": "j7",
        "holds": 17,
        "narrowed": 19,
        "globs_since": "2026-11-22T11:00:00Z",
        "reopens": True,
        "succeeded_at": "2026-11-22T11:00:00Z",
        "retention": 86_400,
        "shorter": ["2026-11-22T12:00:00Z", 3_600],
        "round": None,
        "swept_at": "2026-11-22T11:00:00Z",
        "overlong_at": "2026-11-22T11:00:00Z",
    }
    assert {**stored["cursor"], "digest": None} == {
        "began": "2026-11-22T12:00:00+00:00",
        "token": "5",
        "digest": None,
        "examined": [1, 2],
        "unseen": ["j1"],
        "unchecked": [9],
        "failed": True,
        "unwritten": True,
        "since": "2026-11-22T11:00:00Z",
        "oldest": ["2026-11-22T11:00:00Z"],
        "pages": 3,
    }
    assert stored["round"] == {
        "hand": ["w", "app"],
        "began": "2026-11-22T12:00:00Z",
        "before": "2026-11-22T11:00:00Z",
        "dropped_since": "2026-11-21T12:00:00Z",
        "amid": ["w"],
        "amid_until": "2026-11-22T13:00:00Z",
    }


def test_a_health_says_whose_it_is_and_an_unreachable_one_is_in_the_index() -> None:
    item = write_health(SCOPE, FULL, None)
    assert read_scope(item) == SCOPE
    assert item["open"] == {"S": "unreachable"}
    assert "open" not in write_health(SCOPE, replace(FULL, unreachable=False), None)


def test_a_scope_is_read_without_the_role_that_is_the_plans_to_say() -> None:
    abroad = replace(SCOPE, role="reader", external_id="a-word")
    item = write_health(abroad, FULL, None)
    assert "a-word" not in str(item)
    assert "reader" not in str(item)
    assert read_scope(item) == SCOPE


def test_a_job_is_read_back_as_it_was_written() -> None:
    assert read_job(write_job(SCOPE, JOB, None)) == JOB
    ended = replace(stored("FAILED", version=2, expires_at=NOW + DAY), detail="{}", outdated=True)
    assert read_job(write_job(SCOPE, ended, None)) == ended


def test_a_job_without_a_raw_status_or_progress_is_read_back() -> None:
    odd = replace(JOB, raw_status=None, status="UNKNOWN", progress=Progress())
    assert read_job(write_job(SCOPE, odd, None)) == odd


@pytest.mark.parametrize(
    ("announce", "announced", "written"),
    [
        (JOB_STATUS_CHANGE, None, {"announce": JOB_STATUS_CHANGE}),
        (JOB_STATUS_CHANGE, JOB_STALLED, {"announce": JOB_STATUS_CHANGE}),
        (None, JOB_STALLED, {"announced": JOB_STALLED}),
        (None, None, {}),
    ],
)
def test_a_silent_write_keeps_what_was_announced_last_and_wakes_nobody(
    announce: str | None, announced: str | None, written: dict[str, str]
) -> None:
    """P3: it is by this that what was lost is found again."""
    for item in (
        write_job(SCOPE, replace(JOB, announced=announced), announce),
        write_health(SCOPE, replace(FULL, announced=announced), announce),
    ):
        assert {k: item[k]["S"] for k in ("announce", "announced") if k in item} == written


def test_only_unfinished_jobs_are_in_the_index() -> None:
    assert write_job(SCOPE, JOB, None)["open"] == {"S": open_key(SCOPE)}
    assert "open" not in write_job(SCOPE, stored("FAILED"), None)
    assert "open" not in write_job(SCOPE, stored("UNKNOWN", "NOT_FOUND"), None)


def test_what_is_short_of_a_job_is_all_but_its_event_and_layout() -> None:
    long = replace(JOB, id="x" * 2_000, expires_at=NOW)
    assert {*write_job(SCOPE, long, JOB_STALLED)} - {*SHORT} == {
        *("detail", "schema", "history"),
        *RECENT_KEYS,
    }


class TestTheIndexForPeople:
    def at(self, item: dict[str, Any]) -> str:
        return str(item["at"]["S"]).partition(" ")[0]

    def test_has_each_job_under_its_watch_and_status(self) -> None:
        assert write_job(SCOPE, JOB, None)["listed"] == {"S": "w#RUNNING"}
        assert write_job(SCOPE, stored("FAILED"), None)["listed"] == {"S": "w#FAILED"}

    def test_has_a_job_that_ended_at_its_end_as_far_as_that_is_told(self) -> None:
        assert self.at(write_job(SCOPE, stored("FAILED", ended_at=NOW), None)) == iso(NOW)
        history = write_steps([Step(NOW - HOUR, "FAILED", "FAILED")])
        told_never = stored("FAILED", history=history)
        assert self.at(write_job(SCOPE, told_never, None)) == iso(NOW - HOUR)

    def test_has_an_unfinished_job_where_it_came_to_its_status_whatever_moved_since(self) -> None:
        history = write_steps(
            [
                Step(NOW - 3 * HOUR, "PENDING", "CREATED"),
                Step(NOW - 2 * HOUR, "RUNNING", "PROCESSING"),
                Step(NOW - HOUR, "RUNNING", "PROCESSING", JOB_STALLED),
            ]
        )
        job = stored("RUNNING", "PROCESSING", history=history, moved_at=NOW, created_at=NOW - DAY)
        assert self.at(write_job(SCOPE, job, None)) == iso(NOW - 2 * HOUR)

    def test_has_a_job_of_a_version_before_at_its_creation_or_where_it_moved(self) -> None:
        assert self.at(write_job(SCOPE, stored(created_at=NOW - DAY), None)) == iso(NOW - DAY)
        assert self.at(write_job(SCOPE, stored(moved_at=NOW), None)) == iso(NOW)

    def test_has_no_two_jobs_at_the_same_place(self) -> None:
        same = [stored(job_id=f"j{n}", ended_at=NOW) for n in range(100)]
        assert len({write_job(SCOPE, job, None)["at"]["S"] for job in same}) == 100


def test_a_history_of_the_wrong_type_is_none() -> None:
    item = write_job(SCOPE, JOB, None)
    assert read_job({**item, "history": {"N": "1"}}) == replace(read_job(item), history=None)


@pytest.mark.parametrize(
    "job_id", ["j1", "a/b#c", "é" * 450, "é" * 451, "x" * 5_000, "sha256:password=abcd"]
)
def test_an_id_of_any_length_has_a_key_that_dynamodb_takes(job_id: str) -> None:
    item = write_job(SCOPE, replace(JOB, id=job_id), None)
    assert len(item["sk"]["S"].encode()) <= 1_024
    # The event's own id is clean, and so may be another one.
    assert read_job({**item, "detail": {"S": '{"job_id": "[withheld]"}'}}).id == job_id


def test_no_id_has_the_key_of_another() -> None:
    long = "L" * 1_000
    assert job_key(job_key(long).removeprefix("job#")) != job_key(long)


@pytest.mark.parametrize(
    "other",
    [
        replace(SCOPE, watch="v"),
        replace(SCOPE, source="sesv2.export-jobs"),
        replace(SCOPE, account="444455556666"),
        replace(SCOPE, region="us-east-1"),
        replace(SCOPE, parameters={"A": "2"}),
        replace(SCOPE, parameters={}),
    ],
)
def test_scopes_that_differ_in_anything_share_nothing(other: Scope) -> None:
    assert partition(SCOPE) != partition(other)
    assert open_key(SCOPE) != open_key(other)


def test_every_item_names_its_layout() -> None:
    items: tuple[dict[str, Any], ...] = (
        write_job(SCOPE, JOB, None),
        write_health(SCOPE, FULL, None),
    )
    assert {item["schema"]["N"] for item in items} == {"3"}


def test_what_a_layout_of_before_digested_is_not_taken_over() -> None:
    item = write_health(SCOPE, replace(FULL, never_read=frozenset()), None)
    stored_health = json.loads(item["health"]["S"]) | {"children": ["a", "b"], "unread": ["j1"]}
    old = {**item, "schema": {"N": "2"}, "health": {"S": json.dumps(stored_health)}}
    health = read_health(old)
    assert health.held_before == ("a", "b")
    assert health.ended == frozenset()
    assert len(health.never_read) == 1
    assert health.read_at == NOW
