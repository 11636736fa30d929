"""What mutes kept back: told once they have ended, if it still stands.

Before an alert is told, an invocation claims it, so that no other tells it besides; whatever ends
it waits meanwhile, as it must not overtake it. Who was stopped in between tells it no more: another
does, once that must be so.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from lambdas.alert.deciding import opened
from lambdas.alert.memory import Memory
from lambdas.alert.standing import Kept, Key, Standing, Told
from lambdas.alert.terms import severity, worse
from lambdas.deadline import Deadline
from lambdas.outbox.dead_letters import Letter
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError, read_records
from lambdas.plan import Policy
from lambdas.times import read_time

MOST = 1_000
"""Alerts that are told at once; the rest has the next heartbeat."""
LARGEST = 3_000_000
"""Characters of their events, and a piece more, for memory's sake: a few of the largest are as
many as a thousand others. Of several watches, each has the same part of it."""
PIECE = 25
"""Alerts that are read at a time: one may take a hundred thousand bytes."""
CLAIMED_FOR = timedelta(minutes=2)
"""After that, who claimed it is there no more: an invocation may last half of it."""

Deliver = Callable[
    [Iterable[Told], Callable[[OutboxRecord], None], Callable[[Letter], object]], object
]
"""Sends alerts; what it takes besides is told of each record that was sent, or is put aside."""


@dataclass(frozen=True, slots=True)
class KeptBack:
    """Tells what was kept back; `table` is the ARN of the one of whose stream a record must be."""

    memory: Memory
    table: str
    deliver: Deliver
    put_aside: Callable[[Letter], object]
    policy_of: Callable[[str], Policy]

    def tell(self, keys: Collection[Key], deadline: Deadline) -> bool:
        """Tell what was kept back under the first of some keys; say whether all of that was told.

        It raises what the memory does.
        """
        there = self._read(keys, deadline)
        claimed = self._claim(there, deadline)
        told = self._told({key: each.kept for key, each in claimed.items() if each.kept})
        settled = {key: _settled(claimed[key], self.policy_of(key[0])) for key in told}
        failed = self.memory.write(settled, deadline)
        return len(told) - len(failed) == len(there)

    def _read(self, keys: Collection[Key], deadline: Deadline) -> dict[Key, Standing]:
        """Read what was kept back, as much as is told at once, and of no watch more than its part.

        Large ones of one could else leave no room for what is small of another.
        """
        there: dict[Key, Standing] = {}
        sizes = Counter[str]()
        part = LARGEST / max(len({watch for watch, _ in keys}), 1)
        left = (key for key in islice(keys, MOST) if sizes[key[0]] < part)
        while sizes.total() < LARGEST and (some := [*islice(left, PIECE)]):
            found = self.memory.read(some, deadline)
            there |= {key: each for key, each in found.items() if each.kept}
            for (watch, _), each in found.items():
                sizes[watch] += len(each.kept.text) if each.kept else 0
        return there

    def _claim(self, there: dict[Key, Standing], deadline: Deadline) -> dict[Key, Standing]:
        """Write that we tell it; give what nobody else does, as it is written now."""
        now = self.memory.clock()
        free = {
            key: replace(each, kept=replace(each.kept, claimed=now.isoformat()))
            for key, each in there.items()
            if each.kept and _is_free(each.kept, now)
        }
        failed = self.memory.write(free, deadline)
        return {
            key: replace(each, version=each.version + 1)
            for key, each in free.items()
            if key not in failed
        }

    def _told(self, kept: dict[Key, Kept]) -> set[Key]:
        """Send alerts; give the keys of those that were sent, or put aside for good."""
        alerts: list[Told] = []
        done: set[Key] = set()
        key_of: dict[int, Key] = {}
        for key, each in kept.items():
            key_of[id(each.record)] = key
            alerts += map(_alert, read_records([each.record], self.table))

        def aside(letter: Letter) -> None:
            self.put_aside(letter)
            done.add(key_of[id(letter.record)])

        self.deliver(alerts, lambda record: done.add(key_of[id(record.record)]), aside)
        return done


def _alert(read: OutboxRecord | UnreadableRecordError) -> Told:
    return opened(read) if isinstance(read, OutboxRecord) else read


def _settled(claimed: Standing, policy: Policy) -> Standing:
    trouble = claimed.trouble
    if trouble:
        to = tuple(dict.fromkeys((*trouble.to, *policy.to)))
        bad = worse(trouble.severity, severity(trouble.status, policy))
        trouble = replace(trouble, told=True, to=to, severity=bad)
    return replace(claimed, trouble=trouble, kept=None)


def _is_free(kept: Kept, now: datetime) -> bool:
    claimed = read_time(kept.claimed)
    return claimed is None or claimed + CLAIMED_FOR <= now
