"""DynamoDB as a botocore client: one table with a sparse index, a time to live and a stream.

Conditional writes and consistent reads are exact. The index and reads that need not be consistent
are behind, each item by its own time; writes and reads are refused now and then, some after their
effect; a batch leaves keys unprocessed; an item above 400 KB is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple
from zlib import crc32

from botocore.exceptions import ClientError

from lambdas.alert import memory
from tests.simulation.calls import Calls, refusal
from tests.simulation.clock import Clock
from tests.simulation.conditions import holds
from tests.simulation.dice import Dice
from tests.table import CARRIED, INDEX, INDEX_KEYS, KEYS

Item = Mapping[str, Any]
Key = tuple[str, str]

LARGEST_ITEM = 400 * 1024
MOST_KEYS = 100
SLOW = 11.0
"""Seconds that a call takes while the table crawls, give or take a half: all of its attempts."""
_REFUSALS = ("ProvisionedThroughputExceededException", "InternalServerError", "ThrottlingException")


class Index(NamedTuple):
    """A sparse index: its name, the attribute that puts an item there, and what it has of it."""

    name: str
    key: str
    carried: frozenset[str]


OF_JOBS = Index(INDEX, "open", frozenset({*KEYS, *INDEX_KEYS, *CARRIED}))
OF_ALERTS = Index(memory.INDEX, "muted", frozenset({*KEYS, *memory.INDEX_KEYS, *memory.CARRIED}))


class Table:
    """The client; `changed` is told of each write: the key, and the new item or None."""

    def __init__(
        self,
        clock: Clock,
        dice: Dice,
        calls: Calls,
        changed: Callable[[Key, Item | None], None],
        index: Index = OF_JOBS,
    ) -> None:
        self._clock, self._dice, self._calls, self._changed = clock, dice, calls, changed
        self._of = index
        self.partitions: dict[str, dict[str, Item]] = {}
        self._before: dict[Key, tuple[float, Item | None]] = {}
        self._index: dict[str, dict[Key, Item]] = {}
        self._indexed: dict[Key, str] = {}
        self._ready: dict[Key, float] = {}
        self.largest = 0

    def item(self, key: Key) -> Item | None:
        """Give the item that is really there."""
        return self.partitions.get(key[0], {}).get(key[1])

    def put_item(self, **call: Any) -> dict[str, Any]:
        return self._call("PutItem", lambda: self._put(call))

    def delete_item(self, **call: Any) -> dict[str, Any]:
        def delete() -> dict[str, Any]:
            key = _key(call["Key"])
            if not holds(call, self.item(key)):
                raise refusal("ConditionalCheckFailedException", "DeleteItem")
            if self.item(key) is not None:
                self._write(key, None)
            return {}

        return self._call("DeleteItem", delete)

    def get_item(self, **call: Any) -> dict[str, Any]:
        found = self._call("GetItem", lambda: self._read(_key(call["Key"]), call))
        return {"Item": dict(found)} if found else {}

    def batch_get_item(self, **call: Any) -> dict[str, Any]:
        ((name, request),) = call["RequestItems"].items()
        keys = [*request["Keys"]]
        assert 0 < len(keys) <= MOST_KEYS
        assert len({_key(k) for k in keys}) == len(keys), "DynamoDB refuses a key named twice"
        left: list[Any] = []
        if self._dice.happens("unprocessed keys", 0.3):
            cut = self._dice.of("unprocessed keys").randrange(len(keys) + 1)
            keys, left = keys[:cut], keys[cut:]
        found = self._call("BatchGetItem", lambda: [self._read(_key(k), request) for k in keys])
        rest = {name: {**request, "Keys": left}} if left else {}
        return {
            "Responses": {name: [dict(item) for item in found if item]},
            "UnprocessedKeys": rest,
        }

    def get_paginator(self, operation: str) -> "Table":
        assert operation == "query"
        return self

    def paginate(self, **call: Any) -> Iterator[dict[str, Any]]:
        """Query page by page; between two pages, items change."""
        call.pop("PaginationConfig", None)
        sizes = (500,) if self._is_slow() else (3, 20, 500)
        after, size = "", self._dice.of("query pages").choice(sizes)
        while True:
            items = self._call("Query", partial(self._matching, call, after, size + 1))
            page = {"Items": [dict(item) for item in items[:size]]}
            if len(items) <= size:
                yield page
                return
            after = items[size - 1]["sk"]["S"]
            yield {**page, "LastEvaluatedKey": {"sk": {"S": after}}}

    def query(self, **call: Any) -> dict[str, Any]:
        return {"Items": [dict(i) for i in self._call("Query", lambda: self._matching(call))]}

    def _matching(
        self, call: Mapping[str, Any], after: str = "", most: int | None = None
    ) -> list[Item]:
        names, values = call.get("ExpressionAttributeNames", {}), call["ExpressionAttributeValues"]
        first, *rest = call["KeyConditionExpression"].split(" AND ")
        hashed, value = (part.strip() for part in first.split("="))
        prefix = ""
        if rest:
            function, _, argument = rest[0].strip().removesuffix(")").partition("(")
            assert function == "begins_with", rest
            prefix = values[argument.split(",")[1].strip()]["S"]
        wanted = values[value]["S"]
        if call.get("IndexName"):
            assert call["IndexName"] == self._of.name
            assert not call.get("ConsistentRead"), "an index is never read consistently"
            assert names.get(hashed, hashed) == self._of.key
            there = [*self._index.get(wanted, {}).values()]
        else:
            assert names.get(hashed, hashed) == "pk"
            there = [*self.partitions.get(wanted, {}).values()]
        keys = ((item["sk"]["S"], item) for item in there)
        some = [pair for pair in keys if pair[0] > after and pair[0].startswith(prefix)]
        found = [item for _, item in sorted(some, key=itemgetter(0))[:most]]
        if "ProjectionExpression" not in call:
            return found
        kept = {names.get(n.strip(), n.strip()) for n in call["ProjectionExpression"].split(",")}
        return [{name: item[name] for name in item if name in kept | {"sk"}} for item in found]

    def _call(self, operation: str, effect: Callable[[], Any]) -> Any:
        if self._dice.happens("refused table calls", 0.004):
            self._clock.current.troubled = True
            dice = self._dice.of("refused table calls")
            if dice.random() < 0.3:  # it took effect, but the answer says that it did not
                self._calls.make(effect, 2)
            raise self._calls.make(lambda: refusal(dice.choice(_REFUSALS), operation), 2)
        if operation == "PutItem" and self._dice.happens("writes that botocore repeats", 0.004):
            self._clock.current.troubled = True
            if self._dice.of("writes that come late").random() < 0.5:
                self._calls.make(effect, 0.5)
            else:
                late = self._dice.of("writes that come late").uniform(1, 20)
                self._clock.after(late, lambda: _try(effect))
        if self._is_slow():
            return self._calls.make(effect, SLOW)
        slow = self._dice.happens("slow table", 0.002)
        return self._calls.make(effect, 3 if slow else 0.006)

    def _is_slow(self) -> bool:
        """Tell whether each call takes nearly all the time that it may: two hours in three."""
        if "slow table" not in self._dice.loud:
            return False
        return crc32(f"slow{self._clock.now // 1200}".encode()) % 3 > 0

    def _read(self, key: Key, call: Mapping[str, Any]) -> Item | None:
        stale = self._dice.share("stale reads", 0.3, 0.7)
        if not call.get("ConsistentRead") and self._dice.of("stale reads").random() < stale:
            when, item = self._before.get(key, (float("-inf"), None))
            if self._clock.now - when < self._dice.share("stale reads", 1, 300):
                return item
        return self.item(key)

    def _put(self, call: Mapping[str, Any]) -> dict[str, Any]:
        item, key = call["Item"], _key(call["Item"])
        size = sum(len(name) + _size(value) for name, value in item.items())
        self.largest = max(self.largest, size)
        if size > LARGEST_ITEM:
            raise refusal("ValidationException", "PutItem", "Item size has exceeded the maximum")
        there = self.item(key)
        if not holds(call, there):
            asks = call.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            old = {"Item": dict(there)} if asks and there else {}
            raise refusal("ConditionalCheckFailedException", "PutItem", **old)
        self._write(key, item)
        return {}

    def _write(self, key: Key, item: Item | None) -> None:
        self._before[key] = (self._clock.now, self.item(key))
        partition = self.partitions.setdefault(key[0], {})
        if item is None:
            del partition[key[1]]
        else:
            partition[key[1]] = item
        self._changed(key, item)
        self._index_later(key, item)
        if item and "expires_at" in item:
            forgotten = float(item["expires_at"]["N"]) - self._clock.date(0).timestamp()
            late = self._dice.of("time to live").uniform(60, 86_400)
            self._clock.at(forgotten + late, lambda: self._forget(key, item))

    def _forget(self, key: Key, item: Item) -> None:
        if self.item(key) is item:
            self._write(key, None)

    def _index_later(self, key: Key, item: Item | None) -> None:
        dice = self._dice.of("late index")
        lag = dice.uniform(0.01, 0.5)
        if self._dice.happens("late index", 0.02):
            lag = dice.choice((5, 60, 400))
        self._ready[key] = max(self._ready.get(key, 0) + 1e-6, self._clock.now + lag)
        self._clock.at(self._ready[key], lambda: self._index_now(key, item))

    def _index_now(self, key: Key, item: Item | None) -> None:
        self._index.get(self._indexed.pop(key, ""), {}).pop(key, None)
        if item and self._of.key in item:
            there = self._indexed[key] = item[self._of.key]["S"]
            carried = {name: value for name, value in item.items() if name in self._of.carried}
            self._index.setdefault(there, {})[key] = carried


def _try(effect: Callable[[], Any]) -> None:
    with suppress(ClientError):
        effect()


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    return len(content) if kind == "B" else len(str(content).encode())
