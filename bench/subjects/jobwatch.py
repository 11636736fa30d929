"""Jobwatch: its function that polls, out of the zip that is deployed, with the one watch of it.

A cycle is one message of the watch's lane. What it reports is what it stored to be announced: the
benchmark counts that at the table.
"""

import sys

from bench.cold.run import Context
from bench.events import lane
from bench.subjects.meter import measure
from lambdas.poll.handler import handler


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
