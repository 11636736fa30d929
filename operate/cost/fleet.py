"""What is watched and what goes on there, as far as it matters for the cost."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lambdas.plan import Plan, Watch

MADE_UP = "made-up"
"""The service of watches that stand in no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Watches that are alike; `every` and `idle_every` are in seconds.

    `foreign` of the `places` (accounts times regions) are in other accounts. Of the
    `scopes_of_place`, those that are `broad` hold other scopes rather than jobs. A list has so many
    `pages`; or `named` jobs are asked for one by one. `rate` is how many calls a second the service
    stands; `writes_progress` tells whether progress is written down between changes of status.
    """

    watches: int = 1
    service: str = MADE_UP
    places: int = 1
    foreign: int = 0
    scopes_of_place: int = 1
    broad: int = 0
    pages: int = 1
    newest_first: bool = False
    named: int = 0
    every: int = 60
    idle_every: int | None = None
    rate: float | None = None
    writes_progress: bool = False

    @property
    def scopes(self) -> int:
        """How many scopes a tick of all these watches visits."""
        return self.watches * self.places * self.scopes_of_place

    @property
    def exact(self) -> int:
        """How many of the scopes hold jobs."""
        return self.watches * self.places * (self.scopes_of_place - self.broad)

    @property
    def calls(self) -> int:
        """How many calls to the job API a look into a scope takes."""
        return self.named or (1 if self.newest_first else self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What goes on in what is watched.

    `jobs` are remembered, `unfinished` ones of them at any time; a `moving` part of those shows
    progress at each look, which is written where a watch has `stalled_after`. `changes` and
    `alerts` are those of a day. `busy` is the part of the time in which a scope has unfinished
    jobs.
    """

    jobs: int = 1_000
    unfinished: int = 10
    moving: float = 0.5
    changes: int = 100
    alerts: int = 5
    emails: int = 0
    busy: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a user asks about instead of what the file says; None is as the file says."""

    accounts: int | None = None
    regions: int | None = None
    every: int | None = None
    idle_every: int | None = None
    stalls: bool = False


def from_plan(plan: Plan, parents: int, pages: int, what_if: Change) -> list[Group]:
    """Read the watches of a plan; where parents are discovered, there are `parents`."""
    return [_group(watch, parents, pages, what_if) for watch in plan.watches.values()]


def made_up(watches: int, parents: int, pages: int, what_if: Change) -> list[Group]:
    """Make that many watches that are alike."""
    places, foreign = _places((), (), what_if)
    group = Group(
        watches=watches,
        places=places,
        foreign=foreign,
        scopes_of_place=parents,
        pages=pages,
        writes_progress=what_if.stalls,
    )
    return [_timed(group, what_if)]


def by_cadence(groups: Sequence[Group]) -> Iterator[list[Group]]:
    """Give the watches that are due together: one invocation is for all of them."""
    found: defaultdict[int, list[Group]] = defaultdict(list)
    for group in groups:
        found[group.every].append(group)
    yield from found.values()


def looks(group: Group, activity: Activity) -> float:
    """Give the part of the ticks in which a scope's jobs are listed: fewer, while it is idle."""
    if group.idle_every is None:
        return 1.0
    return activity.busy + (1 - activity.busy) / max(group.idle_every // group.every, 1)


def scopes_of(groups: Sequence[Group]) -> int:
    """Count the scopes of all watches."""
    return sum(group.scopes for group in groups)


def exact_of(groups: Sequence[Group]) -> int:
    """Count the scopes of all watches that hold jobs: jobs and changes are spread over them."""
    return sum(group.exact for group in groups)


def _group(watch: Watch, parents: int, pages: int, what_if: Change) -> Group:
    source = watch.source
    places, foreign = _places(watch.accounts, watch.regions, what_if)
    # The parents are looked into one by one, and listed in a scope of their own.
    broad = _discovers(watch)
    group = Group(
        service=source.service,
        places=places,
        foreign=foreign,
        scopes_of_place=parents + 1 if broad else 1,
        broad=int(broad),
        pages=pages,
        newest_first=source.newest_first,
        named=len(watch.jobs or ()),
        every=watch.every,
        idle_every=watch.idle_every,
        rate=source.calls_per_second,
        writes_progress=_writes_progress(watch, what_if),
    )
    return _timed(group, what_if)


def _places(accounts: Iterable[Any], regions: Iterable[Any], what_if: Change) -> tuple[int, int]:
    """Count accounts times regions, and those of them that are in other accounts."""
    named = len([*accounts]) if what_if.accounts is None else what_if.accounts
    others = named if what_if.accounts is None else named - 1
    each = what_if.regions or len([*regions]) or 1
    return (named or 1) * each, others * each


def _discovers(watch: Watch) -> bool:
    parameters = {parent.parameter for parent in watch.source.parents}
    return watch.jobs is None and not parameters <= set(watch.parameters)


def _writes_progress(watch: Watch, what_if: Change) -> bool:
    waited_for = what_if.stalls or watch.stalled_after is not None
    return waited_for and any(watch.source.progress.values())


def _timed(group: Group, what_if: Change) -> Group:
    every, idle = what_if.every or group.every, what_if.idle_every or group.idle_every
    return replace(group, every=every, idle_every=idle)
