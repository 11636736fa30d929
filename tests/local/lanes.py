"""Polls a lane without its queue, and keeps functions from what they would be invoked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lambdas.messages import Turn, write_turn


def give_turn(client: Any, function: str, turn: Turn) -> Any:
    """Give a turn to the poll function, as Lambda does for a queue; give the answer of Lambda."""
    attributes = {"MessageGroupId": turn.group, "ApproximateReceiveCount": "1"}
    message = {"messageId": "1", "body": write_turn(turn), "attributes": attributes}
    event = json.dumps({"Records": [message]}).encode()
    return client.invoke(FunctionName=function, Payload=event)


@contextmanager
def not_fed(client: Any, function: str) -> Iterator[None]:
    """Let a function have nothing of the one queue or stream that feeds it, for a while."""
    (mapping,) = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def not_let_run(client: Any, function: str) -> Iterator[None]:
    """Let a function run for nobody, for a while."""
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        client.delete_function_concurrency(FunctionName=function)
