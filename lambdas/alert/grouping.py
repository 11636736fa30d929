"""Which alerts share a message: those that agree in all that it is filtered by, in their order."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import itemgetter

from lambdas.alert.standing import Alert
from lambdas.alert.status import ATTRIBUTES, alert_attributes
from lambdas.alert.terms import OPEN, RESOLVED
from lambdas.outbox.delivery import Group
from lambdas.outbox.records import UnreadableRecordError


def attributes_of(alert: Alert) -> dict[str, str]:
    """Give what subscriptions filter by; what is over has the status that it has now."""
    if alert.state == RESOLVED:
        return {name: str(alert.detail[name]) for name in ATTRIBUTES}
    return alert_attributes(alert.detail_type, alert.detail)


def groups(
    alerts: Iterable[Alert | UnreadableRecordError],
    taken_by: Callable[[Alert], tuple[str, ...]],
    by_itself: Callable[[Alert], bool],
) -> list[Group]:
    """Group the alerts of one message, in the order of the first ones.

    Those that an outlet took before are by themselves, so that it is not told of them again; and so
    is of what is over each that must be `by_itself`.

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
        was = (alert.was.status,) if alert.was else ()
        own = (alert.key,) if alert.was and by_itself(alert) else ()
        kind = (alert.state, str(alert.muted), *was, *own)
        there = places[*attributes_of(alert).values(), *kind, *taken_by(alert)]
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
