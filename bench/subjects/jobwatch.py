"""Jobwatch: its function that polls, out of the zip that is deployed, with the one watch of it.

A cycle is one message of the watch's lane. What it reports is what it stored to be announced: the
benchmark counts that at the table.
"""

import sys
from datetime import UTC, datetime
from typing import Any

from bench.cold.run import Context
from bench.lines import measure
from bench.sources import ACCOUNT, REGION
from lambdas.messages import Turn, write_turn
from lambdas.poll.handler import handler


def lane(source: str, watch: str) -> dict[str, Any]:
    """Give a message of the lane that polls a watch, sent now, as the mapping hands it over."""
    turn = Turn(source.split(".", maxsplit=1)[0], ACCOUNT, REGION, (watch,), datetime.now(UTC))
    return {"Records": [{"messageId": "1", "body": write_turn(turn)}]}


def main(source: str) -> None:
    """Poll in each cycle."""

    def cycle() -> int:
        answer = handler(lane(source, "jobs"), Context())
        if answer["Unread"]:
            raise RuntimeError(f"the poll went wrong: {answer}")
        return 0

    measure(cycle)


if __name__ == "__main__":
    main(sys.argv[1])
