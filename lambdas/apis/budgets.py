"""Budgets of calls: how often a service may be asked in one account and region."""

import time
from collections.abc import Callable, Mapping
from typing import Any

MOST_KEPT = 10_000
"""Budgets: an organization may have as many accounts, and each of them several regions."""
Key = tuple[str, str, str]
"""A service, an account and a region."""


class Budget:
    """Lets the calls of each operation through at a rate: no two closer together than it allows."""

    def __init__(
        self, rate: float, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._seconds = 1 / rate
        self._clock = clock
        self._sleep = sleep
        self._next: dict[str, float] = {}

    def spend(self, event_name: str, **_: Any) -> None:
        """Wait for one call's turn; a handler for botocore's event `before-send`.

        `event_name` ends in the operation, as in `before-send.sesv2.ListImportJobs`.
        """
        now = self._clock()
        turn = max(self._next.get(event_name, now), now)
        self._next[event_name] = turn + self._seconds
        if turn > now:
            self._sleep(turn - now)


class Budgets:
    """One budget for each service, account and region, of the services whose rate is known."""

    def __init__(
        self,
        rates: Mapping[str, float],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rates = rates
        self._clock = clock
        self._sleep = sleep
        self._budgets: dict[Key, Budget] = {}

    def of(self, key: Key) -> Budget | None:
        """Give the budget of a service in an account and region, the same as long as it is kept.

        Those that were not asked for the longest are forgotten: they have no turn to wait for.
        """
        if key[0] not in self._rates:
            return None
        found = self._budgets.pop(key, None) or self._fresh(key[0])
        self._budgets[key] = found
        if len(self._budgets) > MOST_KEPT:
            del self._budgets[next(iter(self._budgets))]
        return found

    def _fresh(self, service: str) -> Budget:
        return Budget(self._rates[service], self._clock, self._sleep)
