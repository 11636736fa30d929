"""What a lane's turn finds out about the runs that its watches expect.

A watch without an expectation costs nothing here; another one costs a read of one item, and a write
where there is something to note. Where a run is owed, or a place was never read completely, all of
it is read as for a person who asks: idle scopes do not rest, and what parents hold is listed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lambdas.digest import short
from lambdas.members import members_are_unknown
from lambdas.model import RUN_ARRIVED, Health, Reading, Runs, Scope
from lambdas.plan import Expect, Plan, Watch
from lambdas.poll.event import run_detail
from lambdas.poll.summary import Outcome
from lambdas.poll.worker import Worker
from lambdas.runs import Found, after_turn, begun, is_awaited
from lambdas.store.items import DAMAGED
from lambdas.text import write_json

MOST_TRIES = 3
"""How often a turn writes what it found where other lanes of the watch write at the same time."""
Place = tuple[str, str, str]
"""A source, an account and a region."""


@dataclass(slots=True)
class _Pass:
    """The way through one place of a watch; `began` is None where not all of it can be read."""

    watch: Watch
    expect: Expect
    places: Mapping[str, Place]
    place: str
    runs: Runs
    is_awaited: bool
    began: datetime | None
    succeeded_at: datetime | None = None
    is_gone: bool = False


class Expectations:
    """Follows a lane's way through its places; `own` are the stack's account and region.

    A turn that comes to a place twice, around the circle, lists what parents hold the first time.
    So `_since` has by watch and source when the turn first came there, None where something failed.
    """

    def __init__(self, worker: Worker, own: tuple[str, str]) -> None:
        self._worker, self._own = worker, own
        self._known: dict[str, Runs] = {}
        self._since: dict[tuple[str, str], datetime | None] = {}
        self._at: tuple[str, str] | None = None
        self._pass: _Pass | None = None

    @property
    def worker(self) -> Worker:
        """Who is to visit what is in the place where the lane is."""
        now = self._pass is not None and self._pass.is_awaited
        return replace(self._worker, due=None) if now else self._worker

    def begin(self, root: Scope, at: Sequence[str]) -> None:
        """Come to a place, or go on amid it, `at` where the last turn stopped."""
        watch, self._pass, self._at = self._worker.watch(root), None, (root.watch, root.source)
        if watch.expect is None or members_are_unknown(watch):
            return
        now = self._worker.clock()
        since = self._since.setdefault(self._at, now)
        if watch.name not in self._known:
            self._known[watch.name] = self._worker.table.read_runs(watch.name)
        runs = begun(self._known[watch.name], watch)
        places = places_of(self._worker.plan, watch, self._own)
        place = _named(root.source, root.account, root.region)
        reading = runs.places.get(place, Reading())
        goes_on = reading.amid if reading.at == _marked(at) else None
        self._pass = _Pass(
            watch,
            watch.expect,
            places,
            place,
            runs,
            is_awaited(watch.expect, runs, places, place, now),
            began=goes_on if at else since,
        )

    def note(self, before: Health, outcome: Outcome, *, is_gone: bool = False) -> None:
        """Note what the visit of a scope came to; `before` is what was known of that.

        One that `is_gone` may be forgotten after it.
        """
        under_way = self._pass
        if under_way is None:
            return
        if outcome.succeeded_at is not None:
            under_way.is_gone |= is_gone
            known = under_way.succeeded_at or outcome.succeeded_at
            under_way.succeeded_at = max(known, outcome.succeeded_at)
        if outcome.error is not None or outcome.health.unread_since is not None:
            self.fail()
        elif before.cursor is not None and under_way.began is not None:
            under_way.began = min(under_way.began, before.cursor.began)

    def fail(self) -> None:
        """Note that something in the place where the lane is could not be dealt with."""
        if self._at is not None:
            self._since[self._at] = None
        if self._pass is not None:
            self._pass.began = None

    def end(self) -> None:
        """Leave a place behind."""
        under_way, self._pass = self._pass, None
        if under_way is None:
            return
        self._settle(under_way, Reading(_first(under_way), under_way.began))

    def stop(self, at: Sequence[str] = ()) -> None:
        """Stop amid a place: the next turn goes on `at` this point, or at the beginning."""
        under_way, self._pass = self._pass, None
        if under_way is None:
            return
        goes_on = bool(at) and under_way.began is not None
        reading = Reading(amid=under_way.began, at=_marked(at)) if goes_on else Reading()
        self._settle(under_way, reading)

    def _settle(self, under_way: _Pass, reading: Reading) -> None:
        name = under_way.watch.name
        for _ in range(MOST_TRIES):
            now = self._worker.clock()
            read = {under_way.place: reading} if under_way.is_awaited else {}
            found = Found(now, under_way.succeeded_at, read, under_way.is_gone)
            before = under_way.runs
            after, announce = after_turn(under_way.expect, before, under_way.places, found)
            if after == self._known[name] or not self._worker.has_time_for_health():
                return
            stored = replace(after, version=before.version + 1)
            if announce is not None:
                since = after.missing_since or before.missing_since
                assert since, "a run is or was missing"  # noqa: S101  for the type checker
                places = under_way.places.values()
                detail = run_detail(under_way.watch, places, stored, since, now)
                there = _missed_in(before) if announce == RUN_ARRIVED else {}
                text = write_json({**detail, **there})
                stored = replace(stored, announced=announce, detail=text)
            if self._worker.table.put_runs(name, stored, announce):
                self._known[name] = stored
                return
            self._known[name] = self._worker.table.read_runs(name)
            under_way.runs = begun(self._known[name], under_way.watch)


def places_of(plan: Plan, watch: Watch, own: tuple[str, str]) -> dict[str, Place]:
    """Name all places that a watch looks at, each by what the table calls it."""
    places = [
        (source, account, region)
        for source in sorted(watch.sources)
        for account in watch.accounts_in(own[0])
        for region in plan.regions_of(watch, source, own[1])
    ]
    return {_named(*place): place for place in places}


def _first(under_way: _Pass) -> datetime | None:
    """Give since when a place counts as read.

    An account that came into an organization counts as long as the others there: where one comes in
    each window, no run would ever be missing else. What succeeded there before has the time of its
    end, or of its creation.
    """
    began, runs = under_way.began, under_way.runs
    if began is None or under_way.watch.organization is None:
        return began
    source, _, region = under_way.place.split()
    there = [name for name, (s, _, r) in under_way.places.items() if (s, r) == (source, region)]
    firsts = (runs.places[name].first for name in there if name in runs.places)
    return min((each for each in firsts if each is not None), default=began)


def _missed_in(before: Runs) -> dict[str, Any]:
    """Give where a run was told to be missing: so is its end, wherever the watch looks by now."""
    try:
        told = json.loads(before.detail or "{}")
        return {name: told[name] for name in ("source", "account", "region", "parameters")}
    except DAMAGED:
        return {}


def _marked(at: Sequence[str]) -> str:
    """Write a point amid a place as a short text: ids may be long."""
    return short(json.dumps(at))


def _named(source: str, account: str, region: str) -> str:
    return f"{source} {account} {region}"
