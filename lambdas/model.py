"""The values that the stages hand to each other.

All of them are frozen and hold plain data. Times are aware datetimes in UTC; durations are
whole seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

PENDING = "PENDING"
RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
PARTIAL = "PARTIAL"
FAILED = "FAILED"
CANCELLED = "CANCELLED"
UNKNOWN = "UNKNOWN"
TERMINAL = frozenset({SUCCEEDED, PARTIAL, FAILED, CANCELLED})

NOT_FOUND = "NOT_FOUND"
"""The raw status of a job that was last seen unfinished and is gone."""

STATUS_CHANGE = "Job Status Change"
STALLED = "Job Stalled"
UNREACHABLE = "Watch Unreachable"
RECOVERED = "Watch Recovered"


@dataclass(frozen=True, slots=True)
class Scope:
    """One place to look: a watch, an account, a region and the parents' ids.

    A scope is broad while parents of its source are not in `parameters` yet; discovery turns it
    into exact ones. `role` is the name of the role to assume in `account`, if it is another's,
    and `external_id` what that role wants to hear, if anything.
    """

    watch: str
    source: str
    account: str
    region: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    role: str | None = None
    external_id: str | None = field(default=None, repr=False)

    @property
    def innermost(self) -> str:
        """The id of what the scope's jobs live in, of the last one where there are several."""
        return list(self.parameters.values())[-1]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in the service's own units (records, pieces, items)."""

    total: int | None = None
    processed: int | None = None
    failed: int | None = None


class ListedJob(NamedTuple):
    """One job as far as its state: all that is read of the jobs that a digest vouches for."""

    id: str
    raw_status: str | None
    status: str
    answer: Mapping[str, Any]

    @property
    def terminal(self) -> bool:
        """Whether the job can't change any more."""
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class Job:
    """One job as a service's answer showed it; `answer` is that part of the answer, unfiltered."""

    id: str
    raw_status: str | None
    status: str
    progress: Progress = Progress()
    created_at: datetime | None = None
    ended_at: datetime | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        """Whether the job can't change any more."""
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class StoredJob:
    """One job as the table remembers it.

    `moved_at` is when its status or progress was last seen to change; `missing` tells that a poll
    did not find it. `announced` is the detail type of the event that was last announced of it and
    `detail` that event as JSON, or what it would have been; None where only the rest was read.
    `outdated` tells that it is stored in a layout of before, which the index does not hold.
    """

    id: str
    raw_status: str | None
    status: str
    progress: Progress
    version: int
    moved_at: datetime
    stalled: bool = False
    missing: bool = False
    expires_at: datetime | None = None
    announced: str | None = None
    detail: str | None = None
    outdated: bool = False

    @property
    def terminal(self) -> bool:
        """Whether the job can't change any more, as far as the service told."""
        return self.status in TERMINAL or self.raw_status == NOT_FOUND


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be stored of one job, and under which detail type it is announced, if at all.

    `before` is None when the table doesn't know the job yet; `job` is None when the service no
    longer knows it: `after` is then UNKNOWN and NOT_FOUND. `after` has everything but `detail`.
    """

    before: StoredJob | None
    after: StoredJob
    job: Job | None
    announce: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """What the table remembers of a scope as a whole.

    `read_at` is when the scope was last read completely with nothing taken for granted; None:
    never. `settled` digests the finished jobs of its list that need no look until they change;
    None where nothing is known of them. `quiet_before` is set for a scope that appeared after its
    watch began: jobs created before it existed unwatched and are remembered silently, later ones
    are news. `failures` counts failed reads in a row, of which `since` is the first; `gets_failed`
    counts polls in a row in which a get call failed. `by_id` tells whether the scope's jobs were
    read by their ids; of those, `unread` are the ids that no poll could read yet, `ended` those
    that are asked for no more. `children` names what a broad scope holds, and what it held that
    still has unfinished jobs. `underway` is until when a list that is read in several invocations
    is theirs.
    """

    version: int = 0
    began_at: datetime | None = None
    quiet_before: datetime | None = None
    read_at: datetime | None = None
    settled: bytes | None = None
    failures: int = 0
    since: datetime | None = None
    unreachable: bool = False
    gets_failed: int = 0
    by_id: bool | None = None
    unread: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    underway: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where the reading of a long list stands when an invocation hands it to the next one.

    `token` is that of the page to go on with; `began` when the list was begun; `pages` how many
    were read. `finished` digests the finished jobs so far as they may be taken for settled, `old`
    those of them that were not remembered as unfinished. `doubt` names the parts whose jobs are
    looked up; `seen` the remembered unfinished jobs that were listed, None when too many to carry.
    `failed` tells that a get call failed so far.
    """

    began: datetime
    token: Any = None
    pages: int = 0
    finished: bytes | None = None
    old: bytes | None = None
    doubt: frozenset[int] = frozenset()
    seen: frozenset[str] | None = frozenset()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A scope's turn in a tick.

    `quiet_before` is for a scope that is not remembered yet. `bury` is for one that is not there
    any more: what became of its unfinished jobs? `bookmark` goes on with a long list. `last` says
    that the scope yielded once in this tick, as it was throttled, and may not do so again.
    """

    scope: Scope
    quiet_before: datetime | None = None
    bury: bool = False
    bookmark: Bookmark | None = None
    last: bool = False


class SourceError(Exception):
    """A job API could not be read: it refused, answered nonsense or did not answer at all."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
