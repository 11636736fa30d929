"""Lists for people: what is in them, in which order, and how little they read for it."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lambdas.model import TERMINAL, Scope, StoredJob
from lambdas.store import items
from lambdas.store.batches import StoreError
from lambdas.store.listing import Count, Listing, Page
from lambdas.store.remembered import Remembered
from tests.flow import Flow, flow_of
from tests.metered import Metered, size
from tests.values import DAY, HOUR, MINUTE, NOW, stored

SCOPE = Scope("w", "sesv2.import-jobs", "111122223333", "eu-west-1")
OTHER = replace(SCOPE, watch="v", source="sesv2.export-jobs")
POOL = ThreadPoolExecutor(4)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
STATUSES = ("PENDING", "RUNNING", "SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED", "UNKNOWN")


def written(scope: Scope, *jobs: StoredJob) -> list[dict[str, Any]]:
    return [items.write_job(scope, job, None) for job in jobs]


def ended(number: int, status: str = "FAILED", **more: Any) -> StoredJob:
    """A job that ended so many minutes ago."""
    return stored(status, job_id=f"j{number}", ended_at=NOW - number * MINUTE, **more)


def listing_of(found: Iterable[dict[str, Any]]) -> Listing:
    return Listing(Metered(found), "seen", POOL)


def ids(page: Page) -> list[str]:
    return [job.job_id for job in page.jobs]


class Overloaded(Metered):
    """A table that reads no item so many times."""

    def __init__(self, found: Iterable[dict[str, Any]], times: int) -> None:
        super().__init__(found)
        self.times = times

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        if self.times:
            self.times -= 1
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        return super().batch_get_item(RequestItems)


class TestAPage:
    def test_of_a_table_that_is_overloaded_waits_for_it_and_is_not_empty(self) -> None:
        slept: list[float] = []
        table = Overloaded(written(SCOPE, ended(1)), 3)
        assert ids(Listing(table, "seen", POOL, slept.append).jobs(["w"], ["FAILED"])) == ["j1"]
        assert slept == [0.1, 0.2, 0.4]
        table.times = 1_000
        with pytest.raises(StoreError, match="left out all 1 items"):
            Listing(table, "seen", POOL, slept.append).jobs(["w"], ["FAILED"])

    def test_since_the_last_of_all_times_is_empty(self) -> None:
        page = listing_of(written(SCOPE, ended(1))).jobs(["w"], ["FAILED"], since=NEVER)
        assert (ids(page), page.token) == ([], None)

    def test_has_the_jobs_of_all_watches_and_statuses_newest_first(self) -> None:
        found = [
            *written(SCOPE, ended(4), ended(1), ended(2, "PARTIAL"), ended(0, "SUCCEEDED")),
            *written(OTHER, ended(3)),
        ]
        page = listing_of(found).jobs(["w", "v"], ["FAILED", "PARTIAL"])
        assert (ids(page), page.token) == (["j1", "j2", "j3", "j4"], None)
        assert [job.watch for job in page.jobs] == ["w", "w", "v", "w"]

    def test_has_none_that_came_to_its_status_before_a_time(self) -> None:
        listing = listing_of(written(SCOPE, *map(ended, range(10))))
        page = listing.jobs(["w"], ["FAILED"], since=NOW - 3 * MINUTE)
        assert ids(page) == ["j0", "j1", "j2", "j3"]

    def test_goes_on_where_the_one_before_ended_until_there_is_no_more(self) -> None:
        found = [
            *written(SCOPE, *(stored("FAILED", job_id=f"s{n}", ended_at=NOW) for n in range(30))),
            *written(OTHER, *(ended(n, "PARTIAL") for n in range(30))),
        ]
        listing, token, pages = listing_of(found), None, []
        while token or not pages:
            page = listing.jobs(["w", "v"], ["FAILED", "PARTIAL"], limit=7, token=token)
            pages.append(page)
            token = page.token
        assert len(pages) == 9
        seen = [job_id for page in pages for job_id in ids(page)]
        assert len(seen) == len({*seen}) == 60

    def test_that_is_full_with_the_last_job_is_the_last_one(self) -> None:
        listing = listing_of(written(SCOPE, *map(ended, range(10))))
        assert listing.jobs(["w"], ["FAILED"], limit=10).token is None
        assert listing.jobs(["w"], ["FAILED"], limit=9).token is not None

    def test_has_what_a_filter_keeps_and_reads_no_more_for_it_than_it_may(self) -> None:
        found = written(SCOPE, *map(ended, range(1_000)))
        listing = listing_of(found)

        def keep(job: Remembered) -> bool:
            return job.job_id.endswith("99")

        page = listing.jobs(["w"], ["FAILED"], limit=3, keep=keep)
        assert ids(page) == ["j99", "j199", "j299"]
        page = listing.jobs(["w"], ["FAILED"], limit=3, keep=keep, token=page.token)
        assert ids(page) == ["j399", "j499", "j599"]
        page = listing.jobs(["w"], ["FAILED"], limit=3, keep=keep, most_read=150)
        assert ids(page) == ["j99"]
        page = listing.jobs(["w"], ["FAILED"], keep=keep, most_read=150, token=page.token)
        assert ids(page) == ["j199", "j299"]

    @pytest.mark.parametrize("token", ["", "x", "2026-11-22T12:00:00Z", "9" * 33, "x" * 5_000])
    def test_has_no_token_that_is_made_up(self, token: str) -> None:
        with pytest.raises(ValueError, match="no page's"):
            listing_of([]).jobs(["w"], ["FAILED"], token=token)


class TestAnEntryOfTheIndex:
    """It may be behind its item; and it says of itself to which watch it belongs."""

    def test_of_a_job_that_is_gone_shows_nothing(self) -> None:
        table = Metered(written(SCOPE, ended(1), ended(2)))
        table._items.pop(("w#" + items.partition(SCOPE).partition("#")[2], "job#j1"))
        assert ids(Listing(table, "seen", POOL).jobs(["w"], ["FAILED"])) == ["j2"]

    def test_of_a_job_that_has_another_status_by_now_shows_what_it_is_where_that_is_asked_for(
        self,
    ) -> None:
        (entry,) = written(SCOPE, stored("RUNNING"))
        (now,) = written(SCOPE, stored("FAILED", ended_at=NOW))
        table = Metered([now])
        table._listed["w#RUNNING"] = [(entry["at"]["S"], entry)]
        listing = Listing(table, "seen", POOL)
        assert ids(listing.jobs(["w"], ["RUNNING"])) == []
        (job,) = listing.jobs(["w"], ["RUNNING", "FAILED"]).jobs
        assert job.status == "FAILED"

    def test_of_an_item_elsewhere_that_claims_to_be_a_watchs_shows_nothing(self) -> None:
        (forged,) = written(SCOPE, ended(1))
        forged = {**forged, "pk": {"S": "heartbeat"}, "sk": {"S": "heartbeat"}}
        assert ids(listing_of([forged]).jobs(["w"], ["FAILED"])) == []

    def test_of_an_item_that_cant_be_read_shows_nothing(self) -> None:
        bad, good = written(SCOPE, ended(1), ended(2))
        listing = listing_of([{**bad, "progress": {"S": "{"}}, good])
        assert ids(listing.jobs(["w"], ["FAILED"])) == ["j2"]


class TestAJob:
    def test_is_shown_as_it_is_now_with_its_last_event(self) -> None:
        detail = (
            '{"job_name":"May","status":"PENDING","progress":{"total":null},"duration_seconds":60}'
        )
        (item,) = written(
            SCOPE, stored("FAILED", "ERROR", ended_at=NOW, detail=detail, stalled=True)
        )
        (job,) = listing_of([item]).jobs(["w"], ["FAILED"]).jobs
        assert (job.name, job.status, job.since, job.stalled) == ("May", "FAILED", NOW, True)
        assert (job.detail["status"], job.detail["raw_status"]) == ("FAILED", "ERROR")
        assert job.detail["progress"] == {"total": None, "processed": None, "failed": None}
        assert job.seconds == 60

    def test_without_a_name_is_called_by_its_id(self) -> None:
        (job,) = listing_of(written(SCOPE, ended(1))).jobs(["w"], ["FAILED"]).jobs
        assert (job.name, job.seconds) == ("j1", None)


class TestCounts:
    def test_are_by_status_and_as_many_as_may_be_read(self) -> None:
        found = written(SCOPE, *map(ended, range(30)), ended(99, "CANCELLED"))
        listing = listing_of(found)
        counted = listing.counts("w", ["FAILED", "CANCELLED", "PENDING"], most=20)
        assert counted == {
            "FAILED": Count(20, more=True),
            "CANCELLED": Count(1, more=False),
            "PENDING": Count(0, more=False),
        }
        assert listing.counts("w", ["FAILED"], since=NOW - 4 * MINUTE)["FAILED"] == Count(5, False)


REMEMBERED = 100_000
WATCHES = [f"w{n}" for n in range(10)]


@cache
def large() -> list[dict[str, Any]]:
    """A month of jobs in ten watches: one in a hundred failed; so it is with those of a day."""
    details = '{"job_name":"nightly","padding":"' + "x" * 700 + '"}'
    found = []
    for number in range(REMEMBERED):
        status = "FAILED" if number % 100 == 0 else "SUCCEEDED"
        at = NOW - number * 30 * DAY / REMEMBERED
        job = stored(status, job_id=f"{number:032}", ended_at=at, detail=details)
        found += written(replace(SCOPE, watch=f"w{number // 100 % 10}"), job)
    return found


class TestOver100000Jobs:
    """Read units: what a list reads is what it shows, and little more."""

    @pytest.fixture
    def table(self) -> Metered:
        return Metered(large())

    def test_what_failed_since_yesterday_is_read_and_little_more(self, table: Metered) -> None:
        listing = Listing(table, "seen", POOL)
        page = listing.jobs(WATCHES, ["FAILED"], since=NOW - DAY)
        assert len(page.jobs) == 34
        shown = len(page.jobs) / 2
        assert shown <= table.units <= shown + 0.5 * len(WATCHES)
        assert table.calls.count("BatchGetItem") == 1

    def test_the_newest_of_all_statuses_are_read_and_a_query_of_each(self, table: Metered) -> None:
        page = Listing(table, "seen", POOL).jobs(WATCHES, STATUSES)
        assert [job.since for job in page.jobs] == sorted(
            (j.since for j in page.jobs), reverse=True
        )
        assert len(page.jobs) == 50
        shown = len(page.jobs) / 2
        assert shown <= table.units <= shown + 0.5 * len(WATCHES) * len(STATUSES) + 15
        whole = sum(size(item) for item in large()[:100]) / 100 * REMEMBERED / 4_096 / 2
        assert table.units < whole / 100

    def test_each_page_costs_the_same_however_far_down(self, table: Metered) -> None:
        listing, token, units = Listing(table, "seen", POOL), None, [0.0]
        for _ in range(10):
            page = listing.jobs(WATCHES, [*TERMINAL], limit=100, token=token)
            token = page.token
            units.append(table.units)
        each = [after - before for before, after in pairwise(units)]
        assert max(each) <= 1.2 * min(each)

    def test_a_count_reads_no_more_than_so_many_entries(self, table: Metered) -> None:
        counted = Listing(table, "seen", POOL).counts("w0", ["SUCCEEDED"])
        assert counted == {"SUCCEEDED": Count(1_000, more=True)}
        assert table.units <= 25


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    with flow_of(tmp_path, {"w": {"source": "sesv2.import-jobs"}}) as flow:
        yield flow


def test_the_table_of_these_tests_answers_as_moto_does(flow: Flow) -> None:
    found = [
        *written(SCOPE, *(ended(n, STATUSES[2 + n % 3]) for n in range(70))),
        *written(OTHER, *(ended(n, STATUSES[2 + n % 2]) for n in range(70))),
    ]
    for item in found:
        flow.dynamodb.put_item(TableName="seen", Item=item)
    ours, theirs = (Listing(client, "seen", POOL) for client in (Metered(found), flow.dynamodb))
    token = None
    for limit in (1, 12, 30, 50):
        one, other = (
            each.jobs(["w", "v"], STATUSES, since=NOW - HOUR, limit=limit, token=token)
            for each in (ours, theirs)
        )
        assert one == other
        token = one.token
    assert ours.counts("w", STATUSES, most=15) == theirs.counts("w", STATUSES, most=15)


class TestHistory:
    """Through the whole engine: a job of a scope that was read before, and one that was there."""

    def test_is_in_the_item_of_a_job_step_by_step(self, flow: Flow) -> None:
        created = flow.now
        flow.api.put("old", "PROCESSING", CreatedTimestamp=created)
        flow.poll()
        flow.api.put("j", "CREATED", CreatedTimestamp=created)
        flow.poll()
        flow.poll()
        flow.api.put("j", "PROCESSING", CreatedTimestamp=created)
        flow.poll()
        flow.api.put("j", "FAILED", CreatedTimestamp=created)
        flow.poll()
        listing = Listing(flow.dynamodb, "seen", POOL)
        (job,) = listing.jobs(["w"], ["FAILED"]).jobs
        told = "Job Status Change"
        assert [(step.status, step.raw_status, step.event) for step in job.history] == [
            ("PENDING", "CREATED", told),
            ("RUNNING", "PROCESSING", told),
            ("FAILED", "FAILED", told),
        ]
        assert [(step.at - created) / MINUTE for step in job.history] == [2, 4, 5]
        (old,) = listing.jobs(["w"], ["RUNNING"]).jobs
        assert [(step.status, step.event) for step in old.history] == [("RUNNING", None)]
