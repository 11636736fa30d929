"""A test of the way that alerts go: it says that it is one, is told to all, and is over at once."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.alert import message, terms
from lambdas.alert.muting import WrongWordsError, check_words
from lambdas.alert.outlets import BUS, FINAL, TOPIC, Outlets
from lambdas.alert.receivers import Notice
from lambdas.alert.status import ATTRIBUTES
from lambdas.outbox.delivery import refusal_of
from lambdas.outbox.entries import Entry
from lambdas.text import one_line
from lambdas.times import iso
from lambdas.unlinked import for_people
from lambdas.withheld import withhold

STATUS = "TEST"
WATCH = "jobwatch.test"
"""No watch can be called so: no filter takes a test for what one of them alerts of."""
WAIT = 5.0
"""Seconds after which it is over: EventBridge keeps no order, and an end that comes first to a
pager ends nothing."""
UNSENT = "it could not be sent"
UNENDED = (
    "it was sent, and that it is over could not be: resolve it by hand where it stays open, as at "
    "a pager"
)
LONGEST_WHO = 200
TEST = ("to", "severity", "who")
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Trial:
    """Sends a test by the outlets; `recipients` are those that `to` may name, `place` is where."""

    outlets: Outlets
    recipients: Mapping[str, str]
    place: tuple[str, str]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    def send(self, asked: Mapping[str, Any], number: str) -> dict[str, Any]:
        """Send a test to those that `to` names, None for all, and its end.

        It takes `to`, `severity`, info where nothing is said, and `who`; `number` is the test's
        own. It gives of what kind those are that it told.

        :raises WrongWordsError: where one of these is wrong, or an outlet does not take it.
        """
        check_words(asked, TEST)
        to, severity = self._to(asked), asked.get("severity") or terms.INFO
        if severity not in terms.LEVELS:
            raise WrongWordsError(f"severity: expected one of {', '.join(terms.LEVELS)}")
        who = for_people(withhold(one_line(str(asked.get("who") or "somebody"), LONGEST_WHO)))
        self._send(self._notice(terms.OPEN, to, severity, who, number), UNSENT)
        self.sleep(WAIT)
        self._send(self._notice(terms.RESOLVED, to, severity, who, number), UNENDED)
        return {"Id": number, "To": {name: self.recipients[name] for name in to}}

    def _send(self, notice: Notice, otherwise: str) -> None:
        try:
            (refusal,) = self.outlets.send([self._entry(notice)])
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            refusal = refusal_of(error, FINAL)
        if refusal is not None:
            raise WrongWordsError(f"{otherwise}: {refusal.reason}")

    def _to(self, asked: Mapping[str, Any]) -> list[str]:
        known = [*self.recipients]  # a list: what is asked for may be no text
        names: Any = known if asked.get("to") is None else asked["to"]
        unknown = [n for n in names if n not in known] if isinstance(names, list) else [names]
        if unknown:
            there, found = ", ".join(sorted(known)) or "none", one_line(repr(unknown[0]), 100)
            raise WrongWordsError(f"to: found {found}, expected recipients that there are: {there}")
        return [*names]

    def _notice(
        self, state: str, to: Sequence[str], severity: str, who: str, number: str
    ) -> Notice:
        is_open = state == terms.OPEN
        title = "an alert of Jobwatch, nothing is wrong" if is_open else "the test is over"
        title = f"{STATUS}: {title}"
        text = "\n".join([title, "", *_lines(self.place, severity, who, is_open=is_open)]) + "\n"
        account, region = self.place
        now = iso(self.clock())
        key = hashlib.sha256(number.encode()).hexdigest()[:_DIGITS]
        first: dict[str, Any] = {
            "version": "1",
            "id": hashlib.sha256(f"{number} {state}".encode()).hexdigest()[:_DIGITS],
            "watch": WATCH,
            "source": "jobwatch",
            "account": account,
            "region": region,
            "parameters": {},
            "status": STATUS,
            "error": None,
            "since": now,
            "observed_at": now,
            "title": title,
            "text": text,
            "severity": severity,
            "owner": None,
            "runbook": None,
            "dedup_key": key,
            "state": state,
        }
        return Notice(title, text, STATUS, to, first, 1, frozenset({key}), [number], None)

    def _entry(self, notice: Notice) -> Entry:
        first = notice.first
        attributes: dict[str, str | Sequence[str]] = {name: first[name] for name in ATTRIBUTES}
        attributes |= {"severity": first["severity"], "state": first["state"]}
        attributes |= {"to": notice.to} if notice.to else {}
        content = message.entry(attributes, notice.title, notice.text, [first], 1)
        bus = self.outlets.bus
        event = bus.event(notice, message.machine_of(content)) if bus else None
        return Entry([], {TOPIC: content, BUS: event}, message.size(content))


def _lines(place: tuple[str, str], severity: str, who: str, *, is_open: bool) -> Iterator[str]:
    account, region = place
    yield f"What     a test of the way that alerts go, {'sent' if is_open else 'ended'}"
    yield f"Where    account {account}, {region}"
    yield f"Who      {who}"
    yield f"How bad  {severity}, as it was asked for"
    yield "To do    nothing"
