"""What replay needs of a deployed stack: its two outlets, and the table that they read.

An outlet is a function that reads the table's stream, and the queue of its dead letters.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operate.aws import Clients
from operate.stack import Stack

ANNOUNCED = {"dynamodb": {"NewImage": {"announce": {"S": [{"exists": True}]}}}}


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet: `name` is the function's, `done` what it did with changes that it took.

    `table` is the table's ARN; `filters` are the patterns of what the function is for.
    """

    name: str
    done: str
    function: str
    queue: str
    table: str
    filters: tuple[Mapping[str, Any], ...]

    @property
    def table_name(self) -> str:
        """The table's name."""
        return self.table.partition("/")[2]

    def wants(self, image: Mapping[str, Any]) -> bool:
        """Tell whether the event source mapping would hand over an item."""
        return any(fits({"dynamodb": {"NewImage": image}}, pattern) for pattern in self.filters)


def find_outlets(stack: Stack) -> list[Outlet]:
    """Read what a stack's outputs name.

    :raises Trouble: when it is one of an older version, or none of ours.
    """
    clients, table = stack.clients, stack.made("TableName")
    published = stack.made("PublishFunctionName"), stack.made("UnpublishedQueueUrl")
    unsent = stack.made("AlertFunctionName"), stack.made("UnsentQueueUrl")
    arn = clients("dynamodb").describe_table(TableName=table)["Table"]["TableArn"]
    return [
        Outlet(name, done, function, queue, arn, _filters(clients, function, arn))
        for name, done, (function, queue) in (
            ("publish", "published", published),
            ("alert", "alerted of", unsent),
        )
    ]


def fits(value: Any, pattern: Any) -> bool:
    """Hold a value against a pattern of an event source mapping, as far as ours go."""
    if isinstance(pattern, Mapping):
        return isinstance(value, Mapping) and all(
            fits(value.get(name), each) for name, each in pattern.items()
        )
    return value is not None and any(each in (value, {"exists": True}) for each in pattern)


def _filters(clients: Clients, function: str, table: str) -> tuple[Mapping[str, Any], ...]:
    mappings = clients("lambda").list_event_source_mappings(FunctionName=function)
    of_table = [
        mapping
        for mapping in mappings["EventSourceMappings"]
        if mapping.get("EventSourceArn", "").startswith(f"{table}/stream/")
    ]
    return tuple(_patterns(of_table)) or (ANNOUNCED,)


def _patterns(mappings: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for mapping in mappings:
        for each in mapping.get("FilterCriteria", {}).get("Filters", ()):
            yield json.loads(each["Pattern"])
