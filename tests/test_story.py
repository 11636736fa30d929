"""The story is one that a watcher can see, and the judge of it lets nothing pass."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from demo import check, panels, story
from demo.check import leaks, other_faults, verdicts
from demo.listen import Alert, Event
from demo.panels import Inbox, Row, View
from demo.records import API_KEY, file_of, ses_import
from demo.timeline import (
    GONE,
    MEANINGS,
    Clock,
    Expected,
    Job,
    Step,
    expected,
    late_run,
    moment_at,
    records_at,
)
from demo.world import Place
from lambdas.alert.phrases import called
from lambdas.model import JOB_OVERRUNNING, RUN_ARRIVED, RUN_MISSING, TERMINAL

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CLOCK = Clock(NOW - MINUTE, NOW)
PLACE = Place("sesv2", "import-jobs")
BRIEF = {("Loyalty cards", "PREPARING_FOR_INITIALIZATION")}


def _job(*steps: Step) -> Job:
    return Job("it", PLACE, ses_import, ("ses-imports",), 100, steps)


def test_two_states_of_a_job_are_far_enough_apart_to_be_seen() -> None:
    for job in story.JOBS:
        for one, next_one in itertools.pairwise(job.steps):
            if (job.name, one.status) not in BRIEF:
                assert next_one.at - one.at >= 4, (job.name, one.status)


def test_the_story_has_a_few_jobs_of_each_of_the_seven_kinds() -> None:
    watches = [watch for job in story.JOBS for watch in job.watches]
    assert len(set(watches)) == 7
    assert min(map(watches.count, watches)) >= 2


def test_the_story_has_every_end_that_a_job_can_have() -> None:
    ends = {job.final for job in expected(story.JOBS)}
    assert ends == {*TERMINAL, "UNKNOWN", None}
    words = {step.status for job in story.JOBS for step in job.steps}
    assert {"TIMED_OUT", GONE} <= words


def test_the_story_is_over_when_its_last_step_is_done() -> None:
    assert max(job.steps[-1].at for job in story.JOBS) < story.LENGTH


def test_every_place_of_the_story_is_always_told_even_when_it_is_empty() -> None:
    places = records_at(0, CLOCK, story.JOBS, story.PARENTS).keys()
    assert len(places) == 7
    assert records_at(99, CLOCK, story.JOBS, story.PARENTS).keys() == places


def test_a_job_appears_progresses_and_ends() -> None:
    job = _job(
        Step(2, "CREATED"), Step(4, "PROCESSING"), Step(8, "COMPLETED", 1, failed=4, why="no")
    )
    assert moment_at(job, 1.9, CLOCK) is None
    halfway = moment_at(job, 6, CLOCK)
    assert halfway
    assert (halfway.status, halfway.processed, halfway.failed) == ("PROCESSING", 50, 2)
    assert halfway.ended is None
    end = moment_at(job, 99, CLOCK)
    assert end
    assert (end.status, end.processed, end.failed, end.why) == ("COMPLETED", 100, 4, "no")
    assert end.created == NOW + timedelta(seconds=2)
    assert end.ended == NOW + timedelta(seconds=8)


def test_what_exists_before_the_story_keeps_its_times_when_it_begins() -> None:
    job = _job(Step(-5, "PROCESSING"), Step(3, "COMPLETED", 1))
    shown, end = moment_at(job, 0, Clock(CLOCK.shown, CLOCK.shown)), moment_at(job, 4, CLOCK)
    assert shown
    assert end
    assert shown.created == end.created == CLOCK.shown - timedelta(seconds=5)
    assert end.ended == NOW + timedelta(seconds=3)


def test_a_job_that_vanishes_is_no_more() -> None:
    job = _job(Step(-5, "PROCESSING", 0.5), Step(3, GONE))
    assert moment_at(job, 2.9, CLOCK)
    assert moment_at(job, 3, CLOCK) is None
    assert records_at(3, CLOCK, [job], []) == {PLACE: []}


@pytest.mark.parametrize(
    ("steps", "statuses", "final"),
    [
        ([Step(-9, "COMPLETED", 1)], (), None),
        ([Step(-9, "CREATED"), Step(5, "CANCELLED")], ("CANCELLED",), "CANCELLED"),
        (
            [Step(1, "PROCESSING"), Step(9, "COMPLETED", 1)],
            ("PROCESSING", "COMPLETED"),
            "SUCCEEDED",
        ),
        ([Step(1, "COMPLETED", 1, failed=1)], ("COMPLETED",), "PARTIAL"),
        ([Step(0, "PROCESSING"), Step(9, GONE)], (GONE,), "UNKNOWN"),
    ],
)
def test_what_must_be_heard_of_a_job(
    steps: list[Step], statuses: tuple[str, ...], final: str | None
) -> None:
    (found,) = expected([_job(*steps)])
    assert (found.statuses, found.final) == (statuses, final)


JOB = Expected("watch", "id", "name", ("CREATED", "PROCESSING", "FAILED"), "FAILED")


def _event(raw: str, event_id: str = "", job: Expected = JOB, **more: Any) -> Event:
    detail = {
        "id": event_id or f"{job.job_id}-{raw}",
        "watch": job.watch,
        "job_id": job.job_id,
        "status": MEANINGS[raw],
        "raw_status": raw,
        **more,
    }
    return Event("Job Status Change", detail, json.dumps(detail))


def _alert(*events: Event, state: str = "open") -> Alert:
    document = {"detail": {"alerts": [{**event.detail, "state": state} for event in events]}}
    return Alert("subject", document, {}, json.dumps(document))


EVENTS = [_event("CREATED"), _event("PROCESSING"), _event("FAILED")]


def _faults(events: list[Event], alerts: list[Alert], job: Expected = JOB) -> tuple[str, ...]:
    (verdict,) = verdicts([job], events, alerts)
    return verdict.faults


def test_what_the_story_did_is_what_was_heard() -> None:
    assert _faults(EVENTS, [_alert(EVENTS[-1])]) == ()


def test_a_state_that_came_and_went_may_be_missed() -> None:
    assert _faults([EVENTS[0], EVENTS[2]], [_alert(EVENTS[-1])]) == ()


def test_an_event_and_an_alert_may_be_repeated() -> None:
    assert _faults([*EVENTS, EVENTS[1]], [_alert(EVENTS[-1]), _alert(EVENTS[-1])]) == ()


@pytest.mark.parametrize(
    ("events", "alerts", "fault"),
    [
        ([], [], "it ended as None, not as FAILED"),
        (EVENTS[:2], [], "it ended as RUNNING, not as FAILED"),
        (EVENTS, [], "0 alerts, 0 over, not 1, 0 over"),
        (
            EVENTS,
            [_alert(EVENTS[-1]), _alert(_event("FAILED", "again"))],
            "2 alerts, 0 over, not 1, 0 over",
        ),
        (
            EVENTS,
            [_alert(EVENTS[-1]), _alert(EVENTS[-1], state="resolved")],
            "1 alerts, 1 over, not 1, 0 over",
        ),
        (
            [EVENTS[1], EVENTS[0], EVENTS[2]],
            [_alert(EVENTS[-1])],
            "the service's order is CREATED → PROCESSING → FAILED",
        ),
    ],
)
def test_what_differs_from_the_story_is_told(
    events: list[Event], alerts: list[Alert], fault: str
) -> None:
    assert fault in _faults(events, alerts)


def test_a_job_that_was_to_be_quiet_is_not_heard_of() -> None:
    quiet = replace(JOB, statuses=(), final=None)
    assert _faults([], [], quiet) == ()
    assert "it was to be quiet" in _faults(EVENTS[-1:], [], quiet)


def test_one_change_has_one_id_and_one_id_one_change() -> None:
    again, other = _event("FAILED", "again"), _event("CREATED", "id-FAILED")
    assert other_faults([JOB], EVENTS, {}) == []
    assert any("has two ids" in fault for fault in other_faults([JOB], [*EVENTS, again], {}))
    assert "two changes have the id id-FAILED" in other_faults([JOB], [EVENTS[2], other], {})


def test_a_job_that_nobody_played_and_an_event_of_another_kind_are_told() -> None:
    stranger = _event("CREATED", job=replace(JOB, job_id="stranger"))
    (fault,) = other_faults([JOB], [stranger], {})
    assert fault.startswith("an event of an unknown job:")
    stalled = replace(EVENTS[0], type="Job Stalled")
    assert "told was ('Job Stalled',), not ()" in _faults([*EVENTS, stalled], [_alert(EVENTS[-1])])


def test_a_run_that_is_late_is_to_be_told_twice_and_to_be_over() -> None:
    run = late_run("ses-exports")

    def told(kind: str, status: str) -> Event:
        detail = {"id": kind, "watch": "ses-exports", "status": status}
        return Event(kind, detail, json.dumps(detail))

    missing, arrived = told(RUN_MISSING, "MISSING"), told(RUN_ARRIVED, "OK")
    over = _alert(arrived, state="resolved")
    assert _faults([missing, arrived], [_alert(missing), over], run) == ()
    assert _faults([missing], [_alert(missing)], run) != ()
    assert _faults([missing, arrived], [_alert(missing)], run) != ()


def test_the_story_has_a_run_that_is_missing_and_an_alert_that_is_over() -> None:
    told = [each for job in story.JOBS for each in job.told]
    assert told == [JOB_OVERRUNNING]
    assert {each for job in story.JOBS for each in job.watches} > {*story.LATE} != set()


def test_a_job_is_called_as_alerts_call_it_and_an_id_is_cut() -> None:
    names = {
        job.name: panels.short(called({"job_id": job.id, "job_name": None, "details": details}))
        for job in story.JOBS
        for details in [{"ImportDataSource": {"S3Url": f"s3://b/{file_of(job.name)}"}}]
        if job.make is ses_import
    }
    assert names["Newsletter contacts"] == "newsletter-contacts.csv"
    assert panels.short("6c85ab99de3ce2ed004511437974afe2") == "6c85ab99…"
    assert panels.short("table/orders/export/01695353076000") == "table/orders/export/0169…"


def test_a_secret_is_told_wherever_it_is() -> None:
    assert leaks(f"key={API_KEY}")
    assert other_faults([], [], {"the log": "nothing", "an alert": API_KEY}) == [
        "a secret is in an alert"
    ]


def test_all_is_settled_only_when_nothing_differs() -> None:
    assert check.complete([JOB], EVENTS, [_alert(EVENTS[-1])])
    assert not check.complete([JOB], EVENTS, [])


def test_the_screen_fits_a_small_terminal() -> None:
    row = Row("j1", "A job", "pinpoint-segment-imports", "RUNNING", "PROCESSING", 10, 4, 1, NOW)
    rows = [replace(row, name=f"A job with a rather long name {number}") for number in range(30)]
    event = _event("CREATED", observed_at="2026-11-22T02:00:00Z", details={})
    inbox = Inbox("FAILED: it", "FAILED: it\n\n" + "\n".join(f"Line {n}" for n in range(20)))
    view = View("12 s", NOW, rows, [event] * 30, 3, inbox)
    console = Console(width=100, height=40, force_terminal=True, color_system=None)
    with console.capture() as shown:
        console.print(panels.screen(view, 40))
    lines = shown.get().splitlines()
    assert len(lines) <= 40
    assert sum("4 of 10, 1 failed" in line for line in lines) >= 15, "no count runs into another"
    assert sum("A job with" in line for line in lines) >= 15
