"""The history of a job: what is added to it, that it is bounded, and that it decides nothing."""

from dataclasses import replace

import pytest

from lambdas.history import MOST_STEPS, Step, reached_at, read_steps, stepped, write_steps
from lambdas.model import JOB_OVERRUNNING, JOB_STALLED, JOB_STATUS_CHANGE, Change
from tests.values import HOUR, MINUTE, NOW, stored

FIRST = Step(NOW - HOUR, "PENDING", "CREATED", None)
RUNNING = Step(NOW - MINUTE, "RUNNING", "PROCESSING")


def test_steps_are_read_back_as_they_were_written() -> None:
    steps = [FIRST, RUNNING, Step(NOW, "RUNNING", None, JOB_STALLED)]
    assert read_steps(write_steps(steps)) == tuple(steps)


def test_what_most_steps_are_is_not_written_out() -> None:
    assert write_steps([RUNNING]) == '[["2026-11-22T11:59:00Z","RUNNING","PROCESSING"]]'


def test_a_job_that_is_first_seen_begins_one_also_where_that_is_silent() -> None:
    job = stored()
    assert read_steps(stepped(Change(None, job, None, None), NOW)) == (
        Step(NOW, "RUNNING", "RUNNING", None),
    )
    told = stepped(Change(None, job, None, JOB_STATUS_CHANGE), NOW)
    assert read_steps(told) == (Step(NOW, "RUNNING", "RUNNING"),)


@pytest.mark.parametrize("event", [JOB_STATUS_CHANGE, JOB_STALLED, JOB_OVERRUNNING])
def test_what_is_told_is_a_step(event: str) -> None:
    job = stored("FAILED", history=write_steps([RUNNING]))
    text = stepped(Change(stored(), job, None, event), NOW)
    assert read_steps(text) == (RUNNING, Step(NOW, "FAILED", "FAILED", event))


def test_what_is_silent_is_none() -> None:
    job = stored(history=write_steps([RUNNING]))
    assert stepped(Change(stored(), job, None, None), NOW) == job.history


def test_of_a_long_one_the_first_step_and_the_last_ones_are_kept() -> None:
    job = stored()
    for n in range(100):
        before = replace(job, status="PENDING")
        text = stepped(Change(before, job, None, JOB_STATUS_CHANGE), NOW + n * MINUTE)
        job = replace(job, history=text)
    steps = read_steps(job.history)
    assert len(steps) == MOST_STEPS
    assert [steps[0].at, steps[1].at, steps[-1].at] == [NOW, NOW + 81 * MINUTE, NOW + 99 * MINUTE]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "1",
        "[1]",
        '[["x"]]',
        '[["no time","RUNNING",null]]',
        "[" * 100_000,
        '["abcde"]',
    ],
)
def test_one_that_nobody_wrote_so_counts_as_none(text: str | None) -> None:
    assert read_steps(text) == ()
    assert reached_at(text, "RUNNING") is None
    job = stored(history=text)
    assert len(read_steps(stepped(Change(stored(), job, None, JOB_STATUS_CHANGE), NOW))) == 1


def test_a_status_was_reached_at_the_first_of_its_last_steps() -> None:
    text = write_steps([FIRST, RUNNING, Step(NOW, "RUNNING", "COMPLETING")])
    assert reached_at(text, "RUNNING") == RUNNING.at
    assert reached_at(text, "PENDING") is None
