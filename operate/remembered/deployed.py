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
from lambdas.plan import Plan, PlanVersionError
from lambdas.store.listing import Listing
from lambdas.store.members import read_members
from lambdas.store.places import scopes
from operate.aws import Clients, Fetch
from operate.credentials import who
from operate.doctor.code import UNREADABLE, parsed, plan_run_by
from operate.stack import Stack, deployed_stack
from operate.trouble import Trouble
from operate.ways import Ways, command

READERS = 8
"""Queries side by side: a list is a query for each watch and status."""
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack; `own` are its account and region, `plan` is what its functions run.

    The plan names the accounts that are in organizations; `members` is what is known of those.
    `ways` are how the stack is changed.
    """

    name: str
    clients: Clients
    plan: Plan
    own: tuple[str, str]
    listing: Listing
    members: Mapping[Units, Members]
    ways: Ways

    def watches(self, names: Collection[str]) -> list[str]:
        """Give the watches of these names, of none all of the plan.

        :raises Trouble: where the plan has no such watch.
        """
        for name in names:
            if name not in self.plan.watches:
                raise no_such("--watch", name, f"a watch of {self.name}", self.plan.watches)
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
    table, plan = stack.output("TableName"), plan_of(stack, fetch)
    members = read_members(clients("dynamodb"), table, plan.units)
    plan = with_members(plan, members)
    with ThreadPoolExecutor(READERS) as pool:
        listing = Listing(clients("dynamodb"), table, pool)
        yield Deployed(name, clients, plan, (account, region), listing, members, stack.ways)


def read(deployed: Deployed, question: Callable[[], Found]) -> Found:
    """Ask the table something, of which an older one has no index.

    :raises Trouble: when it has none.
    """
    try:
        return question()
    except ClientError as error:
        if "does not have the specified index" in error.response["Error"]["Message"]:
            raise Trouble(
                f"{deployed.name} was deployed by a version before, whose table has no index for "
                f"people → {deployed.ways.deploy}"
            ) from error
        raise


def no_such(option: str, found: str, what: str, there: Collection[str]) -> Trouble:
    """Say that there is none of what was named, which the nearest is, and which there are."""
    near = nearest_word(found, there)
    hint = f"; did you mean {near}?" if near else ""
    return Trouble(
        f"{option}: found {shown(found)}, expected {what}, {one_of(sorted(there))}{hint}"
    )


def plan_of(stack: Stack, fetch: Fetch) -> Plan:
    """Read the plan that the functions of a stack run.

    :raises Trouble: when it has none that can be read, or one of another version.
    """
    function = stack.output("PollFunctionName")
    try:
        return parsed(plan_run_by(function, stack.clients, fetch))
    except PlanVersionError as error:
        raise Trouble(
            f"{stack.name} was deployed by another version than this: {error} → {stack.ways.deploy}"
        ) from error
    except UNREADABLE as error:
        what = f"the plan of {stack.name} can't be read: {type(error).__name__}"
        raise Trouble(f"{what} → {command('doctor', stack.name)}") from error
