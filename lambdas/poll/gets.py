"""Asking for single jobs with the get operation, as long as somebody answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lambdas.apis.reader import Reader
from lambdas.deadline import Clock
from lambdas.digest import short
from lambdas.model import Job, OutOfTimeError, SourceError

MOST_UNANSWERED = 2
"""Get calls in a row that may go unanswered before no further one is made in this visit."""


class NotAskedError(SourceError):
    """A get call that was not made, as several before it were not answered."""

    def __init__(self) -> None:
        super().__init__("NotAsked", "several calls before this one were not answered")


class Answers(NamedTuple):
    """What became of jobs that were asked for: `unread` are those whose call failed or had no time.

    `absent` are the ids that the service does not know.
    """

    seen: dict[str, Job]
    absent: set[str]
    unread: set[str]


@dataclass(slots=True)
class Gets:
    """The get calls of one visit: `errors` are why they failed, by the jobs' ids.

    `out_of_time` tells that there was none left to ask for a job.
    """

    reader: Reader
    clock: Clock
    errors: dict[str, SourceError] = field(default_factory=dict)
    out_of_time: bool = False
    _unanswered: int = 0

    def get(self, job_id: str, listed: Job | None = None) -> Job | None:
        """Ask for one job, on top of what a list said of it; None when there is none.

        :raises SourceError: when it can't be read, also without a call after several that nobody
            answered: each takes its whole time, and would take the next one's.
        :raises OutOfTimeError: when no time is left for the call.
        """
        return self._get_some([job_id], {job_id: listed} if listed else {})[job_id]

    def _get_some(
        self, job_ids: Sequence[str], listed: Mapping[str, Job]
    ) -> Mapping[str, Job | None]:
        if self._unanswered >= MOST_UNANSWERED:
            raise NotAskedError
        try:
            found = self.reader.jobs(job_ids, listed)
        except SourceError as error:
            self._unanswered = 0 if error.answered else self._unanswered + 1
            raise
        self._unanswered = 0
        return found

    def get_each(self, job_ids: Iterable[str], listed: Mapping[str, Job] | None = None) -> Answers:
        """Ask for jobs, as many at a time as one call tells of, on top of what a list said."""
        answers = Answers({}, set(), set())
        left = self.in_turn(job_ids)
        while left:
            some, left = left[: self.reader.batch], left[self.reader.batch :]
            try:
                found = self._get_some(some, listed or {})
            except OutOfTimeError:
                self.out_of_time = True
                answers.unread.update(some)
            except SourceError as error:
                self.errors.update(dict.fromkeys(some, error))
                answers.unread.update(some)
            else:
                answers.seen.update({i: job for i, job in found.items() if job is not None})
                answers.absent.update(i for i, job in found.items() if job is None)
        return answers

    def in_turn(self, job_ids: Iterable[str]) -> list[str]:
        """Shuffle them anew each time: where time or patience ends, others come next time."""
        now = self.clock().isoformat()
        return sorted(job_ids, key=lambda i: short(f"{now} {i}"))
