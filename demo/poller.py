"""Invokes the stack's poll function every few seconds, beside the schedule, so nobody waits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from demo.local_aws import Trouble

EVERY = 2.0


class Poller:
    """Asks the function to poll, and tells when that fails."""

    def __init__(self, client: Any, function: str) -> None:
        """`client` is a boto3 client of Lambda."""
        self._client = client
        self._function = function
        self._trouble: str | None = None
        self.polls = 0

    def poll(self) -> None:
        """Poll every watch once.

        :raises Trouble: when the function fails.
        """
        answer = self._client.invoke(FunctionName=self._function, Payload=b"{}")
        told = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise Trouble(f"The poll function failed: {told}")
        self.polls += 1

    @contextmanager
    def polling(self, seconds: float = EVERY) -> Iterator[None]:
        """Poll every so many seconds in a thread; only an error does not wait for the last one."""
        stopped = threading.Event()
        thread = threading.Thread(target=self._run, args=(stopped, seconds), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
        thread.join()

    def check(self) -> None:
        """Tell of trouble that the thread ran into.

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
