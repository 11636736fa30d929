"""The callbacks of durable functions, as Lambda is told of them by their ids."""

from dataclasses import dataclass
from typing import Any

from lambdas.waits.answers import Answer, Failure, Success
from lambdas.waits.calls import DENIED, CallError, DeniedError, call

OVER = frozenset(
    {
        *("CallbackTimeoutException", "ResourceNotFoundException"),
        "InvalidParameterValueException",
    }
)
"""What Lambda says of a callback that it waits for no more, or never did."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Lambda, through a botocore client."""

    client: Any

    def tell(self, token: str, answer: Answer | None) -> bool:
        """Tell what a callback is answered, as `Tasks` tells a task; the token is its id.

        :raises CallError: where Lambda did not take it for now, DeniedError: or ever.
        """
        lambda_ = self.client
        try:
            match answer:
                case Success(output):
                    call(
                        lambda_.send_durable_execution_callback_success,
                        CallbackId=token,
                        Result=output.encode(),
                    )
                case Failure(error, cause):
                    call(
                        lambda_.send_durable_execution_callback_failure,
                        CallbackId=token,
                        Error={"ErrorType": error, "ErrorMessage": cause},
                    )
                case None:
                    call(lambda_.send_durable_execution_callback_heartbeat, CallbackId=token)
        except CallError as error:
            if error.code in DENIED:
                raise DeniedError(error.code) from None
            if error.code not in OVER:
                raise
            return False
        return True
