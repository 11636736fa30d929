"""What a tick did, in numbers and names."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lambdas.model import Scope
from lambdas.visit import Outcome


@dataclass(slots=True)
class Summary:
    """What a tick did: counts, the scopes that could not be read, and our own errors.

    `ages` is how many seconds ago the scopes of each watch were last read completely: those of the
    scope that is worst off. One that was read now, or left alone on purpose, is 0 old, and one that
    can't be read counts from its first failed read in a row, which the table remembers.
    """

    counts: Counter[str] = field(default_factory=Counter)
    ages: dict[str, float] = field(default_factory=dict)
    unread: list[dict[str, Any]] = field(default_factory=list)
    errors: list[tuple[Scope, Exception]] = field(default_factory=list)

    def note(self, outcome: Outcome, now: datetime) -> None:
        """Add what one visit found."""
        scope, error = outcome.scope, outcome.error
        self.counts.update(ListCalls=outcome.list_calls, GetCalls=outcome.get_calls)
        if outcome.yielded:
            return
        kind = "ScopesBroad" if outcome.below is not None else "Scopes"
        self.counts.update({kind: 1}, Jobs=outcome.jobs, Changes=outcome.changes)
        since = outcome.health.since if error else None
        age = (now - since).total_seconds() if since else 0.0
        self.ages[scope.watch] = max(age, self.ages.get(scope.watch, 0.0))
        if error:
            where = {"watch": scope.watch, "account": scope.account, "region": scope.region}
            why = {"error": error.code, "message": error.message}
            self.unread.append({**where, "parameters": dict(scope.parameters), **why})
