"""Storms: runs that have much of a few kinds of trouble, and little of all others.

A bit of everything hides what a lot of one thing shows: where much goes wrong, promises hold for
little. What belongs together is loud together, on the sources where it tells.
"""

from dataclasses import dataclass

from tests.simulation.configuration import NEWER_SOURCES, SOURCES

HOURS = (1.0, 2.0, 3.0)
SES, SORTED, LISTED = "sesv2.import-jobs", "dataexchange.jobs", "translate.text-translation-jobs"
EXPORTS, DYNAMODB = "sesv2.export-jobs", "dynamodb.exports"
BUILDS, REPORTS = NEWER_SOURCES
SINGLE = (SES, SORTED, LISTED)
APPLICATIONS, SEGMENTS = "pinpoint.import-jobs", "pinpoint.segment-import-jobs"
SELDOM = "parents that are listed seldom"

DOUBTFUL = frozenset(
    {
        *("stale reads", "clocks that differ", "times that cannot be", "shifting pages"),
        *("statuses that waver", "slow services"),
    }
)
"""What leaves open when a job ended, or whether it was there to be seen in time."""


@dataclass(frozen=True)
class Storm:
    """What is loud, which sources are watched, and what would be too much of it; and how long."""

    loud: frozenset[str]
    sources: tuple[str, ...] = SOURCES
    off: frozenset[str] = frozenset()
    hours: tuple[float, ...] = HOURS


def _storm(
    *loud: str,
    on: tuple[str, ...] = SOURCES,
    off: tuple[str, ...] = (),
    hours: tuple[float, ...] = HOURS,
) -> Storm:
    return Storm(frozenset(loud), on, frozenset(off), hours)


STORMS = {
    "ids": _storm("watches by id", "slow table", "bursts", on=SINGLE),
    "many ids": _storm("watches by id", "slow services", on=SINGLE, off=("many watches",)),
    "writes": _storm("slow table", "bursts", "many jobs", on=(SES, LISTED)),
    "crowd": _storm(
        *("crowded lanes", "slow services", "many watches", SELDOM),
        on=(APPLICATIONS, SEGMENTS),
        off=("bursts", "many jobs"),  # so that there is time for all of them
    ),
    "silence": _storm(
        *("hanging", "cut off", "troubled gets", "bursts", "many jobs"),
        on=(SES, SORTED, APPLICATIONS),
    ),
    "no time": _storm("hanging", "slow table", "bursts", "many jobs", on=(SES, SORTED)),
    "stale": _storm("stale reads", "statuses that waver", "many jobs", on=(LISTED, SES)),
    "overtaken": _storm("writes that botocore repeats", "statuses that waver", on=SINGLE),
    "index": _storm("late index", "jobs that vanish", "bursts", on=(LISTED, SES)),
    "retention": _storm(
        "retention that changes", "old jobs", "many jobs", on=(LISTED, APPLICATIONS)
    ),
    "sorted": _storm(
        *("slow services", "long lists", "ids used again", "floods", "shifting pages"),
        on=(SORTED,),
        off=("many watches", "regions", "bursts"),
    ),
    "ends": _storm("late counts", "ids used again", "times that cannot be"),
    "endless": _storm("endless", "many jobs"),
    "half lists": _storm("refused pages", "statuses that waver", "many jobs", "old jobs"),
    "parents": _storm("parents come and go", "many jobs", SELDOM, on=(APPLICATIONS, SEGMENTS)),
    "locked parents": _storm(
        *("parents come and go", "denied", "troubled places", "troubled parents", SELDOM),
        on=(SEGMENTS,),
    ),
    "outlets": _storm("troubled bus", "troubled topic", "statuses that waver"),
    "deaths": _storm("deaths", "refused table calls", "bursts"),
    "stalls": _storm("stalls", "jobs that stop moving", "long jobs"),
    "long lists": _storm(
        *("slow services", "long lists", "many watches"),
        *("rare jobs", "long jobs", "short jobs between"),
        on=(SORTED,),
        off=("members", "regions", "stalls"),
    ),
    "gone parents": _storm(
        *("parents come and go", "hanging", "troubled gets", "long jobs", "many jobs", SELDOM),
        on=(SEGMENTS,),
    ),
    "front": _storm(
        *("long lists", "ids used again", "many jobs", "slow cadences"),
        on=(SORTED,),
        off=("many watches", "regions", "slow services"),
    ),
}
"""By name; a run without one has a bit of everything."""
NEWER = {
    "ids alone": _storm(
        *("left out of batches", "bursts", "jobs that vanish", "jobs that come back"), on=(BUILDS,)
    ),
    "no get": _storm(
        *("jobs that vanish", "jobs that come back", "refused pages", "bursts"), on=(REPORTS,)
    ),
    "killers": _storm(
        *("places that kill", "many watches"), on=(SES, EXPORTS, APPLICATIONS), off=("slow",)
    ),
}
"""Storms that came later: they take turns of their own, so that the seeds of the others stay."""
LATEST = {
    "overruns": _storm(
        *("max durations", "long jobs", "jobs that stop moving", "ids used again", "deaths"),
        on=(SES, SORTED, APPLICATIONS),
        off=("slow services", "times that cannot be"),
    ),
    "narrow": _storm(
        *("narrowed watches", "watches that change", "many jobs", "old jobs"),
        *("jobs that vanish", "deaths"),
        on=(SES, SORTED, LISTED, REPORTS, APPLICATIONS),
    ),
}
"""And those that came after these: they share a round with them."""
NEWEST = {
    "runs": _storm(
        *("expected runs", "rare jobs", "denied", "deaths", "refused table calls"),
        *("idle scopes", SELDOM),
        on=(SES, LISTED, APPLICATIONS),
        off=(*DOUBTFUL, "watches by id"),
    ),
    "mutes": _storm(
        *("mutes", "failures in a row", "stalls", "max durations", "many jobs"),
        *("refused table calls", "deaths", "troubled topic", "denied"),
        on=(SES, SORTED, LISTED),
        off=(*DOUBTFUL, "events that topic never takes", "watches that come and go"),
    ),
}
"""Those that came later still: they share a round more seldom."""
ORGANIZATIONS = {
    "organizations": _storm(
        *("organizations", "accounts that come and go", "roles that are missing"),
        *("troubled lists of accounts", "deaths", "refused table calls", "many jobs"),
        on=(SES, SORTED, LISTED, APPLICATIONS),
        off=("watches by id", "many watches", "bursts", "crowded lanes", "long lists"),
    ),
}
"""Those whose watches look into organizations: of some rounds they have all turns."""
TOO_DENSE = ("slow services", "many watches", "many jobs", "bursts", "long lists")
"""What would make each poll of weeks dear."""
WEEKS = {
    "weeks": _storm(
        *("weeks", "retention that changes", "jobs that vanish", "jobs that come back", "old jobs"),
        *("jobs that stop moving", "stalls", "max durations", "parents come and go"),
        *("idle scopes", SELDOM),
        on=(SES, SORTED, LISTED, DYNAMODB, APPLICATIONS),
        off=("watches by id", *TOO_DENSE),
        hours=(336.0, 420.0, 504.0),
    ),
    "weeks of runs": _storm(
        *("weeks", "expected runs", "rare jobs", "mutes", "failures in a row"),
        *("jobs that stop moving", "stalls", "max durations", "idle scopes"),
        on=(SES, LISTED),
        off=(
            *("watches by id", "watches that come and go", "events that topic never takes"),
            *(*DOUBTFUL, *TOO_DENSE),
        ),
        hours=(336.0, 420.0, 504.0),
    ),
}
"""Those that last for two weeks and more."""
FRONTS = {
    "weeks of long lists": _storm(
        *("weeks", "slow services", "long lists", "long jobs", "rare jobs"),
        on=(SORTED,),
        off=(
            *("watches by id", "watches that come and go", "members", "regions", "shifting pages"),
            *(*DOUBTFUL - {"slow services"}, *{*TOO_DENSE} - {"slow services", "long lists"}),
        ),
        hours=(336.0,),
    ),
}
"""Whose lists take all of an invocation's time, and where nothing else changes for long."""
