"""Which alerts each email address gets: one subscription of the topic, and its filter."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from infra.config.watches import Recipient

NOT_RESOLVED = ["open", {"exists": False}]
"""Also without the attribute: while a deployment goes on, the functions before it still alert."""

Filter = Mapping[str, Any]


def filters(every: Iterable[str], recipients: Mapping[str, Recipient]) -> dict[str, Filter]:
    """Give the filter policy of each address.

    Those of `every` get whatever is open. SNS has one subscription of an address to a topic, so
    that one of several recipients has the alerts of all of them.
    """
    whole = dict.fromkeys(every)
    opened: defaultdict[str, set[str]] = defaultdict(set)
    resolved: defaultdict[str, set[str]] = defaultdict(set)
    for name, recipient in recipients.items():
        for email in recipient.email:
            opened[email].add(name)
            if "resolved" in recipient.states:
                resolved[email].add(name)
    return {
        email: _filter(email in whole, opened[email], resolved[email])
        for email in {**whole, **dict.fromkeys(opened)}
    }


def _filter(whole: bool, opened: set[str], resolved: set[str]) -> Filter:
    if not whole and opened == resolved:
        return _to(opened, ["open", "resolved"])
    first = {"state": NOT_RESOLVED} if whole else _to(opened, ["open"])
    return {"$or": [first, _to(resolved, ["resolved"])]} if resolved else first


def _to(names: set[str], states: list[str]) -> Filter:
    return {"to": sorted(names), "state": states}
