"""Which alerts share a message: those that agree in all that it is filtered by, in their order."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import itemgetter

from lambdas.alert.standing import Alert, Told
from lambdas.alert.status import ATTRIBUTES, alert_attributes
from lambdas.alert.terms import OPEN, RESOLVED
from lambdas.outbox.delivery import Group
from lambdas.outbox.records import UnreadableRecordError


def attributes_of(alert: Alert) -> dict[str, str]:
    """Give what subscriptions filter by; what is over has the status that it has now."""
    if alert.state == RESOLVED:
        return {name: str(alert.detail[name]) for name in ATTRIBUTES}
    return alert_attributes(alert.detail_type, alert.detail)


def alike(alert: Alert) -> tuple[str, ...]:
    """Give in what alerts must agree to be one message."""
    was = (alert.was.status, str(alert.was.severity), *alert.was.to) if alert.was else ()
    return (*attributes_of(alert).values(), alert.state, str(alert.muted), *was)


def with_ends(
    told: Iterable[Told],
    has_incident: Callable[[Alert], bool],
    was_split: Callable[[Alert], bool],
) -> list[Told]:
    """Have each incident that is over end by itself, where its end shares a message with others.

    Or where it did, and not all of that was taken.
    """
    alerts = [*told]
    ended = [each for each in alerts if isinstance(each, Alert) and each.state == RESOLVED]
    several = {kind for kind, count in Counter(map(alike, ended)).items() if count > 1}
    found: list[Told] = []
    for each in alerts:
        if (
            isinstance(each, Alert)
            and each.state == RESOLVED
            and has_incident(each)
            and (alike(each) in several or was_split(each))
        ):
            found += [replace(each, pagers=False), replace(each, pagers=True)]
        else:
            found.append(each)
    return found


def groups(
    alerts: Iterable[Alert | UnreadableRecordError],
    taken_by: Callable[[Alert], tuple[str, ...]],
) -> list[Group]:
    """Group the alerts of one message, in the order of the first ones.

    Those that an outlet took before are by themselves, so that it is not told of them again; and so
    is each that ends an incident.

    An alert joins the first message in which it overtakes none: whoever starts jobs decides in
    which order they end, and could else have each begin a message of its own.
    """
    found: list[UnreadableRecordError | list[Alert]] = []
    places: defaultdict[tuple[str, ...], list[tuple[int, list[Alert]]]] = defaultdict(list)
    latest: defaultdict[str, int] = defaultdict(int)
    for alert in alerts:
        if isinstance(alert, UnreadableRecordError):
            found.append(alert)
            continue
        own = (alert.key,) if alert.pagers else ()
        there = places[*alike(alert), str(alert.pagers), *own, *taken_by(alert)]
        after = max(latest[each] for each in _not_overtaken(alert))
        at = bisect_left(there, after, key=itemgetter(0))
        if at == len(there):
            there.append((len(found), []))
            found.append(there[at][1])
        place, group = there[at]
        group.append(alert)
        for each in (alert.item_key, f"{alert.key} {alert.state}"):
            latest[each] = max(place, latest[each])
    return list(found)


def _not_overtaken(alert: Alert) -> list[str]:
    """Name what an alert must not overtake: those of its item, and of its key what is over.

    What is over overtakes nothing of its key; what is open, in whichever order, stays so.
    """
    states = (RESOLVED, OPEN) if alert.state == RESOLVED else (RESOLVED,)
    return [alert.item_key, *(f"{alert.key} {state}" for state in states)]
