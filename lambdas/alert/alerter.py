"""From the table's stream to who is alerted: remembers, decides, tells, remembers.

What is open is remembered before anybody is told of it, and that it is over once everybody was: who
is stopped in between tells it once more.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile, zip_longest
from sys import getsizeof
from time import monotonic
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.alert import terms
from lambdas.alert.bus import AlertBus
from lambdas.alert.deciding import Decision, decide, keys_of
from lambdas.alert.grouping import groups, with_ends
from lambdas.alert.kept_back import MOST, KeptBack
from lambdas.alert.memory import Memory
from lambdas.alert.mutes import Mute
from lambdas.alert.outlets import BUS, FINAL, Outlets
from lambdas.alert.standing import Alert, Key, Standing, Told
from lambdas.alert.writer import Writer
from lambdas.deadline import Deadline
from lambdas.outbox.dead_letters import Letter
from lambdas.outbox.delivery import LONGEST_CALL, Delivery
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError, read_records
from lambdas.plan import Policy
from lambdas.text import clean

LOOKS_FOR = 10
"""Seconds for which a heartbeat looks for what was kept back: what is left has the next."""
MOST_RECALLED = 30_000_000
"""Bytes of memory that the events of what was kept back may take, and a piece more, where an emoji
makes four of each letter. What is left of a batch comes again."""
PIECE = 100
"""Keys under which it is read at a time."""
UNREAD = "What is open could not be read"
UNWRITTEN = "What is open could not be written"

Read = Sequence[OutboxRecord | UnreadableRecordError]
PutAside = Callable[[Letter], object]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is remembered: the mutes that hold, and what stands under the keys of some records.

    What stands under the `left` ones was not read.
    """

    mutes: Sequence[Mute] = ()
    standings: Mapping[Key, Standing] = field(default_factory=dict)
    left: frozenset[Key] = frozenset()

    def silence(self, watch: str, called: str | None) -> bool:
        """Tell whether alerts of a watch and of what is called so are muted."""
        return any(each.silences(watch, called) for each in self.mutes)


@dataclass(frozen=True, slots=True)
class Alerter:
    """The topic, through a botocore client, and the bus of alerts where there is one.

    Only records of `table`, an ARN, are told. `policy_of` says of a watch when it alerts, whom and
    how; `labels` name the jobs of each source, `units` what their progress counts, `account_names`
    are by id. `put_aside` takes what topic or bus never will; `on_sent` gets every record of which
    an alert was sent. `memory` has what was told; `ahead` is as `Outlets` has it, `place` is where
    it goes on to look for what was kept back. `limit_of` says for how many seconds a watch bears
    what an alert of a status tells, None: it does not say.
    """

    sns: Any
    topic: str
    table: str
    policy_of: Callable[[str], Policy]
    labels: Mapping[str, str]
    account_names: Mapping[str, str]
    put_aside: PutAside
    logger: Logger
    timer: Callable[[], float] = monotonic
    on_sent: Callable[[OutboxRecord], None] = lambda _: None
    units: Mapping[str, str | None] = field(default_factory=dict)
    bus: AlertBus | None = None
    memory: Memory = field(kw_only=True)
    ahead: set[tuple[str, str]] = field(default_factory=set)
    place: dict[str, Any] = field(default_factory=dict)
    limit_of: Callable[[str, str], int | None] = lambda *_: None

    def send(self, records: Iterable[Mapping[str, Any]], ends: float) -> str | None:
        """Send the alerts that records of the stream ask for, until `ends`, a value of the timer.

        With the heartbeat comes what mutes kept back that have ended. It gives the sequence number
        of the first record whose alert was not sent, or None.
        """
        handed, deadline = [*records], Deadline(ends, self.timer)
        read = read_records(handed, self.table, resolving=True)
        order = _sequences(handed)
        beat = _first(order, *({*order} - {each.sequence for each in read}))
        recalled = self._recall(read, deadline) if handed else Recalled()
        if recalled is None:
            return read[0].sequence if read else beat
        left = self._tell(read, recalled, deadline)
        if beat is not None and not self._tell_unmuted(recalled.mutes, deadline):
            left = _first(order, left, beat)
        if left is None:
            self.ahead.clear()
        return left

    def _recall(self, read: Read, deadline: Deadline) -> Recalled | None:
        """Read what is muted, and what stands; None where that is not all of it."""
        keys = dict.fromkeys(key for each in read for key in self._keys_of(each))
        try:
            mutes = self.memory.mutes.read(self.memory.clock(), deadline)
            return self._recall_standings(mutes, [*keys], deadline)
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            self._log(UNREAD, f"{type(error).__name__}: {error}")
            return None

    def _recall_standings(
        self, mutes: Sequence[Mute], keys: Sequence[Key], deadline: Deadline
    ) -> Recalled:
        """Read what stands under keys, as much of it as memory is meant for, and some at least."""
        found: dict[Key, Standing] = {}
        size = done = 0
        while done < len(keys) and size < MOST_RECALLED:
            some = self.memory.read(keys[done : done + PIECE], deadline)
            size += sum(getsizeof(each.kept.text) for each in some.values() if each.kept)
            done += PIECE
            found |= some
        return Recalled(mutes, found, frozenset(keys[done:]))

    def _tell(self, read: Read, recalled: Recalled, deadline: Deadline) -> str | None:
        """Tell what asks for it; give the first record of which that did not work."""
        remembered, order = recalled.standings, [each.sequence for each in read]
        claimed = [key for key, each in remembered.items() if each.kept and each.kept.claimed]
        if claimed:
            self._tell_kept_back(claimed, deadline)
        waits = self._first_of({*claimed, *recalled.left}, read)
        ready = takewhile(lambda each: each.sequence != waits, read)
        decision = decide(ready, self._policies(read), remembered, recalled.silence)
        unwritten = self._write(decision.before, deadline)
        until = _first(order, waits, decision.until, self._first_of(unwritten, read))
        over = Counter[Key]()

        def sent(record: OutboxRecord) -> None:
            if isinstance(record, Alert) and record.state == terms.RESOLVED:
                over[record.of] += 1
                if record.pagers:
                    return
            self.on_sent(record)

        told = with_ends(decision.told, self._has_incident, self._was_split)
        failed = self._deliver(_until(told, read, until), deadline, sent, self.put_aside)
        unforgotten = self._write(_over(decision, told, over, unwritten), deadline)
        return _first(order, until, failed, self._first_of(unforgotten, read))

    def _tell_unmuted(self, mutes: Sequence[Mute], deadline: Deadline) -> bool:
        """Tell what was kept back and is muted no more, as much as a turn takes.

        Say whether that worked: what is left has the next heartbeat, and holds up no other alert.
        """
        silence = Recalled(mutes).silence
        try:
            looked = Deadline(min(deadline.at, self.timer() + LOOKS_FOR + LONGEST_CALL), self.timer)
            there = self.memory.kept(looked, self.place)
            unmuted = (key for key, called in there if not silence(key[0], called))
            keys = [*islice(_in_turn(unmuted), MOST)]
        except Exception as error:  # noqa: BLE001  as above
            self._log(UNREAD, f"{type(error).__name__}: {error}")
            return False
        return not keys or self._tell_kept_back(keys, deadline)

    def _tell_kept_back(self, keys: Sequence[Key], deadline: Deadline) -> bool:
        try:
            return self._kept_back(deadline).tell(keys, deadline)
        except Exception as error:  # noqa: BLE001  as above
            self._log(UNREAD, f"{type(error).__name__}: {error}")
            return False

    def _kept_back(self, deadline: Deadline) -> KeptBack:
        def deliver(
            told: Iterable[Told], sent: Callable[[OutboxRecord], None], aside: PutAside
        ) -> object:
            return self._deliver(told, deadline, sent, aside)

        return KeptBack(self.memory, self.table, deliver, self.put_aside, self.policy_of)

    def _deliver(
        self,
        told: Iterable[Told],
        deadline: Deadline,
        sent: Callable[[OutboxRecord], None],
        aside: PutAside,
    ) -> str | None:
        """Send alerts; give the sequence number of the first that was not sent, or None."""
        outlets = self._outlets
        delivery = Delivery(
            pack=self._writer.entry,
            send=outlets.send,
            final=FINAL,
            longest=outlets.longest,
            put_aside=aside,
            on_sent=sent,
            logger=self.logger,
            timer=self.timer,
        )
        return delivery.deliver(groups(told, outlets.taken_by), deadline.at)

    def _has_incident(self, alert: Alert) -> bool:
        """Tell whether a pager is told, which has an incident of what is open."""
        to = alert.recipients(self.policy_of(alert.detail["watch"]).to)
        return self.bus is not None and not self.bus.pagers.isdisjoint(to)

    def _was_split(self, alert: Alert) -> bool:
        """Tell whether all but pagers were told before, by a call of which not all was taken."""
        return BUS in self._outlets.taken_by(replace(alert, pagers=False))

    @property
    def _outlets(self) -> Outlets:
        return Outlets(self.sns, self.topic, self.bus, self.ahead, self.logger)

    @property
    def _writer(self) -> Writer:
        return Writer(
            self.policy_of, self.labels, self.units, self.account_names, self.bus, self.limit_of
        )

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
        some = read if keys else ()
        found = (e.sequence for e in some if any(key in keys for key in self._keys_of(e)))
        return next(found, None)

    def _keys_of(self, read: OutboxRecord | UnreadableRecordError) -> list[Key]:
        if isinstance(read, UnreadableRecordError):
            return []
        return keys_of(read, self.policy_of(read.detail["watch"]))

    def _policies(self, read: Read) -> dict[str, Policy]:
        changes = (each for each in read if isinstance(each, OutboxRecord))
        return {name: self.policy_of(name) for name in {each.detail["watch"] for each in changes}}


def _in_turn(keys: Iterable[Key]) -> Iterator[Key]:
    """Give keys of each watch in turn, as many of one as are told at once.

    Whoever has much kept back of one watch could else have that of all others wait for hours.
    """
    found: defaultdict[str, list[Key]] = defaultdict(list)
    for key in keys:
        if len(found[key[0]]) < MOST:
            found[key[0]].append(key)
    return (key for turn in zip_longest(*found.values()) for key in turn if key is not None)


def _sequences(handed: Iterable[Mapping[str, Any]]) -> list[str]:
    """Give the sequence numbers of what is handed over; the heartbeat's is not among those read."""
    streams = (each.get("dynamodb") for each in handed)
    return [str(s.get("SequenceNumber", "")) if isinstance(s, dict) else "" for s in streams]


def _over(
    decision: Decision, told: Iterable[Told], over: Mapping[Key, int], unwritten: Collection[Key]
) -> dict[Key, Standing]:
    """Give what is to be remembered once told; of a key of which something was not, nothing is."""
    alerts = [each for each in told if isinstance(each, Alert)]
    owed = Counter(each.of for each in alerts if each.state == terms.RESOLVED)
    return {
        key: replace(each, version=each.version + (key in decision.before))
        for key, each in decision.after.items()
        if over.get(key, 0) >= owed[key] and key not in unwritten
    }


def _first(order: Iterable[str], *sequences: str | None) -> str | None:
    """Give the one that comes first of some sequence numbers, None of which is none."""
    return next((each for each in order if each in sequences), None)


def _until(told: Sequence[Told], read: Read, sequence: str | None) -> Iterator[Told]:
    """Give what is to be told of the records that come before one, of all where that is None."""
    before = takewhile(lambda each: each.sequence != sequence, read)
    known = {each.sequence for each in before}
    return (each for each in told if each.sequence in known)
