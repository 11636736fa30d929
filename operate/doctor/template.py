"""What is deployed, held against the template that this folder synthesizes, one property at a time.

Whoever may change an alarm, a function or a mapping in its service does so past CloudFormation,
which goes on calling the stack whole.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from infra.words import counted, listed
from operate.doctor import listening
from operate.doctor.code import named
from operate.doctor.findings import Finding, ok, warning, wrong
from operate.doctor.here import Here
from operate.doctor.references import resolved

RUNBOOK = "docs/runbook.md#what-is-not-as-it-was-deployed"
FILTERS = "FilterCriteria"
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """A type of resource; `read` gives the settings of all that are there, by their ids in AWS.

    `properties` are those that are held, by CloudFormation's names, which settings have as well.
    """

    one: str
    read: Callable[[Here], Mapping[str, Settings]]
    properties: tuple[str, ...]


def _alarms(here: Here) -> Mapping[str, Settings]:
    # So many data points as periods are what an alarm takes that names no number of them.
    return {
        each["AlarmName"]: {**each, "DatapointsToAlarm": _points(each)}
        for each in here.stack.alarms()
    }


def _points(alarm: Settings) -> int | None:
    points: int | None = alarm.get("DatapointsToAlarm")
    return None if points == alarm.get("EvaluationPeriods") else points


def _functions(here: Here) -> Mapping[str, Settings]:
    client, names = here.clients("lambda"), here.stack.every_function.values()
    found = {name: client.get_function_configuration(FunctionName=name) for name in names}
    return {
        name: {**each, "Layers": [layer["Arn"] for layer in each.get("Layers", ())]}
        for name, each in found.items()
    }


def _mappings(here: Here) -> Mapping[str, Settings]:
    # A version of a function that is fed runs code of its own, of which nothing else here tells.
    return {
        each["UUID"]: {**each, "FunctionName": each["FunctionArn"].partition(":function:")[2]}
        for of in here.stack.functions
        for each in here.stack.mappings(of)
    }


def _destinations(here: Here) -> Mapping[str, Settings]:
    client, names = here.clients("events"), here.stack.of_type("AWS::Events::ApiDestination")
    found = {name: client.describe_api_destination(Name=name) for name in names}
    # What EventBridge puts behind a connection's name, no template knows.
    return {
        name: {**each, "ConnectionArn": each["ConnectionArn"].rpartition("/")[0]}
        for name, each in found.items()
    }


HELD = {
    "AWS::CloudWatch::Alarm": Held(
        "alarm",
        _alarms,
        (
            *("AlarmDescription", "Namespace", "MetricName", "Dimensions", "Metrics", "Unit"),
            *("Statistic", "ExtendedStatistic", "Period", "EvaluationPeriods", "DatapointsToAlarm"),
            *("Threshold", "ThresholdMetricId", "ComparisonOperator", "TreatMissingData"),
            *("EvaluateLowSampleCountPercentile", "EvaluationCriteria", "EvaluationInterval"),
            *("EvaluationWindow", "WarmUpConfiguration"),
        ),
    ),
    "AWS::Lambda::Function": Held(
        "function",
        _functions,
        ("Handler", "Runtime", "Layers", "Role", "Environment", "FileSystemConfigs"),
    ),
    "AWS::Lambda::EventSourceMapping": Held(
        "mapping",
        _mappings,
        (
            *("FunctionName", FILTERS, "FunctionResponseTypes"),
            *("MaximumRecordAgeInSeconds", "DestinationConfig"),
        ),
    ),
    "AWS::Events::ApiDestination": Held(
        "destination", _destinations, ("InvocationEndpoint", "HttpMethod", "ConnectionArn")
    ),
    "AWS::Events::Rule": Held("rule", listening.rules, ("EventPattern", "State", "Targets")),
    "AWS::SNS::Subscription": Held(
        "subscription", listening.subscriptions, ("FilterPolicy", "FilterPolicyScope")
    ),
}
"""What is held, by type: when an alarm rings, what a function runs and as whom, what feeds it and
what becomes of that which it could not send; where alerts of a pager go, with which key; and which
alerts recipients and addresses are brought."""


def template(here: Here) -> Iterator[Finding]:
    """Tell what is not as the template has it; what is gone, other checks tell."""
    resources, ids = here.template["Resources"], here.stack.ids
    held = {name: HELD[each["Type"]] for name, each in resources.items() if each["Type"] in HELD}
    found = {kind: kind.read(here) for kind in HELD.values()}
    new = sorted(held.keys() - ids.keys())
    changed = {
        name: differing
        for name, kind in held.items()
        if (settings := found[kind].get(ids.get(name, ""))) is not None
        if (differing := [*_differing(here, kind, resources[name]["Properties"], settings)])
    }
    for name, differing in changed.items():
        what = f"the {held[name].one} {ids[name]} is not as this folder synthesizes it"
        yield wrong(f"{what}: {named(differing)}", restore(here))
    if new:
        yield warning(f"not deployed: {named(new)}", here.ways.deploy)
    if not (new or changed):
        kinds = Counter(kind.one for kind in held.values())
        whole = listed([counted(number, one) for one, number in sorted(kinds.items())])
        yield ok(f"as this folder synthesizes it: {whole}")


def restore(here: Here) -> str:
    """Say what writes over changes by hand: a mere deployment leaves what the template leaves."""
    return f"{here.ways.restore}; where that is said again, {RUNBOOK}"


def _differing(here: Here, held: Held, properties: Settings, found: Settings) -> Iterator[str]:
    for name in held.properties:
        yield from _paths(
            name, _read(name, resolved(here, properties.get(name))), _read(name, found.get(name))
        )


def _read(name: str, value: Any) -> Any:
    """Give a property as it is compared.

    The patterns of a mapping's filters are JSON, and nothing else is, whatever it is called: a
    variable `Pattern` that were read so could stand for all the others.
    """
    if name == FILTERS and value:
        patterns = (json.loads(each["Pattern"]) for each in value.get("Filters", ()))
        value = {**value, "Filters": [*patterns]}
    return _plain(value)


def _paths(path: str, expected: Any, found: Any) -> Iterator[str]:
    """Name what differs, never with its value: a variable's may be secret."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            yield from _paths(f"{path}.{key}", expected.get(key), found.get(key))
    elif expected != found:
        yield path


def _plain(value: Any) -> Any:
    """Write a setting so that what means the same is the same: order of lists, nothing."""
    match value:
        case Mapping():
            plain = {key: _plain(each) for key, each in value.items()}
            return {key: each for key, each in plain.items() if each is not None} or None
        case list() | tuple():
            return sorted(map(_plain, value), key=partial(json.dumps, sort_keys=True)) or None
    return None if value == "" else value
