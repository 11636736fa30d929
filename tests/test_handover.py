"""What is handed over arrives as it was, grouped so that one API is called by few at a time."""

import json
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.digest import PARTS, digest
from lambdas.handover import GROUPS, PER_MESSAGE, Handover, HandoverError, read_visits
from lambdas.model import Bookmark, Scope, Visit
from lambdas.plan import Plan
from lambdas.scopes import first_scopes, scope_of
from tests.memory import Faults, MemoryQueue
from tests.stage import make_plan
from tests.values import NOW

OWN = "123456789012"
ACCOUNTS = [f"{number:012}" for number in range(1, 51)]
REGIONS = ["eu-west-1", "us-east-1"]
WATCHES = {
    "own": {"source": "sesv2.import-jobs"},
    "many": {
        "source": "dataexchange.jobs",
        "regions": REGIONS,
        "accounts": [{"id": each, "role": "reader", "external_id": "a-word"} for each in ACCOUNTS],
    },
    "segments": {"source": "pinpoint.segment-import-jobs"},
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(tmp_path_factory.mktemp("plan"), WATCHES)


def put(plan: Plan, visits: list[Visit], queue: Any = None) -> list[dict[str, Any]]:
    """Hand visits over; give the entries that the queue took."""
    queue = queue or MemoryQueue(Faults())
    Handover(queue, "url", "lost", plan, NOW, due=NOW).put(visits)
    entries: list[dict[str, Any]] = queue.entries
    return entries


def arrived(plan: Plan, entries: list[dict[str, Any]]) -> list[Visit]:
    bodies = [json.loads(entry["MessageBody"]) for entry in entries]
    return [visit for body in bodies for visit in read_visits(body["visits"], plan)]


def visits_of(plan: Plan, name: str) -> list[Visit]:
    return [Visit(scope) for scope in first_scopes(plan.watches[name], OWN, "eu-west-1")]


def lane(scope: Scope) -> tuple[str, str, str]:
    return scope.source, scope.account, scope.region


def by_place(visits: list[Visit]) -> list[Visit]:
    return sorted(visits, key=lambda visit: lane(visit.scope))


TIMES = st.integers(0, 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))
DIGESTS = st.lists(st.integers(0, 2**48 - 1), max_size=9).map(digest)
BOOKMARKS = st.builds(
    Bookmark,
    began=TIMES,
    token=st.none() | st.text(min_size=1),
    pages=st.integers(0, 99_999),
    finished=st.none() | DIGESTS,
    old=st.none() | DIGESTS,
    doubt=st.frozensets(st.integers(0, PARTS - 1)),
    seen=st.none() | st.frozensets(st.text(min_size=1), max_size=9),
    failed=st.booleans(),
)


VISITS = st.fixed_dictionaries(
    {
        "quiet_before": st.none() | TIMES,
        "bookmark": st.none() | BOOKMARKS,
        "bury": st.booleans(),
        "last": st.booleans(),
    }
)


@given(st.dictionaries(st.sampled_from(["ApplicationId", "SegmentId"]), st.text()), VISITS)
def test_a_visit_arrives_as_it_was(plan, parameters, fields):
    scope = scope_of(plan.watches["segments"], OWN, "eu-west-1", parameters)
    visit = Visit(scope, **fields)
    assert arrived(plan, put(plan, [visit])) == [visit]


def test_a_message_says_which_tick_wanted_what(plan: Plan) -> None:
    (entry,) = put(plan, visits_of(plan, "own"))
    assert json.loads(entry["MessageBody"]) == {
        "tick": "2026-11-22T12:00:00+00:00",
        "due": NOW.isoformat(),
        "visits": [
            {
                "watch": "own",
                "source": "sesv2.import-jobs",
                "account": OWN,
                "abroad": False,
                "region": "eu-west-1",
                "parameters": {},
                "quiet_before": None,
                "bury": False,
                "last": False,
            }
        ],
    }


def test_every_scope_arrives_once(plan: Plan) -> None:
    visits = visits_of(plan, "many")
    assert by_place(arrived(plan, put(plan, visits))) == by_place(visits)


def test_roles_and_external_ids_are_never_in_a_message(plan: Plan) -> None:
    visits = visits_of(plan, "many")
    entries = put(plan, visits)
    assert not any("reader" in str(entry) or "a-word" in str(entry) for entry in entries)
    assert {visit.scope.external_id for visit in arrived(plan, entries)} == {"a-word"}


def children(plan: Plan, number: int) -> list[Visit]:
    scopes = (
        scope_of(plan.watches["segments"], OWN, region, {"ApplicationId": "a", "SegmentId": str(n)})
        for region in ("eu-west-1", "us-east-1")
        for n in range(number)
    )
    return [Visit(scope) for scope in scopes]


def test_all_scopes_of_a_service_in_an_account_and_region_share_a_group(plan: Plan) -> None:
    entries = put(plan, visits_of(plan, "many") + children(plan, 400))
    groups: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for entry in entries:
        for visit in arrived(plan, [entry]):
            groups[lane(visit.scope)].add(entry["MessageGroupId"])
    assert len(groups) == 102
    assert {len(found) for found in groups.values()} == {1}
    here, there = (
        [groups["dataexchange.jobs", account, region] for account in ACCOUNTS] for region in REGIONS
    )
    assert here != there
    assert 10 < len(set.union(*groups.values())) <= GROUPS


def test_a_message_holds_no_more_than_an_invocation_has_time_for(plan: Plan) -> None:
    entries = put(plan, children(plan, 400))
    sizes = [len(json.loads(entry["MessageBody"])["visits"]) for entry in entries]
    assert max(sizes) == PER_MESSAGE
    assert len(sizes) == 2 * 400 / PER_MESSAGE


def test_a_bookmark_travels_alone(plan: Plan) -> None:
    mark = Bookmark(NOW, token="5")
    visits = [Visit(visit.scope, bookmark=mark) for visit in children(plan, 3)]
    entries = put(plan, [*visits, *children(plan, 9)])
    alone = [e for e in entries if arrived(plan, [e])[0].bookmark]
    assert [len(arrived(plan, [entry])) for entry in alone] == [1] * 6


def test_large_bookmarks_are_not_too_much_for_one_call(plan: Plan) -> None:
    """SQS takes a megabyte in a call, all messages together."""
    seen = frozenset(f"{number:0200}" for number in range(1_500))
    mark = Bookmark(NOW, token="5", seen=seen)
    visits = [Visit(visit.scope, bookmark=mark) for visit in children(plan, 6)]
    queue = MemoryQueue(Faults())
    entries = put(plan, visits, queue)
    assert len(arrived(plan, entries)) == 12


def test_no_scope_is_always_the_last(plan: Plan) -> None:
    visits = children(plan, 10)
    assert len({arrived(plan, put(plan, visits))[-1].scope.innermost for _ in range(40)}) > 1


def test_each_message_is_a_message_of_its_own(plan: Plan) -> None:
    """The queue drops what it takes for a repeat."""
    entries = put(plan, children(plan, 100)) + put(plan, children(plan, 100))
    assert len({entry["MessageDeduplicationId"] for entry in entries}) == len(entries)


def test_scopes_that_the_plan_does_not_have_any_more_are_dropped(
    plan: Plan, tmp_path: Path
) -> None:
    many = {**WATCHES["many"], "accounts": [{"id": ACCOUNTS[0], "role": "reader"}]}
    fewer = make_plan(tmp_path, {"many": many})
    entries = put(plan, visits_of(plan, "many") + visits_of(plan, "own"))
    assert {visit.scope.account for visit in arrived(fewer, entries)} == {ACCOUNTS[0]}


def test_an_account_that_is_not_read_any_more_is_not_taken_for_our_own(
    plan: Plan, tmp_path: Path
) -> None:
    """Without its role we would read our own jobs, and tell them as its."""
    ours = make_plan(tmp_path, {"many": {"source": "dataexchange.jobs"}})
    assert arrived(ours, put(plan, visits_of(plan, "many"))) == []


def test_a_watch_of_another_source_does_not_go_on_with_the_list_of_the_one_before(
    plan: Plan, tmp_path: Path
) -> None:
    other = make_plan(tmp_path, {"own": {"source": "sesv2.export-jobs"}})
    assert arrived(other, put(plan, visits_of(plan, "own"))) == []


def test_a_message_that_the_queue_refuses_is_an_error(plan: Plan) -> None:
    class Full:
        def send_message_batch(self, **call: Any) -> dict[str, Any]:
            return {"Failed": [{"Id": call["Entries"][-1]["Id"], "Code": "InternalError"}]}

    with pytest.raises(HandoverError, match="the queue refused scopes: InternalError"):
        put(plan, children(plan, 2), Full())
