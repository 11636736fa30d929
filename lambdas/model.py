"""The values that the stages hand to each other.

All of them are frozen and hold plain data. Times are aware datetimes in UTC; durations are
whole seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

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

JOB_STATUS_CHANGE = "Job Status Change"
JOB_STALLED = "Job Stalled"
JOB_OVERRUNNING = "Job Overrunning"
WATCH_UNREACHABLE = "Watch Unreachable"
WATCH_RECOVERED = "Watch Recovered"
RUN_MISSING = "Run Missing"
RUN_ARRIVED = "Run Arrived"
"""These seven are the events' detail types."""

UNREACHABLE_STATUS: Final = "UNREACHABLE"
"""What stands where other events and alerts have a job's status: its scope can't be read."""
MISSING_STATUS: Final = "MISSING"
"""Likewise: a run that a watch expects has not succeeded."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One place to look: a watch, a source, an account, a region and the parents' ids.

    A scope is a parent while parents of its source are not in `parameters` yet: discovery turns
    it into leaves. `role` is the name of the role to assume in `account`, if it is a member's,
    and `external_id` what its trust policy asks for, if anything.
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

    `moved_at` is when its status or progress was last seen to change; `missing` tells that the
    last poll did not find it, `overrun` that it was told to be older than its watch bears;
    `announced` is the detail type of its last event, if there was one, and `detail` that event as
    JSON, from which `created_at` and `ended_at` are, too: None where only the rest was read.
    `expires_at` is when it may be forgotten: set once it ended, or once it was closed, as its watch
    names it no more. `outdated` tells that it is stored in a layout of before. `resolves` is set on
    the one write that ends what alerts told of: the detail types of those. `history` is what it was
    before and is now, as JSON (`history`), for people.
    """

    id: str
    raw_status: str | None
    status: str
    progress: Progress
    version: int
    moved_at: datetime
    stalled: bool = False
    missing: bool = False
    overrun: bool = False
    expires_at: datetime | None = None
    announced: str | None = None
    detail: str | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    history: str | None = None
    outdated: bool = False
    resolves: tuple[str, ...] = ()

    @property
    def terminal(self) -> bool:
        """Whether the job can't change any more, as far as the service told."""
        return self.status in TERMINAL or self.raw_status == NOT_FOUND

    @property
    def is_open(self) -> bool:
        """Whether the job is followed: it has not ended, and was not closed."""
        return not self.terminal and self.expires_at is None


@dataclass(frozen=True, slots=True)
class Change:
    """What was stored of one job, what is to be stored, and the event's detail type, if any.

    `before` is None for a job that the table doesn't know yet; `job` is what was seen of it, None
    where it was not found. `after` lacks the event itself, which is written last.
    """

    before: StoredJob | None
    after: StoredJob
    job: Job | None
    announce: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the reading of a long list stopped: `token` is that of the page to go on with.

    `pages` is how many are before that, `began` when the list was begun, `digest` that of the jobs
    listed so far. `examined` names the parts whose jobs this reading looks up, None while it only
    compares; `unseen` the unfinished jobs of those parts that it has not come across. Of
    `unchecked_parts` it can't tell what is absent. `gets_failed` tells that a get call did so far,
    `unwritten` that something could not be written. It lists jobs that were created `since` then,
    None for all; `oldest` are the earliest unfinished ones of a reading, None where not all of it
    looked for them.
    """

    began: datetime
    token: Any
    digest: bytes
    examined: frozenset[int] | None = None
    unseen: frozenset[str] = frozenset()
    unchecked_parts: frozenset[int] = frozenset()
    gets_failed: bool = False
    unwritten: bool = False
    pages: int = 0
    since: datetime | None = None
    oldest: tuple[datetime, ...] | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """How far the work on a lane is, kept with its first scope.

    `resume_at` is where it goes on: a place in the lane's circle; empty: at the beginning.
    `began` is when the beginning was last passed, `previous_began` the time before that.
    `dropped_since` is the time of the first message that was dropped since the lane was last worked
    on. `amid` is the place where the lane is at work; it is noted since an invocation was stopped,
    until a turn has come around. Empty: at none; None: not noted. The one that noted it may be
    there until `amid_until`; None: a version before noted it.
    """

    resume_at: tuple[str, ...] = ()
    began: datetime | None = None
    previous_began: datetime | None = None
    dropped_since: datetime | None = None
    amid: tuple[str, ...] | None = None
    amid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """What the table remembers of a scope as a whole.

    `read_at` is when the scope was last read completely with nothing taken for granted; None:
    never. `quiet_before` is set for a scope that appeared after its watch began: jobs created
    before it existed unwatched and are remembered silently, later ones are new.

    `digest` vouches for the listed jobs, but those of `suspect_parts` are looked up next time
    whatever it says. `unfinished_checksum` sums up the unfinished jobs' ids, `still_since` bounds
    from below when the one of them that did not move for longest last moved, `oldest_created` when
    the oldest was created that may yet overrun. None: not known, or not asked for.
    `boundary` is the last job that the digest of a sorted list covers, `stragglers` are the
    unfinished ones behind it; `listed_since` is when those that are listed were created at the
    earliest, None where all are. `gap` tells that all of it is to be read: jobs that nobody has
    stored may be behind some that are, or one that its get operation missed. `partial` digests what
    a list showed that then failed; `cursor` is where a long list goes on; `position` is the id at
    which jobs that are asked for by id go on, `asked_since` when they were begun.

    `failures` counts failed reads in a row, the last of them behind so many pages as `failed_at`;
    `since` is the first failed read since the last complete one, `gets_failed_since` the first of
    the polls in a row in which a get call failed; `waits` counts those in which that of a single
    job did, by its short id. `idle_until` is until when an idle scope is left alone,
    `discovered_at` when a parent was listed that is not in each turn, None: it is to be. `by_id`
    tells whether the scope's jobs were read by their ids; of those, `ended` has the short ids that
    are asked for no more; failures count until `failed_id` was asked for without one. `never_read`
    has the short ids of jobs that were there at first and that no poll could read yet. `narrowed`
    sums up by which globs the watch leaves jobs out, None: by none; `globs_since` is set where they
    changed: what was created since then is new, though not all was read by them yet.
    `ids_checksum` sums up the ids of what a parent scope holds, or of those that the watch names
    and beside which no other is open; `held_before` has the former where a layout of before had
    them here. `reopens` tells that jobs were closed which are to be followed again where the scope
    is listed: its watch named them before, or it was gone.

    `succeeded_at` is when the last of the jobs that were seen to succeed did so; None: none was, or
    a version that does not note it saw it. `retention`, in seconds, is what was last in force; jobs
    that ended before the time in `shorter` were forgotten after the seconds beside it. `swept_at`
    is when unreachable scopes that nobody watches any more were last looked for, `overlong_at` when
    there was last no time to read all that the table has of the scope. `announced` and `detail` are
    the scope's last event.
    """

    version: int = 0
    began_at: datetime | None = None
    quiet_before: datetime | None = None
    read_at: datetime | None = None
    digest: bytes | None = None
    suspect_parts: frozenset[int] = frozenset()
    unfinished_checksum: int | None = None
    still_since: datetime | None = None
    oldest_created: datetime | None = None
    boundary: str | None = None
    stragglers: tuple[str, ...] = ()
    listed_since: datetime | None = None
    gap: bool = False
    partial: bytes | None = None
    cursor: Cursor | None = None
    position: str | None = None
    asked_since: datetime | None = None
    failures: int = 0
    failed_at: int = 0
    since: datetime | None = None
    unreachable: bool = False
    gets_failed_since: datetime | None = None
    waits: Mapping[str, int] = field(default_factory=dict)
    idle_until: datetime | None = None
    discovered_at: datetime | None = None
    by_id: bool | None = None
    never_read: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()
    failed_id: str | None = None
    ids_checksum: int | None = None
    narrowed: int | None = None
    globs_since: datetime | None = None
    held_before: tuple[str, ...] = ()
    reopens: bool = False
    succeeded_at: datetime | None = None
    retention: int | None = None
    shorter: tuple[datetime, int] | None = None
    round: Round = Round()
    swept_at: datetime | None = None
    overlong_at: datetime | None = None
    announced: str | None = None
    detail: str | None = None

    @property
    def unread_since(self) -> datetime | None:
        """Since when no reading was complete; None: the last one did."""
        under_way = self.cursor.began if self.cursor else self.asked_since
        times = (under_way, self.since, self.gets_failed_since)
        return min((each for each in times if each is not None), default=None)


class Reading(NamedTuple):
    """When all was read that a watch looks at in one place, as far as that is noted.

    `first` is when the first complete reading began, `last` the last one that had to be noted.
    `amid` is when the one began amid which a turn stopped, and `at` where: only a turn that goes on
    from there goes on with it.
    """

    first: datetime | None = None
    last: datetime | None = None
    amid: datetime | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """What the table remembers of the runs that a watch expects.

    `terms` say what was expected and of what, when this was last written; `succeeded_at` is when
    the last run succeeded that had to be noted. `places` has by a source, an account and a region
    how far it was read there. `missing_since` is the time by which a run was to succeed that is
    missing, None where none is; `announced` and `detail` are the last event.
    """

    version: int = 0
    terms: str = ""
    succeeded_at: datetime | None = None
    places: Mapping[str, Reading] = field(default_factory=dict)
    missing_since: datetime | None = None
    announced: str | None = None
    detail: str | None = None


class SourceError(Exception):
    """A job API could not be read: it refused, answered nonsense or did not answer at all.

    `answered` is false where it timed out or the connection broke, `endless` true where a list went
    in circles.
    """

    def __init__(
        self, code: str, message: str, *, answered: bool = True, endless: bool = False
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.answered = answered
        self.endless = endless


class OutOfTimeError(Exception):
    """No time is left in this invocation to begin a call: no failure of whoever is called."""
