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
from tests.faults.scenes import (
    FAILS,
    FAR,
    NEAR,
    PLACES,
    RUNS,
    SCENES,
    Scene,
    cast,
    hit,
    record,
    show,
)
from tests.values import HOUR

LISTS = [scene for scene in SCENES if scene.name.startswith("list")]
PAGED = [scene for scene in SCENES if scene.name.startswith(("list", "discovery"))]
Document = dict[str, Any]


def on(scenes: Any) -> Any:
    return pytest.mark.parametrize("scene", scenes, ids=[scene.name for scene in scenes])


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


def begin(scene: Scene, line: Line, theatre: Any) -> tuple[Any, Any]:
    """Poll for the first time, and let the changes happen."""
    before, after, expected = cast(scene)
    play = theatre(scene.watch, "exports")
    show(line.world, before)
    play.poll()
    show(line.world, after)
    return play, expected


def end(play: Any, line: Line, expected: Any) -> None:
    """Poll without any trouble: now all is told, and all once."""
    line.trouble = no_trouble
    for _ in range(2):
        assert play.poll().unread == []
        assert play.news() == expected
    assert play.scopes_told() == []


@on(PAGED)
def test_an_empty_page_with_a_token_is_not_the_end(
    scene: Scene, line: tuple[Line, str], theatre: Any
) -> None:
    play, expected = begin(scene, line[0], theatre)
    line[0].trouble = hit(scene, empty_page_first)
    assert play.poll().unread == []
    assert play.news() == expected
    end(play, line[0], expected)


@on(PAGED)
def test_a_token_that_repeats_is_a_failed_read_and_no_loop(
    scene: Scene, line: tuple[Line, str], theatre: Any
) -> None:
    play, expected = begin(scene, line[0], theatre)
    line[0].trouble = hit(scene, twice)
    assert [place["error"] for place in play.poll().unread] == ["RepeatedToken"]
    assert play.news().items() < expected.items()
    end(play, line[0], expected)


@on(PAGED)
def test_an_answer_without_its_list_makes_nothing_gone(
    scene: Scene, line: tuple[Line, str], theatre: Any
) -> None:
    """Some services leave an empty list out; what was unfinished is asked for one by one."""
    play, expected = begin(scene, line[0], theatre)
    line[0].trouble = hit(scene, says(200, "{}"))
    play.poll()
    assert play.news().items() <= expected.items()
    end(play, line[0], expected)


@on(LISTS)
@pytest.mark.parametrize("late", [True, False], ids=["the newer later", "the older later"])
def test_a_job_on_two_pages_with_different_statuses_is_told_once(
    scene: Scene, late: bool, line: tuple[Line, str], theatre: Any
) -> None:
    play, expected = begin(scene, line[0], theatre)
    near, service = NEAR if scene.watch == "segments" else (), PLACES[scene.watch].service
    status = "State" if service == "dataexchange" else "JobStatus"

    def change(document: Document) -> Document:
        for job in list(items(document)):
            if "r1" in job.values():
                old, place = {**job, status: RUNS[service]}, items(document).index(job)
                items(document).insert(place if late else place + 1, old)
        return document

    line[0].trouble = hit(scene, lambda asked: asked.changed(change))
    play.poll()
    told = (scene.watch, near, "r1") in play.news()
    assert told == late
    assert play.news().items() <= expected.items()
    end(play, line[0], expected)


@on(LISTS)
def test_a_job_that_moves_between_pages_while_they_are_read_is_not_gone(
    scene: Scene, line: tuple[Line, str], theatre: Any
) -> None:
    """Each job is left out of one poll's pages."""
    play, expected = begin(scene, line[0], theatre)
    for missed in ("r1", "n1", "d1"):

        def leave_out(document: Document, missed: str = missed) -> Document:
            kept = [job for job in items(document) if missed not in job.values()]
            items(document)[:] = kept
            return document

        line[0].trouble = hit(scene, lambda asked, change=leave_out: asked.changed(change))
        play.poll()
        assert play.news().items() <= expected.items()
    end(play, line[0], expected)


@on(LISTS)
def test_jobs_without_their_optional_fields_are_told_all_the_same(
    scene: Scene, line: tuple[Line, str], theatre: Any
) -> None:
    play, expected = begin(scene, line[0], theatre)
    line[0].trouble = hit(scene, lambda a: a.changed(only("Id", "JobId", "State", "JobStatus")))
    assert play.poll().unread == []
    assert play.news() == expected
    end(play, line[0], expected)


@on(LISTS)
def test_a_job_whose_status_is_left_out_has_not_changed(
    scene: Scene, line: tuple[Line, str], theatre: Any
) -> None:
    """A new one is told at once, without a status, and again when it has one."""
    play, expected = begin(scene, line[0], theatre)
    near = NEAR if scene.watch == "segments" else ()
    expected[scene.watch, near, "n1"].insert(0, (None, None))
    line[0].trouble = hit(scene, lambda asked: asked.changed(only("Id", "JobId")))
    assert play.poll().unread == []
    assert (scene.watch, near, "r1") not in play.news()
    end(play, line[0], expected)


@on(LISTS)
def test_a_job_whose_id_is_left_out_is_asked_for_by_its_id(
    scene: Scene, line: tuple[Line, str], theatre: Any
) -> None:
    play, expected = begin(scene, line[0], theatre)
    line[0].trouble = hit(scene, lambda asked: asked.changed(only("State", "JobStatus")))
    assert play.poll().unread == []
    assert play.news().items() < expected.items()
    end(play, line[0], expected)


def only(*names: str) -> Callable[[Document], Document]:
    def change(document: Document) -> Document:
        kept = [{name: job[name] for name in names if name in job} for job in items(document)]
        items(document)[:] = kept
        return document

    return change


@on(LISTS)
def test_a_status_that_is_new_to_us_is_told_raw_and_is_no_end(
    scene: Scene, line: tuple[Line, str], theatre: Any
) -> None:
    """P17."""
    before, after, expected = cast(scene)
    play = theatre(scene.watch, "exports")
    show(line[0].world, before)
    play.poll()
    near, service = NEAR if scene.watch == "segments" else (), PLACES[scene.watch].service
    show(line[0].world, before | {(scene.watch, near, "r1"): "BRAND_NEW"})
    play.poll()
    (event,) = [event["detail"] for event in play.told()]
    told = event["status"], event["raw_status"], event["terminal"]
    assert told == ("UNKNOWN", "BRAND_NEW", False)
    show(line[0].world, after)
    expected[scene.watch, near, "r1"] = [
        (RUNS[service], "BRAND_NEW"),
        ("BRAND_NEW", FAILS[service]),
    ]
    end(play, line[0], expected)


@on(LISTS)
@pytest.mark.parametrize("ahead", [-10, 10], ids=["behind", "ahead"])
def test_a_service_whose_clock_is_ten_minutes_off_loses_no_job(
    scene: Scene, ahead: int, line: tuple[Line, str], theatre: Any
) -> None:
    play, expected = begin(scene, line[0], theatre)
    near, place = NEAR if scene.watch == "segments" else (), PLACES[scene.watch]
    ids = ("r1", "n1")
    raws = {"r1": FAILS[place.service], "n1": RUNS[place.service]}
    created = play.now + timedelta(minutes=ahead)
    jobs = [record((scene.watch, near, i), raws[i], created) for i in ids]
    ended = [record((scene.watch, near, "d1"), "COMPLETED", created)] if near else []
    line[0].world.show({place: [*jobs, *ended]})
    if scene.watch == "segments":
        del expected["segments", FAR, "b2"]
        expected["segments", FAR, "b2"] = [("PROCESSING", "NOT_FOUND")]
    end(play, line[0], expected)


@pytest.mark.parametrize(
    ("minutes", "announced"),
    [(-9, True), (0, True), (10, True), (70, True), (-60, False)],
)
def test_in_a_scope_that_appears_later_a_doubtful_clock_announces(
    minutes: int, announced: bool, line: tuple[Line, str], theatre: Any, tally: Counter[str]
) -> None:
    """`minutes` after the watch began, by the service's clock."""
    play = theatre("segments", "exports")
    show(line[0].world, {})
    play.poll()
    began = play.now
    show(line[0].world, {}, [NEAR, FAR, ("a3", "s3")])
    created = began + timedelta(minutes=minutes)
    key = ("segments", ("a3", "s3"), "j1")
    job = record(key, "PROCESSING", created)
    line[0].world.show({PLACES["segments"]: [job]})
    play.poll(HOUR)
    assert play.news() == ({key: [(None, "PROCESSING")]} if announced else {})
    line[0].world.show({PLACES["segments"]: [record(key, "FAILED", created)]})
    play.poll()
    first = [(None, "PROCESSING")] if announced else []
    assert play.news() == {key: [*first, ("PROCESSING", "FAILED")]}
    tally["clocks that are off"] += 1
