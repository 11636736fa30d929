"""From the turn of watches that look into organizations to a turn of each lane in their accounts.

Which accounts there are is listed each hour, and remembered: what a list leaves out that could not
be read is there all the same. Those that are known have their turns before it is listed, which may
take all of an invocation. A turn that waited longer than its watches' cadence is dropped, as a
lane's is: else a queue that is behind would be filled with turns that each lane drops.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.lanes import turns_of
from lambdas.members import Members, Units, left_out, of_members, with_members
from lambdas.messages import Turn, late_watches
from lambdas.model import OutOfTimeError, SourceError
from lambdas.plan import Plan, Watch
from lambdas.poll.lane_round import LONGEST_DROPPED
from lambdas.poll.summary import Summary

LIST_EVERY, LIST_AGAIN = timedelta(hours=1), timedelta(minutes=5)
"""How often the accounts are listed, and how soon again where that failed or a person asks."""
RINGS = 4
"""Cadences of a watch that count as its age while accounts of it are left out: as many ring."""
SHORTEST = 300
"""Seconds of the shortest period of the alarm that then rings."""
TAKEN_EVERY = int(LONGEST_DROPPED.total_seconds())
"""Seconds: of the turns in each of these, one is taken however late it is."""
Store = Callable[[Units, Members, datetime], object]
List = Callable[[Units], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Spreader:
    """Spreads turns that are in time; `known` are the accounts as the table has them.

    `own` are the stack's account and region.
    `list_below` lists those below units, and raises SourceError or OutOfTimeError; `store` is told
    what is known afterwards, `give` which turns to queue, `warn` what went wrong.
    """

    plan: Plan
    known: Mapping[Units, Members]
    own: tuple[str, str]
    list_below: List
    store: Store
    give: Callable[[Sequence[Turn]], object]
    warn: Callable[[str, Mapping[str, object]], object]

    def spread(self, turn: Turn, now: datetime) -> Summary:
        """Give the lanes their turns; tell how long the list of whose accounts failed."""
        summary = Summary()
        watches = [self.plan.watches[name] for name in turn.watches]
        first = self._turns(turn, self.known)
        self.give(first)
        organizations = {watch.organization.units for watch in watches if watch.organization}
        soon = turn.due is None
        known = {units: self._listed(units, now, soon=soon) for units in sorted(organizations)}
        given = {*first}
        self.give([each for each in self._turns(turn, known) if each not in given])
        for watch, members in self._of(watches, known):
            self._age(watch, members, now, summary)
        self._tell_empty(watches, known, summary)
        return summary

    def _turns(self, turn: Turn, known: Mapping[Units, Members]) -> list[Turn]:
        plan = of_members(self.plan, known)
        watches = [plan.watches[name] for name in turn.watches]
        return turns_of(plan, watches, self.own, turn.tick, turn.due)

    def _of(
        self, watches: Sequence[Watch], known: Mapping[Units, Members]
    ) -> Iterator[tuple[Watch, Members]]:
        for watch in watches:
            if watch.organization:
                yield watch, known[watch.organization.units]

    def _listed(self, units: Units, now: datetime, *, soon: bool) -> Members:
        """Give the accounts below units, listed anew where that is due; `soon`: a person asks."""
        before = self.known.get(units, Members())
        every = LIST_AGAIN if before.failed_since or soon else LIST_EVERY
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
            since = before.failed_since or now
            return replace(before, listed_at=now, failed_since=since, error=said)
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


def in_time(turn: Turn, plan: Plan, now: datetime) -> tuple[Turn, Summary]:
    """Give a turn without the watches for which it came too late, and tell of those.

    Where it is taken all the same, what the lanes get is a turn that was given now.
    """
    summary, late = Summary(), late_watches(turn, plan, now)
    dropped = [name for name in late if not _is_taken(turn, plan.watches[name])]
    for name in dropped:
        summary.age(name, (now - turn.tick).total_seconds())
    if dropped:
        summary.counts.update(Dropped=1)
    fresh = tuple(name for name in turn.watches if name not in dropped)
    return replace(turn, watches=fresh, tick=now if late else turn.tick), summary


def _is_taken(turn: Turn, watch: Watch) -> bool:
    """Tell whether a turn is the one of its ten minutes that is taken however late it is."""
    due = turn.due.timestamp() if turn.due else 0.0
    return due % TAKEN_EVERY < watch.every
