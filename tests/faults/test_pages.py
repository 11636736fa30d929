"""Lists that are no picture of one moment, over real HTTP: odd pages, odd jobs, odd clocks.

P2, P3, P6, P7, P17, P18: nothing is lost and nothing invented; what a poll could not tell for sure,
the next one tells.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.wrappers import Response

from tests.faults.line import Asked, Line, no_trouble, says
from tests.faults.scenarios import (
    FAILS,
    FAR,
    NEAR,
    PLACES,
    RUNS,
    SCENARIOS,
    Scenario,
    hit,
    jobs_of,
    record,
    show,
)
from tests.values import HOUR

LISTS = [scenario for scenario in SCENARIOS if scenario.name.startswith("list")]
PAGED = [scenario for scenario in SCENARIOS if scenario.name.startswith(("list", "discovery"))]
Document = dict[str, Any]


def on(scenarios: Any) -> Any:
    return pytest.mark.parametrize(
        "scenario", scenarios, ids=[scenario.name for scenario in scenarios]
    )


def token_of(asked: Asked) -> str | None:
    given: str | None = asked.given.get("Token", asked.given.get("NextToken"))
    return given


def items(document: Document) -> list[Any]:
    """The only list in an answer."""
    found: list[Any] = next(value for value in document.values() if isinstance(value, list))
    return found


def empty_page_first(asked: Asked) -> Response:
    """Give a page without jobs before the others."""
    if token_of(asked) is None:
        return asked.changed(lambda d: {name: [] for name in d if name != "NextToken"} | TOKEN)
    if token_of(asked) == TOKEN["NextToken"]:
        asked.given.pop("Token", None)  # type: ignore[attr-defined]
        asked.given.pop("NextToken", None)  # type: ignore[attr-defined]
    return asked.answer()


TOKEN = {"NextToken": "a token"}


def twice(asked: Asked) -> Response:
    """Give the same page token again and again."""
    return asked.changed(lambda document: document | TOKEN)


def begin(scenario: Scenario, line: Line, harness: Any) -> tuple[Any, Any]:
    """Poll for the first time, and let the changes happen."""
    before, after, expected = jobs_of(scenario)
    it = harness(scenario.watch, "exports")
    show(line.world, before)
    it.poll()
    show(line.world, after)
    return it, expected


def end(it: Any, line: Line, expected: Any) -> None:
    """Poll without any trouble: now all is told, and all once."""
    line.trouble = no_trouble
    for _ in range(2):
        it.settle()
        assert it.news() == expected
    assert it.scopes_told() == []


@on(PAGED)
def test_an_empty_page_with_a_token_is_not_the_end(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    it, expected = begin(scenario, line[0], harness)
    line[0].trouble = hit(scenario, empty_page_first)
    it.settle()
    assert it.news() == expected
    end(it, line[0], expected)


@on(PAGED)
def test_a_token_that_repeats_is_a_failed_read_and_no_loop(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    it, expected = begin(scenario, line[0], harness)
    line[0].trouble = hit(scenario, twice)
    assert [place["error"] for place in it.poll().unread] == ["RepeatedToken"]
    assert it.news().items() < expected.items()
    end(it, line[0], expected)


@on(PAGED)
def test_an_answer_without_its_list_makes_nothing_gone(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    """Some services leave an empty list out; what was unfinished is asked for one by one."""
    it, expected = begin(scenario, line[0], harness)
    line[0].trouble = hit(scenario, says(200, "{}"))
    it.poll()
    assert it.news().items() <= expected.items()
    end(it, line[0], expected)


@on(LISTS)
@pytest.mark.parametrize("late", [True, False], ids=["the newer later", "the older later"])
def test_a_job_on_two_pages_with_different_statuses_is_told_once(
    scenario: Scenario, late: bool, line: tuple[Line, str], harness: Any
) -> None:
    it, expected = begin(scenario, line[0], harness)
    near, service = NEAR if scenario.watch == "segments" else (), PLACES[scenario.watch].service
    status = "State" if service == "dataexchange" else "JobStatus"

    def change(document: Document) -> Document:
        for job in list(items(document)):
            if "r1" in job.values():
                old, place = {**job, status: RUNS[service]}, items(document).index(job)
                items(document).insert(place if late else place + 1, old)
        return document

    line[0].trouble = hit(scenario, lambda asked: asked.changed(change))
    it.poll()
    told = (scenario.watch, near, "r1") in it.news()
    assert told == late
    assert it.news().items() <= expected.items()
    end(it, line[0], expected)


@on(LISTS)
def test_a_job_that_moves_between_pages_while_they_are_read_is_not_gone(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    """Each job is left out of one poll's pages."""
    it, expected = begin(scenario, line[0], harness)
    for missed in ("r1", "n1", "d1"):

        def leave_out(document: Document, missed: str = missed) -> Document:
            kept = [job for job in items(document) if missed not in job.values()]
            items(document)[:] = kept
            return document

        line[0].trouble = hit(scenario, lambda asked, change=leave_out: asked.changed(change))
        it.poll()
        assert it.news().items() <= expected.items()
    end(it, line[0], expected)


@on(LISTS)
def test_jobs_without_their_optional_fields_are_told_all_the_same(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    it, expected = begin(scenario, line[0], harness)
    line[0].trouble = hit(scenario, lambda a: a.changed(only("Id", "JobId", "State", "JobStatus")))
    it.settle()
    assert it.news() == expected
    end(it, line[0], expected)


@on(LISTS)
def test_a_job_whose_status_is_left_out_has_not_changed(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    """A new one is told at once, without a status, and again when it has one."""
    it, expected = begin(scenario, line[0], harness)
    near = NEAR if scenario.watch == "segments" else ()
    expected[scenario.watch, near, "n1"].insert(0, (None, None))
    line[0].trouble = hit(scenario, lambda asked: asked.changed(only("Id", "JobId")))
    assert it.poll().unread == []
    assert (scenario.watch, near, "r1") not in it.news()
    end(it, line[0], expected)


@on(LISTS)
def test_a_job_whose_id_is_left_out_is_asked_for_by_its_id(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    it, expected = begin(scenario, line[0], harness)
    line[0].trouble = hit(scenario, lambda asked: asked.changed(only("State", "JobStatus")))
    assert it.poll().unread == []
    assert it.news().items() < expected.items()
    end(it, line[0], expected)


def only(*names: str) -> Callable[[Document], Document]:
    def change(document: Document) -> Document:
        kept = [{name: job[name] for name in names if name in job} for job in items(document)]
        items(document)[:] = kept
        return document

    return change


@on(LISTS)
def test_a_status_that_is_new_to_us_is_told_raw_and_is_no_end(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    """P17."""
    before, after, expected = jobs_of(scenario)
    it = harness(scenario.watch, "exports")
    show(line[0].world, before)
    it.poll()
    near, service = NEAR if scenario.watch == "segments" else (), PLACES[scenario.watch].service
    show(line[0].world, before | {(scenario.watch, near, "r1"): "BRAND_NEW"})
    it.poll()
    (event,) = [event["detail"] for event in it.told()]
    told = event["status"], event["raw_status"], event["terminal"]
    assert told == ("UNKNOWN", "BRAND_NEW", False)
    show(line[0].world, after)
    expected[scenario.watch, near, "r1"] = [
        (RUNS[service], "BRAND_NEW"),
        ("BRAND_NEW", FAILS[service]),
    ]
    end(it, line[0], expected)


@on(LISTS)
@pytest.mark.parametrize("ahead", [-10, 10], ids=["behind", "ahead"])
def test_a_service_whose_clock_is_ten_minutes_off_loses_no_job(
    scenario: Scenario, ahead: int, line: tuple[Line, str], harness: Any
) -> None:
    it, expected = begin(scenario, line[0], harness)
    near, place = NEAR if scenario.watch == "segments" else (), PLACES[scenario.watch]
    ids = ("r1", "n1")
    raws = {"r1": FAILS[place.service], "n1": RUNS[place.service]}
    created = it.now + timedelta(minutes=ahead)
    jobs = [record((scenario.watch, near, i), raws[i], created) for i in ids]
    ended = [record((scenario.watch, near, "d1"), "COMPLETED")] if near else []
    line[0].world.show({place: [*jobs, *ended]})
    if scenario.watch == "segments":
        del expected["segments", FAR, "b2"]
        expected["segments", FAR, "b2"] = [("PROCESSING", "NOT_FOUND")]
    end(it, line[0], expected)


@pytest.mark.parametrize(
    ("minutes", "announced"),
    [(-9, True), (0, True), (10, True), (70, True), (-60, False)],
)
def test_in_a_scope_that_appears_later_a_doubtful_clock_announces(
    minutes: int, announced: bool, line: tuple[Line, str], harness: Any, tally: Counter[str]
) -> None:
    """`minutes` after the watch began, by the service's clock."""
    it = harness("segments", "exports")
    show(line[0].world, {})
    it.poll()
    began = it.now
    show(line[0].world, {}, [NEAR, FAR, ("a3", "s3")])
    created = began + timedelta(minutes=minutes)
    key = ("segments", ("a3", "s3"), "j1")
    job = record(key, "PROCESSING", created)
    line[0].world.show({PLACES["segments"]: [job]})
    it.poll(HOUR)
    assert it.news() == ({key: [(None, "PROCESSING")]} if announced else {})
    line[0].world.show({PLACES["segments"]: [record(key, "FAILED", created)]})
    it.poll()
    first = [(None, "PROCESSING")] if announced else []
    assert it.news() == {key: [*first, ("PROCESSING", "FAILED")]}
    tally["clocks that are off"] += 1
