"""The simulation of weeks: fixed seeds, and the calendar that their promises are judged by."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lambdas.cron import latest
from lambdas.plan import Expect
from tests.simulation import windows
from tests.simulation.clock import BEGAN
from tests.simulation.pace import DAY, WEEKS
from tests.simulation.run import Run

ROOT = Path(__file__).parents[1]
FIRST, MINUTES = 2852, "110000"
"""The first of the seeds that last for weeks, and how many minutes: of each storm two."""
LONG_LISTS = 6235
"""The first one of weeks of long lists that is red with `stragglers-lost`."""


def test_no_promise_is_broken_in_weeks() -> None:
    """A process of its own: sets are walked in an order that its environment decides."""
    _run("tests.simulation", FIRST, MINUTES)


@pytest.mark.parametrize(
    ("fault", "first"), [("never-daily", FIRST), ("stragglers-lost", LONG_LISTS)]
)
def test_weeks_see_a_fault_that_no_hours_bring(fault: str, first: int) -> None:
    _run("tests.simulation.faults", first, "1000", fault)


def _run(module: str, first: int, minutes: str, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *words, "--first", str(first), "--minutes", minutes],
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("seed", "storm"),
    [
        *((62, "outlets"), (476, "outlets"), (7172, "long lists"), (70116, "endless")),
        *((70773, "writes"), (552, "runs"), (553, "mutes")),
        *((FIRST - 2, "front"), (FIRST + 23, "ids")),
        *((460, "ids"), (482, None), (483, "weeks of long lists"), (506, "ids")),
        *((FIRST, "weeks"), (FIRST + 1, "weeks of runs"), (FIRST + 22, "weeks")),
    ],
)
def test_the_storms_of_weeks_take_no_seed_that_the_documents_name(seed: int, storm: str) -> None:
    assert Run.drawn(seed).storm == storm


@pytest.mark.parametrize(
    ("at", "zone", "now", "began"),
    [
        ("*/20 * * * *", "UTC", "2027-03-28T00:59", "2027-03-28T00:40"),
        ("15 3 * * *", "Europe/Berlin", "2027-03-28T00:59", "2027-03-27T02:15"),
        ("30 2 * * *", "Europe/Berlin", "2027-03-28T00:59", "2027-03-27T01:30"),
        ("30 2 * * *", "Europe/Berlin", "2027-03-28T01:00", "2027-03-28T01:00"),
        ("15 3 * * *", "Europe/Berlin", "2027-03-28T01:15", "2027-03-28T01:15"),
        ("30 2 * * *", "Australia/Sydney", "2027-04-03T16:40", "2027-04-03T15:30"),
        ("15 3 * * *", "Australia/Sydney", "2027-04-03T16:40", "2027-04-02T16:15"),
    ],
)
def test_windows_begin_as_a_calendar_has_it(at: str, zone: str, now: str, began: str) -> None:
    """The third day of a world of weeks lacks half past two in Berlin; Sydney's tenth has two."""
    moment = (datetime.fromisoformat(now).replace(tzinfo=UTC) - BEGAN).total_seconds()
    found = windows.begun(Expect(at, zone, 0), moment)
    assert BEGAN + timedelta(seconds=found) == datetime.fromisoformat(began).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", WEEKS.zones)
@pytest.mark.parametrize("at", [at for at in WEEKS.expected if at])
def test_windows_and_crons_agree_over_changes_of_clocks(at: str, zone: str) -> None:
    for half_hours in range(14 * 48):
        now = WEEKS.began + half_hours * DAY / 48
        moment = BEGAN + timedelta(seconds=now)
        found = windows.begun(Expect(at, zone, 0), now)
        assert latest(at, zone, moment) == BEGAN + timedelta(seconds=found)
