"""What a state machine or a durable function asks for, read into a wait; nothing is believed."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lambdas.plan import Plan
from lambdas.text import writable
from lambdas.waits.wait import (
    CALLBACK_ID,
    LONGEST_WAIT,
    TOKEN,
    WRONG_INPUT,
    RefusedError,
    Wait,
)
from lambdas.waits.watched import unseen_for
from lambdas.words import nearest, shown

KEYS = (
    *("source", "job_id", TOKEN, CALLBACK_ID, "account", "region", "parameters"),
    *("give_up_after", "partial"),
)
LONGEST_TOKEN = 2_048
"""Characters, as Step Functions has it."""
CALLBACKS = re.compile("[A-Za-z0-9+/]{1,1022}={0,2}")
"""Ids of callbacks, as Lambda has them."""
LONGEST_TEXT = 2_048
"""Bytes of any other text: no id is longer than an ARN."""
PARTIAL_FAILS = "fail"
_FITTING = f"a text of whole characters, {LONGEST_TEXT} bytes of them at most"


class NoTokenError(Exception):
    """There is no token in what was asked for, so that no task can be told."""


def token_in(event: Any) -> tuple[str, str]:
    """Take from an event by what its waiter is told: the kind, and the token or the id.

    :raises NoTokenError: where there is none, or both.
    """
    given = event if isinstance(event, Mapping) else {}
    token, callback = given.get(TOKEN), given.get(CALLBACK_ID)
    if callback is None and isinstance(token, str) and token and _fits(token, LONGEST_TOKEN):
        return TOKEN, token
    if token is None and isinstance(callback, str) and CALLBACKS.fullmatch(callback):
        return CALLBACK_ID, callback
    raise NoTokenError(
        f"token: found {'two' if token and callback else 'none'}, expected the task token: invoke "
        'this function with arn:aws:states:::lambda:invoke.waitForTaskToken and "token.$": '
        '"$$.Task.Token"; a durable function gives the id of its callback as callback_id instead'
    )


def read_wait(event: Mapping[str, Any], plan: Plan, own: tuple[str, str], now: datetime) -> Wait:
    """Read what is asked for; a key whose value is null is left out.

    `own` are the stack's account and region.

    :raises RefusedError: where something is wrong, with what was expected.
    """
    given = {str(name): value for name, value in event.items() if value is not None}
    for name in given:
        if name not in KEYS:
            raise _wrong(shown(name), "is none of its keys", _near(name))
    account, region = own
    kind, token = token_in(event)
    seconds = _seconds(given)
    source = _text(given, "source")
    return Wait(
        source=source,
        account=_text(given, "account", account),
        region=_text(given, "region", region),
        job_id=_text(given, "job_id"),
        token=token,
        since=now,
        until=now + (seconds or LONGEST_WAIT),
        unseen_until=now + (seconds or unseen_for(plan, source)),
        parameters=_parameters(given.get("parameters", {})),
        partial_fails=_partial(given),
        kind=kind,
    )


def _text(given: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = given.get(name, default)
    if value is None or value == "":
        raise _wrong(name, "found nothing", "a text")
    if not isinstance(value, str):
        raise _wrong(name, f"found a {type(value).__name__}", "a text")
    if not _fits(value, LONGEST_TEXT):
        raise _wrong(name, f"found {shown(value)}", _FITTING)
    return value


def _seconds(given: Mapping[str, Any]) -> timedelta | None:
    value, most = given.get("give_up_after"), int(LONGEST_WAIT.total_seconds())
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():  # 60.0 is what JSON has for 60, too
        value = int(value)
    if type(value) is not int or not 0 < value <= most:
        found = shown(str(value)) if isinstance(value, int | float) else type(value).__name__
        words = f"whole seconds, from 1 to {most} (a year)"
        raise _wrong("give_up_after", f"found {found}", words)
    return timedelta(seconds=value)


def _parameters(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        raise _wrong("parameters", "found something else", 'an object of texts, such as {"A": "b"}')
    for each in value.values():
        if not _fits(each, LONGEST_TEXT):
            raise _wrong("parameters", f"found {shown(each)}", _FITTING)
    return dict(value)


def _fits(text: str, longest: int) -> bool:
    """Tell whether a text can be stored and sent: one that cannot would fail the look at others."""
    return writable(text) == text and len(text.encode()) <= longest


def _partial(given: Mapping[str, Any]) -> bool:
    value = given.get("partial", PARTIAL_FAILS)
    if value != PARTIAL_FAILS:
        found = shown(value) if isinstance(value, str) else type(value).__name__
        raise _wrong("partial", f"found {found}", f"{PARTIAL_FAILS!r} or nothing")
    return "partial" in given


def _near(name: str) -> str:
    near = nearest(name, KEYS)
    return f"{near}?" if near else f"one of {', '.join(KEYS)}"


def _wrong(name: str, found: str, expected: str) -> RefusedError:
    return RefusedError(WRONG_INPUT, f"{name}: {found}, expected {expected}")
