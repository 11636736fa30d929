"""The tasks of state machines, as Step Functions is told of them by their tokens."""

from dataclasses import dataclass
from typing import Any

from lambdas.text import cut
from lambdas.waits.answers import Answer, Failure, Success
from lambdas.waits.calls import DENIED, CallError, DeniedError, call

OVER = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})
"""What Step Functions says of a task that it waits for no more, or never did."""
LONGEST_ERROR, LONGEST_CAUSE = 256, 32_768
"""What a failed task may have, in characters."""


@dataclass(frozen=True, slots=True)
class Tasks:
    """Step Functions, through a botocore client."""

    client: Any

    def tell(self, token: str, answer: Answer | None) -> bool:
        """Tell how a task ended, or without an answer that it goes on: a heartbeat.

        Tell whether it was still waited for: a task takes the first answer, and no other.

        :raises CallError: where Step Functions did not take it for now, DeniedError: or ever.
        """
        try:
            match answer:
                case Success(output):
                    call(self.client.send_task_success, taskToken=token, output=output)
                case Failure(error, cause):
                    call(
                        self.client.send_task_failure,
                        taskToken=token,
                        error=cut(error, LONGEST_ERROR),
                        cause=cut(cause, LONGEST_CAUSE),
                    )
                case None:
                    call(self.client.send_task_heartbeat, taskToken=token)
        except CallError as error:
            if error.code in DENIED:
                raise DeniedError(error.code) from None
            if error.code not in OVER:
                raise
            return False
        return True
