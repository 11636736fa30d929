"""How one job goes on: the steps that it takes, and what the service says of it."""

from dataclasses import dataclass, field
from datetime import datetime

from demo.records import Moment, pinpoint_import
from demo.world import Record

STEPS = ("CREATED", "INITIALIZING", "PROCESSING", "COMPLETED")
MEANINGS = ("PENDING", "PENDING", "RUNNING", "SUCCEEDED")
LAST = len(STEPS) - 1
_ENDS = {0: "FAILED", 1: "PARTIAL"}
"""How two of ten jobs end, spread over the scopes; the others succeed."""
_TOTAL = 1_000


@dataclass(slots=True)
class Job:
    """A job, the scope that it is in, how many steps it took, and what the service says of it."""

    number: int
    scope: int
    created: datetime
    step: int
    record: Record = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the service makes its id of."""
        return f"job {self.number}"

    @property
    def raw_status(self) -> str:
        """The service's status."""
        return "FAILED" if self.status == "FAILED" else STEPS[self.step]

    @property
    def status(self) -> str:
        """The status that an event must have."""
        end = _ENDS.get(self.number // 7 % 10) if self.step == LAST else None
        return end or MEANINGS[self.step]

    def write(self, now: datetime) -> None:
        """Let the service say how the job stands now."""
        failed = self.status in _ENDS.values()
        moment = Moment(
            status=self.raw_status,
            created=self.created,
            changed=now,
            ended=now if self.step == LAST else None,
            total=_TOTAL,
            processed=_TOTAL * self.step // LAST,
            failed=7 if failed else 0,
            why="Line 4711: the address has no @" if failed else None,
        )
        self.record = pinpoint_import(self.name, moment, app_of(self.scope), None)


def app_of(scope: int) -> str:
    """Return the name of the application whose jobs are in a scope."""
    return f"application {scope}"
