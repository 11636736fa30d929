"""A DynamoDB client with one table, in memory: as much of DynamoDB as the store asks for.

So the engine and its store run anywhere as they do in Lambda. Writes hold their conditions, reads
are up to date, and the index has of an item what it has in the stack. What the store does not ask
for is refused rather than guessed.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from lambdas.store.layout import CARRIED, INDEX, INDEX_KEYS, KEYS

Item = Mapping[str, Any]
"""An item as DynamoDB's API writes it: {"pk": {"S": "…"}, …}."""
Key = tuple[str, str]
_OF_INDEX = {*KEYS, *INDEX_KEYS, *CARRIED}


class MemoryTable:
    """The client; `items` are those of the table, by partition and sort key.

    `written` is told of each item that was put, as the stream would be. Calls may come from many
    threads.
    """

    def __init__(
        self, items: Iterable[Item] = (), written: Callable[[Item], None] = lambda _: None
    ) -> None:
        self.items: dict[Key, Item] = {key_of(each): each for each in items}
        self._written = written
        self._lock = threading.Lock()

    def put_item(self, **call: Any) -> dict[str, Any]:
        """Put an item, if its condition holds; raises ClientError where it does not."""
        item = call["Item"]
        with self._lock:
            there = self.items.get(key_of(item))
            if not _holds(call, there):
                raise _refusal(call, there)
            self.items[key_of(item)] = item
            self._written(item)
        return {}

    def delete_item(self, **call: Any) -> dict[str, Any]:
        """Delete an item, if it is there."""
        with self._lock:
            self.items.pop(key_of(call["Key"]), None)
        return {}

    def get_item(self, **call: Any) -> dict[str, Any]:
        """Read one item."""
        found = self.items.get(key_of(call["Key"]))
        return {"Item": found} if found else {}

    def batch_get_item(self, **call: Any) -> dict[str, Any]:
        """Read those of many items that are there."""
        ((name, request),) = call["RequestItems"].items()
        found = (self.items.get(key_of(key)) for key in request["Keys"])
        return {"Responses": {name: [each for each in found if each]}, "UnprocessedKeys": {}}

    def get_paginator(self, operation: str) -> "MemoryTable":
        """Give what pages through a query: there is no other list that the store reads."""
        if operation != "query":
            raise ValueError(f"expected a query, found {operation}")
        return self

    def paginate(self, **call: Any) -> Iterator[dict[str, Any]]:
        """Answer a query in one page."""
        with self._lock:
            there = dict(self.items)
        yield {"Items": [*matching(call, there)]}


def key_of(item: Item) -> Key:
    """Give the key of an item."""
    return item["pk"]["S"], item["sk"]["S"]


def matching(query: Mapping[str, Any], there: Mapping[Key, Item]) -> Iterator[Item]:
    """Give what a query finds among items, in the order of their keys.

    It asks for a partition's items whose sort keys begin so, or for those of a key of the index.
    """
    values, names = query["ExpressionAttributeValues"], query.get("ExpressionAttributeNames", {})
    if query.get("IndexName") == INDEX:
        shown = _OF_INDEX
        found = (each for _, each in sorted(there.items()) if each.get("open") == values[":open"])
    else:
        pk, prefix = values[":pk"]["S"], values[":kind"]["S"]
        shown = {*names.values()}
        keys = sorted(key for key in there if key[0] == pk and key[1].startswith(prefix))
        found = (there[key] for key in keys)
    for item in found:
        yield {name: value for name, value in item.items() if not shown or name in shown}


def _holds(call: Mapping[str, Any], there: Item | None) -> bool:
    match call.get("ConditionExpression"):
        case None:
            return True
        case "attribute_not_exists(pk)":
            return there is None
        case "#version = :read":
            expected = call["ExpressionAttributeValues"][":read"]
            return there is not None and there.get("version") == expected
    raise ValueError(f"expected a condition of the store's, found {call['ConditionExpression']}")


def _refusal(call: Mapping[str, Any], there: Item | None) -> ClientError:
    asks = call.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    error = {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}
    answer: Any = {"Error": error, **({"Item": there} if asks and there else {})}
    return ClientError(answer, "PutItem")
