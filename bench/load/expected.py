"""Holds what arrived against the scenario: exactly its changes, each in its job's order."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from bench.load.scenario import Change
from demo.listen import Alert, Event

CHANGE = "Job Status Change"
ALERTED = ("FAILED", "PARTIAL")
MOST = 20
"""Faults that are named one by one."""


@dataclass(slots=True)
class Expected:
    """What must arrive, what of it did, and what was wrong."""

    faults: list[str] = field(default_factory=list)
    repeats: int = 0
    _made: dict[Change, float] = field(default_factory=dict)
    _waiting: set[Change] = field(default_factory=set)
    _ids: set[str] = field(default_factory=set)
    _last: dict[tuple[str, str], str] = field(default_factory=dict)
    _alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _alerted: set[str] = field(default_factory=set)

    def expect(self, at: float, changes: Sequence[Change]) -> None:
        """Take down changes that happened at a time, and the alerts that they ask for."""
        self._made.update(dict.fromkeys(changes, at))
        self._waiting.update(changes)
        self._alerts.update((c.region, c.status) for c in changes if c.status in ALERTED)

    @property
    def missing(self) -> int:
        """How many changes no event has arrived for yet."""
        return len(self._waiting)

    @property
    def alerts_missing(self) -> int:
        """How many alerts have not arrived yet."""
        return sum(count for count in self._alerts.values() if count > 0)

    def take_events(self, events: Iterable[Event]) -> list[float]:
        """Check events in the order of their arrival; return how long each took, but for repeats.

        An event repeats another one when it has the same id.
        """
        took = []
        for event in events:
            if event.detail["id"] in self._ids:
                self.repeats += 1
            elif event.type != CHANGE:
                self.faults.append(f"not a change of a job: {event.text[:300]}")
            elif (change := _read(event.detail)) not in self._waiting:
                self.faults.append(f"nobody made this change: {change}")
            else:
                self._waiting.remove(change)
                took.append(event.at - self._made[change])
                job, before = (change.region, change.job_id), change.previous_raw_status
                if self._last.get(job, before) != before:
                    self.faults.append(f"out of order, after {self._last[job]}: {change}")
                self._last[job] = change.raw_status
            self._ids.add(event.detail["id"])
        return took

    def take_alerts(self, messages: Iterable[Alert]) -> list[float]:
        """Check alerts; return how long each change took that they list.

        A message lists as many as fit and counts all, so numbers are compared. One that lists
        what was listed before is a repeat.
        """
        took = []
        for alert in messages:
            listed = {detail["id"] for detail in alert.details}
            if listed & self._alerted:
                self.repeats += 1
                continue
            self._alerted |= listed
            count = alert.document["detail"]["count"]
            self._alerts[alert.attributes["region"], alert.attributes["status"]] -= count
            changes = [_read(detail) for detail in alert.details]
            took += [alert.at - self._made[each] for each in changes if each in self._made]
        return took

    def close(self, left: Mapping[str, int]) -> list[str]:
        """Return everything that was wrong; `left` is what is left in the stack's queues."""
        lost = [f"lost: {change}" for change in self._waiting]
        odd = [
            f"{abs(count)} alerts too {'few' if count > 0 else 'many'}: {status} in {region}"
            for (region, status), count in self._alerts.items()
            if count
        ]
        strange = [f"an alert without an event: {name}" for name in self._alerted - self._ids]
        dead = [f"{count} messages are left in the queue {name}" for name, count in left.items()]
        faults = [*self.faults, *lost, *odd, *strange, *dead]
        more = len(faults) - MOST
        return faults[:MOST] + ([f"and {more:,} more"] if more > 0 else [])


def _read(detail: Mapping[str, Any]) -> Change:
    return Change(**{each.name: detail[each.name] for each in fields(Change)})
