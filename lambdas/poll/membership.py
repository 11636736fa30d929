"""The plan with the accounts that are in organizations now, and how that is kept up to date."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lambdas.apis.clients import Clients, call_seconds
from lambdas.apis.organizations import SERVICE, accounts_below
from lambdas.deadline import Deadline
from lambdas.members import Members, Units, with_members
from lambdas.messages import SPREAD, Turn, is_forgotten, read_turn, read_unheld, write_turn
from lambdas.model import Scope
from lambdas.plan import Plan
from lambdas.poll.gone import recover_unwatched
from lambdas.poll.spread import Spreader, in_time
from lambdas.poll.summary import Summary
from lambdas.poll.worker import Worker
from lambdas.store.members import read_members, write_members
from lambdas.store.table import CALL_SECONDS, Table, may_pass

KNOWN_FOR = 60.0
"""Seconds for which what the table had is gone by: an account that is new has a turn before."""


@dataclass(slots=True)
class Membership:
    """Who is in organizations, as the table has it; `plan` is what was compiled."""

    plan: Plan
    table: Table
    clients: Clients
    timer: Callable[[], float]
    _now: Plan | None = field(default=None, init=False)
    _read_at: float = field(default=0.0, init=False)

    def known(self, *, fresh: bool = False) -> Plan:
        """Give the plan with their accounts: as it was of late, or `fresh` out of the table.

        Where the table refuses for now, what was known goes on: else each lane's message would be
        hidden until it shows up again.
        """
        if not self.plan.units:
            return self.plan
        if not fresh and self._now is not None and self.timer() - self._read_at <= KNOWN_FOR:
            return self._now
        try:
            self._now, self._read_at = with_members(self.plan, self._members()), self.timer()
        except Exception as error:
            if fresh or self._now is None or not may_pass(error):
                raise
        return self._now

    def read(self, body: str, own: tuple[str, str], now: datetime) -> Turn | None:
        """Read a message as `read_turn` does, but for one that is dropped for its age.

        That one is given as it is: it may name what nobody watches. For it, and for one that is to
        be spread, the table is not asked. For any other, it is asked anew where the message is of
        an account that came since, or of one that came into another watch: of its turn, only some
        watches would be believed.
        """
        said = read_unheld(body, now)
        if said is None or is_forgotten(said, self.plan, now):
            return said
        if said.service == SPREAD:
            return read_turn(body, self.plan, own, now)
        turn = read_turn(body, self.known(), own, now)
        if self.plan.units and (turn is None or write_turn(turn) != body):
            turn = read_turn(body, self.known(fresh=True), own, now)
        return turn

    def spread(
        self,
        turn: Turn,
        own: tuple[str, str],
        ends: float,
        now: datetime,
        *,
        give: Callable[[Sequence[Turn]], object],
        warn: Callable[[str, Mapping[str, object]], object],
    ) -> Summary:
        """Give a turn to each lane in accounts of organizations, and list those where it is due.

        For watches for which it came too late, the table is not asked.
        """
        turn, dropped = in_time(turn, self.plan, now)
        if not turn.watches:
            return dropped
        deadline = Deadline(ends - 2 * CALL_SECONDS, self.timer)

        def list_below(units: Units) -> Sequence[str]:
            # Its own account is asked, with its own credentials, whichever watch it is for.
            client = self.clients.client(SERVICE, Scope(turn.watches[0], "", *own), patient=True)
            seconds = call_seconds(None)
            return [*accounts_below(client, units, lambda: deadline.allows(seconds))]

        known, listed = self._members(), dict[Units, Members]()

        def store(units: Units, members: Members, now: datetime) -> None:
            item = write_members(units, members, now)
            self.table.client.put_item(TableName=self.table.name, Item=item)
            listed[units] = members

        spreader = Spreader(self.plan, known, own, list_below, store, give, warn)
        summary = spreader.spread(turn, now)
        summary.add(dropped)
        if listed:
            self._let_go({**known, **listed}, own, deadline, now)
        return summary

    def _let_go(
        self,
        members: Mapping[Units, Members],
        own: tuple[str, str],
        deadline: Deadline,
        now: datetime,
    ) -> None:
        """Take back what is unreachable in accounts that left, which have no lane any more.

        What the table fails with now is taken back with the next list.
        """
        plan = with_members(self.plan, members)
        worker = Worker(plan, self.table, self.clients, lambda: now, deadline)
        try:
            recover_unwatched(worker, (SPREAD, *own), own)
        except Exception as error:
            if not may_pass(error):
                raise

    def _members(self) -> Mapping[Units, Members]:
        table = self.table
        return read_members(table.client, table.name, self.plan.units, table.sleep)
