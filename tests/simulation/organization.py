"""An organization of accounts, and AWS Organizations, which lists them with trouble of its own.

Accounts join, leave, come back and are suspended, and move from unit to unit. The role that lets
Jobwatch read in one may come hours after it. Who left, is suspended or has no role there refuses
each call.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lambdas.plan import Account, Plan, Watch
from lambdas.plan import Organization as Said
from tests.simulation.calls import Calls, refusal
from tests.simulation.clock import Clock
from tests.simulation.dice import Dice
from tests.simulation.weather import CALLS, Weather

if TYPE_CHECKING:
    from random import Random

Units = tuple[str, ...]
WATCHED, BELOW, ELSEWHERE = "ou-sims-11111111", "ou-sims-22222222", "ou-sims-33333333"
TREE: Mapping[str, Units] = {WATCHED: (BELOW,)}
"""Which units are in which."""
UNITS = ((WATCHED,), (WATCHED,), (BELOW, WATCHED), (BELOW,))
"""What a watch names of them."""
EXCEPTED, OUTSIDE = "100000000098", "100000000099"
"""An account in a watched unit that no watch means, and one in a unit that none watches."""
MOST = 6
"""Accounts that come and go at most."""
PAGE = 2
"""Accounts on a page."""
ROLE = "jobwatch-reader"
UNKNOWN_FOR = (0.0, 0.0, 900.0, 5400.0)
"""For how long at first nobody is answered which accounts there are, in seconds."""
ROLE_AFTER = (0.0, 0.0, 600.0, 5400.0)
"""How long after an account its role comes."""
OFTEN = 1200.0
"""How long it takes about until an account joins, leaves or is suspended."""
_CODES = {
    "throttled": "TooManyRequestsException",
    "denied": "AccessDeniedException",
    "broken": "ServiceException",
}


def said(*units: str) -> Said:
    """Give how a watch names units."""
    return Said(units=units, role=ROLE, without=(EXCEPTED,), most=50)


class Organization:
    """Who is in which unit; without the ingredient, nobody is anywhere."""

    def __init__(self, clock: Clock, dice: Dice, calls: Calls) -> None:
        self._clock, self._calls = clock, calls
        self.moved: Callable[[], None] = lambda: None
        """Called where somebody comes, goes or moves."""
        self._dice: Random = dice.of("organizations")
        self._unit: dict[str, str] = {}
        self._suspended: set[str] = set()
        self._role_from: dict[str, float] = {}
        self.ever: dict[str, None] = {}
        """Every account that was ever there, in the order in which they came."""
        self.joined: dict[str, float] = {}
        """When each account joined, came back or moved that never left since."""
        self._changes = 0
        self._wholes: dict[tuple[int, int], Plan] = {}
        self.calm = "organizations" not in dice.on
        trouble = frozenset(CALLS if "troubled lists of accounts" in dice.on else ())
        own = Dice(self._dice.randrange(10**9), trouble, trouble)
        self._weather = Weather(clock, own, "AWS Organizations")
        self._answers_from = clock.now
        self._comes_and_goes = "accounts that come and go" in dice.on
        self._lacks_roles = "roles that are missing" in dice.on
        if not self.calm:
            self._begin(unknown="troubled lists of accounts" in dice.on)

    def _begin(self, *, unknown: bool) -> None:
        self._unit = {EXCEPTED: WATCHED, OUTSIDE: ELSEWHERE}
        if unknown:
            self._answers_from += self._dice.choice(UNKNOWN_FOR)
        for _ in range(self._dice.randint(2, 4)):
            self._join()
        if self._comes_and_goes:
            self._plan_next()

    def become_calm(self) -> None:
        """From now on every list is answered, nobody moves, and each role is there."""
        self.calm = self._weather.calm = True
        self._answers_from = self._clock.now
        self._role_from.clear()

    def there(self, units: Collection[str]) -> tuple[str, ...]:
        """Give the accounts that a watch of these units is to look into now."""
        whole = {*units, *(below for unit in units for below in TREE.get(unit, ()))}
        return tuple(
            each
            for each in self.ever
            if self._unit.get(each) in whole and each not in self._suspended
        )

    def refuses(self, account: str) -> bool:
        """Tell whether who is to read in an account may not."""
        if account not in self.ever:
            return False
        away = account not in self._unit or account in self._suspended
        return away or self._role_from.get(account, 0.0) > self._clock.now

    def whole(self, plan: Plan) -> Plan:
        """Give a plan as it is meant now: its watches name the accounts of their units."""
        if not plan.units:
            return plan
        key = (id(plan), self._changes)
        if key not in self._wholes:
            self._wholes[key] = _named(plan, self.there)
        return self._wholes[key]

    def widest(self, plan: Plan) -> Plan:
        """Give a plan whose watches name every account that ever was in the organization."""
        return _named(plan, lambda _: (*self.ever,)) if plan.units else plan

    def client(self, seconds: float) -> "Client":
        """Give the client of AWS Organizations; its calls hang at most so long."""
        return Client(self, seconds)

    def _plan_next(self) -> None:
        self._clock.after(self._dice.expovariate(1 / OFTEN), self._next)

    def _next(self) -> None:
        if self.calm:
            return
        account = self._dice.choice([*self.ever])
        draw = self._dice.random()
        if draw < 0.3 and len(self.ever) < MOST:
            self._join()
        elif account in self._suspended:
            self._suspended.discard(account)
            self.joined[account] = self._clock.now
        elif account not in self._unit:
            self._join(account)
        elif draw < 0.5:
            self._suspended.add(account)
            self.joined.pop(account, None)
        elif draw < 0.8:
            del self._unit[account]
            self.joined.pop(account, None)
        else:  # which only a watch of the unit below notices
            self._unit[account] = WATCHED if self._unit[account] == BELOW else BELOW
            self.joined[account] = self._clock.now
        self._change()
        self._plan_next()

    def _join(self, account: str | None = None) -> None:
        """Let an account join: a new one, unless it was there before."""
        account, now = account or f"1000000000{len(self.ever):02}", self._clock.now
        self.ever[account] = None
        self._unit[account] = self._dice.choice((WATCHED, BELOW))
        self.joined[account] = now
        late = self._dice.choice(ROLE_AFTER) if self._lacks_roles else 0.0
        self._role_from[account] = now + late

    def _change(self) -> None:
        self._changes += 1
        self.moved()

    def _list_accounts(self, unit: str) -> list[dict[str, str]]:
        found = sorted(each for each, of in self._unit.items() if of == unit)
        states = ("ACTIVE", "SUSPENDED")
        return [{"Id": each, "State": states[each in self._suspended]} for each in found]

    def _answer(self, operation: str, answer: Callable[[], Any], seconds: float) -> Any:
        kind = self._weather.hits("list", CALLS)
        if self._clock.now < self._answers_from:
            kind = "denied"
        if kind == "hanging":
            return self._calls.hang(operation, seconds)
        if kind == "cut off":
            return self._calls.lose(operation, 1)
        if kind in _CODES:
            raise self._calls.make(lambda: refusal(_CODES[kind], operation), 3)
        return self._calls.make(answer, 20 if kind == "slow" else 0.12)


class Client:
    """AWS Organizations as a botocore client, for the two lists that Jobwatch asks for."""

    def __init__(self, organization: Organization, seconds: float) -> None:
        self._organization, self._seconds = organization, seconds

    def list_accounts_for_parent(self, **asked: str) -> Any:
        return self._list(
            "Accounts", asked, lambda: self._organization._list_accounts(asked["ParentId"])
        )

    def list_organizational_units_for_parent(self, **asked: str) -> Any:
        below = [{"Id": each} for each in TREE.get(asked["ParentId"], ())]
        return self._list("OrganizationalUnits", asked, lambda: below)

    def _list(
        self, name: str, asked: Mapping[str, str], found: Callable[[], list[dict[str, str]]]
    ) -> Any:
        after = asked.get("NextToken", "")

        def answer() -> dict[str, Any]:
            rows = [row for row in found() if row["Id"] > after]
            page = rows[:PAGE]
            return {name: page, **({"NextToken": page[-1]["Id"]} if rows[PAGE:] else {})}

        return self._organization._answer(f"List{name}ForParent", answer, self._seconds)


def _named(plan: Plan, there: Callable[[Units], tuple[str, ...]]) -> Plan:
    watches = {name: _with(watch, there) for name, watch in plan.watches.items()}
    return replace(plan, watches=watches)


def _with(watch: Watch, there: Callable[[Units], tuple[str, ...]]) -> Watch:
    if watch.organization is None:
        return watch
    named = {each.id for each in watch.accounts}
    found = (each for each in there(watch.organization.units) if each not in named)
    accounts = (*watch.accounts, *(Account(each, ROLE) for each in found))
    return replace(watch, accounts=accounts)
