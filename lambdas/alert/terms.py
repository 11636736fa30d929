"""What an alert says beside what happened: how bad it is, whose, for whom, and under which key."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping

from lambdas.alert.message import Detail
from lambdas.alert.status import OVERRUNNING, STALLED
from lambdas.legible import legible
from lambdas.model import (
    CANCELLED,
    FAILED,
    JOB_STATUS_CHANGE,
    MISSING_STATUS,
    PARTIAL,
    PENDING,
    RUNNING,
    SUCCEEDED,
    UNKNOWN,
    UNREACHABLE_STATUS,
)
from lambdas.plan import Policy, Watch
from lambdas.text import is_whole

OPEN, RESOLVED = "open", "resolved"
CRITICAL, ERROR, WARNING, INFO = "critical", "error", "warning", "info"
LEVELS = (CRITICAL, ERROR, WARNING, INFO)
"""How bad something may be, the worst first."""
SEVERITIES = {
    FAILED: ERROR,
    PARTIAL: WARNING,
    CANCELLED: WARNING,
    UNKNOWN: WARNING,
    STALLED: WARNING,
    OVERRUNNING: WARNING,
    MISSING_STATUS: ERROR,
    UNREACHABLE_STATUS: ERROR,
}
"""How bad what an alert tells of is, unless its watch says otherwise."""
GOOD_NEWS = frozenset({PENDING, RUNNING, SUCCEEDED})
"""Statuses that are no trouble, whatever a watch says of its trouble."""
_KEY_DIGITS = 32


def severity(status: str, policy: Policy) -> str:
    """Say how bad an alert of a status is: critical, error, warning or info."""
    if status in GOOD_NEWS:
        return INFO
    return policy.severity or SEVERITIES.get(status, WARNING)


def worse(one: str | None, other: str | None) -> str | None:
    """Give the worse of two severities, of which each may be none."""
    found = [each for each in LEVELS if each in (one, other)]
    return found[0] if found else None


def limit_of(watches: Mapping[str, Watch], watch: str, status: str) -> int | None:
    """Give for how many seconds a watch bears what an alert of a status tells; None: not said."""
    found = watches.get(watch)
    if found is None:
        return None
    return {STALLED: found.stalled_after, OVERRUNNING: found.max_duration}.get(status)


def badness(status: str) -> int:
    """Say how bad a status is beside others, as a number, whatever its watch says."""
    return -LEVELS.index(SEVERITIES.get(status, WARNING))


def name_of_runs(detail: Detail) -> str | None:
    """Give the name whose runs are the same work; None where there is none, or not all of it."""
    name = detail.get("job_name")
    return str(name) if name and is_whole(str(name)) else None


def dedup_key(detail_type: str, detail: Detail, item_key: str) -> str:
    """Give the key that alerts share which tell of the same trouble.

    Runs of one name are the same work: one that fails again is no other trouble, and one that
    succeeds ends it. What has no name is known by its id, which is no name that others can take,
    and a scope by where it is. Of a text that lacks something, nobody can tell whether it is the
    same: such a name is none, and where an id or a place has one, `item_key`, that of the table's
    item, tells it apart.
    """
    is_run, job_id = detail_type == JOB_STATUS_CHANGE, detail.get("job_id")
    called = name_of_runs(detail) if is_run else None
    job = called or ([job_id] if is_run else job_id)
    place = [detail[name] for name in ("watch", "source", "account", "region", "parameters")]
    apart = [*_apart(detail["parameters"].values(), None if called else job_id, item_key)]
    text = json.dumps([detail_type, *place, job, *apart], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]


def _apart(place: Iterable[str], job_id: str | None, item_key: str) -> Iterator[str]:
    """Give what tells a scope or a job apart from others whose ids read the same."""
    scope, _, job = item_key.partition(" ")
    if not all(is_whole(str(each)) for each in place):
        yield scope
    if job_id is not None and not is_whole(job_id):
        yield job


def footer(policy: Policy) -> str:
    """Write the last lines of a text for people: whose it is, and what to do."""
    rows = {"Owner": policy.owner, "Runbook": policy.runbook}
    return "".join(f"{name:<8} {legible(value)}\n" for name, value in rows.items() if value)
