"""The item of the accounts below some units of an organization: how it is written and read.

The attributes are explained in `table`.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from lambdas.members import Members, Units
from lambdas.store import items
from lambdas.store.batches import read_items
from lambdas.text import one_line
from lambdas.times import iso, read_time

PARTITION = "organization#"
MEMBERS = "members"
_ACCOUNT = re.compile("[0-9]{12}")
_KEPT = timedelta(days=400)
"""How long it is known which accounts there were, of units that no watch names any more."""


def key(units: Units) -> dict[str, Any]:
    """Give the key of the accounts below some units; no scope's: those have another sort key."""
    digest = hashlib.sha256(json.dumps(units).encode()).hexdigest()[:24]
    return {"pk": {"S": PARTITION + digest}, "sk": {"S": MEMBERS}}


def write_members(units: Units, members: Members, now: datetime) -> dict[str, Any]:
    """Write what is known of the accounts below some units."""
    document = {
        "units": list(units),
        "accounts": list(members.accounts),
        "listed_at": iso(members.listed_at),
        "failed_since": iso(members.failed_since),
        "error": members.error,
    }
    return {
        **key(units),
        "schema": {"N": items.SCHEMA},
        "members": {"S": json.dumps(document)},
        "expires_at": {"N": str(int((now + _KEPT).timestamp()))},
    }


def read_members(
    client: Any,
    table: str,
    each: Collection[Units],
    sleep: Callable[[float], object] = time.sleep,
) -> dict[Units, Members]:
    """Read what is known, by the units.

    :raises StoreError: where DynamoDB leaves some out for seconds.
    """
    units_of = {key(units)["pk"]["S"]: units for units in each}
    keys = [key(units) for units in each]
    found = read_items(client, table, keys, consistent=True, sleep=sleep)
    known = {units_of[item["pk"]["S"]]: _read(item) for item in found}
    return {units: known.get(units, Members()) for units in each}


def _read(item: Mapping[str, Any]) -> Members:
    try:
        stored = json.loads(item["members"]["S"])
        return Members(
            tuple(each for each in stored["accounts"] if _ACCOUNT.fullmatch(each)),
            read_time(stored["listed_at"]),
            read_time(stored["failed_since"]),
            one_line(stored["error"]) if stored.get("error") else None,
        )
    except items.DAMAGED:
        return Members()
