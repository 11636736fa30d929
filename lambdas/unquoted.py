"""What a function raises of a call to AWS that failed, so that it may stand in a log."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.text import clean

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class CallFailedError(Exception):
    """A call to AWS failed; nothing of the request is in the error."""


def unquoted(handler: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Have a handler raise CallFailedError for what nobody caught of a call to AWS.

    An error of AWS's may quote the request and its session token, and Lambda writes what a function
    raises into its log, and gives it to whoever invoked it.
    """

    @wraps(handler)
    def handle(*given: Given.args, **named: Given.kwargs) -> Answer:
        try:
            return handler(*given, **named)
        except (BotoCoreError, ClientError) as error:
            said = clean(f"{type(error).__name__}: {error}")
        raise CallFailedError(said)

    return handle
