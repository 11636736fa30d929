"""The stack that is deployed for the checks, and how they look at it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, NamedTuple, TypeVar

from operate.aws import Clients
from operate.conformance.findings import Unseen
from operate.conformance.listeners import Listeners

T = TypeVar("T")

FUNCTIONS = ("Tick", "Poll", "Publish", "Alert", "Wait", "Answer")
PAUSE = 2.0
"""Seconds between two looks."""
SETTLES = 15 * 60.0
"""Seconds after which a filter policy fully holds, as SNS says."""
LATE = 15.0
"""Seconds after which what has not come will not."""


class Line(NamedTuple):
    """A line of a function's log; `at` is in seconds since the epoch, by AWS's clock."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A deployed stack; `patience` is for how many seconds a check waits for what must come.

    For a filter policy to hold, it waits for `settles` seconds, and for what must not come for
    `late` ones. Once it is `stopped`, no check waits any longer.
    """

    stack: str
    account: str
    region: str
    outputs: Mapping[str, str]
    clients: Clients
    listeners: Listeners
    patience: float
    settles: float = SETTLES
    late: float = LATE
    stopped: Event = field(default_factory=Event)

    @property
    def table(self) -> str:
        """The table's name."""
        return self.outputs["TableName"]

    def function(self, name: str) -> str:
        """Give the name of a function: such as Poll."""
        return self.outputs[f"{name}FunctionName"]

    def until(self, look: Callable[[], T], seconds: float | None = None) -> T:
        """Look again and again until there is something to see; give what the last look saw."""
        ends = time.monotonic() + (self.patience if seconds is None else seconds)
        while not (seen := look()) and time.monotonic() < ends:
            self.pause(PAUSE)
        return seen

    def pause(self, seconds: float) -> None:
        """Let time go by.

        :raises Unseen: when all is stopped.
        """
        if self.stopped.wait(seconds):
            raise Unseen("it was stopped")

    def log(self, name: str) -> list[Line]:
        """Give what a function wrote since it is deployed, in order."""
        function = self.clients("lambda").get_function_configuration(
            FunctionName=self.function(name)
        )
        logs, lines = self.clients("logs"), []
        words: dict[str, Any] = {"logGroupName": function["LoggingConfig"]["LogGroup"]}
        while True:
            page = logs.filter_log_events(**words)
            lines += [Line(e["timestamp"] / 1000, e["message"]) for e in page.get("events", ())]
            if not page.get("nextToken"):
                return sorted(lines)
            words["nextToken"] = page["nextToken"]

    def waiting(self, queue: str) -> int:
        """Count the messages of a queue of the outputs, those that are worked on as well."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.clients("sqs").get_queue_attributes(
            QueueUrl=self.outputs[queue], AttributeNames=names
        )["Attributes"]
        return sum(int(found[name]) for name in names)
