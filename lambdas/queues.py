"""Sending to a queue, so that an error may stand in a log."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.text import clean


class QueueError(Exception):
    """A queue did not take a message; nothing of the request is in the error."""


def send(call: Callable[..., Any], **parameters: Any) -> Any:
    """Make a call to SQS.

    :raises QueueError: where it fails. An error of AWS's may quote the request and its session
        token, and what is not caught is in the log with all that it came from.
    """
    try:
        return call(**parameters)
    except (BotoCoreError, ClientError) as error:
        said = clean(f"{type(error).__name__}: {error}")
    raise QueueError(said)
