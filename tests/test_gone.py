"""What is gone is settled: jobs of a parent that went, scopes that no watch looks into any more."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambdas.members import Members, with_members
from tests.api import refused
from tests.flow import make_plan
from tests.sim import Simulation
from tests.values import DAY, NOW

SEGMENTS, IMPORTS = "pinpoint.segment-import-jobs", "pinpoint.import-jobs"
STAYS: Mapping[str, Any] = {"stays": {"source": "dataexchange.jobs"}}
TWO: Mapping[str, Any] = {"regions": ["eu-west-1", "us-east-1"]}


def told(simulation: Simulation) -> list[tuple[str, str]]:
    """The events since the last look: their types and what they say."""
    simulation.publish()
    found = [
        (e["detail-type"], e["detail"].get("raw_status") or e["detail"]["status"])
        for e in simulation.told()
    ]
    simulation.bus.events.clear()
    return found


def deny(operation: str, _: Mapping[str, Any]) -> None:
    raise refused("AccessDeniedException", operation)


LOST, BACK = ("Watch Unreachable", "UNREACHABLE"), ("Watch Recovered", "OK")
GONE = ("Job Status Change", "NOT_FOUND")
IMPORTS_OF_SES = "sesv2.import-jobs"


@pytest.mark.parametrize(
    ("before", "after", "times"),
    [
        ({"w": {"source": "sesv2.import-jobs"}}, {}, 1),
        ({"w": {"source": "sesv2.import-jobs", **TWO}}, {"w": {"source": "sesv2.import-jobs"}}, 1),
        (
            {
                "w": {
                    "source": "sesv2.import-jobs",
                    "accounts": [{"id": "999999999999", "role": "r"}],
                }
            },
            {"w": {"source": "sesv2.import-jobs"}},
            1,
        ),
        ({"w": {"source": "sesv2.import-jobs"}}, {"w": {"source": "sesv2.export-jobs"}}, 1),
        ({"w": {"source": SEGMENTS}}, {}, 1),
        ({"w": {"source": "sesv2.*"}}, {"w": {"source": "sesv2.*", "except": IMPORTS_OF_SES}}, 1),
    ],
    ids=[
        *("a watch", "a region", "an account", "its source", "a watch with parents"),
        "one of its sources",
    ],
)
def test_what_is_unreachable_when_it_is_removed_is_taken_back_once(
    tmp_path: Path, before: Mapping[str, Any], after: Mapping[str, Any], times: int
) -> None:
    """P13."""
    simulation = Simulation(make_plan(tmp_path, {**STAYS, **before}))
    for name, api in simulation.apis.items():
        if name != "dataexchange.jobs":
            api.fail = deny
    for _ in range(4):
        simulation.poll()
    lost = told(simulation)
    assert set(lost) == {LOST}
    changed = Simulation(make_plan(tmp_path, {**STAYS, **after}), now=simulation.now)
    changed.dynamodb, changed.table = simulation.dynamodb, simulation.table
    changed.places = simulation.places
    for name, api in changed.apis.items():
        if name != "dataexchange.jobs":
            api.fail = deny
    found = []
    for _ in range(3):
        changed.poll(DAY)
        found += told(changed)
    assert found.count(BACK) == times
    changed.poll(DAY)
    assert BACK not in told(changed)


def test_what_is_unreachable_where_its_source_is_not_offered_is_taken_back_once(
    tmp_path: Path,
) -> None:
    """A2: a version before has found it unreachable for good."""
    plan = make_plan(tmp_path, {**STAYS, "w": {"source": "sesv2.import-jobs"}})
    simulation = Simulation(plan)
    simulation.apis["sesv2.import-jobs"].fail = deny
    for _ in range(4):
        simulation.poll()
    assert told(simulation) == [LOST]
    simulation.plan = replace(plan, not_offered={"sesv2.import-jobs": ("eu-west-1",)})
    found = []
    for _ in range(3):
        simulation.poll(DAY)
        found += told(simulation)
    assert found == [BACK]


APP, SEGMENT = {"ApplicationId": "x"}, {"ApplicationId": "x", "SegmentId": "s"}


@pytest.mark.parametrize(
    ("source", "given", "there", "times"),
    [
        (IMPORTS, APP, ["y"], 1),
        (IMPORTS, APP, ["x", "y"], 0),
        (SEGMENTS, SEGMENT, ["y"], 1),
        (SEGMENTS, SEGMENT, ["x"], 0),
        (SEGMENTS, APP, ["y"], 1),
    ],
)
def test_what_is_unreachable_when_for_is_taken_out_is_taken_back_if_it_is_gone(
    source: str, given: Mapping[str, Any], there: list[str], times: int, tmp_path: Path
) -> None:
    """It passed for watched, as its parameters extend those of the watch."""
    simulation = Simulation(make_plan(tmp_path, {"w": {"source": source, "for": given}}))
    simulation.apis[source].fail = deny
    for _ in range(4):
        simulation.poll()
    assert told(simulation) == [LOST]
    changed = Simulation(make_plan(tmp_path, {"w": {"source": source}}), now=simulation.now)
    changed.dynamodb, changed.table = simulation.dynamodb, simulation.table
    changed.places = simulation.places
    api = changed.apis[source]
    api.children = {"ApplicationId": there, "SegmentId": ["s"]}

    def deny_what_is_left(operation: str, parameters: Mapping[str, Any]) -> None:
        if parameters.get("ApplicationId") == "x" and operation != "GetSegments":
            deny(operation, parameters)

    api.fail = deny_what_is_left
    found = []
    for _ in range(3):
        changed.poll(DAY)
        found += told(changed)
    assert found == [BACK] * times


def test_what_is_still_watched_and_unreachable_is_left_alone_and_not_even_read(
    tmp_path: Path,
) -> None:
    simulation = Simulation(make_plan(tmp_path, {**STAYS, "w": {"source": "sesv2.import-jobs"}}))
    simulation.apis["sesv2.import-jobs"].fail = deny
    for _ in range(4):
        simulation.poll()
    told(simulation)
    simulation.faults.calls.clear()
    simulation.poll(2 * DAY)
    assert simulation.faults.calls.count("GetItem") == 2
    assert told(simulation) == []


def test_what_is_unreachable_in_an_organization_of_which_nothing_is_known_is_left_alone(
    tmp_path: Path,
) -> None:
    """As when other units were deployed and nobody could list them yet."""
    units = ("ou-abcd-11111111",)
    theirs = {
        "source": "sesv2.import-jobs",
        "accounts": [{"id": "777777777777", "role": "r"}],
        "organization": {"units": [*units], "role": "r"},
    }
    plan = make_plan(tmp_path, {**STAYS, "w": theirs})
    simulation = Simulation(with_members(plan, {units: Members(("999999999999",))}))
    simulation.apis["sesv2.import-jobs"].fail = deny
    for _ in range(4):
        simulation.poll()
    assert told(simulation) == [LOST, LOST], "in the account that is named, too"
    simulation.plan = plan
    simulation.poll(2 * DAY)
    assert told(simulation) == []
    simulation.plan = with_members(plan, {units: Members(("888888888888",))})
    simulation.poll(2 * DAY)
    assert told(simulation) == [BACK]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (Members((), NOW), [BACK]),
        (Members((), NOW, failed_since=NOW), []),
        (Members(("888888888888",), NOW, failed_since=NOW), [BACK]),
    ],
    ids=["nobody is there", "nobody knows", "it can't be listed any more"],
)
def test_what_was_unreachable_in_the_last_account_of_an_organization_is_taken_back_once_it_left(
    tmp_path: Path, members: Members, expected: list[tuple[str, str]]
) -> None:
    """Else it is open for ever."""
    units = ("ou-abcd-11111111",)
    theirs = {"source": IMPORTS_OF_SES, "organization": {"units": [*units], "role": "r"}}
    plan = make_plan(tmp_path, {**STAYS, "w": theirs})
    simulation = Simulation(with_members(plan, {units: Members(("999999999999",), NOW)}))
    simulation.apis[IMPORTS_OF_SES].fail = deny
    for _ in range(4):
        simulation.poll()
    assert told(simulation) == [LOST]
    simulation.plan = with_members(plan, {units: members})
    simulation.poll(2 * DAY)
    assert told(simulation) == expected


def test_a_source_that_went_is_let_go_also_where_nothing_is_known_of_an_organization(
    tmp_path: Path,
) -> None:
    units = ("ou-abcd-11111111",)
    before = {"source": IMPORTS_OF_SES, "organization": {"units": [*units], "role": "r"}}
    after = {**before, "source": "sesv2.export-jobs"}
    plan = make_plan(tmp_path, {**STAYS, "w": before})
    simulation = Simulation(with_members(plan, {units: Members(("999999999999",))}))
    simulation.apis[IMPORTS_OF_SES].fail = deny
    for _ in range(4):
        simulation.poll()
    assert told(simulation) == [LOST]
    simulation.plan = make_plan(tmp_path, {**STAYS, "w": after})
    simulation.poll(2 * DAY)
    assert told(simulation) == [BACK]


def test_what_is_unreachable_takes_no_time_of_another_lane_and_little_of_its_own(
    tmp_path: Path,
) -> None:
    """Each was looked up in its parents, by every lane, and in every turn until there was time."""
    simulation = Simulation(make_plan(tmp_path, {**STAYS, "w": {"source": SEGMENTS}}))
    api = simulation.apis[SEGMENTS]
    names = [f"s{number}" for number in range(30)]
    api.children = {"ApplicationId": ["app"], "SegmentId": names}

    def deny_jobs(operation: str, given: Mapping[str, Any]) -> None:
        if operation == "GetSegmentImportJobs":
            deny(operation, given)

    simulation.poll()
    api.fail = deny_jobs
    for _ in range(3):
        simulation.poll()
    assert told(simulation) == [LOST] * len(names)
    simulation.faults.calls.clear()
    simulation.poll(2 * DAY)
    found = Counter(simulation.faults.calls)
    assert found["GetItem"] == 3 + len(names)
    assert found["Query"] < len(names) + 10


class TestAParentThatWent:
    @pytest.fixture
    def apps(self, tmp_path: Path) -> Simulation:
        """Two applications with a segment each, in which one job runs."""
        simulation = Simulation(make_plan(tmp_path, {"w": {"source": SEGMENTS}}))
        api = simulation.apis[SEGMENTS]
        api.children = {"ApplicationId": ["app"], "SegmentId": ["s1", "s2"]}
        api.put("p1", "PROCESSING")
        simulation.poll()
        return simulation

    def test_has_its_unfinished_jobs_asked_for_until_it_is_known_what_became_of_them(
        self, apps: Simulation
    ) -> None:
        api = apps.apis[SEGMENTS]
        api.children["SegmentId"] = ["s1"]
        api.hidden.add("p1")
        apps.poll()
        assert told(apps) == []
        api.put("p1", "COMPLETED")
        apps.poll()
        assert told(apps) == [("Job Status Change", "COMPLETED")] * 2

    def test_whose_jobs_went_with_it_has_them_gone_at_the_second_look(
        self, apps: Simulation
    ) -> None:
        api = apps.apis[SEGMENTS]
        del api.jobs["p1"]
        api.children["SegmentId"] = ["s2"]
        apps.poll()
        assert told(apps) == []
        apps.poll()
        assert told(apps) == [GONE, GONE]

    def test_is_forgotten_once_that_is_known(self, apps: Simulation) -> None:
        api = apps.apis[SEGMENTS]
        api.jobs.clear()
        api.children["SegmentId"] = []
        for _ in range(3):
            apps.poll()
        assert told(apps) == [GONE, GONE]
        apps.faults.calls.clear()
        apps.poll()
        assert api.source.get.operation not in {name for name, _ in api.calls[-1:]}
        assert apps.faults.calls.count("GetItem") == 2

    def test_with_parents_of_its_own_is_settled_down_to_its_leaves(self, apps: Simulation) -> None:
        api = apps.apis[SEGMENTS]
        api.jobs.clear()
        api.children["ApplicationId"] = []
        for _ in range(3):
            apps.poll()
        assert told(apps) == [GONE, GONE]
        apps.faults.calls.clear()
        apps.poll()
        assert apps.faults.calls.count("GetItem") == 1

    def test_is_not_gone_because_its_list_failed(self, apps: Simulation) -> None:
        api = apps.apis[SEGMENTS]
        api.jobs.clear()
        api.children.clear()
        api.fail = deny
        for _ in range(4):
            apps.poll()
        assert {*told(apps)} == {LOST}

    def test_that_was_unreachable_is_taken_back_once(self, apps: Simulation) -> None:
        """P13."""
        api = apps.apis[SEGMENTS]

        def deny_jobs(operation: str, given: Mapping[str, Any]) -> None:
            if operation == api.source.listing.operation and given["SegmentId"] == "s1":
                deny(operation, given)

        api.fail = deny_jobs
        for _ in range(4):
            apps.poll()
        assert told(apps) == [LOST]
        api.children["SegmentId"] = ["s2"]
        api.put("p1", "FAILED")
        for _ in range(3):
            apps.poll()
        found = told(apps)
        assert found.count(BACK) == 1
        assert found.count(("Job Status Change", "FAILED")) == 2

    def test_that_comes_back_goes_on_quietly(self, apps: Simulation) -> None:
        api = apps.apis[SEGMENTS]
        api.put("p1", "COMPLETED")
        apps.poll()
        told(apps)
        api.children["SegmentId"] = ["s1"]
        apps.poll()
        api.children["SegmentId"] = ["s1", "s2"]
        for _ in range(2):
            apps.poll()
        assert told(apps) == []

    def test_with_more_in_it_than_there_is_time_for_is_settled_over_several_turns(
        self, tmp_path: Path
    ) -> None:
        simulation = Simulation(make_plan(tmp_path, {"w": {"source": SEGMENTS}}))
        api = simulation.apis[SEGMENTS]
        segments = [f"s{number}" for number in range(9)]
        api.children = {"ApplicationId": ["app"], "SegmentId": segments}
        api.put("p1", "PROCESSING")
        simulation.poll()
        api.children["ApplicationId"] = []
        api.put("p1", "FAILED")
        simulation._seconds = lambda: 15.0 * len(simulation.faults.calls)  # type: ignore[method-assign]
        simulation.seconds = 450
        most = 0
        for _ in range(40):
            before = len(simulation.faults.calls)
            simulation.poll()
            most = max(most, len(simulation.faults.calls) - before)
        assert most * 15 <= simulation.seconds
        assert told(simulation) == [("Job Status Change", "FAILED")] * 9
