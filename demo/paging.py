"""Pages with opaque tokens: a token names the last record given, so that changes lose nobody."""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from demo.wire import Refusal
from demo.world import Record

SortKey = list[Any]


def sort_key(record: Record, id_member: str, newest_first: str | None) -> SortKey:
    """Return a record's place in its list: by age where AWS promises that, else by no order."""
    job_id = record[id_member]
    if newest_first:
        return [-record[newest_first].timestamp(), job_id]
    return [hashlib.sha256(job_id.encode()).hexdigest()]


def page(
    keyed: Iterable[tuple[SortKey, Record]], size: int, scope: str, token: str | None
) -> tuple[list[Record], str | None]:
    """Return one page and the token of the next one, or None at the end.

    :raises Refusal: when the token is none that this list gave out.
    """
    after = _open(token, scope) if token is not None else []
    rest = sorted((pair for pair in keyed if pair[0] > after), key=lambda pair: pair[0])
    following = _seal(rest[size - 1][0], scope) if len(rest) > size else None
    return [record for _, record in rest[:size]], following


def _seal(key: SortKey, scope: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([scope, key]).encode()).decode()


def _open(token: str, scope: str) -> SortKey:
    try:
        owner, key = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        owner, key = None, []
    if owner != scope:
        raise Refusal(400, "The pagination token is invalid")
    return list(key)
