"""The table's stream and the mappings that hand it to functions.

The records of a partition key are in one shard, in order. A mapping hands over at most 100 records
of a shard at a time; what a function reports as failed comes again from there on; a batch whose
function fails comes again in halves; what is older than six hours goes to the dead letters.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32

from tests.simulation.clock import Clock
from tests.simulation.dice import Dice

Record = dict[str, Any]
SHARDS = 3
BATCH = 100
OLDEST = 6 * 3600.0
LONGEST_WAIT = 60.0
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/seen"
ARN = f"{TABLE}/stream/2026-11-22T12:00:00.000"


class Stream:
    """All records by shard; each mapping is woken when there is a new one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.shards: list[list[Record]] = [[] for _ in range(SHARDS)]
        self.wake: list[Callable[[int], None]] = []
        self._count = 0

    def changed(self, key: tuple[str, str], item: Mapping[str, Any] | None) -> None:
        """Append a record for a write."""
        self._count += 1
        shard = crc32(key[0].encode()) % SHARDS
        body: dict[str, Any] = {
            "ApproximateCreationDateTime": int(self._clock.date().timestamp()),
            "Keys": {"pk": {"S": key[0]}, "sk": {"S": key[1]}},
            "SequenceNumber": f"{self._count:021}",
            "StreamViewType": "NEW_IMAGE",
        }
        if item is not None:
            body["NewImage"] = {name: _as_json(value) for name, value in item.items()}
        record = {
            "eventID": f"{self._count:032x}",
            "eventName": "REMOVE" if item is None else "MODIFY",
            "eventSource": "aws:dynamodb",
            "eventVersion": "1.1",
            "awsRegion": "eu-west-1",
            "eventSourceARN": ARN,
            "dynamodb": body,
            "at": self._clock.now,
        }
        self.shards[shard].append(record)
        for wake in self.wake:
            wake(shard)


def _as_json(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write an attribute as an event of Lambda has it: what is binary is text."""
    return {"B": b64encode(bytes(value["B"])).decode()} if "B" in value else value


class StreamMapping:
    """Hands a stream's announced records to a function.

    `invoke` starts the function with records and a callback that takes (ended well, the sequence
    number that it reported or None); `wants` is the filter.
    """

    def __init__(
        self,
        clock: Clock,
        dice: Dice,
        stream: Stream,
        invoke: Callable[[Sequence[Record], Callable[[bool, str | None], None]], None],
        wants: Callable[[Mapping[str, Any]], bool] = lambda image: "announce" in image,
    ) -> None:
        self._wants = wants
        self._clock, self._dice, self._stream, self._invoke = clock, dice, stream, invoke
        self._place = [0] * SHARDS
        self._busy = [False] * SHARDS
        self._most = [BATCH] * SHARDS
        self._tries = [0] * SHARDS
        self.dead_letters: list[Record] = []
        stream.wake.append(self._wake)

    @property
    def left(self) -> int:
        """How many records were not handed over yet."""
        return sum(
            len(shard) - place
            for shard, place in zip(self._stream.shards, self._place, strict=True)
        )

    def stuck(self, since: float) -> int:
        """Count the records that were there by a time and were not handed over yet."""
        shards = zip(self._stream.shards, self._place, strict=True)
        return sum(record["at"] <= since for shard, place in shards for record in shard[place:])

    def _wake(self, shard: int) -> None:
        if not self._busy[shard]:
            self._busy[shard] = True
            self._clock.after(self._dice.of("stream").uniform(0.05, 1), lambda: self._next(shard))

    def _next(self, shard: int) -> None:
        """Hand over the next batch of a shard, past what is filtered out or too old."""
        records, batch = self._stream.shards[shard], list[Record]()
        end = place = self._place[shard]
        while end < len(records) and len(batch) < self._most[shard]:
            record = records[end]
            end += 1
            if not self._wants(record["dynamodb"].get("NewImage", {})):
                if not batch:
                    place = end
            elif self._clock.now - record["at"] > OLDEST and not batch:
                self.dead_letters.append(record)
                place = end
            else:
                batch.append(record)
        self._place[shard] = place
        if not batch:
            self._busy[shard] = False
            return
        self._invoke(batch, lambda well, failed: self._after(shard, batch, end, well, failed))

    def _after(
        self, shard: int, batch: list[Record], end: int, well: bool, failed: str | None
    ) -> None:
        if well and failed is None:
            self._most[shard], self._tries[shard] = BATCH, 0
            if not self._dice.happens("repeated deliveries", 0.01):
                self._place[shard] = end
            self._clock.after(0.1, lambda: self._next(shard))
            return
        if well:
            numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
            assert failed in numbers, f"{failed} is not in the batch"
            first = batch[numbers.index(failed)]
            if numbers.index(failed):
                self._tries[shard] = 0
            self._place[shard] = self._stream.shards[shard].index(first, self._place[shard])
        else:
            self._most[shard] = max(1, len(batch) // 2)
        self._tries[shard] += 1
        wait = min(2.0 ** self._tries[shard], LONGEST_WAIT)
        self._clock.after(wait, lambda: self._next(shard))
