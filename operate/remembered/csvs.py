"""Jobs as CSV, for a spreadsheet: nothing in it is a formula that a stranger wrote."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from infra.terminal import PLAIN
from lambdas.legible import legible
from lambdas.store.remembered import Remembered
from lambdas.times import iso

COLUMNS = (
    *("watch", "source", "account", "region", "job_id", "job_name", "job_type"),
    *("status", "raw_status", "since", "created_at", "ended_at", "duration_seconds"),
    *("total", "processed", "failed", "failure_code", "failure_message", "console_url"),
)
_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001  what spreadsheets take too
_FORMULAS = (*_SIGNS, *(sign for sign, plain in PLAIN.items() if plain.startswith(_SIGNS)))
"""What a cell begins with that a spreadsheet reckons, also behind a quote or a space; or that
becomes such where no UTF-8 is written."""
_BEGINS = re.compile(rf"(^|;)([\"' ]*)(?=[{re.escape(''.join(_FORMULAS))}])")
"""Where a cell begins: spreadsheets of people who write numbers with a comma take a semicolon for
the end of one, whatever quotes are around it."""


def as_csv(jobs: Iterable[Remembered]) -> str:
    """Write jobs as CSV, a line each, below the columns' names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for job in jobs:
        values = _values(job)
        writer.writerow([_cell(values.get(name)) for name in COLUMNS])
    return text.getvalue()


def _values(job: Remembered) -> dict[str, Any]:
    failure = job.detail.get("failure") or {}
    return {
        **job.detail,
        **job.detail["progress"],
        "watch": job.watch,
        "status": job.status,
        "since": iso(job.since),
        "failure_code": failure.get("code"),
        "failure_message": failure.get("message"),
    }


def _cell(value: Any) -> str | float:
    if value is None or isinstance(value, int | float):
        return "" if value is None else value
    return _BEGINS.sub(r"\1'\2", legible(str(value)))
