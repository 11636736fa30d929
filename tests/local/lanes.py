"""Polls a lane without its queue: the poll function gets a turn, and answers when it is over."""

import json
from typing import Any

from lambdas.messages import Turn, write_turn


def give_turn(client: Any, function: str, turn: Turn) -> Any:
    """Give a turn to the poll function, as Lambda does for a queue; give the answer of Lambda."""
    attributes = {"MessageGroupId": turn.group, "ApproximateReceiveCount": "1"}
    message = {"messageId": "1", "body": write_turn(turn), "attributes": attributes}
    event = json.dumps({"Records": [message]}).encode()
    return client.invoke(FunctionName=function, Payload=event)
