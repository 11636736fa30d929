"""Which changes ask for an alert, and the status by which subscriptions filter it."""

from lambdas.alert.message import Detail
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    MISSING_STATUS,
    RUN_MISSING,
    UNREACHABLE_STATUS,
    WATCH_UNREACHABLE,
)

ATTRIBUTES = ("watch", "source", "account", "region", "status")
STALLED, OVERRUNNING = "STALLED", "OVERRUNNING"
_STATUS = {
    JOB_STALLED: STALLED,
    JOB_OVERRUNNING: OVERRUNNING,
    WATCH_UNREACHABLE: UNREACHABLE_STATUS,
    RUN_MISSING: MISSING_STATUS,
}
"""Not statuses of a job, but what subscriptions filter by all the same."""


def is_alert(detail_type: str, detail: Detail, statuses: frozenset[str]) -> bool:
    """Whether a change asks for an alert: a status of interest that was just entered.

    A service that only says otherwise how a job failed asks for none. Another run of a job that had
    ended counts as first seen; where the one before had not, the same words tell of another run.
    """
    if detail_type != JOB_STATUS_CHANGE:
        return detail_type in _STATUS
    entered = detail["status"] != detail["previous_status"]
    again = detail["raw_status"] == detail["previous_raw_status"]
    return detail["status"] in statuses and (entered or again)


def alert_attributes(detail_type: str, detail: Detail) -> dict[str, str]:
    """Give the attributes that subscriptions filter by, in the order of `ATTRIBUTES`."""
    attributes = {name: str(detail[name]) for name in ATTRIBUTES}
    return attributes | {"status": _STATUS.get(detail_type, attributes["status"])}
