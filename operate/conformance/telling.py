"""What reaches those who listen: events, alerts, alarms; and the metrics."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from operate.conformance import changes
from operate.conformance.findings import Check, Unseen, Wrong
from operate.conformance.listeners import Listener
from operate.conformance.trial import Trial

LARGEST = 240_000
"""Bytes of the largest alert that Jobwatch sends."""
ATTRIBUTES = ("watch", "source", "account", "region", "status", "severity", "state")
REASON = "make conformance looks whether an alarm reaches its topic"


def event_arrives(trial: Trial) -> str:
    """See the changes behind a rule of the bus, as they were stored."""
    found = _wait(trial, trial.listeners.events, lambda e: _job(e) == changes.FAILED)
    if found is None:
        raise Wrong("no event reached a queue behind a rule of the bus")
    heard = {_job(event) for event in trial.listeners.events.listen()}
    if strange := heard - {changes.RUNNING, changes.FAILED}:
        raise Wrong(f"events that must not be: {', '.join(sorted(strange))}")
    said = found["source"], found["detail-type"], found["account"], found["region"]
    if said != ("jobwatch", "Job Status Change", trial.account, trial.region):
        raise Wrong(f"the event's envelope says {said}")
    return "both changes reached a queue behind a rule of the bus"


def bus_answers_for_each_entry(trial: Trial) -> str:
    """Put one event that can be taken and one that never can in one call."""
    entry = {
        "EventBusName": trial.outputs["EventBusName"],
        "Source": "jobwatch.conformance",
        "DetailType": "Conformance",
    }
    entries = [{**entry, "Detail": "{}"}, {**entry, "Detail": "no JSON"}]
    answer = trial.clients("events").put_events(Entries=entries)
    codes = [each.get("ErrorCode") for each in answer["Entries"]]
    if answer["FailedEntryCount"] != 1 or codes != [None, "MalformedDetail"]:
        raise Wrong(f"the answers are {codes}, {answer['FailedEntryCount']} failed")
    return "the bad entry was refused as MalformedDetail, the good one taken"


def alert_arrives(trial: Trial) -> str:
    """See the failed job behind the topic, in the shape that machines rely on."""
    found = _wait(trial, trial.listeners.alerts, lambda a: changes.FAILED in a["Message"])
    if found is None:
        raise Wrong("no alert reached a queue behind the topic")
    message = json.loads(found["Message"])
    told = message.get("detail", {})
    alerts = [alert.get("job_id") for alert in told.get("alerts", ())]
    kind = message.get("source"), message.get("detail-type"), told.get("count")
    # Lambda may hand over a change twice, and what comes together is one message.
    if kind != ("jobwatch", "Job Alert", len(alerts)) or changes.FAILED not in alerts:
        raise Wrong(f"the alert says {kind}, {alerts}")
    given = sorted(found.get("MessageAttributes", {}))
    if given != sorted(ATTRIBUTES) or not found.get("Subject"):
        raise Wrong(f"the alert has the attributes {', '.join(given)}")
    return "the failed job reached a queue behind the encrypted topic, in its shape"


def largest_alert_is_taken(trial: Trial) -> str:
    """Publish a message as large as the largest alert, which the filter policy drops."""
    publish_dropped(trial, "x" * LARGEST)
    return f"the topic took {LARGEST:,} bytes"


def filter_policies_hold(trial: Trial) -> str:
    """Publish what the policy drops until nothing of it comes: policies take a while to hold."""
    if not trial.listeners.alerts.heard:
        raise Unseen("no alert came at all")
    ends = time.monotonic() + trial.settles
    while (strange := _let_through(trial)) and time.monotonic() < ends:
        pass
    if strange:
        minutes = f"{trial.settles / 60:.0f} minutes"
        raise Wrong(f"a subscription to FAILED still got {', '.join(strange)} after {minutes}")
    return "a subscription to FAILED got nothing else"


def _let_through(trial: Trial) -> list[str]:
    """Publish a message that the filter policy drops; name the statuses that came all the same."""
    before = len(trial.listeners.alerts.listen())
    publish_dropped(trial, "{}")
    trial.pause(trial.late)
    came = [
        alert.get("MessageAttributes", {}).get("status", {}).get("Value")
        for alert in trial.listeners.alerts.listen()[before:]
    ]
    return sorted({str(status) for status in came} - {"FAILED"})


def publish_dropped(trial: Trial, message: str) -> None:
    """Publish an alert by hand that the subscription's filter policy drops."""
    trial.clients("sns").publish(
        TopicArn=trial.outputs["AlertTopicArn"],
        Message=message,
        MessageAttributes={"status": {"DataType": "String", "StringValue": "UNKNOWN"}},
    )


def alarm_arrives(trial: Trial) -> str:
    """Let an alarm ring, and see it behind the alarms' topic."""
    cloudwatch = trial.clients("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=trial.stack)["MetricAlarms"]
    quiet = [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] != "ALARM"]
    if not quiet:
        raise Unseen(f"{len(alarms)} alarms, and none that does not ring")
    name = quiet[0]
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=REASON)
    found = _wait(trial, trial.listeners.alarms, lambda a: name in a["Message"])
    if found is None:
        raise Wrong(f"the alarm {name} rang, and nothing reached a queue behind its topic")
    if json.loads(found["Message"]).get("NewStateValue") != "ALARM":
        raise Wrong("the notification does not say that the alarm rings")
    return "an alarm that rang reached a queue behind its topic"


def metrics_are_there(trial: Trial) -> str:
    """See the metric over which the alarms are, by the dimensions that they name."""
    for every in ("60", "30"):
        dimensions = {"service": trial.stack, "every": every}
        if not trial.until(partial(_samples, trial, "AgeOfLastRead", dimensions)):
            raise Wrong(f"AgeOfLastRead by {dimensions} has no data")
    return "AgeOfLastRead of both cadences has data"


def stream_has_an_age(trial: Trial) -> str:
    """See the metric of Lambda's own that rings when changes come too late, or nothing comes."""
    for name in ("Publish", "Alert"):
        dimensions = {"FunctionName": trial.function(name)}
        if not trial.until(partial(_samples, trial, "IteratorAge", dimensions, "AWS/Lambda")):
            raise Wrong(f"IteratorAge of {name} has no data")
    return "IteratorAge of both functions that read the stream has data"


def _samples(
    trial: Trial, name: str, dimensions: dict[str, str], namespace: str = "Jobwatch"
) -> list[Any]:
    now = datetime.now(UTC)
    found: list[Any] = trial.clients("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["SampleCount"],
    )["Datapoints"]
    return found


def _wait(trial: Trial, listener: Listener, wanted: Callable[[Any], bool]) -> Any:
    """Listen until what is wanted has come; None where it does not."""
    return trial.until(lambda: next(filter(wanted, listener.listen()), None))


def _job(event: Any) -> str:
    return str(event["detail"].get("job_id"))


CHECKS = (
    Check("BUS-1", "An event reaches a rule", event_arrives),
    Check("BUS-2", "The bus answers for each entry", bus_answers_for_each_entry),
    Check("SNS-1", "An alert reaches a subscriber", alert_arrives),
    Check("SNS-2", "The topic takes the largest alert", largest_alert_is_taken),
    Check("SNS-3", "Filter policies hold", filter_policies_hold),
    Check("ALARM-1", "An alarm reaches its topic", alarm_arrives),
    Check("METRIC-1", "The functions' own metrics are there", metrics_are_there),
    Check("METRIC-2", "The stream has an age", stream_has_an_age),
)
