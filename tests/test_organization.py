"""Watches of an organization: their accounts are listed, remembered, and polled like any others."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from infra.config.files.mistakes import Mistakes
from infra.config.policies import ELSE, SPREADING
from infra.config.statements import LISTING_ACCOUNTS
from infra.cost.reckoning import reckon, too_dear
from lambdas.apis.organizations import accounts_below
from lambdas.lanes import turns_of, turns_to_spread
from lambdas.members import Members, left_out, with_members
from lambdas.messages import SPREAD, Turn, read_turn, write_turn
from lambdas.model import Health, OutOfTimeError, Scope, SourceError
from lambdas.plan import Account, Plan, Watch, parse_plan, write_plan
from lambdas.poll.membership import KNOWN_FOR, Membership
from lambdas.poll.spread import LIST_AGAIN, LIST_EVERY, Spreader, in_time
from lambdas.poll.summary import Summary
from lambdas.store.members import key, read_members, write_members
from lambdas.store.table import Table
from lambdas.waits.settling import Outcome
from tests.catalogue import compile_plan
from tests.flow import flow_of
from tests.functions import Context, Functions, functions_of
from tests.iam import characters, policies_of
from tests.table import create_waits
from tests.template import (
    COMPILED,
    ROOT,
    of_type,
    plain,
    statements,
    synthesize,
)
from tests.template import (
    functions as functions_in,
)
from tests.values import DAY, HOUR, NOW
from tests.waits import TOKEN, Waiting

OWN = ("123456789012", "eu-west-1")
UNITS = ("ou-abcd-11111111", "ou-abcd-22222222")
ONE, TWO, THREE = "111111111111", "222222222222", "333333333333"
SAID: dict[str, Any] = {
    "source": "sesv2.import-jobs",
    "organization": {"units": [*reversed(UNITS)], "except": [THREE], "role": "reader", "most": 2},
}


def plan_of(tmp_path: Path, **watches: Any) -> Plan:
    return compiled(tmp_path, **watches).plan


def compiled(tmp_path: Path, **watches: Any) -> Any:
    file = tmp_path / "watches.yaml"
    file.write_text(json.dumps({"watches": watches}))
    return compile_plan(file, ROOT / "catalogue")


def members(*accounts: str, **more: Any) -> dict[tuple[str, ...], Members]:
    return {UNITS: Members(accounts, **more)}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path, theirs=SAID, ours={"source": "sesv2.import-jobs"})


def accounts(watch: Watch) -> list[str]:
    return [each.id for each in watch.accounts]


def test_a_plan_names_the_units_in_one_order_and_is_read_as_it_was_written(plan: Plan) -> None:
    watch = plan.watches["theirs"]
    assert watch.organization is not None
    assert (watch.organization.units, watch.organization.without) == (UNITS, (THREE,))
    assert plan.units == {UNITS}
    assert parse_plan(json.loads(json.dumps(write_plan(plan)))) == plan


def test_as_long_as_no_account_is_known_it_looks_nowhere_and_not_at_the_stacks_own(
    plan: Plan,
) -> None:
    assert plan.watches["theirs"].accounts_in(OWN[0]) == ()
    assert plan.watches["ours"].accounts_in(OWN[0]) == (OWN[0],)
    turns = turns_of(plan, plan.watches.values(), OWN, NOW, NOW)
    assert [(turn.account, turn.watches) for turn in turns] == [(OWN[0], ("ours",))]


def test_the_accounts_are_those_that_are_known_but_for_those_that_are_taken_out(
    plan: Plan,
) -> None:
    whole = with_members(plan, members(TWO, THREE, ONE))
    assert accounts(whole.watches["theirs"]) == [TWO, ONE]
    assert {each.role for each in whole.watches["theirs"].accounts} == {"reader"}
    assert whole.watches["ours"] == plan.watches["ours"]


def test_of_more_accounts_than_are_allowed_for_those_that_came_last_are_left_out(
    plan: Plan,
) -> None:
    known = members(TWO, THREE, "999999999999", ONE)
    assert accounts(with_members(plan, known).watches["theirs"]) == [TWO, "999999999999"]
    assert left_out(plan.watches["theirs"], known[UNITS]) == 1
    assert left_out(plan.watches["theirs"], Members((TWO, THREE, ONE))) == 0


def test_an_account_that_is_named_beside_them_keeps_its_own_role(tmp_path: Path) -> None:
    named = {"accounts": [{"id": ONE, "role": "other"}]}
    plan = with_members(plan_of(tmp_path, theirs={**SAID, **named}), members(ONE, TWO))
    found = plan.watches["theirs"].accounts
    assert [(each.id, each.role) for each in found] == [(ONE, "other"), (TWO, "reader")]


def test_who_ticks_gives_one_turn_for_all_accounts_which_poll_believes(plan: Plan) -> None:
    (turn,) = turns_to_spread(plan.watches.values(), OWN, NOW, NOW)
    assert turn == Turn(SPREAD, *OWN, ("theirs",), NOW, NOW)
    assert read_turn(write_turn(turn), plan, OWN, NOW) == turn
    assert turns_to_spread([plan.watches["ours"]], OWN, NOW, NOW) == []


@pytest.mark.parametrize(
    "changed",
    [{"account": ONE}, {"region": "us-east-1"}, {"watches": ("ours",)}, {"watches": ("none",)}],
    ids=str,
)
def test_a_turn_that_nobody_can_have_given_is_not_spread(
    plan: Plan, changed: dict[str, Any]
) -> None:
    turn = replace(Turn(SPREAD, *OWN, ("theirs",), NOW, NOW), **changed)
    assert read_turn(write_turn(turn), plan, OWN, NOW) is None


def test_a_lane_is_one_of_an_account_that_is_known_and_of_no_other(plan: Plan) -> None:
    turn = Turn("sesv2", ONE, OWN[1], ("theirs",), NOW, NOW)
    whole = with_members(plan, members(ONE))
    assert read_turn(write_turn(turn), whole, OWN, NOW) == turn
    assert read_turn(write_turn(turn), plan, OWN, NOW) is None
    own = replace(turn, account=OWN[0])
    assert read_turn(write_turn(own), whole, OWN, NOW) is None


class Lists:
    """What AWS Organizations lists, or the error with which it does not; and what came of it."""

    def __init__(self, *found: str) -> None:
        self.found: Sequence[str] | Exception = found
        self.given: list[Turn] = []
        self.given_before: list[str] = []
        self.asked: list[tuple[str, ...]] = []
        self.stored: dict[tuple[str, ...], Members] = {}
        self.warned: list[str] = []

    def __call__(self, units: tuple[str, ...]) -> Sequence[str]:
        self.asked.append(units)
        self.given_before = [each.account for each in self.given]
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def store(self, units: tuple[str, ...], known: Members, _: datetime) -> None:
        self.stored[units] = known

    def warn(self, said: str, where: Mapping[str, object]) -> None:
        self.warned.append(f"{said} {dict(where)}")

    def spread(
        self, plan: Plan, known: Mapping[tuple[str, ...], Members], now: datetime = NOW
    ) -> tuple[list[str], dict[str, float]]:
        """The accounts whose lanes get a turn, and what is told of the age of watches."""
        turn = Turn(SPREAD, *OWN, ("theirs",), now, now)
        turns, summary = self.spread_turn(plan, known, turn, now)
        assert {(each.service, each.region, each.watches) for each in turns} <= {
            ("sesv2", OWN[1], ("theirs",))
        }
        assert {(each.tick, each.due) for each in turns} <= {(now, now)}
        assert summary.counts["Dropped"] == 0
        return [each.account for each in turns], summary.ages

    def spread_turn(
        self, plan: Plan, known: Mapping[tuple[str, ...], Members], turn: Turn, now: datetime
    ) -> tuple[list[Turn], Summary]:
        """The turns that the lanes get for one, and what is told of it."""
        self.given = []
        spreader = Spreader(plan, known, OWN, self, self.store, self.given.extend, self.warn)
        turn, summary = in_time(turn, plan, now)
        if turn.watches:
            summary.add(spreader.spread(turn, now))
        return self.given, summary


def test_accounts_are_listed_at_first_and_then_once_an_hour(plan: Plan) -> None:
    lists = Lists(TWO, ONE)
    assert lists.spread(plan, {}) == ([ONE, TWO], {})
    assert lists.stored == {UNITS: Members((ONE, TWO), NOW)}
    known, just_before = lists.stored, NOW + LIST_EVERY - timedelta(seconds=1)
    assert lists.spread(plan, known, just_before) == ([ONE, TWO], {})
    assert len(lists.asked) == 1
    lists.spread(plan, known, NOW + LIST_EVERY)
    assert (len(lists.asked), lists.stored[UNITS].listed_at) == (2, NOW + HOUR)


def test_a_person_who_asks_has_them_listed_unless_that_was_just_done(plan: Plan) -> None:
    """As after an account was added: a schedule's turn would list it within the hour."""
    lists, turn = Lists(ONE), Turn(SPREAD, *OWN, ("theirs",), NOW)
    just_before = members(listed_at=NOW - LIST_AGAIN + timedelta(seconds=1))
    assert lists.spread_turn(plan, just_before, turn, NOW)[0] == []
    turns, _ = lists.spread_turn(plan, members(listed_at=NOW - LIST_AGAIN), turn, NOW)
    assert [each.account for each in turns] == [ONE]


def test_who_joins_comes_behind_the_others_and_who_leaves_is_left_out_from_then_on(
    plan: Plan,
) -> None:
    lists = Lists(TWO, ONE)
    known = members("999999999999", TWO, listed_at=NOW - HOUR)
    assert lists.spread(plan, known) == (["999999999999", TWO, ONE], {})
    assert lists.stored[UNITS].accounts == (TWO, ONE)
    assert lists.spread(plan, lists.stored) == ([TWO, ONE], {})


def test_of_a_cadence_that_has_no_account_at_all_nothing_is_unread(tmp_path: Path) -> None:
    """Else the alarm on silence would ring for units that are empty."""
    hourly, alone = {**SAID, "every": "1 hour"}, {"theirs": {**SAID, "every": "1 hour"}}
    assert Lists().spread(plan_of(tmp_path, **alone), {}) == ([], {"theirs": 0.0})
    others = {"accounts": [{"id": ONE, "role": "other"}]}
    with_others = plan_of(tmp_path, theirs=hourly, more={"source": "dataexchange.jobs", **others})
    assert Lists().spread(with_others, {}) == ([], {"theirs": 0.0})
    same = {"source": "dataexchange.jobs", "every": "1 hour", **others}
    assert Lists().spread(plan_of(tmp_path, theirs=hourly, more=same), {}) == ([], {})


def test_an_account_that_is_named_beside_them_has_its_turn_of_who_ticks(tmp_path: Path) -> None:
    named = {"accounts": [{"id": ONE, "role": "other"}]}
    plan = plan_of(tmp_path, theirs={**SAID, **named})
    assert Lists(ONE, TWO).spread(plan, {})[0] == [TWO]
    turns = turns_of(plan, plan.watches.values(), OWN, NOW, NOW)
    assert [turn.account for turn in turns] == [ONE]


@pytest.mark.parametrize("error", [SourceError("AccessDenied", "no"), OutOfTimeError()])
def test_a_list_that_fails_keeps_the_accounts_and_is_tried_again_soon(
    plan: Plan, error: Exception
) -> None:
    lists = Lists()
    lists.found = error
    known = members(ONE, listed_at=NOW - HOUR)
    assert lists.spread(plan, known) == ([ONE], {"theirs": 0.0})
    said = "no time" if isinstance(error, OutOfTimeError) else "AccessDenied: no"
    assert lists.stored[UNITS] == Members((ONE,), NOW, failed_since=NOW, error=said)
    assert "could not be listed" in lists.warned[0]
    again, later = dict(lists.stored), NOW + LIST_AGAIN
    assert lists.spread(plan, again, later - timedelta(seconds=1)) == ([ONE], {"theirs": 299.0})
    assert len(lists.asked) == 1
    assert lists.spread(plan, again, later) == ([ONE], {"theirs": 300.0})
    assert lists.stored[UNITS] == Members((ONE,), later, failed_since=NOW, error=said)
    lists.found = [ONE, TWO]
    assert lists.spread(plan, lists.stored, later + LIST_AGAIN) == ([ONE, TWO], {})
    assert lists.stored[UNITS] == Members((ONE, TWO), later + LIST_AGAIN)


@pytest.mark.parametrize(
    ("found", "given"),
    [((TWO, ONE, "999999999999"), [ONE, TWO]), ((TWO,), [ONE, TWO]), ((ONE, TWO), [ONE, TWO])],
    ids=["one more than is allowed for", "one that left", "the same"],
)
def test_accounts_that_are_known_have_their_turns_before_a_list_that_may_take_all_the_time(
    plan: Plan, found: tuple[str, ...], given: list[str]
) -> None:
    lists = Lists(*found)
    assert lists.spread(plan, members(ONE, TWO, listed_at=NOW - HOUR))[0] == given
    assert lists.given_before == [ONE, TWO]


def test_one_that_joins_has_its_turn_once_it_is_listed_and_the_others_have_theirs_once(
    plan: Plan,
) -> None:
    lists = Lists(ONE, TWO)
    assert lists.spread(plan, members(ONE, listed_at=NOW - HOUR))[0] == [ONE, TWO]
    assert lists.given_before == [ONE]


LATER = timedelta(seconds=61)
"""After which a turn of a watch that is due each minute comes too late."""
TAKEN = NOW.replace(minute=10 * (NOW.minute // 10), second=0)
"""A time whose turn is taken however late it comes."""


def late_turn(due: datetime | None) -> Turn:
    return Turn(SPREAD, *OWN, ("theirs",), due or TAKEN, due)


@pytest.mark.parametrize("minutes", range(1, 10))
def test_a_turn_that_waited_longer_than_its_cadence_is_dropped_and_its_age_is_told(
    plan: Plan, minutes: int
) -> None:
    """Else a queue that is behind is filled with turns that each lane drops."""
    lists, due = Lists(ONE), TAKEN + timedelta(minutes=minutes)
    turns, summary = lists.spread_turn(plan, members(ONE), late_turn(due), due + LATER)
    assert (turns, lists.asked, lists.stored) == ([], [], {})
    assert (summary.counts["Dropped"], summary.ages) == (1, {"theirs": 61.0})


def test_one_turn_in_ten_minutes_is_taken_however_late_it_is_and_no_lane_drops_it(
    plan: Plan,
) -> None:
    """Where others take all the time, these watches would be read never."""
    lists, now = Lists(ONE), TAKEN + LATER
    turns, summary = lists.spread_turn(plan, members(ONE), late_turn(TAKEN), now)
    assert [(each.account, each.tick, each.due) for each in turns] == [(ONE, now, TAKEN)]
    assert (summary.counts["Dropped"], lists.asked) == (0, [UNITS])


def test_what_a_person_asks_for_is_spread_however_late(plan: Plan) -> None:
    turns, _ = Lists(ONE).spread_turn(plan, members(ONE), late_turn(None), TAKEN + LATER)
    assert [(each.account, each.tick, each.due) for each in turns] == [(ONE, TAKEN, None)]


def test_of_several_watches_those_are_spread_whose_turn_is_in_time(tmp_path: Path) -> None:
    hourly = {**SAID, "every": "1 hour"}
    plan, due = plan_of(tmp_path, hourly=hourly, theirs=SAID), TAKEN + timedelta(minutes=1)
    turn = replace(late_turn(due), watches=("hourly", "theirs"))
    turns, summary = Lists(ONE).spread_turn(plan, members(ONE), turn, due + LATER)
    assert [each.watches for each in turns] == [("hourly",)]
    assert summary.counts["Dropped"] == 1


def test_that_accounts_are_left_out_is_warned_of_and_rings(plan: Plan) -> None:
    lists = Lists(ONE, TWO, "999999999999")
    there, ages = lists.spread(plan, {})
    assert there == [ONE, TWO]
    assert ages["theirs"] > 3 * 300
    assert lists.warned == [
        "Accounts of an organization are left out {'watch': 'theirs', 'more': 1}"
    ]


@pytest.fixture
def organizations() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("organizations")
        client.create_organization(FeatureSet="ALL")
        yield client


def make_account(client: Any, parent: str, name: str) -> str:
    made = client.create_account(AccountName=name, Email=f"{name}@example.com")
    account: str = made["CreateAccountStatus"]["AccountId"]
    (root,) = client.list_roots()["Roots"]
    if parent != root["Id"]:
        client.move_account(
            AccountId=account, SourceParentId=root["Id"], DestinationParentId=parent
        )
    return account


def make_unit(client: Any, parent: str, name: str) -> str:
    made = client.create_organizational_unit(ParentId=parent, Name=name)
    unit: str = made["OrganizationalUnit"]["Id"]
    return unit


def test_accounts_are_those_in_the_units_and_below_but_for_those_that_are_suspended(
    organizations: Any,
) -> None:
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit, other = make_unit(organizations, root, "a"), make_unit(organizations, root, "b")
    below = make_unit(organizations, unit, "c")
    there = {make_account(organizations, unit, "one"), make_account(organizations, below, "two")}
    elsewhere = make_account(organizations, other, "three")
    organizations.close_account(AccountId=make_account(organizations, below, "closed"))
    assert {*accounts_below(organizations, [unit], lambda: True)} == there
    whole = {*accounts_below(organizations, [root], lambda: True)}
    assert there | {elsewhere} <= whole
    assert sorted(accounts_below(organizations, [unit, below], lambda: True)) == sorted(there)


class Pages:
    """AWS Organizations, which lists in pages: each account of a page is one of `pages`."""

    def __init__(self, *pages: Any) -> None:
        self.pages = pages

    def list_accounts_for_parent(self, ParentId: str, NextToken: str = "0") -> Any:  # noqa: ARG002, N803
        page = self.pages[int(NextToken) % len(self.pages)]
        if isinstance(page, Exception):
            raise page
        return page

    def list_organizational_units_for_parent(self, **_: str) -> Any:
        return {"OrganizationalUnits": []}


def active(account: str, token: str | None = None, **said: str) -> Any:
    return {"Accounts": [{"Id": account, **(said or {"State": "ACTIVE"})}], "NextToken": token}


def listed(*pages: Any) -> list[str]:
    return [*accounts_below(Pages(*pages), UNITS[:1], lambda: True)]


def test_all_pages_are_read_and_an_account_is_what_its_newer_word_says() -> None:
    assert listed(active(ONE, "1"), active(TWO, Status="ACTIVE")) == [ONE, TWO]
    assert listed(active(ONE, State="PENDING_CLOSURE", Status="ACTIVE")) == []


def test_pages_that_go_in_circles_are_an_error() -> None:
    with pytest.raises(SourceError, match="token twice"):
        listed(active(ONE, "1"), active(TWO, "1"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "x"), "Acc"),
        (ReadTimeoutError(endpoint_url="https://example.com"), "ReadTimeoutError"),
    ],
)
def test_an_error_is_told_without_the_librarys_own(error: Exception, code: str) -> None:
    with pytest.raises(SourceError) as raised:
        listed(active(ONE, "1"), error)
    assert raised.value.code.startswith(code)
    assert raised.value.__context__ is None


def test_without_time_for_a_call_none_is_made() -> None:
    with pytest.raises(OutOfTimeError):
        [*accounts_below(Pages(active(ONE)), UNITS, lambda: False)]


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    watches = {"theirs": {**SAID, "every": "1 minute"}, "ours": {"source": "dataexchange.jobs"}}
    with functions_of(tmp_path, monkeypatch, watches) as functions:
        yield functions


def store(functions: Functions, known: Members) -> None:
    item = write_members(UNITS, known, datetime.now(UTC))
    functions.flow.dynamodb.put_item(TableName="seen", Item=item)


def test_what_the_table_has_of_accounts_is_read_as_it_was_written(functions: Functions) -> None:
    known = Members((TWO, ONE), NOW, failed_since=NOW - HOUR, error="AccessDenied: no")
    store(functions, known)
    client = functions.flow.dynamodb
    assert read_members(client, "seen", [UNITS, UNITS[:1]]) == {UNITS: known, UNITS[:1]: Members()}
    client.put_item(TableName="seen", Item={**key(UNITS), "members": {"S": '{"accounts": 1}'}})
    assert read_members(client, "seen", [UNITS]) == {UNITS: Members()}


def test_each_account_has_its_lane_polled_with_its_own_role(functions: Functions) -> None:
    """From the tick over the queue to the job API, as the functions do it in Lambda."""
    store(functions, Members((ONE, TWO), datetime.now(UTC)))
    assert functions.start("tick")({"watches": ["theirs"]}, Context()) == {
        "Watches": 1,
        "Lanes": 1,
    }
    poll = functions.start("poll")
    (given,) = functions.waiting(functions.lanes)
    assert given["Attributes"]["MessageGroupId"] == f"organization:{OWN[0]}:{OWN[1]}"
    poll({"Records": [record(given)]}, Context())
    spread = functions.waiting(functions.lanes)
    groups = {each["Attributes"]["MessageGroupId"] for each in spread}
    assert groups == {f"sesv2:{account}:{OWN[1]}" for account in (ONE, TWO)}
    for each in spread:
        answer = poll({"Records": [record(each)]}, Context())
        assert (answer["Scopes"], answer["Unread"], answer["Dropped"]) == (1, [], 0)
    assert functions.waiting(functions.lanes) == []  # Lambda ends a chain that feeds itself on
    assert functions.apis.calls == ["ListImportJobs"] * 2
    read = [
        json.loads(item["health"]["S"])["account"]
        for item in functions.flow.items()
        if "health" in item
    ]
    assert sorted(read) == [ONE, TWO]


def record(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    return {"body": message["Body"], "attributes": message["Attributes"]}


class Refusing:
    """A table that has the accounts, and refuses to give them while `error` is there."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.accounts: tuple[str, ...] = (ONE,)

    def batch_get_item(self, **_: Any) -> Any:
        if self.error:
            raise self.error
        item = write_members(UNITS, Members(self.accounts, NOW), NOW)
        return {"Responses": {"seen": [item]}}


THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchGetItem")
WRONG = ClientError({"Error": {"Code": "ValidationException"}}, "BatchGetItem")


@pytest.mark.parametrize(
    ("error", "fresh", "goes_on"),
    [(THROTTLED, False, True), (THROTTLED, True, False), (WRONG, False, False)],
    ids=["it refuses", "another account may have come", "it can't be asked so"],
)
def test_what_was_known_of_accounts_goes_on_where_the_table_refuses_for_now(
    plan: Plan, error: Exception, fresh: bool, goes_on: bool
) -> None:
    """Else every lane's message would be hidden until it shows up again, those of here as well."""
    client, now = Refusing(), [0.0]
    table = Table(client, "seen", cast("Any", None))
    membership = Membership(plan, table, cast("Any", None), lambda: now[0])
    before = membership.known()
    assert accounts(before.watches["theirs"]) == [ONE]
    client.error, now[0] = error, KNOWN_FOR + 1
    with nullcontext() if goes_on else pytest.raises(ClientError):
        assert membership.known(fresh=fresh) == before
    client.error, client.accounts = None, (TWO,)
    assert accounts(membership.known(fresh=fresh).watches["theirs"]) == [TWO]


def test_what_is_unreachable_in_an_account_that_left_is_taken_back_as_the_list_says_so(
    functions: Functions,
) -> None:
    """It has no lane any more, and may have been the last account of all."""
    plan, table, now = functions.flow.plan, functions.flow.table, datetime.now(UTC)
    here = {"watch": "theirs", "source": "sesv2.import-jobs", "region": OWN[1], "parameters": {}}
    scopes = [Scope(account=account, **here) for account in (ONE, TWO)]
    for scope in scopes:
        table.put_health(scope, Health(version=1, began_at=NOW, unreachable=True, since=NOW))
    store(functions, Members((ONE, TWO), NOW))
    clients: Any = SimpleNamespace(client=lambda *_, **__: Pages(active(TWO)))
    membership, given = Membership(plan, table, clients, lambda: 0.0), list[Turn]()
    turn = Turn(SPREAD, *OWN, ("theirs",), now, now)
    membership.spread(turn, OWN, 300, now, give=given.extend, warn=lambda *_: None)
    assert [each.account for each in given] == [ONE, TWO]
    healths = [table.read_health(scope) for scope in scopes]
    assert [(each.unreachable, each.announced) for each in healths] == [
        (False, "Watch Recovered"),
        (True, None),
    ]


def test_an_account_that_comes_back_goes_on_where_it_was_and_one_that_is_new_begins_quietly(
    tmp_path: Path,
) -> None:
    """As a list that once left it out would else have its ends be lost."""
    with flow_of(tmp_path, {"theirs": SAID}) as flow:
        plan = flow.plan

        def told(*accounts: str) -> list[tuple[str, str, str]]:
            flow.plan = with_members(plan, members(*accounts, listed_at=NOW))
            details = [each["detail"] for each in flow.tell()]
            return [(each["account"], each["job_id"], each["status"]) for each in details]

        flow.api.put("runs", "PROCESSING", CreatedTimestamp=NOW)
        flow.api.put("ended", "COMPLETED", CreatedTimestamp=NOW)
        assert told(ONE) == []
        flow.api.put("runs", "FAILED", CreatedTimestamp=NOW)
        flow.api.put("new", "COMPLETED", CreatedTimestamp=flow.now)
        assert told() == []
        expected = {(ONE, "runs", "FAILED"), (ONE, "new", "SUCCEEDED")}
        assert {*told(TWO, ONE)} == expected
        assert told(TWO, ONE) == []


def test_without_anything_known_of_accounts_a_table_that_refuses_is_an_error(plan: Plan) -> None:
    client = Refusing()
    client.error = THROTTLED
    table = Table(client, "seen", cast("Any", None))
    with pytest.raises(ClientError):
        Membership(plan, table, cast("Any", None), lambda: 0.0).known()


@pytest.mark.parametrize("lane", [(SPREAD, *OWN), ("sesv2", ONE, OWN[1])], ids=["all", "one"])
@pytest.mark.parametrize("minutes", [11, 61], ids=["a schedule's", "a person's"])
def test_a_turn_that_the_queue_may_forget_is_dropped_without_a_look_at_the_table(
    functions: Functions,
    lane: tuple[str, str, str],
    minutes: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    functions.flow.dynamodb.delete_table(TableName="seen")
    tick = datetime.now(UTC) - timedelta(minutes=minutes, seconds=1)
    turn = Turn(*lane, ("theirs",), tick, tick if minutes == 11 else None)
    answer = functions.start("poll")({"Records": [{"body": write_turn(turn)}]}, Context())
    assert (answer["Dropped"], functions.waiting(functions.lanes)) == (1, [])
    (said,) = [each for each in caplog.records if "came too late" in each.message]
    assert tuple(said.__dict__["lane"].values()) == lane


def test_a_late_turn_is_counted_and_its_lanes_get_none_whatever_the_table_does(
    functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    """One that fails comes again when its message shows up, and those behind it wait until then."""
    functions.flow.dynamodb.delete_table(TableName="seen")
    due = datetime.now(UTC) - timedelta(minutes=2)
    due = due if due.minute % 10 else due - timedelta(minutes=1)
    turn = Turn(SPREAD, *OWN, ("theirs",), due, due)
    answer = functions.start("poll")({"Records": [{"body": write_turn(turn)}]}, Context())
    assert (answer["Dropped"], functions.waiting(functions.lanes)) == (1, [])
    assert [each for each in caplog.records if "came too late" in each.message]


def test_a_lane_of_an_account_that_came_since_is_polled_at_once(functions: Functions) -> None:
    poll, now = functions.start("poll"), datetime.now(UTC)
    body = write_turn(Turn("sesv2", ONE, OWN[1], ("theirs",), now, now))
    assert poll({"Records": [{"body": body}]}, Context())["Dropped"] == 1
    store(functions, Members((ONE,), now))
    assert poll({"Records": [{"body": body}]}, Context())["Scopes"] == 1


@pytest.fixture
def overlapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    """The functions of two watches, of two units and of one of these."""
    below = {**SAID, "organization": {**SAID["organization"], "units": [UNITS[0]]}}
    with functions_of(tmp_path, monkeypatch, {"below": below, "theirs": SAID}) as functions:
        yield functions


def test_an_account_that_came_into_another_watch_since_is_polled_for_both(
    overlapping: Functions,
) -> None:
    """A watch that is due once a day would else have its first look a day later."""
    poll, now = overlapping.start("poll"), datetime.now(UTC)
    store(overlapping, Members((ONE,), now))
    turn = Turn("sesv2", ONE, OWN[1], ("theirs",), now, now)
    assert poll({"Records": [{"body": write_turn(turn)}]}, Context())["Scopes"] == 1
    item = write_members(UNITS[:1], Members((ONE,), now), now)
    overlapping.flow.dynamodb.put_item(TableName="seen", Item=item)
    both = write_turn(replace(turn, watches=("below", "theirs")))
    assert poll({"Records": [{"body": both}]}, Context())["Scopes"] == 2


def test_a_list_that_is_refused_is_in_the_log_and_what_was_known_is_polled(
    functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    """There is no organization here at all."""
    store(functions, Members((ONE,), NOW))
    functions.start("tick")({"watches": ["theirs"]}, Context())
    (given,) = functions.waiting(functions.lanes)
    functions.start("poll")({"Records": [record(given)]}, Context())
    (spread,) = functions.waiting(functions.lanes)
    assert spread["Attributes"]["MessageGroupId"] == f"sesv2:{ONE}:{OWN[1]}"
    (said,) = [each for each in caplog.records if "could not be listed" in each.message]
    assert said.__dict__["organization"]["units"] == [*UNITS]
    found = read_members(functions.flow.dynamodb, "seen", [UNITS])[UNITS]
    assert found.accounts == (ONE,)
    assert found.failed_since is not None


def test_who_waits_for_a_job_may_name_an_account_of_it(functions: Functions) -> None:
    create_waits(functions.flow.dynamodb)
    asked = {"source": "sesv2.import-jobs", "job_id": "j", "token": "t", "account": ONE}
    store(functions, Members((TWO,), datetime.now(UTC)))
    functions.start("wait")(asked, Context())
    (refused,) = [each for each in functions.apis.sent if b"NOT_WATCHED" in each]
    assert b"looks into" in refused
    store(functions, Members((ONE,), datetime.now(UTC)))
    functions.apis.sent.clear()
    assert functions.start("wait")(asked, Context()) == {"Outcome": "Waits"}


@pytest.mark.parametrize(
    ("asked", "refused"),
    [({}, False), ({"account": THREE}, True), ({"region": "us-east-1"}, True)],
    ids=["an account", "one that is taken out", "another region"],
)
def test_who_waits_goes_on_while_no_account_of_an_organization_is_known(
    plan: Plan, asked: Mapping[str, str], refused: bool
) -> None:
    """As when other units were deployed: whoever waits already would be failed for good."""
    theirs = plan.watches["theirs"]
    named = replace(theirs, accounts=(Account(TWO, "reader"),))
    waiting = Waiting(replace(plan, watches={**plan.watches, "theirs": named}))
    outcome = waiting.wait(**{"account": ONE, "region": OWN[1], **asked})
    assert outcome is (Outcome.ANSWERED if refused else Outcome.WAITS)
    assert waiting.tasks.heartbeats == ([] if refused else [TOKEN])


def test_who_waits_goes_on_for_a_day_where_a_list_leaves_its_account_out(plan: Plan) -> None:
    """As of one that is moved to another unit: it was failed for good, and the job went on."""
    waiting = Waiting(with_members(plan, {UNITS: Members((ONE,), NOW)}))
    waiting.wait(account=ONE, region=OWN[1])
    whole, without = waiting.settler, with_members(plan, {UNITS: Members((), NOW)})
    waiting.settler = replace(whole, plan=without)
    waiting.repair()
    assert not waiting.tasks.told
    waiting.settler = whole
    waiting.repair()
    assert not waiting.tasks.told
    waiting.settler = replace(whole, plan=without)
    waiting.now += 2 * DAY
    waiting.repair()
    assert waiting.tasks.told[TOKEN][0] == "Jobwatch.GAVE_UP"
    assert Waiting(without).wait(account=ONE, region=OWN[1]) is Outcome.ANSWERED, "a new one is not"


def left(plan: Plan, status: str) -> Waiting:
    """Wait for a job that is seen in a status before its account leaves; look at the wait then."""
    waiting = Waiting(with_members(plan, {UNITS: Members((ONE,), NOW)}))
    waiting.wait(account=ONE, region=OWN[1])
    waiting.see(status, account=ONE, watch="theirs")
    without = with_members(plan, {UNITS: Members((), NOW)})
    waiting.settler = replace(waiting.settler, plan=without)
    waiting.repair()
    return waiting


def test_who_waits_is_told_how_a_job_ended_before_its_account_left(plan: Plan) -> None:
    """Its event was lost, or not taken: it was given up, with its end in the table."""
    waiting = left(plan, "SUCCEEDED")
    assert waiting.tasks.told[TOKEN][0] == "success"


def test_a_job_that_still_ran_as_its_account_left_is_given_up_as_one_that_is_not_followed(
    plan: Plan,
) -> None:
    waiting = left(plan, "RUNNING")
    assert not waiting.tasks.told
    waiting.now += 2 * DAY
    waiting.repair()
    error, cause = waiting.tasks.told[TOKEN]
    assert error == "Jobwatch.GAVE_UP"
    assert cause.endswith("it was last seen RUNNING, and is followed no more")


@pytest.fixture
def made(tmp_path: Path) -> Any:
    return synthesize(compiled(tmp_path, theirs=SAID))


def said_of(role: str, made: Any) -> list[dict[str, Any]]:
    return [
        statement
        for each in of_type("AWS::IAM::Policy", made).values()
        if [plain(one) for one in each["Roles"]] == [role]
        for statement in each["PolicyDocument"]["Statement"]
    ]


def test_poll_may_take_the_role_all_over_the_organization_list_accounts_and_queue(
    made: Any,
) -> None:
    said = said_of("<PollingPollRole>", made)
    (assume,) = [each for each in said if "sts:AssumeRole" in each["Action"]]
    arn = assume["Resource"]
    assert plain(arn[0] if isinstance(arn, list) else arn) == (
        "arn:<AWS::Partition>:iam::*:role/reader"
    )
    condition = assume["Condition"]["StringEquals"]["aws:ResourceOrgID"]
    assert condition in ("${aws:PrincipalOrgID}", ["${aws:PrincipalOrgID}"])
    listing = [each for each in said if "organizations:" in json.dumps(each["Action"])]
    assert [sorted(each["Action"]) for each in listing] == [
        ["organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"]
    ]
    (queue,) = [each for each in said if each.get("Sid") == "SpreadTurns"]
    assert plain(queue["Resource"]) == "<LanesQueue.Arn>"
    assert "LANES_QUEUE_URL" in functions_in(made)["poll"]["Environment"]["Variables"]


def senders(made: Any) -> list[str]:
    """The roles that may give turns to lanes."""
    (policy,) = [
        each
        for each in of_type("AWS::SQS::QueuePolicy", made).values()
        if plain(each["Queues"][0]) == "<LanesQueue>"
    ]
    roles = statements(policy)["OnlyTick"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    return [plain(each) for each in (roles if isinstance(roles, list) else [roles])]


def test_nobody_but_tick_and_poll_gives_turns_and_without_an_organization_tick_alone(
    made: Any,
) -> None:
    assert senders(made) == ["<TickingTickRole.Arn>", "<PollingPollRole.Arn>"]
    usual = synthesize(COMPILED)
    assert senders(usual) == ["<TickingTickRole.Arn>"]
    assert "LANES_QUEUE_URL" not in functions_in(usual)["poll"]["Environment"]["Variables"]
    assert "organizations:" not in json.dumps(usual)
    assert "SpreadTurns" not in json.dumps(usual)


def test_what_poll_may_do_besides_fits_beside_what_it_reads(tmp_path: Path) -> None:
    whole = compiled(tmp_path, theirs=SAID, ours={"source": "dataexchange.jobs"})
    inline, _ = policies_of("<PollingPollRole>", synthesize(whole))
    besides = [each for each in inline if "dataexchange:" not in json.dumps(each)]
    assert len(inline) - len(besides) == 1
    assert sum(map(characters, besides)) <= whole.kept == ELSE + SPREADING


def test_a_month_is_reckoned_with_as_many_accounts_as_are_allowed(tmp_path: Path) -> None:
    def lanes(most: int) -> int:
        organization = {**SAID["organization"], "most": most}
        said = {"source": "sesv2.import-jobs", "every": "1 hour", "organization": organization}
        return reckon(compiled(tmp_path, a=said, b=said)).lanes

    assert (lanes(2), lanes(50)) == (2, 50)


def test_where_there_are_too_many_accounts_it_is_said_how_to_allow_for_fewer(
    tmp_path: Path,
) -> None:
    """As where `most` was left out, which is a thousand."""
    theirs = {"units": [*UNITS], "role": "reader"}
    dear = compiled(tmp_path, theirs={"source": "sesv2.import-jobs", "organization": theirs})
    (mistake,) = too_dear(dear, reckon(dear))
    assert "in fewer accounts (`most` of `organization`)" in str(mistake)
    expect = {"expect": {"within": "1 day"}, "every": "1 hour"}
    with pytest.raises(Mistakes, match="a lower `most` of `organization`"):
        plan_of(tmp_path, a={"source": "sesv2.import-jobs", "organization": theirs, **expect})


def test_a_role_is_offered_with_what_the_watch_takes_and_no_external_id(tmp_path: Path) -> None:
    (reader,) = compiled(tmp_path, theirs=SAID).readers
    assert (reader.role, reader.external_ids) == ("reader", ("",))
    assert "ses:ListImportJobs" in {a for each in reader.permissions for a in each.actions}
    assert compiled(tmp_path, theirs=SAID).permissions == ()


def test_the_organizations_policy_lets_an_account_list_and_no_more() -> None:
    page = (ROOT / "docs" / "other-accounts.md").read_text(encoding="utf-8")
    (content,) = re.findall(r"put-resource-policy --content '([^']+)'", page)
    (statement,) = json.loads(content)["Statement"]
    assert {*statement["Action"]} == {f"organizations:{each}" for each in LISTING_ACCOUNTS}
    (who,) = re.findall(r"register-delegated-administrator --account-id (\d{12})", page)
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{who}:root"}
