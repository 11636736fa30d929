"""Asks the alert function of a deployed stack for something: to mute, or for a test."""

import json
from collections.abc import Mapping
from typing import Any

from operate.aws import Clients
from operate.stack import deployed_stack
from operate.trouble import Trouble


class Refused(Trouble):
    """The function never does what it was asked for; the message says why."""


def ask(clients: Clients, stack: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Invoke the function with an event of `lambdas.alert.asked`; give its answer.

    :raises Trouble: where it does not do it, and says why.
    """
    return invoke(clients, deployed_stack(stack, clients).made("AlertFunctionName"), event)


def invoke(clients: Clients, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Do the same with the function's name.

    :raises Refused: where it never does it, and says why.
    :raises Trouble: where it failed.
    """
    payload = json.dumps(event).encode()
    answer = clients("lambda").invoke(FunctionName=function, Payload=payload)
    said = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer or not isinstance(said, dict):
        why = said.get("errorMessage") if isinstance(said, dict) else None
        raise Trouble(f"The alert function failed: {why or 'its log says why'}")
    if "Error" in said:
        raise Refused(str(said["Error"]))
    return said
