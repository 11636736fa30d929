"""The accounts that are in organizations now, put into a plan that names units only.

Whoever may read the table goes by such a plan: to it, a watch of an organization is one that names
its accounts. Which those are, poll lists and remembers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.plan import Account, Organization, Plan, Watch

Units = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """What is known of the accounts below some units.

    `accounts` are those of the last list that could be read, in the order in which they came.
    `listed_at` is when they were last listed, or when that was tried; `failed_since` is when it
    first failed since it last did not, `error` why it last did.
    """

    accounts: tuple[str, ...] = ()
    listed_at: datetime | None = None
    failed_since: datetime | None = None
    error: str | None = None

    @property
    def are_known(self) -> bool:
        """Whether it is known who there is: the last list could be read, or one before had some."""
        was_read = self.listed_at is not None and self.failed_since is None
        return was_read or bool(self.accounts)


@dataclass(frozen=True, slots=True)
class Listed(Organization):
    """An organization of which it is known who is in it, be that nobody."""


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


def members_are_unknown(watch: Watch) -> bool:
    """Tell whether it is not known who is in a watch's organization, so that it may be any.

    As between a deployment with other units and their first list that can be read.
    """
    return watch.organization is not None and not isinstance(watch.organization, Listed)


def _with(watch: Watch, known: Mapping[Units, Members]) -> Watch:
    said = watch.organization
    if said is None:
        return watch
    members = known.get(said.units, Members())
    there = _there(watch, members)[: said.most]
    found = (Account(each, said.role) for each in there)
    listed = Listed(said.units, said.role, said.without, said.most) if members.are_known else said
    return replace(watch, accounts=(*watch.accounts, *found), organization=listed)


def _there(watch: Watch, members: Members) -> list[str]:
    without = watch.organization.without if watch.organization else ()
    others = {*without, *(each.id for each in watch.accounts)}
    return [each for each in members.accounts if each not in others]
