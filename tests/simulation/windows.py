"""When windows of expected runs begin, reckoned anew, without a library of crons.

The crons that are drawn say each so many minutes of an hour, or a time of day. A time of day that a
day lacks is the first one after the gap, one that it has twice is the first of both.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from lambdas.plan import Expect
from tests.simulation.clock import BEGAN

EACH = "*/"
LONGEST_DAY = 25 * 3600.0
HALF_AN_HOUR = 1800.0


def begun(expect: Expect, now: float) -> float:
    """Give when the last window began of a run that is expected by a cron."""
    assert expect.at is not None
    if expect.at.startswith(EACH):
        return now - now % (60.0 * int(expect.at.split()[0].removeprefix(EACH)))
    today = _date(now).astimezone(ZoneInfo(expect.zone)).date()
    days = (_begun_on(today - timedelta(days=back), expect.at, expect.zone) for back in range(3))
    return next(at for at in days if at <= now)


def apart(expect: Expect) -> float:
    """Tell how many seconds two windows begin apart at most; without a cron, one always does."""
    is_daily = expect.at is not None and not expect.at.startswith(EACH)
    return LONGEST_DAY if is_daily else HALF_AN_HOUR


@cache
def _begun_on(day: date, at: str, zone: str) -> float:
    """Give the first minute of a day at which its clock shows a time of day, or a later one."""
    minute, hour = map(int, at.split()[:2])
    there = ZoneInfo(zone)
    moment = datetime.combine(day, time(), there).astimezone(UTC)
    while moment.astimezone(there).time() < time(hour, minute):
        moment += timedelta(minutes=1)
    return (moment - BEGAN).total_seconds()


def _date(now: float) -> datetime:
    return BEGAN + timedelta(seconds=now)
