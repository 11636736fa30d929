"""The standing of watches and lanes for a program."""

from typing import Any

from lambdas.members import Members
from lambdas.store.places import Place
from lambdas.times import iso
from operate.remembered.standing import Standing


def document(standing: Standing) -> dict[str, Any]:
    """Give it for a program."""
    return {
        "watches": [
            {
                "watch": each.watch.name,
                "sources": sorted(each.watch.sources),
                "every_seconds": each.watch.every,
                "polled_at": iso(each.polled_at),
                "read_at": iso(each.read_at),
                "unread_since": iso(each.unread_since),
                "places": len(each.places),
                "never_read": len(each.never_read),
                "unreachable": [_place(place) for place in each.unreachable],
                "jobs": {
                    status: {"number": count.number, "more": count.more}
                    for status, count in each.counts.items()
                },
                "left_out": [*each.left_out],
                "organization": _organization(each.members),
            }
            for each in standing.watches
        ],
        "lanes": [
            {
                "service": lane.service,
                "account": lane.account,
                "region": lane.region,
                "watches": lane.watches,
                "places": len(lane.places),
                "never_read": len(lane.never_read),
                "unreachable": len(lane.unreachable),
                "unread_since": iso(lane.unread_since),
                "behind_since": iso(lane.behind),
            }
            for lane in standing.lanes
        ],
        "untold": standing.untold,
    }


def _organization(members: Members | None) -> dict[str, Any] | None:
    if members is None:
        return None
    return {
        "accounts": len(members.accounts),
        "listed_at": iso(members.listed_at),
        "failed_since": iso(members.failed_since),
        "error": members.error,
    }


def _place(place: Place) -> dict[str, Any]:
    scope = place.scope
    return {
        "source": scope.source,
        "account": scope.account,
        "region": scope.region,
        "parameters": dict(scope.parameters),
        "since": iso(place.unread_since),
        "error": place.error,
    }
