"""Whether a queue's policy lets a topic send, as far as that can be read off the policy alone."""

import json
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

SNS = "sns.amazonaws.com"
SEND = "sqs:sendmessage"
Truth = bool | None
"""None is for what can't be read off."""


def lets_send(policy: str | None, topic: str, queue: str) -> Truth:
    """Tell whether a topic may send to a queue; both are ARNs."""
    found = [
        (each.get("Effect"), _applies(each, topic, queue))
        for each in _listed(json.loads(policy or "{}").get("Statement", []))
    ]
    allowed = _any(applies for effect, applies in found if effect == "Allow")
    denied = _any(applies for effect, applies in found if effect == "Deny")
    return _all([allowed, None if denied is None else not denied])


def _applies(statement: Mapping[str, Any], topic: str, queue: str) -> Truth:
    """Tell whether a statement is about a topic that sends to a queue."""
    if {"NotPrincipal", "NotAction", "NotResource"} & statement.keys():
        return None
    principal = statement.get("Principal", {})
    named = principal.values() if isinstance(principal, Mapping) else [principal]
    who = {each for some in named for each in _listed(some)}
    actions = [str(each).lower() for each in _listed(statement.get("Action", []))]
    conditions = [
        _holds(operator, key, value, topic)
        for operator, some in statement.get("Condition", {}).items()
        for key, value in some.items()
    ]
    return _all(
        [
            bool(who & {"*", SNS}),
            any(_fits(SEND, each) for each in actions),
            any(_fits(queue, each) for each in _listed(statement.get("Resource", queue))),
            *conditions,
        ]
    )


def _holds(operator: str, key: str, value: Any, topic: str) -> Truth:
    """Tell whether a condition holds when a topic sends."""
    is_ = {
        "aws:sourcearn": topic,
        "aws:sourceaccount": topic.split(":")[4],
        "aws:securetransport": "true",
    }.get(key.lower())
    values = [str(each) for each in _listed(value)]
    match = _OPERATOR.fullmatch(operator)
    if is_ is None or match is None or any("${" in each for each in values):
        return None
    if match["kind"] == "Bool":
        held = is_ in map(str.lower, values)
    elif match["kind"] + match["how"] == "StringEquals":
        held = is_ in values
    else:
        held = any(_fits(is_, each) for each in values)
    return held is not bool(match["no"])


_OPERATOR = re.compile(
    "(?P<kind>Arn|String|Bool)(?P<no>Not)?(?P<how>Equals|Like|(?<=Bool))(?:IfExists)?"
)


def _fits(text: str, pattern: str) -> bool:
    """Match a pattern of IAM's, which knows `*` and `?`; whoever has a queue may have written it.

    However many stars it has, this takes no time, as a regular expression of `.*` would.
    """
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _all(truths: Iterable[Truth]) -> Truth:
    found = {*truths}
    return False if False in found else None if None in found else True


def _any(truths: Iterable[Truth]) -> Truth:
    found = {*truths}
    return True if True in found else None if None in found else False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
