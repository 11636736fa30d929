"""Everything that a run may be made of; each can be switched off to find what a fault needs."""

from tests.simulation.weather import KINDS

DRAWN = frozenset(
    {
        *KINDS,
        "deaths",
        "repeated deliveries",
        "throttled invocations",
        "missed ticks",
        "repeated ticks",
        "people",
        "refused messages",
        "refused table calls",
        "writes that botocore repeats",
        "slow table",
        "unprocessed keys",
        "late index",
        "troubled bus",
        "troubled topic",
        "events that bus never takes",
        "events that topic never takes",
        "clocks that differ",
        "shifting pages",
        "parents come and go",
        "jobs that vanish",
        "jobs that come back",
        "jobs that stop moving",
        "ids used again",
        "late counts",
        "unknown statuses",
        "old jobs",
        "many jobs",
        "many watches",
        "members",
        "regions",
        "watches by id",
        "watches of several sources",
        "quick cadences",
        "slow cadences",
        "idle scopes",
        "bursts",
        "crowded lanes",
        "long jobs",
        "long lists",
        "slow services",
        "stale reads",
        "statuses that waver",
        "times that cannot be",
        "troubled places",
        "troubled gets",
        "troubled parents",
        "stalls",
        "retention that changes",
        "watches that come and go",
        "watches that change",
    }
)
"""What any run may have."""
ONLY_IN_STORMS = frozenset(
    {
        "accounts that come and go",
        "expected runs",
        "failures in a row",
        "floods",
        "left out of batches",
        "max durations",
        "mutes",
        "narrowed watches",
        "organizations",
        "parents that are listed seldom",
        "places that kill",
        "rare jobs",
        "roles that are missing",
        "short jobs between",
        "troubled lists of accounts",
        "weeks",
    }
)
"""What a drawn run has only where its storm is loud of it: little else would happen beside it."""
INGREDIENTS = DRAWN | ONLY_IN_STORMS
OFTEN_OFF, MOSTLY_OFF = 0.35, 0.8
"""By what chance a run goes without an ingredient, so that others are seen alone: in a storm, most
of them."""
