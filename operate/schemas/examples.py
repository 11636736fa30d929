"""An example of each event and of an alert, as the functions make them."""

import json
import logging
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aws_lambda_powertools import Logger

from lambdas.alert.bus import DETAIL_TYPE as JOB_ALERT
from lambdas.model import (
    FAILED,
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    RUN_ARRIVED,
    RUN_MISSING,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from lambdas.publish.publisher import Publisher
from lambdas.times import iso
from operate.alerts import page
from operate.alerts.examples import (
    ACCOUNT,
    MISSING,
    OVERRUNNING,
    REGION,
    STALLED,
    TABLE,
    UNREACHABLE,
)
from operate.alerts.messages import Outlets, message

_EXAMPLES = {
    JOB_STATUS_CHANGE: ("sesv2.import-jobs", FAILED),
    JOB_STALLED: ("dataexchange.jobs", STALLED),
    JOB_OVERRUNNING: ("sagemaker.training-jobs", OVERRUNNING),
    WATCH_UNREACHABLE: ("batch.jobs", UNREACHABLE),
    WATCH_RECOVERED: ("batch.jobs", UNREACHABLE),
    RUN_MISSING: ("dynamodb.exports", MISSING),
    RUN_ARRIVED: ("dynamodb.exports", MISSING),
    JOB_ALERT: ("sesv2.import-jobs", FAILED),
}
"""The source of each, and the kind of alert that tells of it, or that is over by it."""
_OVER = (WATCH_RECOVERED, RUN_ARRIVED)

Json = dict[str, Any]


def example(detail_type: str) -> Json:
    """Give an example of what is sent under a detail type."""
    source, kind = _EXAMPLES[detail_type]
    told = page.told_of(source)
    if detail_type == JOB_ALERT:
        return message(told, kind).machine
    outlets, logger = Outlets(), Logger(service="examples", level=logging.CRITICAL)
    failed = Publisher(outlets, "jobs", TABLE, _refused, logger).publish(
        told.records_until_over(kind) if detail_type in _OVER else told.records(kind), float("inf")
    )
    assert failed is None  # noqa: S101  that bus takes all
    *_, event = outlets.events
    return delivered(event)


def delivered(entry: Mapping[str, Any]) -> Json:
    """Give an entry of PutEvents as EventBridge hands it to a target."""
    detail = json.loads(entry["Detail"])
    return {
        "version": "0",
        "id": str(uuid5(NAMESPACE_URL, detail["id"])),
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": ACCOUNT,
        "time": iso(entry["Time"]),
        "region": REGION,
        "resources": entry["Resources"],
        "detail": detail,
    }


def _refused(letter: object) -> None:
    raise AssertionError(f"an example can't be sent: {letter}")
