"""A wait: for which job, whose task token or callback, and until when.

The token lets its holder say how the task ended. It is in no log, no event and no error: of what is
here, only `token` and the item of `memory` hold it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

FAILED_PREFIX = "Jobwatch."
WRONG_INPUT = "Jobwatch.WRONG_INPUT"
NOT_WATCHED = "Jobwatch.NOT_WATCHED"
GAVE_UP = "Jobwatch.GAVE_UP"
"""Errors of a task beside those that have the status of the job."""

TOKEN, CALLBACK_ID = "token", "callback_id"
"""By what a waiter is told: a task of Step Functions, or a callback of a durable function."""

LONGEST_WAIT = timedelta(days=365)
"""How long an execution of Step Functions or of a durable function may take, and so a wait."""
UNSEEN = timedelta(days=1)
"""After so long, and twice the cadence of its watches, a job that no poll saw or sees any more is
given up, unless the wait says when."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A state machine or a durable function that waits for the end of a job.

    `token` is by what it is told, the task's token or the callback's id, as `kind` says.
    `parameters` are the parents that it names. It ends at `until`, and at `unseen_until` where the
    job is not seen by then. `partial_fails` tells that a job that succeeded in part is a failure,
    `untold` that its answer was not taken when it was last told.
    """

    source: str
    account: str
    region: str
    job_id: str
    token: str = field(repr=False)
    since: datetime
    until: datetime
    unseen_until: datetime
    parameters: Mapping[str, str] = field(default_factory=dict)
    partial_fails: bool = False
    kind: str = TOKEN
    untold: bool = False

    @property
    def key(self) -> str:
        """A hash of the token, by which one job's waits are told apart."""
        return hashlib.sha256(self.token.encode()).hexdigest()

    def seen(self, now: datetime, unseen: timedelta, where: Sequence[Mapping[str, str]]) -> "Wait":
        """Give the wait for a job that is seen now, which may be unseen for so long again.

        Another watch may be deployed in the place of the one that sees it, and has yet to look; or
        it may name the job's parents no more, which are noted therefore, as they are `where` it is
        seen. The time stays as it is while half of it is left, as each change is a write.
        """
        parents = set.intersection(*({*each.items()} for each in where))
        stays = self.unseen_until == self.until or self.unseen_until - now > unseen / 2
        until = self.unseen_until if stays else min(self.until, now + unseen)
        return replace(self, unseen_until=until, parameters={**self.parameters, **dict(parents)})


class RefusedError(Exception):
    """A wait that cannot come to an end; `error` is that of its task, the message says why."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(why)
        self.error = error
