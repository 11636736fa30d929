"""The deployed stack as far as people read it: its table, and the plan that its functions run."""

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import ClientError

from infra.config.files.mistakes import nearest_word, one_of, shown
from lambdas.members import Members, Units, with_members
from lambdas.model import Scope
from lambdas.plan import Plan, PlanVersionError, parse_plan
from lambdas.store.listing import Listing
from lambdas.store.members import read_members
from lambdas.store.places import scopes
from operate.aws import Clients, Fetch
from operate.credentials import who
from operate.doctor.code import UNREADABLE, plan_run_by
from operate.stack import Stack, deployed_stack
from operate.trouble import Trouble

READERS = 8
"""Queries side by side: a list is a query for each watch and status."""
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack; `own` are its account and region, `plan` is what its functions run.

    The plan names the accounts that are in organizations; `members` is what is known of those.
    """

    name: str
    clients: Clients
    plan: Plan
    own: tuple[str, str]
    listing: Listing
    members: Mapping[Units, Members]

    def watches(self, names: Collection[str]) -> list[str]:
        """Give the watches of these names, of none all of the plan.

        :raises Trouble: where the plan has no such watch.
        """
        for name in names:
            if name not in self.plan.watches:
                near = nearest_word(name, self.plan.watches)
                hint = f"; did you mean {near}?" if near else ""
                expected = f"a watch of {self.name}, {one_of(sorted(self.plan.watches))}"
                raise Trouble(f"--watch: found {shown(name)}, expected {expected}{hint}")
        return list(dict.fromkeys(names)) or sorted(self.plan.watches)

    def scopes(self, watches: Collection[str]) -> Iterator[Scope]:
        """Give where watches look, as the table knows it."""
        return scopes(self.listing, self.plan, watches, self.own)


@contextmanager
def deployed(name: str, clients: Clients, fetch: Fetch) -> Iterator[Deployed]:
    """Find what is deployed under a name.

    :raises Nobody: when these are nobody's credentials.
    :raises Trouble: when there is no such stack, or one of another version.
    """
    account, _ = who(clients)
    region = str(clients("sts").meta.region_name)
    stack = deployed_stack(name, clients)
    table, function = stack.output("TableName"), stack.output("PollFunctionName")
    plan = _plan(stack, function, fetch)
    members = read_members(clients("dynamodb"), table, plan.units)
    plan = with_members(plan, members)
    with ThreadPoolExecutor(READERS) as pool:
        listing = Listing(clients("dynamodb"), table, pool)
        yield Deployed(name, clients, plan, (account, region), listing, members)


def read(name: str, question: Callable[[], Found]) -> Found:
    """Ask the table something, of which an older one has no index.

    :raises Trouble: when it has none.
    """
    try:
        return question()
    except ClientError as error:
        if "does not have the specified index" in error.response["Error"]["Message"]:
            raise Trouble(
                f"{name} was deployed by a version before, whose table has no index for people "
                "→ ./jobwatch deploy"
            ) from error
        raise


def _plan(stack: Stack, function: str, fetch: Fetch) -> Plan:
    try:
        return parse_plan(plan_run_by(function, stack.clients, fetch))
    except PlanVersionError as error:
        raise Trouble(
            f"{stack.name} was deployed by another version than this: {error} → ./jobwatch deploy"
        ) from error
    except UNREADABLE as error:
        what = f"the plan of {stack.name} can't be read: {type(error).__name__}"
        raise Trouble(f"{what} → ./jobwatch doctor") from error
