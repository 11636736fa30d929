"""From waits to answers: gather what the table has of their jobs, decide, and tell the tasks.

Nothing is lost between the job's end and the wait, however the two fall together. The function that
a state machine invokes stores the wait, and reads the job then; the job's end is stored, and the
function that the event of it wakes reads the waits then. Both reads are consistent. So the later of
the two writes is followed by a read that sees both, and whichever function made it answers. Where
both do, the task takes the first answer.

A wait is forgotten after its task was told. Who is stopped between the two leaves one whose task is
told again: Step Functions refuses that, and it is forgotten then. Who is stopped earlier leaves one
that was not answered: of the looks at all waits (`answer.sweep`), one of the next five settles it.
"""

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from aws_lambda_powertools import Logger

from lambdas.deadline import Clock, Deadline
from lambdas.model import OutOfTimeError, Scope, StoredJob
from lambdas.plan import Plan
from lambdas.text import clean, one_line
from lambdas.waits.answers import Answer, Failure, Tell, answer_of, refusal
from lambdas.waits.calls import CALL_SECONDS, CallError, DeniedError
from lambdas.waits.memory import Memory
from lambdas.waits.wait import RefusedError, Wait
from lambdas.waits.watched import scopes_left, scopes_of, unseen_for

TELLERS = 8
"""Tasks that are told side by side."""
TELL_SECONDS = 2 * CALL_SECONDS
"""What a wait needs at most to be told, and forgotten or remembered as it is now."""
Find = Callable[[Scope, Collection[str], Deadline], Mapping[str, StoredJob]]
"""Looks up jobs of a scope by their ids."""


class Outcome(enum.Enum):
    """What became of a wait."""

    ANSWERED = "Answered"
    OVER = "Over"
    """Its task is waited for no more: it was stopped, ran out of time, or was answered before."""
    WAITS = "Waits"
    FAILED = "Failed"
    """Step Functions or a table did not take it for now."""
    UNREACHED = "Unreached"
    """There was no time for it."""


_Jobs = Mapping[str, StoredJob] | Outcome
"""Jobs by their ids, or why they could not be looked up."""
Decision = Answer | Outcome | Wait | None
"""What a wait is answered, or why that is not known; as what it goes on, None: as it is."""


@dataclass(frozen=True, slots=True)
class Settler:
    """The plan, where jobs are looked up, the waits, and what tells their tasks, by their kinds.

    `own` are the stack's account and region; `pool` tells the tasks. `beaten` are the tokens, by
    their hashes, that had a heartbeat, and `deaf` those that did not take what they were told: one
    call does for all that is waited for by it, or who has a single task could have all the time of
    a look at all waits.
    """

    plan: Plan
    own: tuple[str, str]
    find: Find
    memory: Memory
    tasks: Mapping[str, Tell]
    pool: Executor
    clock: Clock
    logger: Logger
    beaten: set[str] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)

    def hears(self, wait: Wait, deadline: Deadline) -> bool:
        """Tell whether who waits takes a heartbeat, as far as that can be known now.

        :raises DeniedError: where it will never be taken.
        """
        if not deadline.allows(TELL_SECONDS):
            return True
        try:
            is_there = self.tasks[wait.kind].tell(wait.token, None)
        except DeniedError:
            raise
        except CallError:
            return True
        self.beaten.add(wait.key)
        return is_there

    def settle(self, waits: Sequence[Wait], deadline: Deadline) -> list[Outcome]:
        """Answer those whose jobs have ended, or that are given up; the others get a heartbeat."""
        placed = [self._scopes(wait) for wait in waits]
        found = self._look_up(waits, placed, deadline)
        decided = [
            self._decide(wait, scopes, found) for wait, scopes in zip(waits, placed, strict=True)
        ]
        return self.tell(waits, decided, deadline)

    def tell(
        self, waits: Sequence[Wait], decided: Sequence[Decision], deadline: Deadline
    ) -> list[Outcome]:
        """Tell the tasks what was decided, in order; those that are over are forgotten."""

        def tell(wait: Wait, decision: Decision) -> Outcome:
            if isinstance(decision, Outcome):
                return decision
            if not isinstance(decision, Wait):
                return self._tell(wait, decision, deadline)
            outcome = self._tell(wait, None, deadline)
            if outcome is Outcome.WAITS and decision != wait:
                self._remember(decision)
            return outcome

        return [*self.pool.map(tell, waits, decided)]

    def _scopes(self, wait: Wait) -> list[Scope] | Failure:
        try:
            return scopes_of(self.plan, wait, self.own)
        except RefusedError as error:
            return scopes_left(self.plan, wait, self.own) or refusal(error)

    def _look_up(
        self,
        waits: Sequence[Wait],
        placed: Sequence[list[Scope] | Failure],
        deadline: Deadline,
    ) -> dict[str, _Jobs]:
        """Look up the jobs, each scope's together, as long as there is time to tell of them."""
        asked: dict[str, tuple[Scope, set[str]]] = {}
        for wait, scopes in zip(waits, placed, strict=True):
            for scope in [] if isinstance(scopes, Failure) else scopes:
                asked.setdefault(_place(scope), (scope, set()))[1].add(wait.job_id)
        return {place: self._find(scope, jobs, deadline) for place, (scope, jobs) in asked.items()}

    def _find(self, scope: Scope, jobs: Collection[str], deadline: Deadline) -> _Jobs:
        if not deadline.allows(CALL_SECONDS + TELL_SECONDS):
            return Outcome.UNREACHED
        try:
            return self.find(scope, jobs, deadline)
        except OutOfTimeError:
            return Outcome.UNREACHED
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            said = clean(f"{type(error).__name__}: {error}")
        # Without its traceback: an error of AWS's may quote the request and its session token.
        where = {"watch": scope.watch, "source": scope.source, "error": said}
        self.logger.error("Jobs that are waited for could not be looked up", extra=where)
        return Outcome.FAILED

    def _decide(
        self, wait: Wait, scopes: list[Scope] | Failure, found: Mapping[str, _Jobs]
    ) -> Decision:
        """Decide on what was found, once all of it was looked up.

        Another watch may have seen a later run, or how a job ended that one lost.
        """
        if isinstance(scopes, Failure):
            return scopes
        seen = [(scope, found[_place(scope)]) for scope in scopes]
        missed = [each for _, each in seen if isinstance(each, Outcome)]
        if missed:
            return missed[0]
        looked = [(scope, each) for scope, each in seen if not isinstance(each, Outcome)]
        jobs = [
            (scope, self._as_followed(scope, each[wait.job_id]))
            for scope, each in looked
            if wait.job_id in each
        ]
        now = self.clock()
        answer = answer_of(wait, [job for _, job in jobs], now)
        where = [scope.parameters for scope, job in jobs if job.is_open]
        if answer is None and where:
            return wait.seen(now, unseen_for(self.plan, wait.source), where)
        return answer

    def _as_followed(self, scope: Scope, job: StoredJob) -> StoredJob:
        """Give a job closed where its account left: nobody is there to follow it."""
        watch = self.plan.watches[scope.watch]
        is_there = scope.account in watch.accounts_in(self.own[0])
        return job if is_there or job.terminal else replace(job, expires_at=self.clock())

    def _tell(self, wait: Wait, answer: Answer | None, deadline: Deadline) -> Outcome:
        if not deadline.allows(TELL_SECONDS):
            return Outcome.UNREACHED
        is_deaf = wait.key in self.deaf
        if is_deaf or (answer is None and wait.key in self.beaten):
            return Outcome.FAILED if is_deaf else Outcome.WAITS
        try:
            is_there = self.tasks[wait.kind].tell(wait.token, answer)
        except CallError as error:
            self.deaf.add(wait.key)
            if answer is not None and not wait.untold:
                self._remember(replace(wait, untold=True))
            return self._failed(wait, "A task could not be told", error)
        if is_there and answer is None:
            self.beaten.add(wait.key)
            return Outcome.WAITS
        try:
            self.memory.forget(wait)
        except CallError as error:
            return self._failed(wait, "A wait that is over could not be forgotten", error)
        return Outcome.ANSWERED if is_there else Outcome.OVER

    def _remember(self, wait: Wait) -> None:
        """Remember a wait as it is now; where that fails, the next look at it does so."""
        try:
            self.memory.put(wait)
        except CallError as error:
            self._failed(wait, "A wait could not be remembered", error)

    def _failed(self, wait: Wait, what: str, error: CallError) -> Outcome:
        about = {"source": wait.source, "job_id": one_line(wait.job_id), "error": error.code}
        self.logger.error(what, extra=about)
        return Outcome.FAILED


def _place(scope: Scope) -> str:
    place = (scope.watch, scope.source, scope.account, scope.region)
    return repr((*place, sorted(scope.parameters.items())))
