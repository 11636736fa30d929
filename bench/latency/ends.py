"""Ends of jobs, and when the event of each came by which watch."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

from bench.surroundings import Process
from demo.listen import Listener
from demo.local_aws import Trouble

LOOK = 0.2
"""Seconds between two looks at the queue behind the bus."""
SEED = 5
Key = tuple[str, str]
"""A watch, and the id of a job."""


@dataclass(slots=True)
class Ends:
    """Lets jobs end in regions, and takes their events: each by each of some watches."""

    services: Process
    listener: Listener
    sizes: Mapping[str, int]
    _made: dict[str, tuple[int, float]] = field(default_factory=dict)
    _came: dict[Key, float] = field(default_factory=dict)

    def end(self, region: str) -> None:
        """Let a job end."""
        ended = self.services.ask(end=region)
        self._made[ended["job_id"]] = (self.sizes[region], ended["at"])

    def spread(self, seconds: float, each: int) -> None:
        """Let so many jobs of each region end at random moments, one in each part of the time."""
        random, began, part = Random(SEED), time.monotonic(), seconds / each  # noqa: S311
        moments = sorted(
            ((number + random.random()) * part, region)
            for region in self.sizes
            for number in range(each)
        )
        for moment, region in moments:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            self.end(region)
            self.take()

    def take(self) -> None:
        """Take the events that came; of a repeat, the first counts."""
        for event in self.listener.events():
            if event.detail.get("terminal") and event.detail["job_id"] in self._made:
                key = (event.detail["watch"], event.detail["job_id"])
                self._came.setdefault(key, event.at)

    def wait(self, watches: Iterable[str], patience: float) -> None:
        """Wait until every end has come by each of these watches.

        :raises Trouble: when one does not come in so many seconds.
        """
        expected = {(watch, job) for watch in watches for job in self._made}
        until = time.monotonic() + patience
        while missing := expected - self._came.keys():
            if time.monotonic() > until:
                raise Trouble(f"{len(missing)} events did not come in {patience:.0f} s")
            time.sleep(LOOK)
            self.take()

    def took(self, watch: str) -> dict[int, list[float]]:
        """Give the seconds from each end to its event by a watch, by how many jobs there were."""
        found: dict[int, list[float]] = {size: [] for size in self.sizes.values()}
        for job, (size, at) in self._made.items():
            found[size].append(self._came[watch, job] - at)
        return found

    def forget(self) -> None:
        """Begin anew: what ended so far counts no more."""
        self._made.clear()
        self._came.clear()


def until_quiet(poll: Callable[[], int]) -> None:
    """Poll until that writes nothing any more: what was there is remembered."""
    while poll():
        pass
