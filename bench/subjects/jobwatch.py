"""Jobwatch: its function that polls, out of the zip that is deployed, with all watches of its plan.

A cycle is one invocation. What it tells of is what it stored to be announced: the benchmark counts
that in the table's stream.
"""

from types import SimpleNamespace

from bench.sources import ACCOUNT, REGION
from bench.subjects.meter import measure
from lambdas.handle_poll import handler

_CONTEXT = SimpleNamespace(
    invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:poll",
    get_remaining_time_in_millis=lambda: 900_000,
    function_name="poll",
    memory_limit_in_mb=512,
    aws_request_id="benchmark",
)


def main() -> None:
    """Poll in each cycle."""

    def cycle() -> int:
        answer = handler({}, _CONTEXT)
        if answer["Unread"]:
            raise RuntimeError(f"the poll went wrong: {answer}")
        return 0

    measure(cycle)


if __name__ == "__main__":
    main()
