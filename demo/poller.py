"""Asks the stack to poll every few seconds, beside the schedule, so that nobody waits.

The function that ticks answers as soon as it has queued the lanes. A lane's message is deleted
when the lane was polled: until then the queue counts it, as waiting or as being read.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from demo.deploy import Deployed
from demo.local_aws import LocalAws, Trouble, tail

EVERY = 1
"""Seconds between two polls that are asked for."""
PATIENCE = 90.0
"""Seconds that a poll may take, with functions that start cold on a busy machine."""
_INTERVAL = 0.1
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
"""On AWS these are nearly right, on the local AWS exactly."""


class Poller:
    """Has every watch polled, and knows when that is done."""

    def __init__(self, aws: LocalAws, stack: Deployed, patience: float = PATIENCE) -> None:
        self._aws, self._stack, self._patience = aws, stack, patience
        self._lambda = aws.client("lambda", patience=patience, attempts=1)
        self._sqs = aws.client("sqs")
        self._trouble: str | None = None
        self.polls = 0

    def poll(self) -> None:
        """Poll every watch once, and wait until each lane was.

        :raises Trouble: when a function fails, or a lane is not polled or not in time.
        """
        self.tick()
        self.wait()
        self.polls += 1

    def wait(self) -> None:
        """Wait until each lane that was queued was polled.

        :raises Trouble: when one is not, or not in time.
        """
        until = time.monotonic() + self._patience
        while left := self.left():
            if time.monotonic() > until:
                self._fail(f"{left} lanes were not polled in {self._patience:.0f} s.")
            time.sleep(_INTERVAL)
        if lost := self.count(self._stack.lost_lanes_queue):
            self._fail(f"{lost} lanes could not be polled or stored.")

    def tick(self, *watches: str) -> None:
        """Queue the lanes of some watches, or every lane, without waiting.

        :raises Trouble: when the function fails.
        """
        payload = json.dumps({"watches": watches} if watches else {})
        answer = self._lambda.invoke(FunctionName=self._stack.tick, Payload=payload)
        body = answer["Payload"].read().decode()
        if "FunctionError" in answer or not json.loads(body)["Lanes"]:
            raise Trouble(f"The tick function failed: {body}")

    def left(self) -> int:
        """Count the lanes that were queued and not polled yet."""
        return self.count(self._stack.lanes_queue)

    def count(self, url: str) -> int:
        """Return how many messages a queue holds: those that wait and those that are read."""
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*_COUNTS])
        return sum(int(answer["Attributes"][name]) for name in _COUNTS)

    def _fail(self, problem: str) -> NoReturn:
        raise Trouble(f"{problem}\n{tail(self._aws.log)}")

    @contextmanager
    def polling(self, seconds: float = EVERY) -> Iterator[None]:
        """Poll in a thread, and again so many seconds after each poll."""
        stopped = threading.Event()
        thread = threading.Thread(target=self._run, args=(stopped, seconds), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
        thread.join()

    def check(self) -> None:
        """Raise what the thread ran into.

        :raises Trouble: when polling ended with an error.
        """
        if self._trouble:
            raise Trouble(self._trouble)

    def _run(self, stopped: threading.Event, seconds: float) -> None:
        while not stopped.wait(seconds):
            try:
                self.poll()
            except (Trouble, BotoCoreError, ClientError) as error:
                self._trouble = str(error)
                return
