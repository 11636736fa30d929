"""One poll from here, from what was remembered to what was found."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from botocore.session import Session

from infra.config.plan import Compiled
from infra.words import counted
from lambdas.apis.budgets import Budgets
from lambdas.apis.clients import Clients as Apis
from lambdas.apis.organizations import SERVICE, accounts_below
from lambdas.deadline import Clock
from lambdas.members import Members, Units, left_out, with_members
from lambdas.messages import Turn
from lambdas.model import SourceError
from lambdas.plan import Plan
from operate.aws import Clients
from operate.credentials import who
from operate.poll import file
from operate.poll.found import Found, found
from operate.poll.lanes import Polling
from operate.poll.table import Item, MemoryTable
from operate.trouble import Trouble

Watching = Callable[[Polling], AbstractContextManager[Callable[[Turn], None]]]
"""Lets somebody see how far a poll is: what it gives is told of each lane that is done."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, by whom and when; `since` is the time of the last look, None at the first.

    `memory` is what is to be remembered once all of it was told, `left_out` what was not looked at.
    """

    found: Found
    account: str
    region: str
    at: datetime
    since: datetime | None
    memory: MemoryTable
    left_out: tuple[str, ...] = ()

    def remember(self, path: Path) -> None:
        """Remember it: who is stopped before that is told the same again.

        :raises OSError: when the file can't be written.
        """
        file.write(path, self.memory.items.values(), self.at)


def look(
    compiled: Compiled,
    remembered: Path | None,
    clients: Clients,
    session: Session,
    *,
    clock: Clock,
    watching: Watching,
) -> Look:
    """Poll everything that is watched, with the session's credentials, in the region of `clients`.

    :raises Nobody: when there are none that AWS takes, or no region.
    :raises Trouble: when what was remembered can't be read, or accounts can't be listed.
    """
    before = file.read(remembered, clock()) if remembered else None
    account, _ = who(clients)
    region = clients("sts").meta.region_name
    told: list[Item] = []
    memory = MemoryTable(before.items if before else (), partial(_note, told))
    members = _members(compiled.plan, clients, clock())
    plan = with_members(compiled.plan, members)
    apis = Apis(session, budgets=Budgets(plan.budgets), policies=plan.session_policies)
    polling = Polling(plan, memory, apis, (account, region), clock)
    with watching(polling) as done:
        summaries = polling.poll(done)
    return Look(
        found=found(polling, compiled, summaries, told),
        account=account,
        region=region,
        at=clock(),
        since=before.saved_at if before else None,
        memory=memory,
        left_out=(*_left_out(compiled.plan, members),),
    )


def _members(plan: Plan, clients: Clients, now: datetime) -> Mapping[Units, Members]:
    """List the accounts of organizations from here.

    :raises Trouble: when they can't be listed.
    """

    def below(units: Units) -> list[str]:
        return sorted({*accounts_below(clients(SERVICE), units, lambda: True)})

    try:
        return {units: Members((*below(units),), now) for units in plan.units}
    except SourceError as error:
        raise Trouble(
            f"the organization's accounts can't be listed: {error.code}: {error.message} → look "
            "from its management account or a delegated administrator, as docs/other-accounts.md "
            "says"
        ) from None


def _left_out(plan: Plan, members: Mapping[Units, Members]) -> Iterator[str]:
    """Say of which watches' organizations nobody is there, or more than they are to have."""
    for watch in plan.watches.values():
        said = watch.organization
        if said is None:
            continue
        if not members[said.units].accounts:
            yield f"{watch.name}: no account is in {', '.join(said.units)}"
        if more := left_out(watch, members[said.units]):
            beyond = f"{counted(more, 'account')} of its organization, beyond `most: {said.most}`"
            yield f"{watch.name}: {beyond}"


def _note(told: list[Item], item: Item) -> None:
    if "announce" in item:
        told.append(item)
