"""From the turn of watches that look into organizations to a turn of each lane in their accounts.

Which accounts there are is listed each hour, and remembered: what a list leaves out that could not
be read is there all the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.lanes import turns_of
from lambdas.members import Members, Units, left_out, of_members, with_members
from lambdas.messages import Turn
from lambdas.model import OutOfTimeError, SourceError
from lambdas.plan import Plan, Watch
from lambdas.poll.summary import Summary

LIST_EVERY, LIST_AGAIN = timedelta(hours=1), timedelta(minutes=5)
"""How often the accounts are listed, and how soon again where that failed."""
RINGS = 4
"""Cadences of a watch that count as its age while accounts of it are left out: as many ring."""
SHORTEST = 300
"""Seconds of the shortest period of the alarm that then rings."""
Store = Callable[[Units, Members, datetime], object]
List = Callable[[Units], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Spreader:
    """Spreads turns; `known` are the accounts as the table has them, `own` are as a poller's.

    `list_below` lists those below units, and raises SourceError or OutOfTimeError; `store` is told
    what is known afterwards; `warn` what went wrong.
    """

    plan: Plan
    known: Mapping[Units, Members]
    own: tuple[str, str]
    list_below: List
    store: Store
    warn: Callable[[str, Mapping[str, object]], object]

    def spread(self, turn: Turn, now: datetime) -> tuple[list[Turn], Summary]:
        """Give the turns of the lanes, and how long the list of whose accounts failed."""
        watches = [self.plan.watches[name] for name in turn.watches]
        organizations = {watch.organization.units for watch in watches if watch.organization}
        known = {units: self._listed(units, now) for units in sorted(organizations)}
        plan, summary = of_members(self.plan, known), Summary()
        for watch, members in self._of(watches, known):
            self._age(watch, members, now, summary)
        self._tell_empty(watches, known, summary)
        there = [plan.watches[watch.name] for watch in watches]
        return turns_of(plan, there, self.own, turn.tick, turn.due), summary

    def _of(
        self, watches: Sequence[Watch], known: Mapping[Units, Members]
    ) -> Iterator[tuple[Watch, Members]]:
        for watch in watches:
            if watch.organization:
                yield watch, known[watch.organization.units]

    def _listed(self, units: Units, now: datetime) -> Members:
        """Give the accounts below units, listed anew where that is due."""
        before = self.known.get(units, Members())
        every = LIST_AGAIN if before.failed_since else LIST_EVERY
        if before.listed_at is not None and now - before.listed_at < every:
            return before
        after = self._list(units, before, now)
        self.store(units, after, now)
        return after

    def _list(self, units: Units, before: Members, now: datetime) -> Members:
        try:
            found = dict.fromkeys(self.list_below(units))
        except (SourceError, OutOfTimeError) as error:
            said = f"{error.code}: {error.message}" if isinstance(error, SourceError) else "no time"
            where = {"units": list(units), "error": said}
            self.warn("The accounts of an organization could not be listed", where)
            return replace(before, listed_at=now, failed_since=before.failed_since or now)
        kept = [each for each in before.accounts if each in found]
        return Members((*kept, *sorted(found.keys() - {*kept})), now)

    def _age(self, watch: Watch, members: Members, now: datetime, summary: Summary) -> None:
        """Note how long something of a watch is not read, for the alarm."""
        if members.failed_since is not None:
            summary.age(watch.name, (now - members.failed_since).total_seconds())
        if more := left_out(watch, members):
            self.warn(
                "Accounts of an organization are left out", {"watch": watch.name, "more": more}
            )
            summary.age(watch.name, RINGS * max(watch.every, SHORTEST))

    def _tell_empty(
        self, watches: Sequence[Watch], listed: Mapping[Units, Members], summary: Summary
    ) -> None:
        """Say that nothing is unread of a cadence whose watches have no account: no lane does."""
        whole = with_members(self.plan, {**self.known, **listed})
        own = self.own[0]
        polled = {each.every for each in whole.watches.values() if each.accounts_in(own)}
        for watch in watches:
            if watch.every not in polled:
                summary.age(watch.name, 0.0)
