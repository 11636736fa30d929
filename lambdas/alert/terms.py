"""What an alert says beside what happened: how bad it is, whose, for whom, and under which key."""

import hashlib
import json

from lambdas.alert.message import Detail
from lambdas.legible import legible
from lambdas.model import (
    CANCELLED,
    FAILED,
    JOB_STATUS_CHANGE,
    PARTIAL,
    PENDING,
    RUNNING,
    SUCCEEDED,
    UNKNOWN,
    UNREACHABLE_STATUS,
)
from lambdas.plan import Policy

OPEN, RESOLVED = "open", "resolved"
CRITICAL, ERROR, WARNING, INFO = "critical", "error", "warning", "info"
SEVERITIES = {
    FAILED: ERROR,
    PARTIAL: WARNING,
    CANCELLED: WARNING,
    UNKNOWN: WARNING,
    "STALLED": WARNING,
    "OVERRUNNING": WARNING,
    "MISSING": ERROR,
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


def dedup_key(detail_type: str, detail: Detail) -> str:
    """Give the key that alerts share which tell of the same trouble.

    Runs of one name are the same work: one that fails again is no other trouble, and one that
    succeeds ends it. What has no name is known by its id, which is no name that others can take,
    and a scope by where it is.
    """
    is_run, job_id = detail_type == JOB_STATUS_CHANGE, detail.get("job_id")
    job = (detail.get("job_name") or [job_id]) if is_run else job_id
    place = [detail[name] for name in ("watch", "source", "account", "region", "parameters")]
    text = json.dumps([detail_type, *place, job], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]


def footer(policy: Policy) -> str:
    """Write the last lines of a text for people: whose it is, and what to do."""
    rows = {"Owner": policy.owner, "Runbook": policy.runbook}
    return "".join(f"{name:<8} {legible(value)}\n" for name, value in rows.items() if value)
