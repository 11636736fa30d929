"""Runs that a watch expects, through the whole of Jobwatch in memory."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.config.files.mistakes import Mistakes
from infra.config.watches import MOST_PLACES
from lambdas.digest import part_of
from lambdas.members import Members, with_members
from lambdas.model import RUN_ARRIVED, RUN_MISSING, Reading, Runs, Scope
from lambdas.outbox.records import UnreadableRecordError, read_record
from lambdas.plan import Expect, Plan, parse_plan, write_plan
from lambdas.store.runs import read_runs, write_runs
from tests.api import FakeApi, refused
from tests.flow import make_plan
from tests.memory import Crash
from tests.records import TABLE, missing, stream_record
from tests.sim import GuardedApi, Simulation
from tests.turns import NAMES, SEGMENTS, asked, hasten
from tests.values import DAY, HOUR, MINUTE, NOW

IMPORTS = "sesv2.import-jobs"
AT_ONE: dict[str, Any] = {"at": "0 13 * * *", "within": "1 hour"}
"""In UTC: an hour from now, and by two hours from now."""
START, DUE = NOW + HOUR, NOW + 2 * HOUR
ITEM = ("expect#w", "runs")


def watching(tmp_path: Path, source: str = IMPORTS, **said: Any) -> Simulation:
    """A watch that was read at noon."""
    tmp_path.mkdir(exist_ok=True)
    watch = {"source": source, "expect": AT_ONE, **said}
    simulation = Simulation(make_plan(tmp_path, {"w": watch}))
    simulation.poll(timedelta())
    return simulation


@pytest.fixture
def nightly(tmp_path: Path) -> Simulation:
    return watching(tmp_path)


def succeed(simulation: Simulation, at: datetime, job_id: str = "run") -> None:
    simulation.apis[IMPORTS].put(
        job_id, "COMPLETED", CreatedTimestamp=at - MINUTE, CompletedTimestamp=at
    )


def go(simulation: Simulation, until: datetime, step: timedelta = 10 * MINUTE) -> None:
    """Let time pass up to a moment, with a poll each so often and one then."""
    while simulation.now < until:
        simulation.poll(min(step, until - simulation.now), clocked=True)


def health_of(simulation: Simulation) -> str:
    """Give what the table holds of the only scope."""
    (item,) = (item for (_, sk), item in simulation.dynamodb.items.items() if sk == "scope")
    return str(item["health"]["S"])


def told(simulation: Simulation) -> list[tuple[str, datetime]]:
    """Tell which runs were told as missing or arrived, and when that was observed."""
    simulation.publish()
    kinds = (RUN_MISSING, RUN_ARRIVED)
    return [
        (event["detail-type"], datetime.fromisoformat(event["detail"]["observed_at"]))
        for event in simulation.told()
        if event["detail-type"] in kinds
    ]


def expecting(plan: Plan, **changes: Any) -> Plan:
    watch = plan.watches["w"]
    assert watch.expect is not None
    return replace(plan, watches={"w": replace(watch, expect=replace(watch.expect, **changes))})


def test_a_run_that_comes_in_time_says_nothing(nightly: Simulation) -> None:
    go(nightly, START + 20 * MINUTE)
    succeed(nightly, nightly.now)
    go(nightly, DUE + 20 * HOUR)
    assert told(nightly) == []


def test_a_run_that_does_not_come_is_missing_once_and_then_arrives(nightly: Simulation) -> None:
    go(nightly, DUE + 3 * HOUR)
    succeed(nightly, nightly.now)
    go(nightly, DUE + 4 * HOUR)
    assert told(nightly) == [
        (RUN_MISSING, DUE),
        (RUN_ARRIVED, DUE + 3 * HOUR + 10 * MINUTE),
    ]
    (alert,) = nightly.alerted()
    assert alert["detail"]["severity"] == "error"
    missing = nightly.told()[0]["detail"]
    assert missing.items() <= alert["detail"].items()
    assert missing | {"id": ""} == {
        "version": "1",
        "id": "",
        "watch": "w",
        "source": IMPORTS,
        "account": "111122223333",
        "region": "eu-west-1",
        "parameters": {},
        "status": "MISSING",
        "error": None,
        "since": "2026-11-22T14:00:00Z",
        "expected": {"at": "0 13 * * *", "zone": "UTC", "within_seconds": 3_600},
        "last_success_at": None,
        "observed_at": "2026-11-22T14:00:00Z",
    }
    arrived = nightly.told()[-1]["detail"]
    assert (arrived["status"], arrived["since"]) == ("OK", "2026-11-22T14:00:00Z")
    assert arrived["last_success_at"] == "2026-11-22T17:00:00Z"


@pytest.mark.parametrize("raw", ["FAILED", "PROCESSING"])
def test_a_run_that_did_not_succeed_is_missing(nightly: Simulation, raw: str) -> None:
    go(nightly, START + 20 * MINUTE)
    nightly.apis[IMPORTS].put("run", raw, CreatedTimestamp=nightly.now)
    go(nightly, DUE)
    assert told(nightly) == [(RUN_MISSING, DUE)]


def test_a_run_that_succeeded_in_part_is_missing(nightly: Simulation) -> None:
    go(nightly, START + 20 * MINUTE)
    succeed(nightly, nightly.now)
    nightly.apis[IMPORTS].jobs["run"]["FailedRecordsCount"] = 3
    go(nightly, DUE)
    assert told(nightly) == [(RUN_MISSING, DUE)]


def test_a_run_that_left_the_list_before_it_ended_has_come(nightly: Simulation) -> None:
    """It is asked for alone."""
    go(nightly, START + 10 * MINUTE)
    nightly.apis[IMPORTS].put("run", "PROCESSING", CreatedTimestamp=START)
    go(nightly, START + 20 * MINUTE)
    nightly.apis[IMPORTS].hidden.add("run")
    succeed(nightly, START + 25 * MINUTE)
    go(nightly, DUE + HOUR)
    assert told(nightly) == []


class TestTheFirstPeriodIsQuiet:
    def test_of_a_watch_that_begins_amid_a_window(self, tmp_path: Path) -> None:
        simulation = Simulation(make_plan(tmp_path, {"w": {"source": IMPORTS, "expect": AT_ONE}}))
        simulation.poll(START + MINUTE - NOW)
        go(simulation, DUE + HOUR)
        assert told(simulation) == []
        go(simulation, DUE + DAY)
        assert told(simulation) == [(RUN_MISSING, DUE + DAY)]

    def test_of_a_watch_whose_first_read_fails(self, tmp_path: Path) -> None:
        """It began before the window, and was read after that had begun."""
        simulation = Simulation(make_plan(tmp_path, {"w": {"source": IMPORTS, "expect": AT_ONE}}))
        simulation.apis[IMPORTS].fail = denied
        go(simulation, START + 10 * MINUTE)
        simulation.apis[IMPORTS].fail = fine
        go(simulation, DUE + HOUR)
        assert told(simulation) == []

    def test_of_a_watch_that_expects_a_run_from_now_on(self, tmp_path: Path) -> None:
        simulation = Simulation(make_plan(tmp_path, {"w": {"source": IMPORTS, "expect": AT_ONE}}))
        expecting = simulation.plan
        simulation.plan = replace(
            expecting, watches={"w": replace(expecting.watches["w"], expect=None)}
        )
        go(simulation, START + 10 * MINUTE)
        simulation.plan = expecting
        go(simulation, DUE + HOUR)
        assert told(simulation) == []
        go(simulation, DUE + DAY)
        assert told(simulation) == [(RUN_MISSING, DUE + DAY)]

    def test_of_a_steady_watch_is_as_long_as_its_runs_are_apart(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, expect={"within": "26 hours"})
        go(simulation, NOW + 25 * HOUR, HOUR)
        assert told(simulation) == []
        go(simulation, NOW + 27 * HOUR, HOUR)
        assert told(simulation) == [(RUN_MISSING, NOW + 26 * HOUR)]


def test_nothing_is_missing_while_no_account_of_an_organization_is_known(tmp_path: Path) -> None:
    """What the watch names beside is read, and the run may have been in any of the others."""
    accounts = [{"id": "777777777777", "role": "r"}]
    organization = {"units": ["ou-abcd-11111111"], "role": "r", "most": 5}
    simulation = watching(tmp_path, accounts=accounts, organization=organization)
    go(simulation, DUE + HOUR)
    assert told(simulation) == []
    known = {("ou-abcd-11111111",): Members(("888888888888",))}
    simulation.plan = with_members(simulation.plan, known)
    go(simulation, DUE + DAY + HOUR)
    assert told(simulation) == [(RUN_MISSING, DUE + DAY)]


def test_accounts_that_come_amid_each_window_keep_no_run_from_being_missing(tmp_path: Path) -> None:
    """Whoever makes accounts in an organization could have the watch never say so."""
    units = ("ou-abcd-11111111",)
    simulation = watching(tmp_path, organization={"units": [*units], "role": "r", "most": 9})
    plan, accounts = simulation.plan, [f"88888888888{number}" for number in range(4)]
    simulation.plan = with_members(plan, {units: Members((*accounts[:1],))})
    go(simulation, NOW + 30 * MINUTE)
    for day in range(3):
        go(simulation, START + day * DAY + 10 * MINUTE, 30 * MINUTE)
        simulation.plan = with_members(plan, {units: Members((*accounts[: day + 2],))})
        go(simulation, DUE + day * DAY, 30 * MINUTE)
    assert told(simulation) == [(RUN_MISSING, DUE)]


def test_the_run_of_an_account_that_came_amid_a_window_has_come(tmp_path: Path) -> None:
    units = ("ou-abcd-11111111",)
    simulation = watching(tmp_path, organization={"units": [*units], "role": "r", "most": 9})
    plan = simulation.plan
    simulation.plan = with_members(plan, {units: Members(("888888888880",))})
    go(simulation, START + 10 * MINUTE)
    succeed(simulation, simulation.now)
    simulation.plan = with_members(plan, {units: Members(("888888888881",))})
    go(simulation, DUE + HOUR)
    assert told(simulation) == []


def denied(_operation: str, _parameters: Mapping[str, Any]) -> None:
    raise refused("AccessDeniedException")


def fine(_operation: str, _parameters: Mapping[str, Any]) -> None:
    """Let a call be answered."""


class TestAnOutage:
    def test_says_nothing_however_long_it_is(self, nightly: Simulation) -> None:
        go(nightly, START)
        nightly.apis[IMPORTS].fail = denied
        go(nightly, DUE + 5 * DAY, HOUR)
        assert told(nightly) == []

    def test_over_a_run_that_came_in_time_says_nothing_afterwards(
        self, nightly: Simulation
    ) -> None:
        go(nightly, START)
        nightly.apis[IMPORTS].fail = denied
        succeed(nightly, START + 10 * MINUTE)
        go(nightly, DUE + 5 * HOUR)
        nightly.apis[IMPORTS].fail = fine
        go(nightly, DUE + 6 * HOUR)
        assert told(nightly) == []

    def test_over_a_run_that_did_not_come_is_followed_by_what_is_missing(
        self, nightly: Simulation
    ) -> None:
        go(nightly, START)
        nightly.apis[IMPORTS].fail = denied
        go(nightly, DUE + 5 * HOUR)
        nightly.apis[IMPORTS].fail = fine
        go(nightly, DUE + 6 * HOUR)
        assert told(nightly) == [(RUN_MISSING, DUE + 5 * HOUR + 10 * MINUTE)]

    def test_of_ours_is_no_other(self, nightly: Simulation) -> None:
        """Nothing polled for three days, in which two runs came and the last did not."""
        go(nightly, START)
        for day in range(2):
            succeed(nightly, START + day * DAY + MINUTE, f"run-{day}")
        nightly.poll(3 * DAY)
        assert told(nightly) == [(RUN_MISSING, START + 3 * DAY)]
        assert nightly.told()[-1]["detail"]["since"] == "2026-11-24T14:00:00Z"

    def test_of_the_get_that_tells_of_an_end_says_nothing(self, nightly: Simulation) -> None:
        """The list says that it has ended; whether it succeeded, only the get does at first."""
        go(nightly, START)

        def fail(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "GetImportJob":
                raise refused("InternalServiceErrorException", operation)

        nightly.apis[IMPORTS].fail = fail
        go(nightly, DUE - 10 * MINUTE)
        succeed(nightly, nightly.now)
        go(nightly, DUE + HOUR, MINUTE)
        assert told(nightly) == []

    def test_of_the_table_says_nothing(self, nightly: Simulation) -> None:
        """The list shows the run, and whether that is new can't be looked up."""
        go(nightly, DUE - 10 * MINUTE)
        succeed(nightly, nightly.now)

        def meddle(name: str) -> None:
            if name == "BatchGetItem":
                raise refused("ProvisionedThroughputExceededException", name)

        nightly.faults.meddle = meddle
        go(nightly, DUE + HOUR)
        nightly.faults.meddle = lambda _name: None
        go(nightly, DUE + 2 * HOUR)
        assert told(nightly) == []


class Regions:
    """Clients of an API for each region; those in `lost` can't be read."""

    def __init__(self, simulation: Simulation) -> None:
        source = simulation.plan.sources[IMPORTS]
        self.apis = {name: FakeApi(source) for name in ("eu-west-1", "us-east-1")}
        simulation.clients.client = self.client

    def client(self, _service: str, scope: Scope, _patient: bool = True) -> FakeApi:
        return self.apis[scope.region]


class TestSeveralLanes:
    @pytest.fixture
    def both(self, tmp_path: Path) -> tuple[Simulation, Regions]:
        watch = {"source": IMPORTS, "expect": AT_ONE, "regions": ["eu-west-1", "us-east-1"]}
        simulation = Simulation(make_plan(tmp_path, {"w": watch}))
        regions = Regions(simulation)
        simulation.poll(timedelta())
        return simulation, regions

    @pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
    def test_may_each_hold_the_run(self, both: tuple[Simulation, Regions], region: str) -> None:
        simulation, regions = both
        go(simulation, START + 10 * MINUTE)
        times = {"CreatedTimestamp": START, "CompletedTimestamp": simulation.now}
        regions.apis[region].put("run", "COMPLETED", **times)
        go(simulation, DUE + HOUR)
        assert told(simulation) == []

    def test_are_all_read_before_a_run_is_missing(self, both: tuple[Simulation, Regions]) -> None:
        simulation, regions = both
        go(simulation, START)
        regions.apis["us-east-1"].fail = denied
        go(simulation, DUE + 2 * HOUR)
        assert told(simulation) == []
        regions.apis["us-east-1"].fail = fine
        go(simulation, DUE + 2 * HOUR + 10 * MINUTE)
        assert told(simulation) == [(RUN_MISSING, simulation.now)]
        detail = simulation.told()[-1]["detail"]
        assert (detail["account"], detail["region"]) == ("111122223333", "eu-west-1, us-east-1")

    def test_arrives_in_one_though_another_cannot_be_read(
        self, both: tuple[Simulation, Regions]
    ) -> None:
        simulation, regions = both
        go(simulation, DUE)
        regions.apis["us-east-1"].fail = denied
        times = {"CreatedTimestamp": DUE, "CompletedTimestamp": DUE + MINUTE}
        regions.apis["eu-west-1"].put("run", "COMPLETED", **times)
        go(simulation, DUE + HOUR)
        assert [kind for kind, _ in told(simulation)] == [RUN_MISSING, RUN_ARRIVED]

    def test_of_which_one_is_new_amid_a_window_leave_that_out(
        self, both: tuple[Simulation, Regions]
    ) -> None:
        """What succeeded there before may be of a time that nobody knows."""
        simulation, _ = both
        wide = simulation.plan
        watch = wide.watches["w"]
        narrow = replace(watch, sources={IMPORTS: ("eu-west-1",)})
        simulation = Simulation(replace(wide, watches={"w": narrow}))
        simulation.poll(timedelta())
        go(simulation, START + 10 * MINUTE)
        simulation.plan = wide
        go(simulation, DUE + HOUR)
        assert told(simulation) == []
        go(simulation, DUE + DAY)
        assert told(simulation) == [(RUN_MISSING, DUE + DAY)]

    def test_that_write_at_the_same_time_lose_nothing(
        self, both: tuple[Simulation, Regions]
    ) -> None:
        simulation, _ = both
        go(simulation, DUE - 10 * MINUTE)
        before = simulation.dynamodb.items[ITEM]
        gave: list[str] = []

        def meddle(name: str) -> None:
            """Let another lane's write be there when the first of this turn comes."""
            if name == "PutItem" and not gave and simulation.now >= DUE:
                gave.append(name)
                item = simulation.dynamodb.items[ITEM]
                version = {"N": str(int(item["version"]["N"]) + 1)}
                simulation.dynamodb.items[ITEM] = {**item, "version": version}

        simulation.faults.meddle = meddle
        go(simulation, DUE)
        assert gave
        assert told(simulation) == [(RUN_MISSING, DUE)]
        assert simulation.dynamodb.items[ITEM] != before


class TestADeployment:
    def test_amid_a_window_that_changes_nothing_of_it_changes_nothing(
        self, nightly: Simulation
    ) -> None:
        go(nightly, START + 10 * MINUTE)
        nightly.plan = replace(nightly.plan, retention=86_400)
        go(nightly, DUE)
        assert told(nightly) == [(RUN_MISSING, DUE)]

    def test_amid_a_window_that_changes_it_leaves_it_out(self, nightly: Simulation) -> None:
        go(nightly, START + 10 * MINUTE)
        nightly.plan = expecting(nightly.plan, within=3_000)
        go(nightly, DUE + HOUR)
        assert told(nightly) == []

    def test_behind_a_window_that_nobody_expected_says_nothing_of_it(
        self, nightly: Simulation
    ) -> None:
        go(nightly, START + 10 * MINUTE)
        succeed(nightly, nightly.now)
        go(nightly, DUE + 5 * HOUR)
        nightly.plan = expecting(nightly.plan, at="0 17 * * *")
        go(nightly, DUE + 9 * HOUR)
        assert told(nightly) == []

    def test_keeps_what_is_missing_until_it_arrives(self, nightly: Simulation) -> None:
        go(nightly, DUE)
        nightly.plan = expecting(nightly.plan, within=3_000)
        go(nightly, DUE + HOUR)
        succeed(nightly, nightly.now)
        go(nightly, DUE + 2 * HOUR)
        assert [kind for kind, _ in told(nightly)] == [RUN_MISSING, RUN_ARRIVED]

    def test_ends_what_is_missing_under_the_place_where_it_was_told(
        self, tmp_path: Path, nightly: Simulation
    ) -> None:
        """A region more amid it: what an alert's key is made of stays, or nothing would end it."""
        go(nightly, DUE)
        said = {"source": IMPORTS, "expect": AT_ONE, "regions": ["eu-west-1", "us-east-1"]}
        nightly.plan = make_plan(tmp_path, {"w": said})
        go(nightly, DUE + HOUR)
        succeed(nightly, nightly.now)
        go(nightly, DUE + 2 * HOUR)
        assert [kind for kind, _ in told(nightly)] == [RUN_MISSING, RUN_ARRIVED]
        details = {event["detail-type"]: event["detail"] for event in nightly.told()}
        missed, arrived = details[RUN_MISSING], details[RUN_ARRIVED]
        for name in ("watch", "source", "account", "region", "parameters"):
            assert missed[name] == arrived[name], name

    def test_that_expects_runs_once_more_knows_those_that_came_meanwhile(
        self, nightly: Simulation
    ) -> None:
        plan = nightly.plan
        go(nightly, START + 10 * MINUTE)
        succeed(nightly, nightly.now, "first")
        go(nightly, DUE)
        nightly.plan = replace(plan, watches={"w": replace(plan.watches["w"], expect=None)})
        go(nightly, START + DAY + 10 * MINUTE, HOUR)
        succeed(nightly, nightly.now, "second")
        go(nightly, DUE + DAY + HOUR, HOUR)
        nightly.plan = plan
        go(nightly, DUE + DAY + 3 * HOUR)
        assert told(nightly) == []


def test_what_other_globs_take_in_amid_a_window_is_no_run_of_it(tmp_path: Path) -> None:
    """Of a list that tells no times, it looked as if it had succeeded when it was taken in."""
    exports = "dynamodb.exports"
    simulation = watching(tmp_path, exports, include={"id": ["new-*"]})
    simulation.apis[exports].put("old", "COMPLETED")
    go(simulation, START + 10 * MINUTE)
    simulation.plan = make_plan(tmp_path, {"w": {"source": exports, "expect": AT_ONE}})
    go(simulation, START + 30 * MINUTE)
    beside = next(i for i in map(str, itertools.count()) if part_of(i) == part_of("old"))
    simulation.apis[exports].put(beside, "FAILED")
    go(simulation, DUE)
    assert told(simulation) == [(RUN_MISSING, DUE)]


def test_a_run_of_what_was_deleted_has_come(tmp_path: Path) -> None:
    """Not each success is noted, as each would be a write: of that one, nobody knew any more."""
    imports = "pinpoint.import-jobs"
    simulation = watching(tmp_path, imports, expect={"within": "24 hours"})
    kept, client = simulation.apis[imports], simulation.clients.client
    deleted = GuardedApi(kept.source, simulation.faults)
    simulation.clients.client = lambda service, scope, patient=True: (
        deleted if scope.parameters.get("ApplicationId") == "b" else client(service, scope, patient)
    )
    for hours, name, api in ((1, "a", kept), (8, "b", deleted)):
        kept.children = {"ApplicationId": ["a", name]}
        go(simulation, NOW + hours * HOUR, HOUR)
        times = dict.fromkeys(("CreationDate", "CompletionDate"), simulation.now.isoformat())
        api.put(name, "COMPLETED", **times)
        go(simulation, NOW + (hours + 2) * HOUR, HOUR)
    kept.children = {"ApplicationId": ["a"]}
    go(simulation, NOW + 40 * HOUR, HOUR)
    assert told(simulation) == [(RUN_MISSING, NOW + (8 + 24 + 1) * HOUR)]


class TestWhatRests:
    def test_is_read_at_once_when_a_run_is_due(self, tmp_path: Path) -> None:
        """It would have rested for half an hour more."""
        early = {"at": "30 12 * * *", "within": "1 hour"}
        simulation = watching(tmp_path, idle_every="6 hours", expect=early)
        api, due = simulation.apis[IMPORTS], NOW + 90 * MINUTE
        go(simulation, due - 10 * MINUTE)
        assert api.made("ListImportJobs") == 1
        go(simulation, due)
        assert api.made("ListImportJobs") == 2
        assert told(simulation) == [(RUN_MISSING, due)]

    def test_still_tells_of_the_run_that_arrived_last(self, tmp_path: Path) -> None:
        """That was stored with the scope, and then the table refused the rest."""
        simulation = watching(tmp_path, idle_every="6 hours")
        go(simulation, DUE)
        succeed(simulation, DUE + MINUTE)
        go(simulation, DUE + 6 * HOUR - 10 * MINUTE)

        def meddle(name: str) -> None:
            if name == "PutItem" and '"succeeded_at"' in health_of(simulation):
                raise refused("ProvisionedThroughputExceededException", name)

        simulation.faults.meddle = meddle
        while '"succeeded_at"' not in health_of(simulation):
            simulation.poll(10 * MINUTE, clocked=True)
        assert [kind for kind, _ in told(simulation)] == [RUN_MISSING]
        simulation.faults.meddle = lambda _name: None
        before = simulation.apis[IMPORTS].made("ListImportJobs")
        simulation.poll(10 * MINUTE, clocked=True)
        assert simulation.apis[IMPORTS].made("ListImportJobs") == before
        assert [kind for kind, _ in told(simulation)] == [RUN_MISSING, RUN_ARRIVED]

    def test_is_left_alone_otherwise(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, idle_every="6 hours")
        go(simulation, START - 10 * MINUTE, MINUTE)
        assert simulation.apis[IMPORTS].made("ListImportJobs") <= 2

    def test_has_its_parents_listed_when_a_run_is_due(self, tmp_path: Path) -> None:
        """The run may be of an application that nobody has discovered yet."""
        source = "pinpoint.import-jobs"
        simulation = watching(tmp_path, source, discover_every="1 day")
        api = simulation.apis[source]
        api.children = {"ApplicationId": ["old"]}
        go(simulation, START + 10 * MINUTE)
        at = simulation.now.isoformat()
        api.children["ApplicationId"].append("new")
        api.put("run", "COMPLETED", CreationDate=at, CompletionDate=at)
        go(simulation, DUE + HOUR)
        assert told(simulation) == []


class TestALaneThatTakesSeveralTurns:
    @pytest.fixture
    def segments(self, tmp_path: Path) -> Simulation:
        simulation = watching(tmp_path, SEGMENTS)
        simulation.apis[SEGMENTS].children = {"ApplicationId": ["app"], "SegmentId": [*NAMES]}
        go(simulation, START)
        hasten(simulation, 3)
        return simulation

    def test_tells_what_is_missing_once_it_was_around(self, segments: Simulation) -> None:
        go(segments, DUE - MINUTE)
        take = asked(segments)
        visited: set[str] = set()
        while not told(segments):
            segments.poll(clocked=True)
            visited |= {each for each in take() if each.count("/") == 2}
            assert segments.now < DUE + HOUR
        assert visited == {f"w/app/{name}" for name in NAMES}
        assert segments.now > DUE + 2 * MINUTE

    def test_tells_nothing_where_one_turn_could_not_read_a_scope(
        self, segments: Simulation
    ) -> None:
        lost = NAMES[4]

        def fail(_: str, parameters: Mapping[str, Any]) -> None:
            if parameters.get("SegmentId") == lost:
                raise refused("AccessDeniedException")

        segments.apis[SEGMENTS].fail = fail
        go(segments, DUE + 2 * HOUR, 5 * MINUTE)
        assert told(segments) == []
        segments.apis[SEGMENTS].fail = fine
        go(segments, DUE + 4 * HOUR, 5 * MINUTE)
        assert [kind for kind, _ in told(segments)] == [RUN_MISSING]

    def test_that_comes_to_a_place_twice_forgets_nothing_that_failed_there(
        self, segments: Simulation
    ) -> None:
        """What a parent holds is listed once in a turn, also where that turn goes around it."""
        go(segments, DUE - 10 * MINUTE)
        at = (DUE - 5 * MINUTE).isoformat()
        segments.apis[SEGMENTS].put("run", "COMPLETED", CreationDate=at, CompletionDate=at)
        reads = itertools.count(1)

        def meddle(name: str) -> None:
            """Let the lane's own item and the watch's be read, and no other."""
            if name == "GetItem" and next(reads) > 2:
                raise refused("ProvisionedThroughputExceededException", name)

        segments.faults.meddle = meddle
        segments.poll(10 * MINUTE, clocked=True)
        segments.faults.meddle = lambda _name: None
        go(segments, DUE + 2 * HOUR)
        assert told(segments) == []

    def test_counts_a_long_list_from_when_it_was_begun(self, tmp_path: Path) -> None:
        """The run succeeded behind the back of a reading that came to its end when it was due."""
        simulation = watching(tmp_path)
        api = simulation.apis[IMPORTS]
        api.put("run", "PROCESSING", CreatedTimestamp=NOW)
        for number in range(9):
            api.put(f"old-{number}", "PROCESSING", CreatedTimestamp=NOW)
        go(simulation, DUE - 20 * MINUTE)
        hasten(simulation, 2)
        seen: list[bool] = []
        while simulation.now < DUE + 2 * HOUR:
            simulation.poll(10 * MINUTE, clocked=True)
            if simulation.now == DUE - 10 * MINUTE:
                succeed(simulation, simulation.now)
            seen.append('"cursor"' in health_of(simulation))
        assert any(seen)
        assert told(simulation) == []

    def test_passes_over_no_scope_amid_which_it_was_stopped(self, segments: Simulation) -> None:
        """A turn that was killed noted nothing: what came before it is no reading of all."""
        go(segments, DUE)
        lost = NAMES[4]

        def fail(_: str, parameters: Mapping[str, Any]) -> None:
            if parameters.get("SegmentId") == lost:
                raise Crash

        segments.apis[SEGMENTS].fail = fail
        for _ in range(60):
            segments.poll(clocked=True)
        assert told(segments) == []


class TestAFunctionThatIsStopped:
    """At each of its calls, before and after that had its effect."""

    @pytest.mark.parametrize("after", [False, True])
    def test_tells_what_is_missing_once_all_the_same(self, tmp_path: Path, after: bool) -> None:
        def until_due(number: int) -> Simulation:
            simulation = watching(tmp_path / f"{number}")
            go(simulation, DUE - 10 * MINUTE)
            return simulation

        for simulation in self._stopped(until_due, after=after):
            go(simulation, DUE + HOUR)
            assert [kind for kind, _ in told(simulation)] == [RUN_MISSING]

    @pytest.mark.parametrize("after", [False, True])
    def test_forgets_no_run_that_came(self, tmp_path: Path, after: bool) -> None:
        def until_it_came(number: int) -> Simulation:
            simulation = watching(tmp_path / f"{number}")
            go(simulation, START + 10 * MINUTE)
            succeed(simulation, simulation.now)
            return simulation

        for simulation in self._stopped(until_it_came, after=after):
            go(simulation, DUE + HOUR)
            assert told(simulation) == []

    def _stopped(self, made: Callable[[int], Simulation], *, after: bool) -> Any:
        for number in itertools.count():
            simulation = made(number)
            calls = simulation.faults.calls
            simulation.faults.stop_at, simulation.faults.after = len(calls) + number, after
            if simulation.poll(10 * MINUTE, clocked=True) is not None:
                assert number > 3
                return
            yield simulation


class TestTheItem:
    def test_that_cannot_be_read_begins_anew(self, nightly: Simulation) -> None:
        go(nightly, START)
        nightly.dynamodb.items[ITEM] = {**nightly.dynamodb.items[ITEM], "runs": {"S": "["}}
        go(nightly, DUE + HOUR)
        assert told(nightly) == []
        go(nightly, DUE + DAY, HOUR)
        assert [kind for kind, _ in told(nightly)] == [RUN_MISSING]

    def test_that_cannot_be_read_still_tells_that_a_run_is_missing(
        self, nightly: Simulation
    ) -> None:
        go(nightly, DUE)
        nightly.dynamodb.items[ITEM] = {**nightly.dynamodb.items[ITEM], "runs": {"N": "1"}}
        go(nightly, DUE + DAY + HOUR, HOUR)
        succeed(nightly, nightly.now)
        go(nightly, DUE + DAY + 2 * HOUR, HOUR)
        assert [kind for kind, _ in told(nightly)] == [RUN_MISSING, RUN_ARRIVED]

    def test_is_one_read_of_a_quiet_turn_and_no_write(self, tmp_path: Path) -> None:
        with_it, without = watching(tmp_path / "1"), watching(tmp_path / "2", expect=None)
        turns = []
        for simulation in (with_it, without):
            go(simulation, START + 10 * MINUTE)
            succeed(simulation, simulation.now)
            go(simulation, START + 30 * MINUTE)
            before = len(simulation.faults.calls)
            simulation.poll(clocked=True)
            turns.append(simulation.faults.calls[before:])
        assert sorted(turns[0]) == sorted([*turns[1], "GetItem"])
        assert "PutItem" not in turns[0]

    def test_is_written_once_a_day_for_a_run_a_day(self, nightly: Simulation) -> None:
        versions = []
        for day in range(3):
            go(nightly, START + day * DAY + 10 * MINUTE, HOUR)
            succeed(nightly, nightly.now, f"run-{day}")
            go(nightly, START + day * DAY + 23 * HOUR, HOUR)
            versions.append(int(nightly.dynamodb.items[ITEM]["version"]["N"]))
        assert told(nightly) == []
        assert versions[2] - versions[1] == 1

    def test_holds_up_no_job(self, nightly: Simulation) -> None:
        """A table that refuses it is told as any error, and jobs are followed all the same."""
        go(nightly, START)

        def meddle(name: str) -> None:
            if name == "GetItem" and len(nightly.faults.calls) % 2 == 0:
                raise refused("ProvisionedThroughputExceededException", name)

        nightly.faults.meddle = meddle
        nightly.apis[IMPORTS].put("a", "FAILED", CreatedTimestamp=START, CompletedTimestamp=START)
        for _ in range(6):
            nightly.poll(clocked=True)
        nightly.faults.meddle = lambda _name: None
        nightly.publish()
        assert [event["detail"]["job_id"] for event in nightly.told()] == ["a"]


class TestWhatTheFileSays:
    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({"at": "0 3 * * *"}, Expect("0 3 * * *", "UTC", 3_600)),
            (
                {"at": "0 3 * * 1-5", "zone": "Asia/Kolkata"},
                Expect("0 3 * * 1-5", "Asia/Kolkata", 3_600),
            ),
            ({"at": "0 6 L * *", "within": "2 days"}, Expect("0 6 L * *", "UTC", 172_800)),
            ({"within": "26 hours"}, Expect(None, "UTC", 93_600)),
        ],
    )
    def test_is_in_the_plan(self, tmp_path: Path, said: Any, expected: Expect) -> None:
        plan = make_plan(tmp_path, {"w": {"source": IMPORTS, "expect": said}})
        assert plan.watches["w"].expect == expected
        assert parse_plan(json.loads(json.dumps(write_plan(plan)))) == plan

    def test_of_each_watch_may_stand_above_them(self, tmp_path: Path) -> None:
        watches = {
            "a": {"source": IMPORTS},
            "b": {"source": IMPORTS, "expect": None},
            "c": {"source": IMPORTS, "expect": {"at": "0 4 * * *"}},
        }
        plan = make_plan(tmp_path, watches, defaults={"expect": {"within": "1 day"}})
        assert [plan.watches[name].expect for name in "abc"] == [
            Expect(None, "UTC", 86_400),
            None,
            Expect("0 4 * * *", "UTC", 3_600),
        ]

    @pytest.mark.parametrize("accounts", [66, 67])
    def test_is_expected_in_as_many_places_as_one_item_holds(
        self, tmp_path: Path, accounts: int
    ) -> None:
        watch = {
            "source": IMPORTS,
            "expect": AT_ONE,
            "regions": ["eu-west-1", "us-east-1", "us-west-2"],
            "accounts": [{"id": f"{n:012}", "role": "reader"} for n in range(accounts)],
        }
        if accounts * 3 <= MOST_PLACES:
            simulation = Simulation(make_plan(tmp_path, {"w": watch}))
            simulation.poll(timedelta())
            item = simulation.dynamodb.items[ITEM]
            assert len(json.loads(item["runs"]["S"])["places"]) == accounts * 3
            assert len(item["runs"]["S"]) < 40_000
            return
        with pytest.raises(Mistakes, match="found 201 sources in accounts and regions"):
            make_plan(tmp_path, {"w": watch})


def test_what_is_known_of_runs_is_read_back_as_it_was_written() -> None:
    runs = Runs(
        version=7,
        terms="[]",
        succeeded_at=NOW,
        places={
            "a": Reading(NOW - DAY, NOW + timedelta(microseconds=3)),
            "b": Reading(amid=NOW, at="0a1b"),
        },
        missing_since=DUE,
        announced=RUN_MISSING,
        detail='{"status":"MISSING"}',
    )
    for announce in (RUN_MISSING, None):
        assert read_runs(write_runs("w", runs, announce)) == runs


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": None},
        {"expected": None},
        {"expected": {"at": None, "zone": "UTC", "within_seconds": "3600"}},
        {"last_success_at": 7},
    ],
)
def test_an_event_of_a_run_of_another_shape_is_never_sent(wrong: dict[str, Any]) -> None:
    """It is put aside, as any that can't be read."""
    right, other = (
        stream_record(1, json.dumps(each), "runs", RUN_MISSING)
        for each in (missing(), missing(**wrong))
    )
    assert read_record(right, TABLE) is not None
    with pytest.raises(UnreadableRecordError):
        read_record(other, TABLE)
