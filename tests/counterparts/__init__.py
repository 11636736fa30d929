"""Real jobs of other people's counterparts of AWS, through the engine to the bus."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


def answer_of(ask: Callable[[Any], Any], session: Any) -> str:
    """Give what a counterpart answers: JSON, or what is wrong."""
    try:
        found = ask(session)
    except (ClientError, NotImplementedError) as error:
        return str(error)
    if isinstance(found, dict):
        found = {name: value for name, value in found.items() if name != "ResponseMetadata"}
    return json.dumps(found, default=str)
