"""From the table's stream to who is alerted: remembers, decides, tells, remembers.

What is open is remembered before anybody is told of it, and that it is over once everybody was: who
is stopped in between tells it once more.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from time import monotonic
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.alert import terms
from lambdas.alert.bus import AlertBus
from lambdas.alert.grouping import groups
from lambdas.alert.memory import Memory
from lambdas.alert.outlets import FINAL, Outlets
from lambdas.alert.standing import Alert, Decision, Key, Standing, Told, decide, keys_of
from lambdas.alert.writer import Writer
from lambdas.deadline import Deadline
from lambdas.outbox.dead_letters import Letter
from lambdas.outbox.delivery import Delivery
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError, read_records
from lambdas.plan import Policy
from lambdas.text import clean

UNREAD = "What is open could not be read"
UNWRITTEN = "What is open could not be written"

Read = Sequence[OutboxRecord | UnreadableRecordError]


@dataclass(frozen=True, slots=True)
class Alerter:
    """The topic, through a botocore client, and the bus of alerts where there is one.

    Only records of `table`, an ARN, are told. `policy_of` says of a watch when it alerts, whom and
    how; `labels` name the jobs of each source, `units` what their progress counts, `account_names`
    are by id. `put_aside` takes what topic or bus never will; `on_sent` gets every record of which
    an alert was sent. `memory` has what was told; `ahead` is as `Outlets` has it.
    """

    sns: Any
    topic: str
    table: str
    policy_of: Callable[[str], Policy]
    labels: Mapping[str, str]
    account_names: Mapping[str, str]
    put_aside: Callable[[Letter], object]
    logger: Logger
    timer: Callable[[], float] = monotonic
    on_sent: Callable[[OutboxRecord], None] = lambda _: None
    units: Mapping[str, str | None] = field(default_factory=dict)
    bus: AlertBus | None = None
    memory: Memory = field(kw_only=True)
    ahead: set[tuple[str, str]] = field(default_factory=set)

    def send(self, records: Iterable[Mapping[str, Any]], ends: float) -> str | None:
        """Send the alerts that records of the stream ask for, until `ends`, a value of the timer.

        It gives the sequence number of the first record whose alert was not sent, or None.
        """
        read = read_records(records, self.table, resolving=True)
        deadline = Deadline(ends, self.timer)
        decision = self._decide(read, deadline)
        if decision is None:
            return read[0].sequence
        unwritten = self._write(decision.before, deadline)
        over = Counter[Key]()
        until = self._first_of(unwritten, read)
        failed = self._deliver(_until(decision.told, read, until), ends, over) or until
        unforgotten = self._write(_over(decision, over, unwritten), deadline)
        left = _first(read, self._first_of(unforgotten, read), failed)
        if left is None:
            self.ahead.clear()
        return left

    def _decide(self, read: Read, deadline: Deadline) -> Decision | None:
        """Decide by what is remembered; None where that could not be read."""
        changes = [each for each in read if isinstance(each, OutboxRecord)]
        policies = {
            name: self.policy_of(name) for name in {each.detail["watch"] for each in changes}
        }
        keys = (key for each in changes for key in keys_of(each, policies[each.detail["watch"]]))
        try:
            remembered = self.memory.read([*dict.fromkeys(keys)], deadline)
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            self._log(UNREAD, f"{type(error).__name__}: {error}")
            return None
        return decide(read, policies, remembered)

    def _deliver(self, told: Iterable[Told], ends: float, over: Counter[Key]) -> str | None:
        """Send alerts; note of each key in `over` how many were sent that it is over."""

        def sent(record: OutboxRecord) -> None:
            if isinstance(record, Alert) and record.state == terms.RESOLVED:
                over[record.of] += 1
            self.on_sent(record)

        outlets = Outlets(self.sns, self.topic, self.bus, self.ahead, self.logger)
        delivery = Delivery(
            pack=self._writer.entry,
            send=outlets.send,
            final=FINAL,
            longest=outlets.longest,
            put_aside=self.put_aside,
            on_sent=sent,
            logger=self.logger,
            timer=self.timer,
        )

        def by_itself(alert: Alert) -> bool:
            return outlets.has_incident(self.policy_of(alert.detail["watch"]).to)

        return delivery.deliver(groups(told, outlets.taken_by, by_itself), ends)

    @property
    def _writer(self) -> Writer:
        return Writer(self.policy_of, self.labels, self.units, self.account_names, self.bus)

    def _write(self, standings: Mapping[Key, Standing], deadline: Deadline) -> Collection[Key]:
        """Write what is to be remembered; give the keys of which that failed."""
        failed = self.memory.write(standings, deadline) if standings else {}
        for reason in sorted({*failed.values()}):
            self._log(UNWRITTEN, reason)
        return failed.keys()

    def _log(self, said: str, reason: str) -> None:
        self.logger.error(said, extra={"reason": clean(reason)})

    def _first_of(self, keys: Collection[Key], read: Read) -> str | None:
        """Give the first record about which is decided by what stands under some keys, if any."""
        for each in read if keys else ():
            if isinstance(each, OutboxRecord):
                of_it = keys_of(each, self.policy_of(each.detail["watch"]))
                if any(key in keys for key in of_it):
                    return each.sequence
        return None


def _over(
    decision: Decision, over: Mapping[Key, int], unwritten: Collection[Key]
) -> dict[Key, Standing]:
    """Give what is to be remembered once told; of a key of which something was not, nothing is."""
    alerts = [each for each in decision.told if isinstance(each, Alert)]
    owed = Counter(each.of for each in alerts if each.state == terms.RESOLVED)
    return {
        key: replace(each, version=each.version + (key in decision.before))
        for key, each in decision.after.items()
        if over.get(key, 0) >= owed[key] and key not in unwritten
    }


def _first(read: Read, *sequences: str | None) -> str | None:
    """Give the record that comes first of those with these sequence numbers, if any."""
    return next((each.sequence for each in read if each.sequence in sequences), None)


def _until(told: Sequence[Told], read: Read, sequence: str | None) -> Iterator[Told]:
    """Give what is to be told of the records that come before one, of all where that is None."""
    before = takewhile(lambda each: each.sequence != sequence, read)
    known = {each.sequence for each in before}
    return (each for each in told if each.sequence in known)
