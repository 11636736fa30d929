"""Which alerts share a message: those that agree in all that it is filtered by, in their order."""

from collections.abc import Callable, Iterable

from lambdas.alert.standing import Alert
from lambdas.alert.status import ATTRIBUTES, alert_attributes
from lambdas.alert.terms import RESOLVED
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

    An alert never joins a message before one that has an alert of the same item or key already: it
    would overtake it.
    """
    found: list[UnreadableRecordError | list[Alert]] = []
    places: dict[tuple[str, ...], tuple[int, list[Alert]]] = {}
    latest: dict[str, int] = {}
    for alert in alerts:
        if isinstance(alert, UnreadableRecordError):
            found.append(alert)
            continue
        was = (alert.was.status,) if alert.was else ()
        own = (alert.key,) if alert.was and by_itself(alert) else ()
        kind = (alert.state, str(alert.muted), *was, *own)
        together = (*attributes_of(alert).values(), *kind, *taken_by(alert))
        after = max(latest.get(each, 0) for each in alert.in_order_with)
        if together not in places or after > places[together][0]:
            places[together] = (len(found), [])
            found.append(places[together][1])
        place, group = places[together]
        group.append(alert)
        latest.update(dict.fromkeys(alert.in_order_with, place))
    return list(found)
