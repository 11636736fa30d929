"""How fast a world goes: most go through hours as if they were days, some through whole weeks.

All times are in seconds unless something else is said.
"""

from collections.abc import Collection
from dataclasses import dataclass

HOUR, DAY = 3600.0, 86_400.0
Expected = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """What there is to draw from.

    `began` is when the world begins, `cadences` those that schedules have, and `everyday` those of
    a watch; where that is empty, the ingredients say. `beat` is how often the heartbeat comes.
    """

    began: float
    cadences: tuple[int, ...]
    everyday: tuple[int, ...]
    changed: int
    """The cadence that a deployment brings."""
    discoveries: tuple[int, ...]
    stalls: tuple[int, ...]
    durations: tuple[int | None, ...]
    within: tuple[int, ...]
    """In minutes."""
    expected: Expected
    """The crons of runs, None where one is expected always."""
    zones: tuple[str, ...]
    gaps: tuple[float, ...]
    """How long it takes about to the next new job, where anything is loud."""
    rare: tuple[float, ...]
    """The same, where jobs are rare."""
    pages: tuple[int, ...]
    """How many jobs a list has on a page."""
    runs: tuple[float, ...]
    """About how long jobs of a service run."""
    stops: tuple[float, ...]
    """How long a job stands still that stops moving."""
    away: tuple[float, ...]
    """How long a parent is missing that comes back, and there before it goes again."""
    spells: tuple[float, float]
    """How long it takes about to the next spell of bad weather: of kinds that are loud, of all."""
    lengths: tuple[float, ...]
    """How long such a spell lasts."""
    deployments: tuple[float, float]
    """How long it takes about to the next deployment: where changes are loud, elsewhere."""
    mutes: tuple[float, ...]
    """For how long something is muted, in minutes."""
    muted: float
    """How long it takes about to the next mute."""
    beat: float


HOURS = Pace(
    began=0.0,
    cadences=(15, 60, 300),
    everyday=(),
    changed=60,
    discoveries=(0, 300, 900),
    stalls=(900, 3600),
    durations=(None, 600, 1800, 3600),
    within=(4, 7, 12, 25),
    expected=("*/10 * * * *", "*/20 * * * *", "*/30 * * * *", None),
    zones=("UTC", "Europe/Berlin"),
    gaps=(40, 120),
    rare=(200, 500),
    pages=(2, 7, 25, 100),
    runs=(20.0, 90.0, 600.0, 7200.0),
    stops=(4 * HOUR, 12 * HOUR),
    away=(45.0, 150.0, 400.0, 2000.0),
    spells=(1200.0, 2 * HOUR),
    lengths=(30.0, 300.0, 1800.0, 5 * HOUR),
    deployments=(1_500, 8_000),
    mutes=(5, 15, 30),
    muted=900,
    beat=180,
)
"""Much happens each minute: what takes hours elsewhere takes minutes here."""
WEEKS = Pace(
    began=123 * DAY,
    cadences=(300, 900, 3600),
    everyday=(300, 900, 900, 3600, 3600),
    changed=900,
    discoveries=(0, 3600, 6 * 3600),
    stalls=(6 * 3600, 24 * 3600, 48 * 3600),
    durations=(None, 6 * 3600, 24 * 3600, 72 * 3600),
    within=(60, 120, 360, 1200),
    expected=("0 1 * * *", "30 2 * * *", "15 3 * * *", None),
    zones=("Europe/Berlin", "Australia/Sydney"),
    gaps=(2 * HOUR, 8 * HOUR),
    rare=(12 * HOUR, 30 * HOUR),
    pages=(7, 25, 100),
    runs=(600.0, 2 * HOUR, 12 * HOUR, 2 * DAY),
    stops=(12 * HOUR, 3 * DAY),
    away=(1800.0, 6 * HOUR, 2 * DAY, 4 * DAY),
    spells=(DAY, 1.5 * DAY),
    lengths=(300.0, 1800.0, 5 * HOUR, 30 * HOUR),
    deployments=(1.5 * DAY, 4 * DAY),
    mutes=(6 * 60, 24 * 60, 72 * 60),
    muted=1.5 * DAY,
    beat=1800,
)
"""Seldom and slow, as most setups are: what only days bring comes to pass. It begins on 25 March
2027: three days later, Berlin's clocks go forward, and nine days later Sydney's go back."""


def pace_of(on: Collection[str]) -> Pace:
    """Give the pace of a world that is made of these ingredients."""
    return WEEKS if "weeks" in on else HOURS
