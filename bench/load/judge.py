"""Holds what was heard against the script: exactly its changes, each in its job's order."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.load.hear import Arrived
from bench.load.script import Change, alerts
from demo.listen import Alert

CHANGE = "Job Status Change"
MOST = 20
"""Faults that are told one by one."""


@dataclass(slots=True)
class Judge:
    """What must be heard, what of it was heard, and what was wrong."""

    faults: list[str] = field(default_factory=list)
    repeats: int = 0
    _waiting: dict[Change, float] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _last: dict[tuple[str, str], str] = field(default_factory=dict)
    _alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _alerted: set[str] = field(default_factory=set)

    def expect(self, at: float, changes: Sequence[Change]) -> None:
        """Take down changes that happened at a time."""
        self._waiting.update(dict.fromkeys(changes, at))
        self._alerts.update(alerts(changes))

    @property
    def missing(self) -> int:
        """How many changes were not heard of yet."""
        return len(self._waiting)

    @property
    def alerts_missing(self) -> int:
        """How many alerts were not heard of yet."""
        return sum(count for count in self._alerts.values() if count > 0)

    def hear_events(self, events: Iterable[Arrived]) -> list[float]:
        """Judge events in the order of their arrival; return how long each took, without repeats.

        An event repeats another one when it has the same id.
        """
        return [took for arrived in events for took in self._hear(arrived)]

    def _hear(self, arrived: Arrived) -> Iterator[float]:
        detail = arrived.event.detail
        if detail["id"] in self._ids:
            self.repeats += 1
            return
        self._ids.add(detail["id"])
        if arrived.event.type != CHANGE:
            self.faults.append(f"not a change of a job: {arrived.event.text[:300]}")
            return
        names = ("region", "job_id", "previous_raw_status", "raw_status", "status")
        change = Change(**{name: detail[name] for name in names})
        at = self._waiting.pop(change, None)
        if at is None:
            self.faults.append(f"nobody made this change: {change}")
            return
        job = (change.region, change.job_id)
        if self._last.get(job, change.previous_raw_status) != change.previous_raw_status:
            self.faults.append(f"out of order, after {self._last[job]}: {change}")
        self._last[job] = change.raw_status
        yield arrived.at - at

    def hear_alerts(self, messages: Iterable[Alert]) -> int:
        """Judge alerts; return how many changes they were about.

        A message lists as many as fit and counts all, so numbers are compared. One that lists
        what was listed before is a repeat.
        """
        heard = 0
        for message in messages:
            listed = {detail["id"] for detail in message.details}
            if listed & self._alerted:
                self.repeats += 1
                continue
            self._alerted |= listed
            count = message.document["detail"]["count"]
            self._alerts[message.attributes["region"], message.attributes["status"]] -= count
            heard += count
        return heard

    def close(self, left: dict[str, int]) -> list[str]:
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
