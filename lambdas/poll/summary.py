"""What an invocation did, in numbers and names."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lambdas.model import Health, Scope, SourceError
from lambdas.text import one_line

MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one scope's visit came to: its health afterwards, and what went wrong, if anything.

    `succeeded_at` is when the last of its jobs succeeded of which that is known, also where the
    health could not be stored. `error` is why the scope could not be read, `failed_gets` why single
    jobs could not, by their ids.
    """

    scope: Scope
    health: Health
    parent: bool = False
    jobs: int = 0
    changes: int = 0
    list_calls: int = 0
    get_calls: int = 0
    failed_gets: Mapping[str, SourceError] = field(default_factory=dict)
    succeeded_at: datetime | None = None
    error: SourceError | None = None


@dataclass(slots=True)
class Summary:
    """What the work on a lane came to: counts, what could not be read, our own errors.

    `unread` are the scopes that could not be read; `failed_gets` those of which only single jobs
    could not, with how many and the error of the first. Of very many, the first are named and the
    others counted (`Unnamed`): an answer of Lambda's has a bound, and a log its price.

    `ages` is how many seconds ago the scopes of each watch were last read completely: those of the
    scope that is worst off. One that was read now, or left alone on purpose, is 0 old; one that
    can't be read, or single jobs of it, counts from the first failure in a row, and one that is
    read in pieces from when that began: the table remembers all three.
    """

    counts: Counter[str] = field(default_factory=Counter)
    ages: dict[str, float] = field(default_factory=dict)
    unread: list[dict[str, Any]] = field(default_factory=list)
    failed_gets: list[dict[str, Any]] = field(default_factory=list)
    errors: list[tuple[Scope, Exception]] = field(default_factory=list)

    def note(self, outcome: Outcome, now: datetime) -> None:
        """Add what one visit found."""
        scope, error = outcome.scope, outcome.error
        kind = "ParentScopes" if outcome.parent else "Scopes"
        self.counts.update(
            {kind: 1},
            Jobs=outcome.jobs,
            Changes=outcome.changes,
            ListCalls=outcome.list_calls,
            GetCalls=outcome.get_calls,
            FailedGets=len(outcome.failed_gets),
        )
        since = outcome.health.unread_since
        self.age(scope.watch, (now - since).total_seconds() if since else 0.0)
        if error:
            self._name(self.unread, scope, error)
        elif outcome.failed_gets:
            first = next(iter(outcome.failed_gets.values()))
            self._name(self.failed_gets, scope, first, jobs=len(outcome.failed_gets))

    def _name(
        self, among: list[dict[str, Any]], scope: Scope, error: SourceError, **counts: int
    ) -> None:
        if len(among) < MOST_NAMED:
            among.append(_described(scope, error, **counts))
        else:
            self.counts.update(Unnamed=1)

    def age(self, watch: str, seconds: float) -> None:
        """Note how old the last read of one of a watch's scopes is."""
        self.ages[watch] = max(seconds, self.ages.get(watch, 0.0))

    def add(self, other: "Summary") -> None:
        """Add what another one counted."""
        self.counts.update(other.counts)
        self.unread += other.unread
        self.failed_gets += other.failed_gets
        self.errors += other.errors
        for watch, seconds in other.ages.items():
            self.age(watch, seconds)


def _described(scope: Scope, error: SourceError, **counts: int) -> dict[str, Any]:
    return {
        "watch": scope.watch,
        "source": scope.source,
        "account": scope.account,
        "region": scope.region,
        "parameters": {name: one_line(value) for name, value in scope.parameters.items()},
        **counts,
        "error": error.code,
        "message": error.message,
    }
