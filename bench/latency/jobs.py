"""The jobs that end, in a process of their own: what they use is not the driver's.

In each region so many are under way. When one ends, another one begins, so that there are always as
many; those that ended stay in the list, as they do in the services.
"""

import json
import sys
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bench.lines import answer
from bench.load.jobs import LAST, Job, app_of
from demo.records import application, job_id
from demo.standins import StandIns, listening
from demo.world import Place, Record, World

IN_SCOPE = 100
"""Jobs of an application: one page of a list."""
UNDER_WAY = LAST - 1
BEFORE = timedelta(days=20)
"""How long ago the first ones began: they are remembered quietly."""


class Flow:
    """The jobs of one region."""

    def __init__(self, jobs: int, began: datetime, numbers: "count[int]") -> None:
        self._numbers = numbers
        self._scopes = -(-jobs // IN_SCOPE)
        self.apps = [application(app_of(scope), began) for scope in range(self._scopes)]
        self._under_way = deque(self._begin(number // IN_SCOPE, began) for number in range(jobs))
        self._ended: list[Record] = []

    def end(self, now: datetime) -> str:
        """Let the oldest of those under way end, and another one begin; give its id."""
        job = self._under_way.popleft()
        job.step = LAST
        job.write(now)
        self._ended.append(job.record)
        self._under_way.append(self._begin(job.scope, now))
        return job_id(job.name)

    @property
    def records(self) -> list[Record]:
        """What the service lists."""
        return [*(job.record for job in self._under_way), *self._ended]

    def _begin(self, scope: int, now: datetime) -> Job:
        job = Job(next(self._numbers), scope, now, UNDER_WAY)
        job.write(now)
        return job


def main(sizes: Mapping[str, int]) -> None:
    """Serve so many jobs in each region; one of a region ends at each question that names it."""
    numbers, world, began = count(), World(), datetime.now(UTC) - BEFORE
    flows = {region: Flow(jobs, began, numbers) for region, jobs in sizes.items()}
    for region, flow in flows.items():
        world.show({Place("pinpoint", "apps", region): flow.apps})
        world.show({Place("pinpoint", "import-jobs", region): flow.records})
    with listening(StandIns(world)) as address:

        def respond(question: dict[str, Any]) -> dict[str, Any]:
            region = question.get("end")
            if region is None:
                return {"address": address}
            job = flows[region].end(datetime.now(UTC))
            world.show({Place("pinpoint", "import-jobs", region): flows[region].records})
            return {"at": time.time(), "job_id": job}

        answer(respond)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
