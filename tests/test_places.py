"""Where watches look, as the table knows it: their scopes, health, and the jobs of an id there."""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest

from lambdas.model import Scope
from lambdas.store import items
from lambdas.store.listing import Listing
from lambdas.store.places import MOST_SCOPES, find_jobs, read_places, scopes
from tests.api import refused
from tests.flow import ACCOUNT, REGION, Flow, flow_of
from tests.metered import Metered
from tests.values import MINUTE

OWN = (ACCOUNT, REGION)
WATCHES = {
    "apps": {"source": "pinpoint.import-jobs"},
    "mails": {"source": "sesv2.import-jobs", "regions": [REGION, "us-east-1"]},
    "named": {"source": "sesv2.export-jobs", "jobs": ["e1"]},
}


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    with flow_of(tmp_path, WATCHES) as flow:
        flow.apis["pinpoint.import-jobs"].children = {"ApplicationId": ["one", "two"]}
        yield flow


@pytest.fixture
def listing(flow: Flow) -> Listing:
    return Listing(flow.dynamodb, "seen", flow.pool)


def places(flow: Flow, listing: Listing, *watches: str) -> list[Scope]:
    return [*scopes(listing, flow.plan, watches or [*flow.plan.watches], OWN)]


def test_the_scopes_of_a_watch_are_its_places_and_what_they_hold(
    flow: Flow, listing: Listing
) -> None:
    flow.poll()
    found = places(flow, listing)
    assert [(each.watch, each.region, {**each.parameters}) for each in found] == [
        ("apps", REGION, {}),
        ("apps", REGION, {"ApplicationId": "one"}),
        ("apps", REGION, {"ApplicationId": "two"}),
        ("mails", REGION, {}),
        ("mails", "us-east-1", {}),
        ("named", REGION, {}),
    ]


def test_what_a_parent_holds_no_more_is_none(flow: Flow, listing: Listing) -> None:
    flow.poll()
    gone = items.write_child(places(flow, listing, "apps")[0], "two", gone=True)
    flow.dynamodb.put_item(TableName="seen", Item=gone)
    assert [{**each.parameters} for each in places(flow, listing, "apps")] == [
        {},
        {"ApplicationId": "one"},
    ]


def test_no_more_is_read_than_a_caller_takes(flow: Flow, listing: Listing) -> None:
    """Of a watch that no poll read yet there is the root, and nothing is asked of the table."""
    queries: list[str] = []
    flow.dynamodb.meta.events.register(
        "before-call.dynamodb", lambda model, **_: queries.append(model.name)
    )
    assert len([*islice(scopes(listing, flow.plan, ["apps"], OWN), 1)]) == 1
    assert queries == []


def test_a_place_that_could_not_be_read_says_since_when_and_why(
    flow: Flow, listing: Listing
) -> None:
    before = read_places(listing, places(flow, listing, "mails"))
    assert [place.health for place in before] == [None, None]
    flow.poll()

    def refuse(operation: str, _parameters: object) -> None:
        raise refused("AccessDenied", operation, "not you")

    flow.apis["sesv2.import-jobs"].fail = refuse
    begun = flow.now + MINUTE
    for _ in range(3):
        flow.poll()
    (place, _) = read_places(listing, places(flow, listing, "mails"))
    assert place.error == {"code": "AccessDenied", "message": "not you"}
    assert place.unread_since == begun
    well = read_places(listing, places(flow, listing, "apps"))
    assert {(place.error, place.unread_since) for place in well} == {(None, None)}


def test_a_damaged_health_is_one_that_was_read_never(flow: Flow, listing: Listing) -> None:
    flow.poll()
    (scope,) = places(flow, listing, "named")
    (item,) = listing.items([items.key(scope, items.SCOPE)]).values()
    flow.dynamodb.put_item(TableName="seen", Item={**item, "health": {"S": "{"}})
    (place,) = read_places(listing, [scope])
    assert place.health is not None
    assert place.health.read_at is None


def test_the_jobs_of_an_id_are_found_wherever_they_are(flow: Flow, listing: Listing) -> None:
    flow.apis["pinpoint.import-jobs"].put("j", "COMPLETED", CreationDate=flow.now)
    flow.apis["sesv2.import-jobs"].put("j", "PROCESSING", CreatedTimestamp=flow.now)
    flow.apis["sesv2.import-jobs"].put("other", "PROCESSING", CreatedTimestamp=flow.now)
    flow.poll()
    found = find_jobs(listing, places(flow, listing), "j")
    assert {job.watch for job in found} == {"apps", "mails"}
    assert find_jobs(listing, places(flow, listing), "x" * 3_000) == []


def test_of_places_without_end_some_are_looked_at(flow: Flow) -> None:
    table = Metered([])
    listing = Listing(table, "seen", flow.pool)
    endless = (
        Scope("w", "sesv2.import-jobs", ACCOUNT, REGION, {"Parent": str(n)}) for n in count()
    )
    assert find_jobs(listing, endless, "j") == []
    assert table.units == MOST_SCOPES / 2
    assert len(read_places(listing, endless)) == MOST_SCOPES
