"""Invokes a function with records of the stream, as the event source mapping does."""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from operate.outlets import Outlet
from operate.recovery import Record
from operate.trouble import Trouble

MOST_RECORDS = 100
LARGEST_EVENT = 4_000_000
"""Bytes of records in one invocation; Lambda takes six million."""


def invoke(
    client: Any, outlet: Outlet, records: Sequence[Record], *, keep_refused: bool = False
) -> None:
    """Have an outlet's function send records, in order.

    With `keep_refused`, one that the service never takes counts as not sent; else the function puts
    it aside.

    :raises Trouble: when it can't send all of them.
    """
    for event in events(records, keep_refused=keep_refused):
        answer = client.invoke(FunctionName=outlet.function, Payload=event)
        said = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            told = said if isinstance(said, dict) else {}
            why = told.get("errorMessage", answer["FunctionError"])
            raise Trouble(f"The {outlet.name} function failed: {why}")
        if not isinstance(said, dict) or said.get("batchItemFailures") != []:
            raise Trouble(f"The {outlet.name} function could not send all of it: its log says why")


def events(records: Sequence[Record], *, keep_refused: bool = False) -> Iterator[bytes]:
    """Cut records into the events of invocations, in order."""
    batch: list[str] = []
    for record in records:
        text = json.dumps(record, default=_plain)
        if len(batch) == MOST_RECORDS or sum(map(len, [*batch, text])) > LARGEST_EVENT:
            yield _event(batch, keep_refused=keep_refused)
            batch = []
        batch.append(text)
    if batch:
        yield _event(batch, keep_refused=keep_refused)


def _event(texts: Sequence[str], *, keep_refused: bool) -> bytes:
    more = ', "keep_refused": true' if keep_refused else ""
    return ('{"Records": [' + ", ".join(texts) + f"]{more}}}").encode()


def _plain(value: Any) -> Any:
    """Write what JSON has no word for as Lambda does."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} in a record")
