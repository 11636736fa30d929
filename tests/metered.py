"""The table in memory as people read it, with the read units that each call takes.

moto is slow with 100,000 items, and meters nothing; a test holds the two against each other. Sizes
are counted as DynamoDB counts them: a query takes half a unit for each 4 KB of the entries that it
reads, a batch for each 4 KB of each item.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType

from lambdas.store.layout import KEYS, RECENT, RECENT_KEYS

PAGE = 1024 * 1024
"""Bytes that one query reads at most."""
STEP = 4_096
Item = Mapping[str, Mapping[str, Any]]


def size(item: Item) -> int:
    """The bytes of an item as DynamoDB counts them."""
    return sum(len(name) + DynamoType(dict(of)).size() for name, of in item.items())


class Metered:
    """A DynamoDB client that knows one table, for several threads."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
        self._listed: defaultdict[str, list[tuple[str, Item]]] = defaultdict(list)
        for item in self._items.values():
            if "listed" in item:
                entry = {name: item[name] for name in (*KEYS, *RECENT_KEYS)}
                self._listed[item["listed"]["S"]].append((item["at"]["S"], entry))
        for entries in self._listed.values():
            entries.sort(key=itemgetter(0))
        self.calls: list[str] = []
        self._read: list[float] = []

    @property
    def units(self) -> float:
        """The units that were read so far."""
        return sum(self._read)

    def query(self, **call: Any) -> dict[str, Any]:
        self.calls.append("Query")
        assert call["IndexName"] == RECENT
        assert not call["ScanIndexForward"]
        values = call["ExpressionAttributeValues"]
        assert values[":first"]["S"] <= values[":last"]["S"], "DynamoDB refuses such a range"
        entries = self._listed.get(values[":listed"]["S"], [])
        first = bisect_left(entries, values[":first"]["S"], key=itemgetter(0))
        last = bisect_right(entries, values[":last"]["S"], key=itemgetter(0))
        if start := call.get("ExclusiveStartKey"):
            last = bisect_left(entries, start["at"]["S"], key=itemgetter(0))
        found, read = [], 0
        for _, entry in reversed(entries[first:last]):
            if len(found) == call["Limit"] or read > PAGE:
                break
            found.append(entry)
            read += size(entry)
        self._read.append(max(math.ceil(read / STEP), 1) / 2)
        more = {"LastEvaluatedKey": found[-1]} if first + len(found) < last else {}
        shown = {} if call.get("Select") == "COUNT" else {"Items": found}
        return {"Count": len(found), **shown, **more}

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        self.calls.append("BatchGetItem")
        ((name, request),) = RequestItems.items()
        keys = [(key["pk"]["S"], key["sk"]["S"]) for key in request["Keys"]]
        assert 0 < len(keys) <= 100
        assert len({*keys}) == len(keys)
        assert not request.get("ConsistentRead")
        found = [self._items[key] for key in keys if key in self._items]
        missing = len(keys) - len(found)
        self._read.append(missing / 2 + sum(math.ceil(size(item) / STEP) / 2 for item in found))
        return {"Responses": {name: found}, "UnprocessedKeys": {}}
