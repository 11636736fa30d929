"""Calls to AWS that carry a task token, so that an error may stand in a log."""

from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.deadline import worst_case

CONFIG = Config(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=10,
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
"""What a service says of a token that another account's task or callback has."""
WHY_DENIED = (
    "Step Functions and Lambda take a token or callback_id from their own account only, and who "
    "answers must be allowed to, also by the stack's permissions boundary"
)
CALL_SECONDS = worst_case(CONFIG)
"""How long one call takes at most."""


class CallError(Exception):
    """A call failed; in the error are its code and nothing of the request."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DeniedError(CallError):
    """Who waits can't be told, now or later."""

    def __str__(self) -> str:
        return f"{self.code}: {WHY_DENIED}"


def call(operation: Callable[..., Any], **parameters: Any) -> Any:
    """Make a call.

    :raises CallError: where it fails. AWS's own words may quote the token, and what is not caught
        is in the log with all that it came from.
    """
    try:
        return operation(**parameters)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
    except BotoCoreError as error:
        code = type(error).__name__
    raise CallError(code)
