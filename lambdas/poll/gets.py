"""Asking for single jobs with the get operation, as long as somebody answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from lambdas.apis.reader import Reader
from lambdas.apis.throttles import is_throttle
from lambdas.deadline import Clock
from lambdas.digest import short
from lambdas.model import Job, OutOfTimeError, SourceError
from lambdas.poll.sizes import size_of

Found = TypeVar("Found")

MOST_UNANSWERED = 2
"""Get calls in a row that may go unanswered before no further one is made in this visit."""
MOST_GOT = 10_000_000
"""Bytes of answers to get calls from which on they are dealt with before a further call is made."""


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

    `out_of_time` tells that there was none left to ask for a job, `_fails_alone` that of those that
    were asked for together last none could be read alone: it is no single job's fault.
    """

    reader: Reader
    clock: Clock
    errors: dict[str, SourceError] = field(default_factory=dict)
    out_of_time: bool = False
    _unanswered: int = 0
    _fails_alone: bool = False

    def get(self, job_id: str, listed: Job | None = None) -> Job | None:
        """Ask for one job, on top of what a list said of it; None when there is none.

        :raises SourceError: when it can't be read, also without a call after several that nobody
            answered: each takes its whole time, and would take the next one's.
        :raises OutOfTimeError: when no time is left for the call.
        """
        return self._counted(lambda: self.reader.job(job_id, listed))

    def _counted(self, call: Callable[[], Found]) -> Found:
        if self._unanswered >= MOST_UNANSWERED:
            raise NotAskedError
        try:
            found = call()
        except SourceError as error:
            self._unanswered = 0 if error.answered else self._unanswered + 1
            raise
        self._unanswered = 0
        return found

    def get_each(
        self, job_ids: Iterable[str], listed: Mapping[str, Job] | None = None
    ) -> Iterator[Answers]:
        """Ask for jobs, as many at a time as one call tells of, on top of what a list said.

        Those of which that call does not tell, or with which it fails, are asked for alone: one job
        may be the reason, and is the reason for no other. For memory's sake, what became of many is
        given in pieces, each of other jobs.
        """
        answers, size = Answers({}, set(), set()), 0
        asked, batch = self.in_turn(job_ids), self.reader.batch
        for start in range(0, len(asked), batch):
            some = asked[start : start + batch]
            try:
                answers.seen.update(self._several(some, listed or {}))
            except (OutOfTimeError, SourceError) as error:
                self._leave(some, error, answers)
            else:
                self._get_alone(some, listed or {}, answers)
            size += size_of(answers.seen[i] for i in some if i in answers.seen)
            if size >= MOST_GOT:
                yield answers
                answers, size = Answers({}, set(), set()), 0
        yield answers

    def _several(self, job_ids: Sequence[str], listed: Mapping[str, Job]) -> Mapping[str, Job]:
        """Ask for several jobs in one call; none where it is worth asking for each alone."""
        if len(job_ids) == 1:
            return {}
        try:
            return self._counted(lambda: self.reader.several(job_ids, listed))
        except SourceError as error:
            if self._fails_alone or is_throttle(error.code):
                raise
            return {}

    def _get_alone(
        self, job_ids: Sequence[str], listed: Mapping[str, Job], answers: Answers
    ) -> None:
        """Ask for each of these jobs that was not seen yet."""
        for job_id in job_ids:
            if job_id in answers.seen:
                continue
            try:
                job = self.get(job_id, listed.get(job_id))
            except (OutOfTimeError, SourceError) as error:
                self._leave([job_id], error, answers)
            else:
                answers.seen.update({job_id: job} if job else {})
                answers.absent.update(() if job else [job_id])
        self._fails_alone = answers.unread.issuperset(job_ids)

    def _leave(
        self, job_ids: Sequence[str], error: OutOfTimeError | SourceError, answers: Answers
    ) -> None:
        answers.unread.update(job_ids)
        if isinstance(error, SourceError):
            self.errors.update(dict.fromkeys(job_ids, error))
        else:
            self.out_of_time = True

    def in_turn(self, job_ids: Iterable[str]) -> list[str]:
        """Shuffle them anew each time: where time or patience ends, others come next time."""
        now = self.clock().isoformat()
        return sorted(job_ids, key=lambda i: short(f"{now} {i}"))
