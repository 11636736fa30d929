"""What may be asked of the cost model, and what it comes to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.config.files.durations import DAY, MINUTE
from infra.config.files.mistakes import InvalidValueError, shown
from infra.config.plan import compile_plan
from infra.config.values import OFTEN
from infra.cost.fleet import Activity, Group, groups_of, so_many
from infra.cost.reckoning import from_file
from operate.typed import seconds

ROOT = Path(__file__).resolve().parents[2]

Asked = tuple[Sequence[Group], Activity]
"""What somebody asks for: what is watched, and what goes on there."""
MOST = 10**12
"""As much as anybody has of anything: a sum of more is none that a bill shows."""
NUMBERS = (
    ("jobs", MOST, "Jobs that are listed and remembered."),
    ("unfinished", MOST, "Of them, at any time."),
    ("changes", MOST, "Changes of a status a day."),
    ("alerts", MOST, "Of them, that send an alert."),
    ("moving", 100, "Percent of them that move at each look (stalled_after)."),
    ("busy", 100, "Percent of the time with unfinished jobs (idle_every)."),
)
"""What goes on, by the names of `Activity`, with the most that each may be."""
WITHIN = (("unfinished", "jobs"), ("alerts", "changes"))
"""Numbers of which the one counts some of the other."""


def of_file(
    watches: Path, activity: Mapping[str, int], *, parents: int | None = None, **over: Any
) -> Asked:
    """Ask for what a file watches, with other numbers laid over it.

    :raises Mistakes: when the file is wrong.
    """
    compiled = compile_plan(watches, ROOT / "catalogue")
    as_given = dict.fromkeys(compiled.plan.sources, parents) if parents else compiled.parents
    groups = groups_of(compiled.plan, as_given)
    return of_groups(groups, {**activity, **from_file(compiled)}, **over)


def of_groups(groups: Iterable[Group], activity: Mapping[str, int], **over: Any) -> Asked:
    """Ask for some groups, with other numbers laid over what they say: nothing or 0 lays none."""
    laid = {name: value for name, value in over.items() if value}
    laid |= {name: so_many(laid[name]) for name in ("accounts", "regions") if name in laid}
    return [replace(group, **laid) for group in groups], Activity(**activity)


def cadence(text: str) -> int:
    """Read how often a watch is due, in seconds.

    :raises InvalidValueError: when none can be due so often.
    """
    found = seconds(text)
    if found in OFTEN or (found and found % MINUTE == 0 and MINUTE <= found <= DAY):
        return found
    words = f"from 1 minute to 1 day, or one of {', '.join(map(str, OFTEN))} seconds"
    raise InvalidValueError(shown(text), f"whole minutes {words}")
