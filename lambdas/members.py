"""The accounts that are in organizations now, put into a plan that names units only.

Whoever may read the table goes by such a plan: to it, a watch of an organization is one that names
its accounts. Which those are, poll lists and remembers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.plan import Account, Plan, Watch

Units = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """What is known of the accounts below some units.

    `accounts` are those of the last list that could be read, in the order in which they came.
    `listed_at` is when they were last listed, or when that was tried; `failed_since` is when it
    first failed since it last did not.
    """

    accounts: tuple[str, ...] = ()
    listed_at: datetime | None = None
    failed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member(Account):
    """An account that is looked into because it is in an organization."""


def with_members(plan: Plan, known: Mapping[Units, Members]) -> Plan:
    """Give a plan as if its watches named the accounts of their organizations."""
    watches = {name: _with(watch, known) for name, watch in plan.watches.items()}
    return replace(plan, watches=watches)


def of_members(plan: Plan, known: Mapping[Units, Members]) -> Plan:
    """Give a plan as if its watches named those, and no others."""
    watches = {
        name: replace(whole, accounts=whole.accounts[len(plan.watches[name].accounts) :])
        for name, whole in with_members(plan, known).watches.items()
        if whole.organization
    }
    return replace(plan, watches=watches)


def left_out(watch: Watch, members: Members) -> int:
    """Count the accounts of a watch's organization that are more than it is to have."""
    most = watch.organization.most if watch.organization else 0
    return max(len(_there(watch, members)) - most, 0)


def no_member_is_known(watch: Watch) -> bool:
    """Tell whether no account of a watch's organization is known, so that it may be any.

    As between a deployment with other units and their first list that can be read.
    """
    listed = any(isinstance(each, Member) for each in watch.accounts)
    return watch.organization is not None and not listed


def _with(watch: Watch, known: Mapping[Units, Members]) -> Watch:
    if watch.organization is None:
        return watch
    there = _there(watch, known.get(watch.organization.units, Members()))
    role = watch.organization.role
    found = (Member(each, role) for each in there[: watch.organization.most])
    return replace(watch, accounts=(*watch.accounts, *found))


def _there(watch: Watch, members: Members) -> list[str]:
    without = watch.organization.without if watch.organization else ()
    others = {*without, *(each.id for each in watch.accounts)}
    return [each for each in members.accounts if each not in others]
