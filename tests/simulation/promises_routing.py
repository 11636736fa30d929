"""What is promised of routing: each alert reaches those that its watch names, and nobody else.

Of what is over in a mute, people are not told; machines are, as an incident must not stay open.
Who was told that something is open may be told that it is over, whomever its watch names by then.
Pagers may have each end by itself where several are one message.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.simulation.configuration import RECIPIENTS
from tests.simulation.promises_standing import AN_HOUR, INVOCATION, is_muted, is_of
from tests.simulation.world import World

PEOPLE = {name for name, kind in RECIPIENTS.items() if kind in ("email", "slack")}
PAGERS = {name for name, kind in RECIPIENTS.items() if kind == "pagerduty"}
MAILED = {name for name, kind in RECIPIENTS.items() if kind == "email"}
"""Whom the topic reaches, by a filter; all others, EventBridge brings it to."""
Told = dict[str, Any]


def judge_routing(world: World) -> Iterator[str]:
    """Give what was told to others than those that were to be told, or not to all of them."""
    if "mutes" not in world.made_of:
        return
    by_mail = [*world.topic.taken]
    by_bus = [{**each, **each["alert"]["detail"]} for each in world.alert_bus.taken]
    for told in by_mail:
        yield from _named(told, _named_for(world, told))
    for told in by_bus:
        yield from _named(told, [*_parts(told, _named_for(world, told))])
    yield from _severe(world, by_mail)
    yield from _reached(world, by_mail, by_bus)


def _named(told: Told, named: list[set[str]]) -> Iterator[str]:
    """Hold whom a message names against whom it may name."""
    if {*told["to"]} not in named:
        to = sorted(told["to"])
        yield f"{_said(told['alerts'][0])} was told to {to}, and not to {sorted(named[0])}"


def _named_for(world: World, told: Told) -> list[set[str]]:
    """Give whom a message may name, by what the watch's policy says in some deployment."""
    first = told["alerts"][0]
    named = _policies(world, first["watch"])
    if first["state"] == "resolved":
        named += [one | other for one in named for other in named]
        if is_muted(world, first, told["at"] - INVOCATION):
            named += [each - PEOPLE for each in named]
    return named


def _parts(told: Told, named: list[set[str]]) -> Iterator[set[str]]:
    """Give whom an event of the bus may name, of whom the message does."""
    yield from named
    if told["alerts"][0]["state"] == "resolved":
        yield from (each & PAGERS for each in named)
        yield from (each - PAGERS for each in named)


def _policies(world: World, watch: str) -> list[set[str]]:
    """Give to whom a watch alerts, by the deployments that know it: who is gone alerts nobody."""
    plans = [plan for _, plan in world.deployments]
    found = [{*plan.watches[watch].alerts.to} for plan in plans if watch in plan.watches]
    gone = any(watch not in plan.watches for plan in plans)
    return [*found, *([{*world.plan.alerts.to}] if gone else [])]


def _severe(world: World, by_mail: list[Told]) -> Iterator[str]:
    """Hold how bad a message says it is against what the watch says, where it says it.

    What is over is as bad as it was told to be, whatever the watch says by then.
    """
    opened: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for alert in (each for told in by_mail for each in told["alerts"]):
        if alert["state"] == "open":
            opened[alert["watch"], alert["dedup_key"]].add(alert["severity"])
    for told in by_mail:
        watch = world.plan.watches.get(told["alerts"][0]["watch"])
        asked = watch and watch.alerts.severity
        for alert in told["alerts"] if asked else ():
            heard = opened[alert["watch"], alert["dedup_key"]]
            right = {asked} if alert["state"] == "open" else heard or {asked}
            if not {told["severity"], alert["severity"]} <= right:
                yield f"{_said(alert)} is {told['severity']}, and not of {right}"


def _reached(world: World, by_mail: list[Told], by_bus: list[Told]) -> Iterator[str]:
    """What the topic took is on the bus for those behind it, and what is there the topic took.

    Of many alerts in one message some are only counted: of such a watch, nobody knows which. And
    what the bus is to have once more, a mute may have silenced since.
    """
    hiding = {m["alerts"][0]["watch"] for m in by_bus if m["count"] > len(m["alerts"])}
    brought: defaultdict[str, set[str]] = defaultdict(set)
    for told in by_bus:
        for alert in told["alerts"]:
            brought[_said(alert)] |= {*told["to"]}
    mailed = {_said(alert) for told in by_mail for alert in told["alerts"]}
    for told in by_mail:
        behind = {*told["to"]} - MAILED
        for alert in told["alerts"]:
            left = behind - brought[_said(alert)]
            known = alert["watch"] not in hiding and not _silenced(world, alert, told["at"])
            if left and known:
                yield f"{_said(alert)} never reached {sorted(left)}"
    for said in sorted(brought.keys() - mailed):
        yield f"{said} was brought to some, and the topic never had it"


def _silenced(world: World, alert: Told, at: float) -> bool:
    """Tell whether something was muted within an hour after it was told."""
    return any(at <= m.since <= at + AN_HOUR and is_of(m, alert) for m in world.mutes)


def _said(alert: Told) -> str:
    return f"{alert['id']} ({alert['state']}, {alert['dedup_key']})"
