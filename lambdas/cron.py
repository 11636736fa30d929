"""The times of a cron expression in a time zone.

Its five fields mean what Debian's cron makes of them, also where clocks are changed: a time of day
that a day lacks is the first one after the gap, and one that it has twice is the first of both;
where hours or minutes begin with a star, each that there is counts.
"""

from datetime import UTC, datetime, timedelta

LOOKED_BACK = (timedelta(hours=2), timedelta(days=2), *map(timedelta, (64, 2_048, 65_536)))
"""How far back a time is looked for; the first of these in which there is one is enough."""


def latest(expression: str, zone: str, moment: datetime) -> datetime | None:
    """Give the last time of a cron that is not after a moment; None where it never had one.

    It goes forward to the moment: backward, the library passes over a time that is there twice.
    """
    # At a cold start, nothing is imported that most stacks do not need; nor is it in their zips.
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from cronsim import CronSim  # noqa: PLC0415

    for back in LOOKED_BACK:
        found = None
        for time in CronSim(expression, (moment - back).astimezone(ZoneInfo(zone))):
            if time.astimezone(UTC) > moment:
                break
            found = time.astimezone(UTC)
        if found is not None:
            return found
    return None
