"""A new version, and a changed `watches.yaml`: nothing is told anew and nothing is lost."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults import story
from tests.flow import make_plan
from tests.sim import Simulation, deploy
from tests.values import HOUR, MINUTE, NOW

ROOT = Path(__file__).parent
SES = {"source": "sesv2.import-jobs"}


def raws(simulation: Simulation) -> list[tuple[str, str, str | None, str]]:
    """What was told since the last look: watch, job, and the raw statuses."""
    simulation.publish()
    details = [event["detail"] for event in simulation.told()]
    simulation.bus.events.clear()
    return [
        (d["watch"], d["job_id"], d["previous_raw_status"], d["raw_status"])
        for d in details
        if "job_id" in d
    ]


def begin(folder: Path, watches: Mapping[str, Any]) -> Simulation:
    """Let watches run that know one unfinished and one failed job."""
    simulation = Simulation(make_plan(folder, watches))
    for job_id, raw in (("runs", "PROCESSING"), ("ended", "FAILED")):
        put(simulation, job_id, raw)
    simulation.poll()
    assert raws(simulation) == []
    return simulation


def put(simulation: Simulation, job_id: str, raw: str) -> None:
    for api in simulation.apis.values():
        api.put(job_id, raw, CreatedTimestamp=NOW - HOUR)
        api.fuller[job_id] = {"CompletedTimestamp": NOW} if raw == "FAILED" else {}


@pytest.mark.parametrize("schema", [0, 1, 2])
class TestATableOfAVersionBefore:
    """`data/table-0.json` was written by the version whose items carry no schema.

    Schema 1 knew no index: what was unfinished was found among all jobs, and a parent scope
    remembered only those scopes that had unfinished ones. Schema 2 had the health in the index, and
    a digest of finished jobs only.
    """

    def resume(self, tmp_path: Path, schema: int) -> Simulation:
        """Let this version find that table, and the jobs as they were when it was written."""
        simulation = Simulation(story.story_plan(tmp_path), now=NOW + 6 * MINUTE)
        for step, _ in story.STEPS[:6]:
            step(simulation)
        if schema:
            story.start_in_a_segment(simulation)
        items = json.loads((ROOT / "data" / f"table-{schema}.json").read_text(encoding="utf-8"))
        assert {item.get("schema", {"N": "0"})["N"] for item in items} == {str(schema)}
        simulation.dynamodb.items = {(i["pk"]["S"], i["sk"]["S"]): i for i in items}
        return simulation

    def test_nothing_is_told_anew(self, tmp_path: Path, schema: int) -> None:
        """P11: an upgrade fires nothing anew."""
        simulation = self.resume(tmp_path, schema)
        story.find(simulation)
        simulation.poll()
        assert raws(simulation) == []

    def test_what_happens_next_is_told_from_where_it_stood(
        self, tmp_path: Path, schema: int
    ) -> None:
        simulation = self.resume(tmp_path, schema)
        story.find(simulation)
        story.ses(simulation, "old-3", "FAILED")
        story.ses(simulation, "new-3", "CREATED")
        simulation.poll()
        assert sorted(raws(simulation), key=str) == [
            ("contacts", "new-3", None, "CREATED"),
            ("contacts", "old-3", "PROCESSING", "FAILED"),
        ]

    def test_an_index_that_is_behind_with_a_health_of_before_stops_nothing(
        self, tmp_path: Path, schema: int
    ) -> None:
        simulation = self.resume(tmp_path, schema)
        story.find(simulation)
        before = dict(simulation.dynamodb.items)
        simulation.poll()
        simulation.dynamodb.behind = before
        story.ses(simulation, "old-3", "FAILED")
        summary = simulation.poll()
        assert summary is not None
        assert summary.errors == []
        assert raws(simulation) == [("contacts", "old-3", "PROCESSING", "FAILED")]

    def test_its_unfinished_jobs_come_into_the_index_silently(
        self, tmp_path: Path, schema: int
    ) -> None:
        simulation = self.resume(tmp_path, schema)
        story.find(simulation)
        simulation.poll()
        items = simulation.dynamodb.items.values()
        jobs = [item for item in items if item["sk"]["S"].startswith("job#")]
        unfinished = [i for i in jobs if i["status"]["S"] in {"RUNNING", "PENDING"}]
        assert unfinished
        assert all("open" in item for item in unfinished)
        assert raws(simulation) == []

    def test_an_unfinished_job_that_vanishes_is_told(self, tmp_path: Path, schema: int) -> None:
        simulation = self.resume(tmp_path, schema)
        story.find(simulation)
        simulation.poll()
        del simulation.apis["sesv2.import-jobs"].jobs["old-3"]
        simulation.poll()
        simulation.poll()
        assert raws(simulation) == [("contacts", "old-3", "PROCESSING", "NOT_FOUND")]

    def test_a_scope_that_was_failing_goes_on_counting(self, tmp_path: Path, schema: int) -> None:
        simulation = self.resume(tmp_path, schema)
        simulation.poll()
        simulation.publish()
        lost = [e["detail"] for e in simulation.told() if e["detail-type"] == "Watch Unreachable"]
        assert [(d["watch"], d["since"]) for d in lost] == [("tables", "2026-11-22T12:05:00Z")]


def test_unfinished_jobs_of_a_parent_that_went_during_an_upgrade_are_asked_for(
    tmp_path: Path,
) -> None:
    """Schema 1 called the parents with unfinished jobs `busy`."""
    simulation = TestATableOfAVersionBefore().resume(tmp_path, 1)
    story.find(simulation)
    segments = simulation.apis["pinpoint.segment-import-jobs"]
    segments.children["ApplicationId"] = []
    del segments.jobs["p2"]
    simulation.poll()
    simulation.poll()
    assert raws(simulation) == [("audience", "p2", "PROCESSING", "NOT_FOUND")] * 3


def read_as_schema_2(item: Mapping[str, Any]) -> None:
    """Read an item as the version before does: it must find all that it takes for granted."""
    assert int(item["version"]["N"]) >= 1
    if item["sk"]["S"] != "scope":
        assert item["status"]["S"]
        assert len(json.loads(item["progress"]["S"])) == 3
        float(item["moved_at"]["N"])
        assert "open" in item or "expires_at" in item
        assert json.loads(item["detail"]["S"])["job_id"]
        return
    health = json.loads(item["health"]["S"])
    for name in ("began_at", "quiet_before", "read_at", "since", "underway"):
        assert isinstance(health.get(name, ""), str | None)
    for name in ("unread", "ended", "children"):
        assert isinstance(health.get(name, []), list)
    assert isinstance(health["failures"], int)
    assert "settled" not in item, "what it digested was something else"


def test_the_version_before_can_read_what_this_one_wrote(tmp_path: Path) -> None:
    """P7: so that a deployment can be taken back."""
    simulation = Simulation(story.story_plan(tmp_path))
    for step, later in story.STEPS[:6]:
        step(simulation)
        simulation.poll(later)
    known = [i for i in simulation.dynamodb.items.values() if not i["sk"]["S"].startswith("child#")]
    assert len(known) > 20
    for item in known:
        read_as_schema_2(item)


def test_every_item_names_the_schema_that_it_was_written_in(tmp_path: Path) -> None:
    simulation = begin(tmp_path, {"contacts": SES})
    assert {item["schema"]["N"] for item in simulation.dynamodb.items.values()} == {"3"}


def test_a_renamed_watch_begins_anew_and_quietly(tmp_path: Path) -> None:
    simulation = begin(tmp_path, {"contacts": SES})
    after = deploy(simulation, make_plan(tmp_path, {"people": SES}))
    after.poll()
    assert raws(after) == []
    put(after, "runs", "FAILED")
    after.poll()
    assert raws(after) == [("people", "runs", "PROCESSING", "FAILED")]


def test_a_removed_watch_is_silent_and_goes_on_where_it_was_when_it_comes_back(
    tmp_path: Path,
) -> None:
    simulation = begin(tmp_path, {"contacts": SES, "others": {"source": "sesv2.export-jobs"}})
    without = deploy(simulation, make_plan(tmp_path, {"others": {"source": "sesv2.export-jobs"}}))
    put(without, "runs", "FAILED")
    without.poll()
    assert ("contacts", "runs", "PROCESSING", "FAILED") not in raws(without)
    again = deploy(without, make_plan(tmp_path, {"contacts": SES}))
    put(again, "runs", "FAILED")
    again.poll()
    assert raws(again) == [("contacts", "runs", "PROCESSING", "FAILED")]


def test_other_cadences_alerts_and_retentions_tell_nothing_anew(tmp_path: Path) -> None:
    simulation = begin(tmp_path, {"contacts": SES})
    changed = {"contacts": {**SES, "every": "5 minutes", "stalled_after": "9 hours"}}
    plan = make_plan(tmp_path, changed, alerts={"on": ["FAILED"]}, retention="2 days")
    after = deploy(simulation, plan)
    after.poll()
    assert raws(after) == []


def test_a_watch_of_other_regions_begins_quietly_in_the_new_ones_only(tmp_path: Path) -> None:
    simulation = begin(tmp_path, {"contacts": {**SES, "regions": ["eu-west-1"]}})
    both = {"contacts": {**SES, "regions": ["eu-west-1", "us-east-1"]}}
    after = deploy(simulation, make_plan(tmp_path, both))
    put(after, "runs", "FAILED")
    after.poll()
    assert raws(after) == [("contacts", "runs", "PROCESSING", "FAILED")]


def test_a_watch_that_named_its_jobs_and_now_lists_them_begins_quietly(tmp_path: Path) -> None:
    simulation = begin(tmp_path, {"contacts": {**SES, "jobs": ["runs"]}})
    put(simulation, "never named", "FAILED")
    after = deploy(simulation, make_plan(tmp_path, {"contacts": SES}))
    put(after, "runs", "FAILED")
    after.poll()
    assert raws(after) == [("contacts", "runs", "PROCESSING", "FAILED")]
    put(after, "new", "CREATED")
    after.poll()
    assert raws(after) == [("contacts", "new", None, "CREATED")]


def test_a_watch_that_listed_its_jobs_and_now_names_them_begins_quietly(tmp_path: Path) -> None:
    simulation = begin(tmp_path, {"contacts": SES})
    after = deploy(simulation, make_plan(tmp_path, {"contacts": {**SES, "jobs": ["runs", "b"]}}))
    put(after, "b", "PROCESSING")
    after.poll()
    assert raws(after) == []


class TestAParentThatIsGone:
    """An application or a segment that was deleted, with unfinished jobs in it."""

    WATCHES = {"audience": {"source": "pinpoint.segment-import-jobs"}}  # noqa: RUF012  a constant

    def begin(self, tmp_path: Path) -> Simulation:
        simulation = Simulation(make_plan(tmp_path, self.WATCHES))
        (api,) = simulation.apis.values()
        api.children = {"ApplicationId": ["app"], "SegmentId": ["s1", "s2"]}
        api.put("p1", "PROCESSING")
        simulation.poll()
        return simulation

    def test_its_unfinished_jobs_are_gone_when_the_service_says_so(self, tmp_path: Path) -> None:
        simulation = self.begin(tmp_path)
        (api,) = simulation.apis.values()
        api.children = {"ApplicationId": [], "SegmentId": []}
        api.jobs.clear()
        simulation.poll()
        simulation.poll()
        assert raws(simulation) == [("audience", "p1", "PROCESSING", "NOT_FOUND")] * 2
        api.calls.clear()
        simulation.poll()
        assert [operation for operation, _ in api.calls] == ["GetApps"]
        assert raws(simulation) == []

    def test_its_unfinished_jobs_are_watched_on_while_the_service_knows_them(
        self, tmp_path: Path
    ) -> None:
        simulation = self.begin(tmp_path)
        (api,) = simulation.apis.values()
        api.children["SegmentId"] = ["s2"]
        simulation.poll()
        assert raws(simulation) == []
        api.put("p1", "FAILED")
        simulation.poll()
        assert raws(simulation) == [("audience", "p1", "PROCESSING", "FAILED")] * 2

    def test_a_discovery_that_fails_buries_nothing(self, tmp_path: Path) -> None:
        simulation = self.begin(tmp_path)
        (api,) = simulation.apis.values()

        def fail(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "GetSegments":
                raise TimeoutError

        api.fail = fail
        api.jobs.clear()
        simulation.poll()
        assert raws(simulation) == []
