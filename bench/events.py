"""What the function that polls is invoked with."""

from datetime import UTC, datetime
from typing import Any

from bench.sources import ACCOUNT, REGION
from lambdas.messages import Turn, write_turn


def lane(source: str, watch: str) -> dict[str, Any]:
    """Give a message of the lane that polls a watch, sent now, as the mapping hands it over."""
    turn = Turn(source.split(".", maxsplit=1)[0], ACCOUNT, REGION, (watch,), datetime.now(UTC))
    return {"Records": [{"messageId": "1", "body": write_turn(turn)}]}
