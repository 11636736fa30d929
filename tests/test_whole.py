"""A list of any order is read to its end: what is looked up, asked for, written and told."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambdas.poll.whole import MOST_BYTES, MOST_COMPARED
from tests.api import refused
from tests.flow import make_plan
from tests.lists import (
    AGELESS,
    SORTED,
    UNSORTED,
    allow,
    api_of,
    calls,
    deny_gets,
    lives,
    put,
    put_first,
    stored_jobs,
    told,
    watching,
)
from tests.sim import Simulation
from tests.values import DAY, MINUTE

NAMES = [f"j{number:02}" for number in range(24)]


@pytest.fixture
def jobs(tmp_path: Path) -> Simulation:
    return watching(tmp_path, UNSORTED)


def begin(simulation: Simulation) -> None:
    """Make the first complete read, which is quiet."""
    simulation.poll()
    assert told(simulation) == []
    calls(simulation)


def test_a_finished_job_first_seen_is_told_and_few_others_are_looked_up(jobs: Simulation) -> None:
    put(jobs, *[f"j{number}" for number in range(2_000)], raw="COMPLETED")
    api_of(jobs).page_size = 1_000
    begin(jobs)
    put(jobs, "new", raw="FAILED")
    jobs.poll()
    assert told(jobs) == ["new"]
    found = calls(jobs)
    assert (found["GetItem"], found["get_import_job"], found["PutItem"]) == (1, 1, 2)
    assert found["BatchGetItem"] <= 7
    jobs.poll()
    assert calls(jobs) == {"GetItem": 1, "list_import_jobs": 3}


def test_a_job_that_changes_costs_one_write_beside_the_healths(jobs: Simulation) -> None:
    put(jobs, "a", "b", "c", raw="PROCESSING")
    begin(jobs)
    put(jobs, "b", raw="FAILED")
    jobs.poll()
    assert told(jobs) == ["b"]
    assert calls(jobs)["PutItem"] == 2


class TestGets:
    @pytest.mark.parametrize("polls", [1, 3])
    def test_that_are_behind_the_list_are_made_again_until_they_are_not(
        self, jobs: Simulation, polls: int
    ) -> None:
        put(jobs, "j", raw="PROCESSING")
        begin(jobs)
        put(jobs, "j", raw="FAILED")
        api_of(jobs).fuller["j"] = {"JobStatus": "PROCESSING"}
        for _ in range(polls):
            jobs.poll()
        assert told(jobs) == []
        del api_of(jobs).fuller["j"]
        jobs.poll()
        assert told(jobs) == ["j"]
        calls(jobs)
        jobs.poll()
        assert "get_import_job" not in calls(jobs)

    def test_that_fail_hold_a_change_back_and_the_digest_does_not_vouch_for_it(
        self, jobs: Simulation
    ) -> None:
        begin(jobs)
        put(jobs, "new", raw="FAILED")
        deny_gets(jobs, "new")
        jobs.poll()
        assert told(jobs) == []
        allow(jobs)
        jobs.poll()
        assert told(jobs) == ["new"]
        jobs.poll()
        assert told(jobs) == []

    def test_that_go_on_failing_have_it_told_without_in_the_third_poll(
        self, jobs: Simulation
    ) -> None:
        begin(jobs)
        put(jobs, "new", raw="FAILED")
        deny_gets(jobs, "new")
        assert [(jobs.poll(), told(jobs))[1] for _ in range(4)] == [[], [], ["new"], []]

    def test_that_nobody_answers_are_given_up_after_two_and_the_others_are_told(
        self, jobs: Simulation
    ) -> None:
        """E4: they were asked one after the other until the function was stopped."""
        put(jobs, *NAMES, raw="PROCESSING")
        begin(jobs)
        put(jobs, *NAMES, raw="FAILED")

        def hang(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "GetImportJob":
                raise TimeoutError

        api_of(jobs).fail = hang
        for _ in range(2):
            jobs.poll()
            assert calls(jobs)["get_import_job"] == 2
        assert told(jobs) == []
        jobs.poll()
        assert told(jobs) == NAMES


class TestAbsence:
    def test_of_one_that_the_get_still_knows_is_nothing(self, jobs: Simulation) -> None:
        put(jobs, "a", "b", raw="PROCESSING")
        begin(jobs)
        api_of(jobs).hidden.add("a")
        for _ in range(4):
            jobs.poll()
        assert told(jobs) == []

    def test_of_one_that_is_missed_once_is_nothing_and_twice_is_told(
        self, jobs: Simulation
    ) -> None:
        put(jobs, "a", "b", raw="PROCESSING")
        begin(jobs)
        del api_of(jobs).jobs["a"]
        jobs.poll()
        assert told(jobs) == []
        jobs.poll()
        assert lives(jobs) == {"a": ["NOT_FOUND"]}
        calls(jobs)
        for _ in range(2):
            jobs.poll()
            assert calls(jobs) == {"GetItem": 1, "list_import_jobs": 1}

    def test_that_ends_between_the_two_is_as_if_it_had_never_been(self, jobs: Simulation) -> None:
        put(jobs, "a", raw="PROCESSING")
        begin(jobs)
        there = dict(api_of(jobs).jobs)
        for _ in range(3):
            api_of(jobs).jobs = {}
            jobs.poll()
            api_of(jobs).jobs = dict(there)
            jobs.poll()
        assert told(jobs) == []

    def test_of_one_that_comes_back_later_is_a_change_like_any_other(
        self, jobs: Simulation
    ) -> None:
        put(jobs, "a", raw="PROCESSING")
        begin(jobs)
        there = dict(api_of(jobs).jobs)
        api_of(jobs).jobs = {}
        for _ in range(2):
            jobs.poll()
        api_of(jobs).jobs = there
        jobs.poll()
        assert lives(jobs) == {"a": ["NOT_FOUND", "PROCESSING"]}


class TestAListThatFails:
    """A failed read is not an empty list, but what was seen before it failed was seen."""

    @pytest.fixture
    def broken(self, jobs: Simulation) -> Simulation:
        """Its second page is refused."""
        put(jobs, *NAMES[:6], raw="PROCESSING")
        begin(jobs)

        def fail(operation: str, given: Mapping[str, Any]) -> None:
            if operation == "ListImportJobs" and "NextToken" in given:
                raise refused("InternalFailure", operation)

        api_of(jobs).fail = fail
        return jobs

    def test_tells_what_it_surely_showed_and_that_once(self, broken: Simulation) -> None:
        """E17."""
        put(broken, "j00", "j05", raw="FAILED")
        for _ in range(5):
            broken.poll()
        assert told(broken) == ["j00"]
        allow(broken)
        broken.poll()
        assert told(broken) == ["j05"]

    def test_makes_nothing_gone_and_nothing_stalled(self, broken: Simulation) -> None:
        del api_of(broken).jobs["j00"]
        for _ in range(5):
            broken.poll()
        assert told(broken) == []

    def test_costs_no_write_once_it_is_unreachable(self, broken: Simulation) -> None:
        for _ in range(3):
            broken.poll()
        calls(broken)
        broken.poll()
        assert calls(broken)["PutItem"] == 0

    def test_that_is_the_first_read_stays_quiet_until_one_is_complete(self, tmp_path: Path) -> None:
        jobs = watching(tmp_path, UNSORTED)
        put(jobs, *NAMES[:6], raw="PROCESSING")
        fails = [True]

        def fail(operation: str, given: Mapping[str, Any]) -> None:
            if fails[0] and "NextToken" in given:
                raise refused("InternalFailure", operation)

        api_of(jobs).fail = fail
        jobs.poll()
        fails[0] = False
        jobs.poll()
        assert told(jobs) == []
        put(jobs, "new", raw="PROCESSING")
        jobs.poll()
        assert told(jobs) == ["new"]


def test_an_index_that_is_behind_tells_nothing_twice_and_loses_nothing(jobs: Simulation) -> None:
    put(jobs, "a", "b", raw="PROCESSING")
    begin(jobs)
    jobs.dynamodb.behind = dict(jobs.dynamodb.items)
    put(jobs, "a", "new", raw="FAILED")
    for _ in range(2):
        jobs.poll()
    put(jobs, "b", raw="FAILED")
    jobs.poll()
    jobs.dynamodb.behind = None
    jobs.poll()
    assert told(jobs) == ["a", "b", "new"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(12))
def test_a_stop_at_any_call_loses_none_of_what_is_written(
    jobs: Simulation, number: int, after: bool
) -> None:
    put(jobs, "runs", raw="PROCESSING")
    begin(jobs)
    put(jobs, "runs", "n1", "n2", "n3", raw="FAILED")
    jobs.faults.stop_at, jobs.faults.after = number, after
    jobs.poll()
    jobs.faults.restart()
    for _ in range(2):
        jobs.poll(6 * MINUTE)
    assert told(jobs) == ["n1", "n2", "n3", "runs"]


def test_finished_jobs_of_a_list_without_ages_stay_remembered_while_they_are_listed(
    tmp_path: Path,
) -> None:
    simulation = Simulation(make_plan(tmp_path, {"jobs": {"source": AGELESS}}, retention="8 days"))
    simulation.poll()
    put(simulation, "arn:a", "arn:b", raw="COMPLETED")
    simulation.poll()
    assert told(simulation) == ["arn:a", "arn:b"]
    for _ in range(24):
        simulation.poll(DAY)
        now = simulation.now.timestamp()
        for key, item in list(simulation.dynamodb.items.items()):
            if "expires_at" in item and int(item["expires_at"]["N"]) < now:
                del simulation.dynamodb.items[key]
        assert told(simulation) == []
    assert stored_jobs(simulation) == 2


class TestALongList:
    """A list that no invocation has time to read as a whole."""

    @pytest.fixture(params=[UNSORTED, SORTED])
    def long(self, tmp_path: Path, request: pytest.FixtureRequest) -> Simulation:
        """Twelve pages, of which an invocation has time for about three."""
        simulation = watching(tmp_path, request.param)
        put(simulation, *NAMES, raw="PROCESSING")
        simulation.pace = 35
        return simulation

    def settle(self, long: Simulation, polls: int = 10) -> None:
        for _ in range(polls):
            assert long.poll() is not None

    def test_is_read_over_several_turns_and_quietly_at_first(self, long: Simulation) -> None:
        api = api_of(long)
        found = []
        for _ in range(10):
            before = api.made(api.source.listing.operation)
            long.poll()
            found.append(api.made(api.source.listing.operation) - before)
        assert max(found) < 12
        assert stored_jobs(long) == 24
        assert told(long) == []

    def test_has_every_change_told_once(self, long: Simulation) -> None:
        self.settle(long)
        put(long, "j00", "j07", "j12", "j23", "new", raw="FAILED")
        self.settle(long, 30)
        assert told(long) == ["j00", "j07", "j12", "j23", "new"]

    def test_knows_who_is_absent_at_its_end_only(self, long: Simulation) -> None:
        self.settle(long)
        api = api_of(long)
        del api.jobs["j00"], api.jobs["j23"]
        long.poll()
        assert told(long) == []
        self.settle(long, 50)
        assert told(long) == ["j00", "j23"]

    @pytest.mark.parametrize("number", range(0, 40, 4))
    def test_loses_nothing_when_any_turn_is_stopped(self, long: Simulation, number: int) -> None:
        self.settle(long)
        names = sorted(["j01", "j13", "j22", *[f"new-{n}" for n in range(9)]])
        put(long, *names, raw="FAILED")
        calls(long)
        long.faults.stop_at = number
        for _ in range(3):
            long.poll()
        long.faults.restart()
        for _ in range(20):
            assert long.poll(6 * MINUTE) is not None
        assert told(long) == names

    def test_begins_anew_when_its_token_is_refused(self, long: Simulation) -> None:
        self.settle(long)
        put(long, "j11", raw="FAILED")
        long.poll()
        token = api_of(long).source.listing.token
        assert token is not None

        def refuse(operation: str, given: Mapping[str, Any]) -> None:
            if token.send in given:
                raise refused("BadRequestException", operation)

        api_of(long).fail = refuse
        for _ in range(2):
            long.poll()
        allow(long)
        self.settle(long, 20)
        assert told(long) == ["j11"]


def test_a_change_on_a_page_before_is_found_by_the_second_reading(jobs: Simulation) -> None:
    put(jobs, *NAMES, raw="COMPLETED")
    begin(jobs)
    put_first(jobs, "new", raw="FAILED")
    jobs.pace = 35
    for _ in range(12):
        jobs.poll()
    assert told(jobs) == ["new"]


def test_what_ends_on_a_page_after_which_there_is_no_time_for_its_get_is_told_all_the_same(
    jobs: Simulation,
) -> None:
    """The list alone takes all the time, in each turn anew."""
    put(jobs, *NAMES[:8], raw="PROCESSING")
    begin(jobs)
    put(jobs, *NAMES[:8], raw="FAILED")
    jobs.pace = 38
    for _ in range(20):
        jobs.poll()
    assert told(jobs) == NAMES[:8]


def test_a_partial_success_of_which_the_get_tells_no_count_is_told_once_it_does(
    jobs: Simulation,
) -> None:
    """Seed 70451 of 'writes': it stayed a success until all of the list was looked up, in a day."""
    put(jobs, "j1", raw="PROCESSING")
    begin(jobs)
    api = api_of(jobs)
    api.jobs["j1"] |= {"JobStatus": "COMPLETED", "FailedRecordsCount": 3}
    api.fuller["j1"] = {"FailedRecordsCount": "many"}
    jobs.poll()
    del api.fuller["j1"]
    for _ in range(2):
        jobs.poll()
    jobs.publish()
    assert [event["detail"]["status"] for event in jobs.told()] == ["SUCCEEDED", "PARTIAL"]
    calls(jobs)
    jobs.poll()
    assert calls(jobs) == {"GetItem": 1, "list_import_jobs": 1}


def test_no_time_is_kept_for_gets_where_the_list_tells_all_of_an_end(tmp_path: Path) -> None:
    """A list that failed is read on as far as another, also behind a scope that takes its time."""

    def deny(operation: str, _: Mapping[str, Any]) -> None:
        raise refused("InternalServiceErrorException", operation)

    pages = []
    for fails in (False, True):
        jobs = watching(tmp_path, SORTED)
        begin(jobs)
        put(jobs, *[f"new-{number:02}" for number in range(60)], raw="FAILED")
        if fails:
            api_of(jobs).fail = deny
            jobs.poll()
            allow(jobs)
        calls(jobs)
        jobs.pace = 20
        jobs.poll()
        pages.append(calls(jobs)["list_jobs"])
    assert pages[0] == pages[1] > 5


def test_a_list_longer_than_memory_has_room_for_is_read_in_pieces(tmp_path: Path) -> None:
    jobs = watching(tmp_path, UNSORTED)
    api_of(jobs).page_size = 1_000
    put(jobs, *(f"job-{n}" for n in range(MOST_COMPARED + 1_500)), raw="COMPLETED")
    begin(jobs)
    assert stored_jobs(jobs) == MOST_COMPARED + 1_500
    put(jobs, "job-7", raw="FAILED")
    counts = [summary.counts["Jobs"] for _ in range(4) if (summary := jobs.poll())]
    assert max(counts) <= MOST_COMPARED + 1_500
    assert counts[0] == MOST_COMPARED
    assert told(jobs) == ["job-7"]


@pytest.mark.parametrize("source", [UNSORTED, SORTED])
def test_jobs_with_much_in_them_are_kept_no_further_than_memory_has_room(
    tmp_path: Path, source: str
) -> None:
    """Whoever starts jobs writes what is in them: here two megabytes each, or one text for all."""
    jobs = watching(tmp_path, source)
    api_of(jobs).page_size = 10
    names = [f"job-{n:03}" for n in range(150)]
    put(jobs, *names, raw="PROCESSING")
    much = {"Keys": ["x" * 2_000_000]}
    for each in names:
        api_of(jobs).jobs[each]["Details"] = much
    begin(jobs)
    counts = [jobs.poll().counts["Jobs"] for _ in range(5)]
    assert max(counts) <= MOST_BYTES / 2_000_000 + 10
    put(jobs, "job-070", raw="FAILED")
    for _ in range(12):
        jobs.poll()
    assert told(jobs) == ["job-070"]


@pytest.mark.parametrize("seed", range(10))
def test_however_a_list_is_cut_the_same_is_told(tmp_path: Path, seed: int) -> None:
    """Random jobs, changes and cuts, beside an engine that has all the time of the world."""
    source = [UNSORTED, SORTED][seed % 2]
    dice = random.Random(seed)  # noqa: S311  it decides what happens, nothing else
    whole, cut = watching(tmp_path, source), watching(tmp_path, source)
    begun: list[str] = []
    for tick in range(12):
        fresh = [f"{tick}-{number}" for number in range(dice.randrange(6))]
        runs = [job_id for job_id in fresh if dice.random() < 0.5]
        ends = dice.sample(begun, dice.randrange(len(begun) + 1))
        begun = [job_id for job_id in begun if job_id not in ends] + runs
        for simulation in (whole, cut):
            for job_id in fresh:
                put(simulation, job_id, raw="PROCESSING" if job_id in runs else "FAILED")
            put(simulation, *ends, raw="FAILED")
        cut.pace = dice.choice([0, 13, 35, 61])
        whole.poll()
        for _ in range(20):
            assert cut.poll() is not None
    cut.pace = 0
    for _ in range(3):
        cut.poll(DAY)
        whole.poll(DAY)
    assert lives(cut) == lives(whole)
