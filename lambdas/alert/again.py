"""What could not be brought to a recipient, put on the bus once more for it alone.

An alert of what is over by now is put there no more for a chat or a pager, which would have trouble
that nothing ends; nor is the end of what is open again, which would close that. A topic of the
user's gets it all the same: whoever reads it tells by the state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.alert.bus import AlertBus
from lambdas.alert.memory import Memory
from lambdas.alert.muting import WrongWordsError, check_words
from lambdas.alert.standing import Key
from lambdas.alert.terms import GOOD_NEWS, OPEN, RESOLVED
from lambdas.deadline import Deadline
from lambdas.outbox import buses
from lambdas.outbox.delivery import refusal_of

AGAIN = ("to", "detail")
OVER, OPEN_AGAIN = "Over", "Open"
"""What the answer says of what is over by now, and of an end of what is open again."""
MOST_KEYS, LONGEST_KEY = 1_000, 900
"""How many keys are asked for, and their bytes: a letter may be anybody's."""


class NotNowError(Exception):
    """The bus did not take what is to be brought again, and may yet."""


@dataclass(frozen=True, slots=True)
class Again:
    """Puts alerts on the bus again; `memory` has what is over, and what is open."""

    bus: AlertBus | None
    memory: Memory

    def put(self, asked: Any, deadline: Deadline) -> dict[str, Any]:
        """Put a `detail` on the bus for the recipient `to`; say so, or what is so instead by now.

        :raises WrongWordsError: where one of these is wrong, or the bus never takes it.
        :raises NotNowError: where the bus does not take it for now.
        """
        check_words(asked, AGAIN)
        to, detail = asked.get("to"), asked.get("detail")
        if self.bus is None or to not in [*self.bus.recipients]:
            raise WrongWordsError("to: expected a recipient behind the bus of alerts")
        if not isinstance(detail, Mapping):
            raise WrongWordsError("detail: expected that of an event of the bus of alerts")
        is_topic = to in self.bus.machines - self.bus.pagers
        by_now = None if is_topic else self._by_now(detail, deadline)
        if by_now:
            return {"To": to, by_now: True}
        self._put(self.bus, to, detail)
        return {"To": to}

    def _put(self, bus: AlertBus, to: str, detail: Mapping[str, Any]) -> None:
        try:
            event = bus.addressed({**detail, "to": [to]})
        except ValueError as error:
            raise WrongWordsError("detail: found what is no JSON, such as NaN") from error
        try:
            (refusal,) = bus.put([event])
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            refusal = refusal_of(error, buses.FINAL)
        if refusal is not None:
            raise (WrongWordsError if refusal.final else NotNowError)(refusal.reason)

    def _by_now(self, detail: Mapping[str, Any], deadline: Deadline) -> str | None:
        """Say whether what an event opens is over, or what it ends is open, as people were told."""
        keys = _keys(detail)
        found = self.memory.read(keys, deadline)
        standings = [found.get(key) for key in keys]
        if detail.get("state") == RESOLVED:
            is_open = any(e and e.trouble and e.trouble.told for e in standings)
            return OPEN_AGAIN if is_open else None
        is_over = bool(keys) and all(e and not e.trouble and e.over for e in standings)
        return OVER if is_over else None


def _keys(detail: Mapping[str, Any]) -> list[Key]:
    """Give what an event opens or ends; nothing where that is no trouble, or not all is named."""
    try:
        told, status = detail["alert"]["detail"], detail["pagerduty"]["payload"]["class"]
        alerts = told["alerts"]
        keys = [(str(each["watch"]), str(each["dedup_key"])) for each in alerts]
        is_whole = told["count"] == len(keys) <= MOST_KEYS
        is_whole &= all(0 < len(each.encode()) <= LONGEST_KEY for key in keys for each in key)
    except (AttributeError, LookupError, TypeError, UnicodeError):
        return []
    state = detail.get("state")
    is_trouble = state == RESOLVED or (state == OPEN and status not in [*GOOD_NEWS])
    return [*dict.fromkeys(keys)] if is_trouble and is_whole else []
