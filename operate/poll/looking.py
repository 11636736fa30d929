"""One poll from here, from what was remembered to what was found."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from botocore.session import Session

from infra.config.plan import Compiled
from lambdas.apis.budgets import Budgets
from lambdas.apis.clients import Clients as Apis
from lambdas.apis.organizations import SERVICE, accounts_below
from lambdas.deadline import Clock
from lambdas.members import Members, with_members
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

    `memory` is what is to be remembered once all of it was told.
    """

    found: Found
    account: str
    region: str
    at: datetime
    since: datetime | None
    memory: MemoryTable

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
    plan = _with_members(compiled.plan, clients)
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
    )


def _with_members(plan: Plan, clients: Clients) -> Plan:
    """List the accounts of organizations from here.

    :raises Trouble: when they can't be listed.
    """
    try:
        known = {
            units: Members((*sorted({*accounts_below(clients(SERVICE), units, lambda: True)}),))
            for units in plan.units
        }
    except SourceError as error:
        raise Trouble(
            f"the organization's accounts can't be listed: {error.code}: {error.message} → look "
            "from its management account or a delegated administrator, as docs/other-accounts.md "
            "says"
        ) from None
    return with_members(plan, known)


def _note(told: list[Item], item: Item) -> None:
    if "announce" in item:
        told.append(item)
