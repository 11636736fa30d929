"""Whether the deployed stack polls: its clock, its queues and streams, and what it could read."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.store.healths import UNREACHABLE, read_health, read_scope
from lambdas.store.layout import INDEX
from operate.doctor.findings import Finding, counted, ok, warning, wrong
from operate.doctor.here import Here

MOST_TOLD = 5
"""Scopes that get a line each."""
AGE = "AgeOfLastRead"
FED = ("poll", "publish", "alert")
"""The functions that do nothing unless a mapping feeds them."""


LETTERS = {
    "LostLanesQueueUrl": ("lane", "could not be polled", "docs/runbook.md#lost-lanes"),
    "UnpublishedQueueUrl": (
        *("dead letter", "with changes that have no event"),
        "make replay, once that is mended which docs/runbook.md#unpublished has you look for",
    ),
    "UnsentQueueUrl": (
        *("dead letter", "with changes that have no alert"),
        "make replay, once that is mended which docs/runbook.md#unsent has you look for",
    ),
}
"""What ends in which queue: what one is called, what is wrong with it, and what to do."""


def schedules(here: Here) -> Iterator[Finding]:
    """Tell whether the clock runs."""
    client, names = here.clients("scheduler"), here.stack.of_type("AWS::Scheduler::Schedule")
    stopped = 0
    for name in names:
        try:
            state = client.get_schedule(Name=name)["State"]
        except client.exceptions.ResourceNotFoundException:
            state = "gone"
        if state != "ENABLED":
            stopped += 1
            do = "enable it in EventBridge's console, under Schedules"
            yield wrong(f"{name} is {state.lower()}: its watches are not polled", do)
    if not stopped:
        yield ok(f"{counted(len(names), 'schedule')}, enabled")


def mappings(here: Here) -> Iterator[Finding]:
    """Tell whether queue and stream are handed to the functions that read them."""
    found = {name: [*here.stack.mappings(name)] for name in here.stack.functions}
    faults = [
        *(
            fault
            for name, each in found.items()
            for mapping in each
            for fault in _fault(name, mapping)
        ),
        *(
            wrong(f"nothing feeds the {name} function", "make destroy, then make deploy")
            for name in FED
            if not found[name]
        ),
    ]
    yield from faults
    if not faults:
        yield ok(f"{counted(sum(map(len, found.values())), 'event source mapping')}, enabled")


def _fault(name: str, mapping: Mapping[str, Any]) -> Iterator[Finding]:
    state, result = mapping.get("State", "Enabled"), mapping.get("LastProcessingResult", "")
    if state in {"Disabled", "Disabling"}:
        yield wrong(
            f"the {name} function is fed no more: its mapping is {state.lower()}",
            f"aws lambda update-event-source-mapping --enabled --uuid {mapping['UUID']}",
        )
    elif state != "Enabled":
        yield warning(f"the {name} function's mapping is {state.lower()}", "look again in a minute")
    elif result.startswith("PROBLEM"):
        yield warning(f"the {name} function's mapping: {result}", "its log may say more")


def table(here: Here) -> Iterator[Finding]:
    """Tell whether the table's stream is on, and is the one that is read."""
    name = here.stack.outputs["TableName"]
    found = here.clients("dynamodb").describe_table(TableName=name)["Table"]
    spec = found.get("StreamSpecification", {})
    if not spec.get("StreamEnabled") or spec.get("StreamViewType") != "NEW_IMAGE":
        yield wrong("its stream is off: nothing is announced", "make destroy, then make deploy")
        return
    read = {
        each["EventSourceArn"] for of in ("publish", "alert") for each in here.stack.mappings(of)
    }
    if read - {found["LatestStreamArn"]}:
        was = "its stream was made anew, and the functions read the one before"
        yield wrong(was, "make destroy, then make deploy")
    elif found["TableStatus"] != "ACTIVE":
        yield warning(f"it is {found['TableStatus']}", "look again in a minute")
    else:
        yield ok("active, and its stream is on")


def queues(here: Here) -> Iterator[Finding]:
    """Tell what could not be polled, published or sent, and how many lanes wait."""
    empty = True
    for output, (one, what, do) in LETTERS.items():
        if number := _waiting(here, output):
            empty = False
            yield wrong(f"{counted(number, one)} {what}", do)
    waiting = _waiting(here, "LanesQueueUrl")
    if empty:
        yield ok(f"no dead letters; {counted(waiting, 'lane')} in the queue that poll reads")


def _waiting(here: Here, output: str) -> int:
    answer = here.clients("sqs").get_queue_attributes(
        QueueUrl=here.stack.outputs[output],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return sum(map(int, answer["Attributes"].values()))


def ages(here: Here) -> Iterator[Finding]:
    """Tell for each cadence when a poll was last completed, and how old what it read was.

    The alarms on silence say which cadences are deployed, and how long each may be silent.
    """
    now = datetime.now(UTC)
    for alarm in here.stack.alarms():
        if (alarm.get("MetricName"), alarm.get("Statistic")) != (AGE, "SampleCount"):
            continue
        longest = timedelta(seconds=alarm["Period"] * alarm["EvaluationPeriods"])
        every = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}["every"]
        latest = _latest(here, alarm, now - longest, now)
        if latest is None:
            minutes = f"{longest.total_seconds() / 60:.0f} minutes"
            what = f"no poll of the watches that are due every {every} s was completed in {minutes}"
            yield wrong(what, "docs/runbook.md#silent")
            continue
        at, age = latest
        ago = (
            f"every {every} s: a poll was completed {max((now - at).total_seconds(), 0):.0f} s ago"
        )
        if age > longest.total_seconds():
            yield wrong(
                f"{ago}, but a scope was last read {age:.0f} s ago", "docs/runbook.md#unread"
            )
        else:
            yield ok(f"{ago}, no scope is older than {age + float(every):.0f} s")


def _latest(
    here: Here, alarm: Mapping[str, Any], start: datetime, end: datetime
) -> tuple[datetime, float] | None:
    """Read the newest value of an alarm's metric, and when it was."""
    metric = {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions")}
    stat = {"Metric": metric, "Period": 60, "Stat": "Maximum"}
    (found,) = here.clients("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "age", "MetricStat": stat}],
        StartTime=start,
        EndTime=end,
        ScanBy="TimestampDescending",
    )["MetricDataResults"]
    return next(zip(found["Timestamps"], found["Values"], strict=True), None)


def scopes(here: Here) -> Iterator[Finding]:
    """Tell which scopes can't be read, and why: also those in other accounts."""
    client, name = here.clients("dynamodb"), here.stack.outputs["TableName"]
    pages = client.get_paginator("query").paginate(
        TableName=name,
        IndexName=INDEX,
        KeyConditionExpression="#open = :unreachable",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":unreachable": {"S": UNREACHABLE}},
    )
    found = [item for page in pages for item in page["Items"]]
    for item in found[:MOST_TOLD]:
        yield _unreachable(here, client.get_item(TableName=name, Key=_key(item)).get("Item", item))
    if len(found) > MOST_TOLD:
        yield wrong(
            f"and {counted(len(found) - MOST_TOLD, 'scope')} more", "docs/runbook.md#unread"
        )
    if not found:
        yield ok("none is unreachable")


def _key(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("pk", "sk")}


def _unreachable(here: Here, item: Mapping[str, Any]) -> Finding:
    scope, health = read_scope(item), read_health(item)
    error = (json.loads(health.detail) if health.detail else {}).get("error") or {}
    where = ", ".join([scope.account, scope.region, *scope.parameters.values()])
    since = f" since {health.since:%Y-%m-%d %H:%M} UTC" if health.since else ""
    why = ": ".join(filter(None, (error.get("code"), error.get("message")))) or "its log says why"
    other = scope.account != here.account
    entry = "another-account-cant-be-read" if other else "unread"
    what = f"{scope.watch} ({where}) can't be read{since}: {why}"
    return wrong(what, f"docs/runbook.md#{entry}")
