"""`include` and `exclude`: which jobs a watch looks at, and what becomes of those it knew."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambdas.apis.reader import Page
from lambdas.apis.selection import Selection
from lambdas.diff import diff
from lambdas.digest import short
from lambdas.globs import fits
from lambdas.health import narrowed
from lambdas.model import JOB_STATUS_CHANGE, Health, ListedJob
from lambdas.plan import parse_plan, write_plan
from lambdas.poll.whole import find
from tests.api import refused
from tests.flow import make_plan
from tests.lists import on_the_table
from tests.sim import Simulation, deploy
from tests.simulation.jobwatch import base_plan
from tests.values import DAY, HOUR, MINUTE, NOW, READ, job, rules, stored

SES, SORTED = "sesv2.import-jobs", "dataexchange.jobs"
LISTED, NAMED = "translate.text-translation-jobs", "comprehend.sentiment-detection-jobs"
SOURCES = (SES, SORTED, LISTED)
PROD = {"include": {"id": ["prod-*"]}}
ENDED = {SES: "FAILED", SORTED: "ERROR", LISTED: "FAILED", NAMED: "FAILED"}
RUNS = {SES: "PROCESSING", SORTED: "IN_PROGRESS", LISTED: "IN_PROGRESS", NAMED: "IN_PROGRESS"}


@pytest.mark.parametrize(
    ("glob", "value", "fitting"),
    [
        ("prod-*", "prod-1", True),
        ("prod-*", "PROD-1", False),
        ("prod-*", "a prod-1", False),
        ("prod-?", "prod-12", False),
        ("prod-[12]", "prod-2", True),
        ("prod-[!12]", "prod-2", False),
        ("*", "two\nlines", True),
        ("a.c", "abc", False),
        ("*", None, False),
    ],
)
def test_a_glob_fits_as_a_shells_does(glob: str, value: str | None, fitting: bool) -> None:
    assert fits((glob,), value) is fitting
    assert fits(("nothing", glob), value) is fitting


def test_no_glob_takes_long() -> None:
    began = time.process_time()
    assert not fits(("*a" * 100 + "b",), "a" * 10_000)
    assert time.process_time() - began < 1


def takes(answer: Mapping[str, Any], *, listed: bool = True, **globs: Any) -> bool:
    plan = base_plan((NAMED,))
    seen = job(job_id="j1", answer=answer)
    selection = Selection(plan.sources[NAMED], **globs)
    return selection.takes(seen) if listed else not selection.leaves_out(seen)


def test_each_word_of_include_must_fit_and_none_of_exclude_may() -> None:
    named = {"JobName": "prod-a"}
    assert takes(named, include={"name": ("prod-*",), "id": ("j*",)})
    assert not takes(named, include={"name": ("prod-*",), "id": ("k*",)})
    assert not takes(named, include={"name": ("prod-*",)}, exclude={"id": ("j1",)})
    assert takes(named, exclude={"name": ("test-*",), "id": ("k*",)})


def test_what_a_list_does_not_tell_is_not_taken_in_and_what_a_get_does_not_tell_decides_nothing() -> (  # noqa: E501
    None
):
    unnamed = dict[str, Any]()
    assert not takes(unnamed, include={"name": ("*",)})
    assert takes(unnamed, exclude={"name": ("*",)})
    assert takes(unnamed, include={"name": ("*",)}, listed=False)
    assert not takes({"JobName": "test"}, include={"name": ("prod",)}, listed=False)


@pytest.mark.parametrize("told", ["api-key: [withheld]", "prod\ufffd1", "prod-import of con…"])
def test_what_is_not_stored_whole_of_a_job_decides_nothing(told: str) -> None:
    """Its name may fit: closed by what is left of that, it was followed no more, and silently."""
    source = base_plan((NAMED,)).sources[NAMED]
    known = stored(detail=json.dumps({"job_name": told, "job_type": told}))
    assert not Selection(source, {"name": ("*7",), "type": ("*7",)}).leaves_out(known)
    assert not Selection(source, exclude={"name": (told,), "type": (told,)}).leaves_out(known)


class TestTheHealth:
    """What a scope's next reading is like after a deployment with other globs."""

    def test_begins_anew_but_for_what_is_known(self) -> None:
        after = narrowed(READ, NOW, 7, NOW - MINUTE)
        assert (after.narrowed, after.read_at, after.digest) == (7, None, None)
        assert (after.began_at, after.globs_since) == (NOW, NOW - MINUTE)
        assert narrowed(after, NOW + HOUR, 7, NOW) == after

    def test_tells_of_no_job_of_an_unknown_age(self) -> None:
        """Seed 17 of 'narrow': each job of which the service tells no time was told as new."""
        after = narrowed(READ, NOW, 7, NOW - MINUTE)
        for created, announce in ((NOW, JOB_STATUS_CHANGE), (NOW - HOUR, None), (None, None)):
            seen = job("FAILED", created_at=created)
            (change,) = diff(after, {}, [seen], (), rules())
            assert change.announce == announce

    def test_of_a_scope_that_was_never_read_stays_as_it_began(self) -> None:
        new = Health(version=2, began_at=NOW - DAY)
        assert narrowed(new, NOW, 7, NOW) == Health(version=2, began_at=NOW - DAY, narrowed=7)


def watching(folder: Path, source: str, **watch: Any) -> Simulation:
    simulation = Simulation(make_plan(folder, {"w": {"source": source, **watch}}))
    simulation.apis[source].page_size = 10
    return simulation


def put(simulation: Simulation, job_id: str, raw: str, **fields: Any) -> None:
    (api,) = simulation.apis.values()
    at = fields.pop("at", NOW - HOUR)
    times = {"CreatedTimestamp": at, "CreatedAt": at, "UpdatedAt": at, "SubmittedTime": at}
    api.put(job_id, raw, **times, SubmitTime=at, **fields)
    api.fuller[job_id] = {}


def told(simulation: Simulation) -> list[tuple[str, str]]:
    """Give the jobs and raw statuses that one more poll tells."""
    simulation.poll()
    simulation.publish()
    details = [event["detail"] for event in simulation.told()]
    simulation.bus.events.clear()
    return [(d["job_id"], d["raw_status"]) for d in details]


@pytest.mark.parametrize("source", SOURCES)
class TestAnExcludedJob:
    """It costs nothing, and is nowhere."""

    def test_is_told_never_and_stored_nowhere(self, tmp_path: Path, source: str) -> None:
        simulation = watching(tmp_path, source, **PROD)
        put(simulation, "prod-1", RUNS[source])
        put(simulation, "test-1", RUNS[source])
        assert told(simulation) == []
        for name in ("prod-1", "prod-2", "test-1", "test-2"):
            put(simulation, name, ENDED[source])
        assert {name for name, _ in told(simulation)} == {"prod-1", "prod-2"}
        assert told(simulation) == []
        assert "test-" not in str(simulation.dynamodb.items)
        (api,) = simulation.apis.values()
        assert not [c for c in api.calls if "test-" in str(c)]

    def test_that_comes_or_changes_costs_one_read_of_one_item(
        self, tmp_path: Path, source: str
    ) -> None:
        simulation = watching(tmp_path, source, **PROD)
        put(simulation, "prod-1", RUNS[source])
        for _ in range(3):
            simulation.poll()
        simulation.faults.calls.clear()
        for number in range(5):
            put(simulation, f"test-{number}", RUNS[source], at=NOW)
            simulation.poll()
            assert on_the_table(simulation) == {"GetItem": 1}


def test_a_page_of_excluded_jobs_ends_no_list(tmp_path: Path) -> None:
    """Sixty pages of nothing looked like a list that never ends."""
    simulation = watching(tmp_path, SES, **PROD)
    for number in range(600):
        put(simulation, f"test-{number:03}", "COMPLETED")
    put(simulation, "z-last", "PROCESSING")
    put(simulation, "prod-1", "PROCESSING")
    summary = simulation.poll()
    assert summary is not None
    assert summary.errors == []
    assert [sk for _, sk in simulation.dynamodb.items if "#" in sk] == ["job#prod-1"]


@pytest.mark.parametrize("watched", [0, 1])
def test_a_sorted_list_of_excluded_jobs_is_read_no_further_than_its_first_pages(
    tmp_path: Path, watched: int
) -> None:
    simulation = watching(tmp_path, SORTED, **PROD)
    api = simulation.apis[SORTED]
    for number in range(watched):
        put(simulation, f"prod-{number}", "IN_PROGRESS", at=NOW - 9 * HOUR)
    for number in range(200):
        put(simulation, f"test-{number:03}", "COMPLETED", at=NOW - 9 * HOUR + number * MINUTE)
    for _ in range(3):
        simulation.poll()
    assert "test-" not in str(simulation.dynamodb.items)
    for number in range(200, 400):
        put(simulation, f"test-{number:03}", "COMPLETED", at=NOW - 9 * HOUR + number * MINUTE)
        if number % 5 == 0:
            before = api.made("ListJobs")
            simulation.poll()
            assert api.made("ListJobs") - before <= 2
    put(simulation, "prod-9", "ERROR", at=NOW)
    assert told(simulation) == [("prod-9", "ERROR")]


class TestAnotherDeployment:
    """Other globs close what is left out, and remember silently what is taken in."""

    @pytest.mark.parametrize("source", SOURCES)
    def test_what_is_left_out_now_is_closed_and_never_called_gone(
        self, tmp_path: Path, source: str
    ) -> None:
        simulation = watching(tmp_path, source)
        for name in ("prod-1", "test-1"):
            put(simulation, name, RUNS[source])
        assert told(simulation) == []
        simulation = deploy(simulation, make_plan(tmp_path, {"w": {"source": source, **PROD}}))
        for _ in range(4):
            assert told(simulation) == []
        items = {sk: item for (_, sk), item in simulation.dynamodb.items.items()}
        assert "open" not in items["job#test-1"]
        assert "open" in items["job#prod-1"]
        put(simulation, "test-1", ENDED[source])
        put(simulation, "prod-1", ENDED[source])
        assert told(simulation) == [("prod-1", ENDED[source])]
        assert told(simulation) == []

    @pytest.mark.parametrize("source", SOURCES)
    def test_what_is_taken_in_is_remembered_silently_but_for_what_is_new_or_known(
        self, tmp_path: Path, source: str
    ) -> None:
        simulation = watching(tmp_path, source, **PROD)
        put(simulation, "prod-1", RUNS[source])
        for number in range(20):
            put(simulation, f"test-{number}", ENDED[source], at=NOW - DAY)
        assert told(simulation) == []
        simulation = deploy(simulation, make_plan(tmp_path, {"w": {"source": source}}))
        put(simulation, "prod-1", ENDED[source])
        put(simulation, "prod-2", ENDED[source], at=simulation.now)
        assert sorted(told(simulation)) == [(f"prod-{n}", ENDED[source]) for n in (1, 2)]
        put(simulation, "test-new", ENDED[source], at=simulation.now)
        assert told(simulation) == [("test-new", ENDED[source])]

    @pytest.mark.parametrize("source", SOURCES)
    @pytest.mark.parametrize("rests", [True, False])
    def test_what_came_since_the_last_look_is_told_whenever_that_was(
        self, tmp_path: Path, source: str, rests: bool
    ) -> None:
        """The scope rested for half an hour, or could not be read for that long."""
        watch = {"source": source, **({"idle_every": "1 hour"} if rests else {})}
        simulation = watching(tmp_path, **watch, **PROD)
        while simulation.now.minute != 1 or simulation.now < NOW + HOUR:
            simulation.poll(clocked=True)
        (api,) = simulation.apis.values()
        api.fail = denied if not rests else api.fail
        simulation.poll(clocked=True)
        put(simulation, "prod-1", ENDED[source], at=simulation.now)
        for _ in range(30):
            simulation.poll(clocked=True)
        simulation.publish()
        before = [event for event in simulation.told() if "job_id" in event["detail"]]
        globs = {"include": {"id": ["prod-*", "stage-*"]}}
        simulation = deploy(simulation, make_plan(tmp_path, {"w": {**watch, **globs}}))
        for _ in range(61):
            simulation.poll(clocked=True)
        simulation.publish()
        after = [event for event in simulation.told() if "job_id" in event["detail"]]
        assert [event["detail"]["job_id"] for event in before + after] == ["prod-1"]

    def test_what_is_left_out_now_is_not_called_gone_with_its_parent(self, tmp_path: Path) -> None:
        """Seed 9 of 'narrow'."""
        source = "pinpoint.import-jobs"
        simulation = watching(tmp_path, source)
        (api,) = simulation.apis.values()
        api.children = {"ApplicationId": ["a"]}
        for name in ("prod-1", "test-1"):
            put(simulation, name, "PROCESSING")
        assert told(simulation) == []
        simulation = deploy(simulation, make_plan(tmp_path, {"w": {"source": source, **PROD}}))
        (api,) = simulation.apis.values()
        api.children, api.jobs = {"ApplicationId": []}, {}
        found = [each for _ in range(4) for each in told(simulation)]
        assert found == [("prod-1", "NOT_FOUND")]

    def test_what_was_closed_goes_on_where_it_was(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES)
        put(simulation, "test-1", "PROCESSING")
        assert told(simulation) == []
        for watch in ({"source": SES, **PROD}, {"source": SES}):
            simulation = deploy(simulation, make_plan(tmp_path, {"w": watch}))
            assert [told(simulation) for _ in range(2)] == [[], []]
        put(simulation, "test-1", "COMPLETED")
        assert told(simulation) == [("test-1", "COMPLETED")]

    def test_what_was_named_and_is_listed_and_left_out_now_is_not_followed(
        self, tmp_path: Path
    ) -> None:
        simulation = watching(tmp_path, SES, jobs=["test-1", "prod-1"])
        for name in ("prod-1", "test-1"):
            put(simulation, name, "PROCESSING")
        assert told(simulation) == []
        simulation = deploy(simulation, make_plan(tmp_path, {"w": {"source": SES, **PROD}}))
        (api,) = simulation.apis.values()
        del api.jobs["test-1"], api.jobs["prod-1"]
        assert [told(simulation) for _ in range(4)] == [[], [("prod-1", "NOT_FOUND")], [], []]

    def test_the_same_globs_begin_nothing_anew(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES, include={"id": ["a", "b"]})
        for _ in range(3):
            simulation.poll()
        swapped = {"w": {"source": SES, "include": {"id": ["b", "a"]}}}
        simulation = deploy(simulation, make_plan(tmp_path, swapped))
        simulation.poll()
        assert on_the_table(simulation) == {"GetItem": 1}


@pytest.mark.parametrize("source", [NAMED])
def test_a_job_that_gets_another_name_is_closed_and_never_called_gone(
    tmp_path: Path, source: str
) -> None:
    simulation = watching(tmp_path, source, include={"name": ["prod-*"]})
    put(simulation, "j1", RUNS[source], JobName="prod-a")
    put(simulation, "j2", RUNS[source], JobName="prod-b")
    assert told(simulation) == []
    put(simulation, "j1", RUNS[source], JobName="test-a")
    for _ in range(3):
        assert told(simulation) == []
    put(simulation, "j1", ENDED[source], JobName="test-a")
    assert told(simulation) == []
    put(simulation, "j1", ENDED[source], JobName="prod-a")
    assert told(simulation) == [("j1", ENDED[source])]


def test_the_boundary_of_a_sorted_list_is_no_excluded_jobs_id(tmp_path: Path) -> None:
    simulation = watching(tmp_path, SORTED, **PROD)
    for number in range(30):
        put(simulation, f"test-{number:02}", "COMPLETED", at=NOW - HOUR + number * MINUTE)
    for _ in range(2):
        simulation.poll()
    (item,) = [i for (_, sk), i in simulation.dynamodb.items.items() if sk == "scope"]
    boundary = json.loads(item["health"]["S"])["boundary"]
    assert boundary.startswith("\0")
    assert "test" not in boundary


def sorted_tests(folder: Path) -> Simulation:
    """Twenty jobs that are left out, of which the fifth newest is the boundary."""
    simulation = watching(folder, SORTED, exclude={"id": ["test-*"]})
    simulation.apis[SORTED].page_size = 5
    for number in range(20):
        put(simulation, f"test-{number:02}", "COMPLETED", at=NOW - HOUR + number * MINUTE)
    assert [told(simulation) for _ in range(2)] == [[], []]
    return simulation


def test_jobs_that_are_left_out_and_made_again_hide_none_behind_them(tmp_path: Path) -> None:
    """Who deletes them and uses their ids again could move the front before all that came since."""
    simulation = sorted_tests(tmp_path)
    for number in range(3):
        put(simulation, f"prod-{number}", "ERROR", at=simulation.now)
        for each in [each for each in simulation.apis[SORTED].jobs if each.startswith("test")]:
            del simulation.apis[SORTED].jobs[each]
            put(simulation, each, "COMPLETED", at=simulation.now + MINUTE / 2)
        assert told(simulation) == [(f"prod-{number}", "ERROR")]


def test_a_job_that_is_called_as_one_that_is_left_out_is_noted_hides_none(tmp_path: Path) -> None:
    simulation = sorted_tests(tmp_path)
    put(simulation, "prod-1", "ERROR", at=simulation.now)
    put(simulation, short("test-15"), "COMPLETED", at=simulation.now + MINUTE / 2)
    assert ("prod-1", "ERROR") in told(simulation)


def test_the_plan_has_the_globs_and_reads_them_back(tmp_path: Path) -> None:
    globs = {"type": ["IMPORT_*"], "id": ["a", "b*"]}
    plan = make_plan(tmp_path, {"w": {"source": SORTED, "exclude": globs}})
    (watch,) = parse_plan(json.loads(json.dumps(write_plan(plan)))).watches.values()
    assert (watch.include, watch.exclude) == ({}, {"type": ("IMPORT_*",), "id": ("a", "b*")})


def test_globs_and_runs_of_the_defaults_are_not_for_a_watch_that_names_its_jobs(
    tmp_path: Path,
) -> None:
    watches = {"a": {"source": SES}, "b": {"source": SES, "jobs": ["j1"]}}
    plan = make_plan(tmp_path, watches, defaults={**PROD, "expect": {"within": "1 day"}})
    a, b = plan.watches["a"], plan.watches["b"]
    assert (a.include, a.expect is None) == ({"id": ("prod-*",)}, False)
    assert (b.include, b.expect) == ({}, None)


def test_an_id_that_is_taken_in_and_left_out_counts_once_where_others_are_sought() -> None:
    """It was used again, or its job has another name by now: what is on the last page is there."""
    a, b = (ListedJob(each, "RUNNING", "RUNNING", {}) for each in "ab")
    pages = [Page({"a": a}, 1), Page({}, 2, left_out={"a": a}), Page({"b": b}, None)]
    found = find(pages, {"a", "b"}, lambda _: None)
    assert (found.ids, found.ended) == ({"a", "b"}, True)


def test_what_only_a_get_tells_of_its_new_name_closes_a_job(tmp_path: Path) -> None:
    """The list is behind, and lacks it: it is asked for alone."""
    simulation = watching(tmp_path, NAMED, include={"name": ["prod-*"]})
    put(simulation, "j1", RUNS[NAMED], JobName="prod-a")
    assert told(simulation) == []
    (api,) = simulation.apis.values()
    api.hidden.add("j1")
    put(simulation, "j1", RUNS[NAMED], JobName="test-a")
    assert [told(simulation) for _ in range(3)] == [[], [], []]
    assert "open" not in simulation.dynamodb.items[next(iter(pk_of(simulation))), "job#j1"]


def denied(operation: str, _: Mapping[str, Any]) -> None:
    raise refused("AccessDeniedException", operation)


def pk_of(simulation: Simulation) -> set[str]:
    return {pk for pk, sk in simulation.dynamodb.items if sk == "scope"}
