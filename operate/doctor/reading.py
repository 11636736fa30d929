"""What the deployed stack could read: when it last polled, and which scopes it can't read."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.words import counted
from lambdas.store.healths import UNREACHABLE_KEY, read_health, read_scope
from lambdas.store.items import DAMAGED
from lambdas.store.layout import INDEX
from operate.doctor.findings import Finding, ok, wrong
from operate.doctor.here import Here

MOST_TOLD = 5
"""Scopes that get a line each."""
AGE = "AgeOfLastRead"


def ages(here: Here) -> Iterator[Finding]:
    """Tell for each cadence when a poll was last completed, and how old what it read was.

    The alarms on silence say how long each may be silent: those of the template, as the deployed
    ones are whoever's who may put alarms.
    """
    now = datetime.now(UTC)
    for name, resource in here.template["Resources"].items():
        alarm = resource.get("Properties", {})
        if (alarm.get("MetricName"), alarm.get("Statistic")) != (AGE, "SampleCount"):
            continue
        if name not in here.stack.ids:
            continue  # Its cadence is not deployed yet, which another line tells.
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
    return max(zip(found["Timestamps"], found["Values"], strict=True), default=None)


def scopes(here: Here) -> Iterator[Finding]:
    """Tell which scopes can't be read, and why: also those in other accounts."""
    client, name = here.clients("dynamodb"), here.stack.outputs["TableName"]
    pages = client.get_paginator("query").paginate(
        TableName=name,
        IndexName=INDEX,
        KeyConditionExpression="#open = :unreachable",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":unreachable": {"S": UNREACHABLE_KEY}},
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
    try:
        scope, health = read_scope(item), read_health(item)
    except DAMAGED:
        return wrong("an item of the table can't be read", "docs/runbook.md#unread")
    error = (json.loads(health.detail) if health.detail else {}).get("error") or {}
    where = ", ".join([scope.account, scope.region, *scope.parameters.values()])
    since = f" since {health.since:%Y-%m-%d %H:%M} UTC" if health.since else ""
    why = ": ".join(filter(None, (error.get("code"), error.get("message")))) or "its log says why"
    other = scope.account != here.account
    entry = "another-account-cant-be-read" if other else "unread"
    what = f"{scope.watch} ({where}) can't be read{since}: {why}"
    return wrong(what, f"docs/runbook.md#{entry}")
