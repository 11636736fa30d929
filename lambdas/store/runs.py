"""The item of the runs that a watch expects: how it is written and read.

The attributes are explained in `table`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas.model import RUN_MISSING, Reading, Runs
from lambdas.store import items
from lambdas.times import AWS_BEGAN, read_time

PARTITION = "expect#"
RUNS = "runs"


def key(watch: str) -> dict[str, Any]:
    """Give the key of a watch's runs; no scope's: those have another sort key."""
    return {"pk": {"S": PARTITION + watch}, "sk": {"S": RUNS}}


def write_runs(watch: str, runs: Runs, announce: str | None) -> dict[str, Any]:
    """Write what is known of the runs that a watch expects; `announce` is the detail type, if any.

    Times are written to the microsecond: one that was rounded could be before what it comes after.
    """
    document = {
        "terms": runs.terms,
        "succeeded_at": _write(runs.succeeded_at),
        "missing_since": _write(runs.missing_since),
        "places": {
            place: [*map(_write, reading[:3]), reading.at] for place, reading in runs.places.items()
        },
    }
    item: dict[str, Any] = {
        **key(watch),
        "version": {"N": str(runs.version)},
        "schema": {"N": items.SCHEMA},
        "runs": {"S": json.dumps(document)},
        **items.events(announce, runs.announced),
    }
    return item if runs.detail is None else {**item, "detail": {"S": runs.detail}}


def read_runs(item: Mapping[str, Any]) -> Runs:
    """Read what is known of a watch's runs."""
    stored = json.loads(item["runs"]["S"])
    return Runs(
        version=int(item["version"]["N"]),
        terms=str(stored["terms"]),
        succeeded_at=read_time(stored["succeeded_at"]),
        places={
            str(place): Reading(read_time(first), read_time(last), read_time(amid), at and str(at))
            for place, (first, last, amid, at) in stored["places"].items()
        },
        missing_since=read_time(stored["missing_since"]),
        announced=items.announced_in(item),
        detail=item["detail"]["S"] if "detail" in item else None,
    )


def damaged_runs(item: Mapping[str, Any]) -> Runs:
    """Give what is left of an item that can't be read: whether a run is missing. The rest is anew.

    Since when it is missing is not known then.
    """
    try:
        announced = items.announced_in(item)
    except items.DAMAGED:
        announced = None
    return Runs(
        version=items.damaged_version(item),
        missing_since=AWS_BEGAN if announced == RUN_MISSING else None,
        announced=announced,
    )


def _write(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
