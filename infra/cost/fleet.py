"""What is watched and what goes on there, as far as it matters for the cost."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdas.plan import Plan, Source, Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A source of a watch in all of its places: each of the accounts in each of the regions.

    "" stands for the stack's own. A place is one scope. Where parents are discovered, it lists so
    many of them, each of which is another scope, and holds no jobs itself. `page` jobs are on a
    page of the list, of which one is read where it is `one_page`, as
    the list is newest first or can be asked for what is new, or
    `named` ones are asked for, `batch` in a call, as are unfinished ones where the list does not
    say the status. `rate` is how many calls a second the service takes in a place; `every`,
    `idle_every` and `discover_every` are in seconds.
    """

    service: str
    watch: str = ""
    accounts: tuple[str, ...] = ("",)
    regions: tuple[str, ...] = ("",)
    parents: int = 0
    page: int = 100
    one_page: bool = False
    named: int = 0
    batch: int = 1
    tells_status: bool = True
    every: int = 60
    idle_every: int | None = None
    discover_every: int | None = None
    rate: float | None = None
    has_progress: bool = False
    stalls: bool = False
    expects: bool = False

    @property
    def places(self) -> int:
        """In how many places it is: each is in another lane."""
        return len(self.accounts) * len(self.regions)

    @property
    def leaves(self) -> int:
        """How many of its scopes hold jobs."""
        return self.places * (self.parents or 1)

    @property
    def scopes(self) -> int:
        """How many scopes it has."""
        return self.leaves + (self.places if self.parents else 0)

    def calls(self, jobs: float) -> int:
        """Count the calls that a look into a scope with so many jobs takes: one a page."""
        if self.named:
            return math.ceil(self.named / self.batch)
        return 1 if self.one_page else max(math.ceil(jobs / self.page), 1)

    def gets(self, unfinished: float) -> float:
        """Count the calls that ask for unfinished jobs where a list tells no status."""
        if self.tells_status or self.named:
            return 0
        return min(unfinished, math.ceil(unfinished / self.batch))

    def listings(self) -> float:
        """Give the part of the ticks in which parents are listed: else the table knows them."""
        return 1 / max((self.discover_every or 0) // self.every, 1)

    def calls_of_place(self, activity: "Activity", leaves: int) -> float:
        """Count the calls of a tick in a place, of a fleet in which so many scopes hold jobs.

        Where jobs are unfinished, a scope is not idle: they are asked for in each tick.
        """
        calls = self.calls(activity.jobs / leaves) * self.looks(activity.busy)
        calls += self.gets(activity.unfinished / leaves)
        return calls * (self.parents or 1) + (self.listings() if self.parents else 0)

    def looks(self, busy: int) -> float:
        """Give the part of the ticks in which a scope is looked into: fewer, while it is idle."""
        idle_every = max((self.idle_every or 0) // self.every, 1)
        return (busy + (100 - busy) / idle_every) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What goes on in what is watched.

    `jobs` are listed and remembered, `unfinished` ones of them at any time; `moving` % of those
    show progress at each look, which is written where a watch has `stalled_after`. `changes` and
    `alerts` are those of a day, each to so many `emails`, `pagers` and `topics`, which are those of
    chats and the user's own. In `busy` % of the time a scope has unfinished jobs. The stack has so
    many `dashboards`, and takes so many `keys` of the user's own: one or none.
    """

    jobs: int = 1_000
    unfinished: int = 10
    moving: int = 50
    changes: int = 100
    alerts: int = 5
    emails: int = 0
    pagers: int = 0
    topics: int = 0
    busy: int = 50
    dashboards: int = 1
    keys: int = 0


SHIPPED = (
    Group(service="sesv2", watch="ses-imports", rate=1, has_progress=True),
    Group(service="sesv2", watch="ses-exports", rate=1, has_progress=True),
    Group(service="dataexchange", watch="data-exchange-jobs", page=200, one_page=True),
)
"""The watches of the file that ships: what somebody writes into it makes no document stale."""


def groups_of(plan: Plan, parents: Mapping[str, int]) -> list[Group]:
    """Read the watches of a plan.

    Where parents of a source are discovered, there are so many in a place.
    """
    return [
        _group(plan, watch, plan.sources[name], parents.get(name, 0))
        for watch in plan.watches.values()
        for name in watch.sources
    ]


def _group(plan: Plan, watch: Watch, source: Source, parents: int) -> Group:
    named = {parent.parameter for parent in source.parents} <= set(watch.parameters)
    sizes = [int(size) for size in source.listing.parameters.values() if str(size).isdecimal()]
    return Group(
        service=source.service,
        watch=watch.name,
        accounts=_accounts(watch),
        regions=watch.sources[source.name] or ("",),
        parents=0 if named or watch.jobs is not None else parents,
        page=next(iter(sizes), 100),
        one_page=source.newest_first or source.listing.since is not None,
        named=len(watch.jobs or ()),
        batch=source.get.batch if source.get else 1,
        tells_status=source.list_tells_status or source.get is None,
        every=watch.every,
        idle_every=watch.idle_every,
        discover_every=plan.discover_every(watch, source.name),
        rate=source.calls_per_second,
        has_progress=any(source.progress.values()),
        stalls=watch.stalled_after is not None,
        expects=watch.expect is not None,
    )


def _accounts(watch: Watch) -> tuple[str, ...]:
    """Name the accounts of a watch, of an organization as many as there may be."""
    named = tuple(account.id for account in watch.accounts)
    if watch.organization is None:
        return named or ("",)
    units = " ".join(watch.organization.units)
    return (*named, *(f"{units} {number}" for number in range(watch.organization.most)))


def so_many(number: int) -> tuple[str, ...]:
    """Give as many accounts or regions as are asked for, the stack's own included."""
    return ("", *map(str, range(1, number)))


def leaves_of(groups: Sequence[Group]) -> int:
    """Count the scopes that hold jobs: jobs and changes are spread over them."""
    return sum(group.leaves for group in groups)
