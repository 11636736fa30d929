"""From the table's stream to a service: in order for each item, and at least once.

What can't be sent *for now* stops the rest: its first record is reported, and the stream hands over
that one and everything behind it again. What can *never* be sent is put aside, and holds nothing
up. No call is begun that could outlast the invocation: what was not reached counts as not sent.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ParamValidationError

from lambdas.outbox.dead_letters import Letter
from lambdas.outbox.entries import Entry, Refusal, calls
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError
from lambdas.text import clean

ATTEMPTS, CONNECT_SECONDS, READ_SECONDS = 2, 2, 5
LONGEST_CALL = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + 1
"""Seconds that one call takes at worst, with the wait between its attempts."""

Group = Sequence[OutboxRecord] | UnreadableRecordError
"""Records that are sent as one entry; or one that can't be."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sends groups of records to one service.

    `pack` makes an entry of records; `send` calls the service with entries and says of each, in
    order, why it was refused, or None, in `longest` seconds at worst; `final` are the error codes
    of what it never takes.
    `put_aside` takes what can never be sent, `on_sent` every record that was.
    """

    pack: Callable[[Sequence[OutboxRecord]], Entry]
    send: Callable[[Sequence[Entry]], Sequence[Refusal | None]]
    final: frozenset[str]
    put_aside: Callable[[Letter], object]
    on_sent: Callable[[OutboxRecord], None]
    logger: Logger
    timer: Callable[[], float]
    longest: float = LONGEST_CALL

    def deliver(self, groups: Iterable[Group], ends: float) -> str | None:
        """Send in order; give the sequence number of the first record not sent, or None.

        `ends` is when the last call must be over, as the timer says.
        """
        return self._first_failed(calls(map(self._pack, groups)), ends)

    def _first_failed(self, some: Iterable[Sequence[Entry]], ends: float) -> str | None:
        failed = (self._call(call, ends) for call in some)
        return next((sequence for sequence in failed if sequence is not None), None)

    def _pack(self, group: Group) -> Entry:
        if isinstance(group, UnreadableRecordError):
            return Entry([group], {}, 0, Refusal(f"It can't be read: {group}", final=True))
        try:
            return self.pack(group)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"It can't be written: {type(error).__name__}: {error}"
            return Entry(group, {}, 0, Refusal(reason, final=True))

    def _call(self, call: Sequence[Entry], ends: float) -> str | None:
        """Send one call; give the sequence number of the first record that was not, or None."""
        sendable = [entry for entry in call if entry.refusal is None]
        if sendable and not self._has_time(ends):
            return call[0].records[0].sequence
        answers = self._answers(sendable) if sendable else []
        if answers is None:
            return self._first_failed(([entry] for entry in call), ends)
        said = iter(answers)
        for entry in call:
            failed = self._settle(entry, entry.refusal or next(said), ends)
            if failed is not None:
                return failed
        return None

    def _answers(self, entries: Sequence[Entry]) -> Sequence[Refusal | None] | None:
        """Call the service; None: one of several is what it never takes, and it does not say which.

        An error is logged without a traceback: it may quote the request and its session token.
        """
        try:
            return self.send(entries)
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            refusal = refusal_of(error, self.final)
            return None if refusal.final and len(entries) > 1 else [refusal] * len(entries)

    def _settle(self, entry: Entry, refusal: Refusal | None, ends: float) -> str | None:
        """Do what an answer asks for; give the record to report, or None."""
        if refusal is None:
            for record in entry.records:
                if isinstance(record, OutboxRecord):
                    self.on_sent(record)
            return None
        if not refusal.final:
            self.logger.error("A record could not be sent", extra={"reason": refusal.reason})
            return entry.records[0].sequence
        if len(entry.records) > 1:
            return self._halve(entry, ends)
        return self._put_aside(entry.records[0], refusal.reason, ends)

    def _halve(self, entry: Entry, ends: float) -> str | None:
        """Send in two what is refused as one, until it is plain which record it is.

        Should one half fail, all of it is reported: others that were not reached yet may tell of
        records between the two.
        """
        records = [record for record in entry.records if isinstance(record, OutboxRecord)]
        middle = len(records) // 2
        halves = (records[:middle], records[middle:])
        failed = self._first_failed(([self._pack(half)] for half in halves), ends)
        return None if failed is None else records[0].sequence

    def _put_aside(
        self, record: OutboxRecord | UnreadableRecordError, reason: str, ends: float
    ) -> str | None:
        if not self._has_time(ends):
            return record.sequence
        logged = {"sequence": record.sequence, "reason": clean(reason)}
        why = None
        try:
            self.put_aside(Letter(record.sequence, record.record, reason))
        except Exception as error:  # noqa: BLE001  as for the service
            why = clean(f"{type(error).__name__}: {error}")
        if why is None:
            self.logger.error("A record was put aside", extra=logged)
            return None
        self.logger.error("A record could not be put aside", extra={**logged, "error": why})
        return record.sequence

    def _has_time(self, ends: float) -> bool:
        return self.timer() + self.longest <= ends


def refusal_of(error: Exception, final: frozenset[str]) -> Refusal:
    """Give what an error of a call says of each entry; `final` are the codes of what is final."""
    never = isinstance(error, ParamValidationError | UnicodeError) or (
        isinstance(error, ClientError) and _code(error) in final
    )
    return Refusal(clean(f"{type(error).__name__}: {error}"), never)


def _code(error: ClientError) -> str | None:
    """Give the code of an error; an answer that is no service's own has none."""
    return error.response.get("Error", {}).get("Code")
