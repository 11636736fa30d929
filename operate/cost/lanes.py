"""How long a lane is worked off: a service in one account and region, one scope after the other."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from operate.cost import quantities as q
from operate.cost.fleet import Activity, Group, leaves_of

_VCPU = q.POLL_GB / q.GB_OF_VCPU
_SCOPE = q.TABLE_WAIT + q.SCOPE_CPU / _VCPU
_PAGE = q.PAGE_WAIT + q.PAGE_CPU / _VCPU


@dataclass(frozen=True, slots=True)
class Lane:
    """Watches of one service that are due together: a message a tick in each of the `places`.

    One of them takes so many calls, and so many seconds.
    """

    service: str
    every: int
    places: int
    calls: float
    seconds: float


def lanes(groups: Sequence[Group], activity: Activity) -> Iterator[Lane]:
    """Give the lanes of all watches."""
    jobs = activity.jobs / leaves_of(groups)
    found: defaultdict[tuple[str, int], list[Group]] = defaultdict(list)
    for group in groups:
        found[group.service, group.every].append(group)
    for (service, every), lane in found.items():
        places = max(group.places for group in lane)
        scopes = sum(group.scopes for group in lane) / places
        calls = sum(_calls(group, jobs, activity.busy) for group in lane) / places
        rate = lane[0].rate
        # Each list is of one operation, whose first call waits for nothing.
        paced = max(calls - scopes, 0) / rate if rate else 0
        yield Lane(service, every, places, calls, max(scopes * _SCOPE + calls * _PAGE, paced))


def _calls(group: Group, jobs: float, busy: int) -> float:
    """Count the calls of a tick; listing the parents of a place takes another one."""
    return group.leaves * group.calls(jobs) * group.looks(busy) + group.scopes - group.leaves
