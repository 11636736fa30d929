"""Jobwatch: its function that polls, out of the zip that is deployed, with the one watch of it.

A cycle is one message of the watch's lane. What it reports is what it stored to be announced: the
benchmark counts that at the table.
"""

import sys
from types import SimpleNamespace

from bench.events import lane
from bench.sources import ACCOUNT, REGION
from bench.subjects.meter import measure
from lambdas.poll.handler import handler

_CONTEXT = SimpleNamespace(
    invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:poll",
    get_remaining_time_in_millis=lambda: 900_000,
    function_name="poll",
    memory_limit_in_mb=512,
    aws_request_id="benchmark",
)


def main(source: str) -> None:
    """Poll in each cycle."""

    def cycle() -> int:
        handler(lane(source, "jobs"), _CONTEXT)
        return 0

    measure(cycle)


if __name__ == "__main__":
    main(sys.argv[1])
