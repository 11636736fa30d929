"""What a look at a scope reads, looks up and writes, and what it tells for that."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambdas.list_look import FEW, MOST_LISTED
from tests.api import FakeApi, refused
from tests.memory import Crash
from tests.sim import Simulation
from tests.stage import make_plan
from tests.values import DAY, HOUR, MINUTE, NOW

UNSORTED, SORTED, AGELESS = "sesv2.import-jobs", "dataexchange.jobs", "dynamodb.exports"
RAW = {"FAILED": "ERROR", "PROCESSING": "IN_PROGRESS"}


def watching(folder: Path, source: str, **watch: Any) -> Simulation:
    return Simulation(make_plan(folder, {"jobs": {"source": source, **watch}}))


@pytest.fixture
def unsorted(tmp_path: Path) -> Simulation:
    return watching(tmp_path, UNSORTED)


@pytest.fixture
def newest_first(tmp_path: Path) -> Simulation:
    """Twenty finished jobs and three that run, which are the newest."""
    simulation = watching(tmp_path, SORTED)
    put(simulation, *[f"old-{number:02}" for number in range(20)], raw="COMPLETED")
    put(simulation, "run-0", "run-1", "run-2", raw="PROCESSING")
    simulation.poll()
    assert told(simulation) == []
    calls(simulation)
    return simulation


def api_of(simulation: Simulation) -> FakeApi:
    (api,) = simulation.apis.values()
    return api


def put(simulation: Simulation, *job_ids: str, raw: str) -> None:
    api = api_of(simulation)
    raw = RAW.get(raw, raw) if api.source.newest_first else raw
    for job_id in job_ids:
        api.put(job_id, raw, CreatedTimestamp=NOW - HOUR, CreatedAt=NOW - HOUR)
        api.fuller[job_id] = {"CompletedTimestamp": NOW}


def calls(simulation: Simulation) -> Counter[str]:
    """Count the calls since the last look."""
    found = Counter(simulation.faults.calls)
    simulation.faults.calls.clear()
    return found


def told(simulation: Simulation) -> list[str]:
    """Name the jobs that were told since the last look, sorted; a job told twice is there twice."""
    simulation.publish()
    found = sorted(e["detail"]["job_id"] for e in simulation.told() if "job_id" in e["detail"])
    simulation.bus.events.clear()
    return found


def deny_gets(simulation: Simulation, *job_ids: str) -> None:
    api = api_of(simulation)

    def fail(operation: str, parameters: Mapping[str, Any]) -> None:
        if operation == api.source.get.operation and parameters[api.source.get.id] in job_ids:
            raise refused("InternalServiceErrorException", operation)

    api.fail = fail


def allow(simulation: Simulation) -> None:
    api_of(simulation).fail = lambda *_: None


class TestAListOfAnyOrder:
    def test_unchanged_finished_jobs_cost_one_query_and_the_pages(
        self, unsorted: Simulation
    ) -> None:
        put(unsorted, *[f"j{number}" for number in range(300)], raw="COMPLETED")
        unsorted.poll()
        calls(unsorted)
        unsorted.poll()
        assert calls(unsorted) == {"Query": 1, "list_import_jobs": 150}

    def test_a_finished_job_first_seen_is_looked_up_and_told_and_few_others_are_looked_up(
        self, unsorted: Simulation
    ) -> None:
        put(unsorted, *[f"j{number}" for number in range(2_000)], raw="COMPLETED")
        api_of(unsorted).page_size = 1_000
        unsorted.poll()
        asked: list[str] = []
        batch_get_item = unsorted.dynamodb.batch_get_item

        def batch_get(**call: Any) -> Any:
            asked.extend(key["sk"]["S"] for key in call["RequestItems"]["seen"]["Keys"])
            return batch_get_item(**call)

        unsorted.dynamodb.batch_get_item = batch_get  # type: ignore[method-assign]
        put(unsorted, "new", raw="FAILED")
        unsorted.poll()
        assert told(unsorted) == ["new"]
        assert "job#new" in asked
        assert len(set(asked)) < 30

    def test_an_active_job_that_ended_has_no_other_looked_up(self, unsorted: Simulation) -> None:
        put(unsorted, *[f"j{number}" for number in range(2_000)], raw="COMPLETED")
        put(unsorted, "runs", raw="PROCESSING")
        api_of(unsorted).page_size = 1_000
        unsorted.poll()
        calls(unsorted)
        put(unsorted, "runs", raw="FAILED")
        unsorted.poll()
        assert told(unsorted) == ["runs"]
        found = calls(unsorted)
        assert (found["BatchGetItem"], found["get_import_job"], found["PutItem"]) == (0, 1, 2)
        unsorted.poll()
        assert calls(unsorted) == {"Query": 1, "list_import_jobs": 3}

    def test_a_get_that_fails_is_held_back_and_the_digest_does_not_vouch_for_it(
        self, unsorted: Simulation
    ) -> None:
        put(unsorted, *[f"j{number}" for number in range(20)], raw="COMPLETED")
        unsorted.poll()
        put(unsorted, "new", raw="FAILED")
        deny_gets(unsorted, "new")
        unsorted.poll()
        assert told(unsorted) == []
        allow(unsorted)
        unsorted.poll()
        assert told(unsorted) == ["new"]
        unsorted.poll()
        assert told(unsorted) == []

    def test_a_get_that_goes_on_failing_is_told_without_in_the_third_poll(
        self, unsorted: Simulation
    ) -> None:
        unsorted.poll()
        put(unsorted, "new", raw="FAILED")
        deny_gets(unsorted, "new")
        unsorted.poll()
        unsorted.poll()
        assert told(unsorted) == []
        unsorted.poll()
        assert told(unsorted) == ["new"]

    @pytest.mark.parametrize("raw", ["FAILED", "PROCESSING"])
    def test_a_write_that_lost_a_race_is_looked_at_again_and_nothing_is_told_twice(
        self, unsorted: Simulation, raw: str
    ) -> None:
        put(unsorted, "runs", raw="PROCESSING")
        unsorted.poll()
        put(unsorted, "runs", "new", raw="FAILED")
        api, raced = api_of(unsorted), []

        def race(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "ListImportJobs" and not raced:
                raced.append(operation)
                put(unsorted, "new", raw=raw)
                unsorted.poll()
                put(unsorted, "new", raw="FAILED")

        api.fail = race
        unsorted.poll()
        unsorted.poll()
        assert told(unsorted) == (["new", "runs"] if raw == "FAILED" else ["new", "new", "runs"])
        calls(unsorted)
        unsorted.poll()
        assert calls(unsorted) == {"Query": 1, "list_import_jobs": 1}

    def test_what_another_poll_wrote_last_is_not_vouched_for_by_the_digest(
        self, unsorted: Simulation
    ) -> None:
        """The other found the job gone, and was stopped; then the job is there again."""
        put(unsorted, "runs", raw="PROCESSING")
        unsorted.poll()
        client, raced = unsorted.clients.client, []

        def race(*given: Any) -> Any:
            if not raced:
                raced.append(given)
                api_of(unsorted).jobs.clear()
                unsorted.faults.stop_at = len(unsorted.faults.calls) + 4
                unsorted.faults.after = True
                assert unsorted.poll() is None
                put(unsorted, "runs", raw="FAILED")
            return client(*given)

        unsorted.clients.client = race
        unsorted.poll()
        unsorted.poll()
        unsorted.publish()
        assert [e["detail"]["raw_status"] for e in unsorted.told()] == ["NOT_FOUND", "FAILED"]

    def test_an_index_that_is_behind_tells_nothing_twice_and_loses_nothing(
        self, unsorted: Simulation
    ) -> None:
        put(unsorted, "a", "b", raw="PROCESSING")
        unsorted.poll()
        unsorted.dynamodb.behind = dict(unsorted.dynamodb.items)
        put(unsorted, "a", "new", raw="FAILED")
        unsorted.poll()
        unsorted.poll()
        put(unsorted, "b", raw="FAILED")
        unsorted.poll()
        unsorted.dynamodb.behind = None
        unsorted.poll()
        assert told(unsorted) == ["a", "b", "new"]


class TestAListWithoutAges:
    def test_finished_jobs_stay_remembered_as_long_as_they_are_listed(self, tmp_path: Path) -> None:
        plan = make_plan(tmp_path, {"jobs": {"source": AGELESS}}, retention="8 days")
        simulation = Simulation(plan)
        simulation.poll()
        put(simulation, "arn:a", "arn:b", raw="COMPLETED")
        simulation.poll()
        assert told(simulation) == ["arn:a", "arn:b"]
        for _ in range(24):
            simulation.poll(DAY)
            expired = str(int(simulation.now.timestamp()))
            for key, item in list(simulation.dynamodb.items.items()):
                if "expires_at" in item and int(item["expires_at"]["N"]) < int(expired):
                    del simulation.dynamodb.items[key]
            assert told(simulation) == []
        assert sum(key.startswith("job#") for _, key in simulation.dynamodb.items) == 2


class TestASortedList:
    @pytest.mark.parametrize("finished", [0, 10, 400])
    def test_unchanged_it_costs_one_page_whatever_its_length(
        self, tmp_path: Path, finished: int
    ) -> None:
        simulation = watching(tmp_path, SORTED)
        put(simulation, *[f"old-{number}" for number in range(finished)], raw="COMPLETED")
        put(simulation, *[f"run-{number}" for number in range(10)], raw="PROCESSING")
        api_of(simulation).page_size = 12
        simulation.poll()
        calls(simulation)
        simulation.poll()
        assert calls(simulation) == {"Query": 1, "list_jobs": 1}

    @pytest.mark.parametrize("news", [1, 2, 3, 4, 5])
    def test_it_is_read_up_to_the_page_that_ends_in_what_is_known(
        self, newest_first: Simulation, news: int
    ) -> None:
        put(newest_first, *[f"new-{number}" for number in range(news)], raw="FAILED")
        newest_first.poll()
        assert told(newest_first) == [f"new-{number}" for number in range(news)]
        assert calls(newest_first)["list_jobs"] == news // 2 + 1
        newest_first.poll()
        found = calls(newest_first)
        assert (found["list_jobs"], found["PutItem"]) == (1, 0)

    def test_few_unfinished_jobs_further_back_are_asked_for_alone(
        self, newest_first: Simulation
    ) -> None:
        put(newest_first, "run-0", raw="FAILED")
        newest_first.poll()
        assert told(newest_first) == ["run-0"]
        found = calls(newest_first)
        assert (found["list_jobs"], found["get_job"]) == (1, 1)

    def test_for_many_unfinished_jobs_further_back_the_list_is_read_on(
        self, tmp_path: Path
    ) -> None:
        simulation = watching(tmp_path, SORTED)
        put(simulation, *[f"old-{number}" for number in range(10)], raw="COMPLETED")
        put(simulation, *[f"run-{number}" for number in range(FEW + 3)], raw="PROCESSING")
        simulation.poll()
        calls(simulation)
        simulation.poll()
        found = calls(simulation)
        # Two pages leave nine of the thirteen: few enough to ask for.
        assert (found["list_jobs"], found["get_job"], found["PutItem"]) == (2, FEW - 1, 0)

    def test_a_job_is_gone_only_when_the_rest_of_the_list_has_not_got_it_either(
        self, newest_first: Simulation
    ) -> None:
        api = api_of(newest_first)

        def not_found(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "GetJob":
                raise refused("ResourceNotFoundException", operation)

        api.fail = not_found
        newest_first.poll()
        assert told(newest_first) == []
        assert calls(newest_first)["list_jobs"] == 2
        del api.jobs["run-0"]
        newest_first.poll()
        assert told(newest_first) == ["run-0"]
        assert calls(newest_first)["list_jobs"] == 11

    def test_what_slipped_in_further_back_is_found_by_the_daily_read(
        self, newest_first: Simulation
    ) -> None:
        api = api_of(newest_first)
        put(newest_first, "late", raw="FAILED")
        api.jobs = {"late": api.jobs.pop("late"), **api.jobs}
        newest_first.poll()
        assert told(newest_first) == []
        newest_first.poll(DAY)
        assert told(newest_first) == ["late"]
        assert calls(newest_first)["list_jobs"] == 1 + 12

    def test_jobs_beyond_the_retention_are_no_news_and_end_the_reading(
        self, newest_first: Simulation
    ) -> None:
        long_ago = NOW - 90 * DAY
        for number in range(6):
            api_of(newest_first).put(
                f"aged-{number}", "ERROR", CreatedAt=long_ago, UpdatedAt=long_ago
            )
        newest_first.poll()
        assert told(newest_first) == []
        assert calls(newest_first)["list_jobs"] == 1

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("number", range(24))
    def test_a_stop_while_news_of_several_pages_are_written_loses_none(
        self, newest_first: Simulation, number: int, after: bool
    ) -> None:
        """What was written ends a page of the next read, and the rest is behind it."""
        names = [f"new-{number}" for number in range(6)]
        put(newest_first, *names, raw="FAILED")
        newest_first.faults.stop_at, newest_first.faults.after = number, after
        newest_first.poll()
        newest_first.faults.restart()
        newest_first.poll()
        assert told(newest_first) == names

    def test_a_second_look_at_news_of_several_pages_leaves_them_to_the_first(
        self, newest_first: Simulation
    ) -> None:
        names = [f"new-{number}" for number in range(6)]
        put(newest_first, *names, raw="FAILED")
        api, raced = api_of(newest_first), []

        def race(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "ListJobs" and not raced:
                raced.append(operation)
                newest_first.poll()

        api.fail = race
        newest_first.poll()
        assert told(newest_first) == names
        calls(newest_first)
        newest_first.poll()
        found = calls(newest_first)
        assert (found["list_jobs"], found["PutItem"]) == (1, 0)

    @pytest.mark.parametrize("number", range(8, 24))
    def test_a_look_that_was_overtaken_and_stopped_loses_no_news_of_several_pages(
        self, newest_first: Simulation, number: int
    ) -> None:
        names = [f"new-{number}" for number in range(6)]
        client, raced = newest_first.clients.client, []

        def overtake(*given: Any) -> Any:
            if not raced:
                raced.append(given)
                put(newest_first, "first", raw="FAILED")
                newest_first.poll()
                put(newest_first, *names, raw="FAILED")
                newest_first.faults.stop_at = len(newest_first.faults.calls) + number
                newest_first.faults.after = True
            return client(*given)

        newest_first.clients.client = overtake
        newest_first.poll()
        newest_first.faults.restart()
        newest_first.poll()
        assert told(newest_first) == ["first", *names]


class TestALongList:
    """A list that no invocation has time to read as a whole."""

    @pytest.fixture(params=[UNSORTED, SORTED])
    def long(self, tmp_path: Path, request: pytest.FixtureRequest) -> Simulation:
        """Twelve pages; each takes 25 of an invocation's 60 seconds: three pages are a piece."""
        simulation = watching(tmp_path, request.param)
        put(simulation, *[f"j{number:02}" for number in range(24)], raw="PROCESSING")
        simulation.pace = 25
        return simulation

    def test_its_first_read_is_quiet(self, long: Simulation) -> None:
        long.poll()
        assert long.queue.entries == []
        found = calls(long)
        assert found["SendMessageBatch"] >= 3
        assert told(long) == []
        jobs = [key for _, key in long.dynamodb.items if key.startswith("job#")]
        assert len(jobs) == 24

    def test_each_of_its_pieces_may_yield_once(self, long: Simulation) -> None:
        api, throttled = api_of(long), []

        def throttle(operation: str, parameters: Mapping[str, Any]) -> None:
            token = parameters.get("NextToken")
            if token in {None, "6"} and token not in throttled:
                throttled.append(token)
                raise refused("ThrottlingException", operation)

        api.fail = throttle
        long.poll()
        assert throttled == [None, "6"]
        assert len([key for _, key in long.dynamodb.items if key.startswith("job#")]) == 24

    def test_every_change_is_told_once(self, long: Simulation) -> None:
        long.poll()
        put(long, "j00", "j07", "j12", "j23", "new", raw="FAILED")
        for _ in range(4):
            long.poll()
        assert told(long) == ["j00", "j07", "j12", "j23", "new"]

    def test_who_is_absent_is_known_at_its_end_only(self, long: Simulation) -> None:
        long.poll()
        api = api_of(long)
        del api.jobs["j00"], api.jobs["j23"]
        long.now += MINUTE
        long.invoke({})
        assert "j00" not in told(long)
        assert api.made(api.source.get.operation) == 0
        long.deliver()
        assert told(long) == ["j00", "j23"]

    def test_ticks_leave_it_alone_meanwhile(self, long: Simulation) -> None:
        long.poll()
        put(long, *[f"new-{number}" for number in range(9)], raw="FAILED")
        long.invoke({})
        calls(long)
        long.now += MINUTE
        long.invoke({})
        assert calls(long) == {"Query": 1}
        assert len(long.queue.entries) == 1

    def test_it_is_begun_anew_when_nobody_goes_on_with_it(self, long: Simulation) -> None:
        long.poll()
        put(long, "new", "j01", "j22", raw="FAILED")
        long.invoke({})
        long.queue.entries.clear()
        long.poll(14 * MINUTE)
        found = told(long)
        long.poll(2 * MINUTE)
        assert sorted(found + told(long)) == ["j01", "j22", "new"]

    @pytest.mark.parametrize("number", range(0, 40, 3))
    def test_a_stop_in_any_piece_loses_nothing(self, long: Simulation, number: int) -> None:
        long.poll()
        names = sorted(["j01", "j13", "j22", *[f"new-{number}" for number in range(9)]])
        put(long, *names, raw="FAILED")
        calls(long)
        long.faults.stop_at = number
        long.poll()
        long.faults.restart()
        for later in (16, 1, 1):
            long.poll(later * MINUTE)
        assert told(long) == names


def test_a_page_token_that_is_refused_when_going_on_is_a_failed_read_and_begun_anew(
    unsorted: Simulation,
) -> None:
    put(unsorted, *[f"j{number:02}" for number in range(12)], raw="PROCESSING")
    unsorted.poll()
    unsorted.pace = 20
    put(unsorted, "j11", raw="FAILED")
    unsorted.now += MINUTE
    unsorted.invoke({})

    def refuse(_: str, parameters: Mapping[str, Any]) -> None:
        if "NextToken" in parameters:
            raise refused("BadRequestException")

    api_of(unsorted).fail = refuse
    unsorted.deliver()
    assert told(unsorted) == []
    allow(unsorted)
    unsorted.poll()
    assert told(unsorted) == ["j11"]


def test_a_finished_job_on_an_early_page_is_found_by_the_second_reading(
    unsorted: Simulation,
) -> None:
    put(unsorted, *[f"j{number:02}" for number in range(12)], raw="COMPLETED")
    unsorted.poll()
    api = api_of(unsorted)
    put(unsorted, "new", raw="FAILED")
    api.jobs = {"new": api.jobs.pop("new"), **api.jobs}
    unsorted.pace = 20
    calls(unsorted)
    unsorted.poll()
    assert told(unsorted) == ["new"]
    assert calls(unsorted)["list_import_jobs"] == 2 * 7
    unsorted.poll()
    assert calls(unsorted)["list_import_jobs"] == 7


def test_the_gets_of_an_early_piece_have_time_and_count_when_they_fail(
    unsorted: Simulation,
) -> None:
    put(unsorted, *[f"j{number:02}" for number in range(12)], raw="PROCESSING")
    unsorted.poll()
    unsorted.pace = 14
    put(unsorted, "j00", raw="FAILED")
    unsorted.poll()
    assert told(unsorted) == ["j00"]
    put(unsorted, "j01", raw="FAILED")
    deny_gets(unsorted, "j01")
    calls(unsorted)
    unsorted.poll()
    assert calls(unsorted)["get_import_job"] == 1
    unsorted.poll()
    assert told(unsorted) == []
    unsorted.poll()
    assert told(unsorted) == ["j01"]


@pytest.mark.parametrize("source", [UNSORTED, SORTED])
def test_a_list_longer_than_memory_has_room_for_is_read_in_pieces(
    tmp_path: Path, source: str
) -> None:
    simulation = watching(tmp_path, source)
    api_of(simulation).page_size = 1_000
    put(simulation, *(f"job-{n}" for n in range(MOST_LISTED + 1_500)), raw="COMPLETED")
    first = simulation.poll()
    assert first is not None
    assert (first.counts["Jobs"], first.counts["Queued"]) == (MOST_LISTED, 1)
    jobs = [key for _, key in simulation.dynamodb.items if key.startswith("job#")]
    assert len(jobs) == MOST_LISTED + 1_500
    assert told(simulation) == []
    put(simulation, "job-7", raw="FAILED")
    simulation.poll()
    assert told(simulation) == (["job-7"] if source == UNSORTED else [])


def test_a_function_that_was_stopped_calls_no_more(unsorted: Simulation) -> None:
    """The stops of these tests are real ones."""
    unsorted.faults.stop_at = 1
    with pytest.raises(Crash):
        unsorted.invoke({})
    assert len(unsorted.faults.calls) == 2
