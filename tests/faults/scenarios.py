"""A scenario for each kind of call to a job API, over HTTP: what is there, changes and is told.

In each of them a job fails, one vanishes and one is new, all in the reach of the call that a fault
hits; and a job fails out of its reach, which must be told all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from demo.records import iso8601
from demo.world import Place, World
from lambdas.apis.clients import Clients
from lambdas.plan import Plan
from lambdas.poll.summary import Summary
from tests.faults.line import REGION, Asked, Trouble
from tests.sim import Simulation
from tests.tally import TALLY
from tests.values import HOUR, MINUTE, NOW

Parents = tuple[str, ...]
Key = tuple[str, Parents, str]
"""A watch, the ids of the parents, and the id of a job."""
Told = dict[Key, list[tuple[str | None, str]]]
"""The raw statuses that were told of a job, each with the one before."""

RUNS = {"sesv2": "PROCESSING", "pinpoint": "PROCESSING", "dataexchange": "IN_PROGRESS"}
FAILS = {"sesv2": "FAILED", "pinpoint": "FAILED", "dataexchange": "ERROR"}
ENDED = {"COMPLETED", "FAILED", "ERROR", "CANCELLED"}
PLACES = {
    "contacts": Place("sesv2", "import-jobs", REGION),
    "exports": Place("sesv2", "export-jobs", REGION),
    "segments": Place("pinpoint", "import-jobs", REGION),
    "data": Place("dataexchange", "jobs", REGION),
    "chosen": Place("dataexchange", "jobs", REGION),
}
WATCHES: dict[str, dict[str, Any]] = {
    "contacts": {"source": "sesv2.import-jobs"},
    "exports": {"source": "sesv2.export-jobs"},
    "segments": {"source": "pinpoint.segment-import-jobs"},
    "data": {"source": "dataexchange.jobs"},
    "chosen": {"source": "dataexchange.jobs", "jobs": ["r1", "r2", "n1"]},
}
NEAR: Parents = ("a1", "s1")
FAR: Parents = ("a2", "s2")


@dataclass(frozen=True)
class Scenario:
    """A call that faults hit: its watch, its operation, and which of the calls to that."""

    name: str
    watch: str
    operation: str
    given: Mapping[str, str] = field(default_factory=dict)
    at_first: bool = True
    """Whether the first poll of all makes this call."""

    def hits(self, asked: Asked) -> bool:
        same = all(asked.given.get(name) == value for name, value in self.given.items())
        return same and asked.operation == self.operation


SCENARIOS = (
    Scenario("list of SES", "contacts", "ListImportJobs"),
    Scenario("get of one that ended", "contacts", "GetImportJob", {"JobId": "r1"}, at_first=False),
    Scenario(
        "get of one that is absent", "contacts", "GetImportJob", {"JobId": "r2"}, at_first=False
    ),
    Scenario("discovery of applications", "segments", "GetApps"),
    Scenario("discovery of segments", "segments", "GetSegments", {"ApplicationId": "a1"}),
    Scenario("list of Pinpoint", "segments", "GetSegmentImportJobs", {"ApplicationId": "a1"}),
    Scenario("get of Pinpoint", "segments", "GetImportJob", {"JobId": "r2"}, at_first=False),
    Scenario("list of Data Exchange", "data", "ListJobs"),
    Scenario("get of Data Exchange", "data", "GetJob", {"JobId": "r2"}, at_first=False),
    Scenario("get by id", "chosen", "GetJob", {"JobId": "r1"}),
)
Jobs = dict[Key, str]
"""The raw status of each job that there is."""


def record(key: Key, raw: str, created: datetime = NOW - HOUR, **more: Any) -> dict[str, Any]:
    """Make one job as its service's get operation answers it."""
    watch, parents, job_id = key
    ended = NOW if raw in ENDED else None
    if watch == "segments":
        app, segment = parents
        return {
            "Id": job_id,
            "ApplicationId": app,
            "JobStatus": raw,
            "Type": "IMPORT",
            "CreationDate": iso8601(created),
            "CompletionDate": iso8601(ended) if ended else None,
            "Definition": {"SegmentId": segment, "Format": "CSV"},
            **more,
        }
    if watch in ("data", "chosen"):
        made = {"Id": job_id, "State": raw, "Type": "EXPORT_ASSETS_TO_S3", "Details": {}}
        return {**made, "CreatedAt": created, "UpdatedAt": ended or created, **more}
    times = {"CreatedTimestamp": created, "CompletedTimestamp": ended}
    return {"JobId": job_id, "JobStatus": raw, **times, **more}


def show(world: World, jobs: Jobs, parents: Iterable[Parents] = (NEAR, FAR)) -> None:
    """Let the world hold these jobs, and these applications and segments."""
    there: dict[Place, list[Any]] = {place: [] for place in PLACES.values()}
    for key, raw in jobs.items():
        there[PLACES[key[0]]].append(record(key, raw))
    apps = [{"Id": app, "Name": app} for app in dict.fromkeys(app for app, _ in parents)]
    segments = [{"Id": segment, "ApplicationId": app} for app, segment in parents]
    there[Place("pinpoint", "apps", REGION)] = apps
    there[Place("pinpoint", "segments", REGION)] = segments
    world.show(there)


def jobs_of(scenario: Scenario) -> tuple[Jobs, Jobs, Told]:
    """Give the jobs before and after, and what must be told in between."""
    service = PLACES[scenario.watch].service
    runs, fails = RUNS[service], FAILS[service]
    near = NEAR if scenario.watch == "segments" else ()
    before: Jobs = {(scenario.watch, near, "r1"): runs, (scenario.watch, near, "r2"): runs}
    if scenario.watch != "chosen":
        before[(scenario.watch, near, "d1")] = "COMPLETED"
    before |= {key: RUNS[PLACES[key[0]].service] for key in bystanders(scenario)}
    after = {
        **{
            key: FAILS[PLACES[key[0]].service] if key[2] != "d1" else r for key, r in before.items()
        },
        (scenario.watch, near, "n1"): runs,
    }
    del after[(scenario.watch, near, "r2")]
    told: Told = {
        (scenario.watch, near, "r1"): [(runs, fails)],
        (scenario.watch, near, "r2"): [(runs, "NOT_FOUND")],
        (scenario.watch, near, "n1"): [(None, runs)],
        **{key: [(before[key], after[key])] for key in bystanders(scenario)},
    }
    return before, after, told


def bystanders(scenario: Scenario) -> list[Key]:
    """Name the jobs that no fault of the scenario may touch."""
    away: list[Key] = [("exports", (), "b1")]
    if scenario.watch == "segments" and scenario.operation != "GetApps":
        away.append(("segments", FAR, "b2"))
    return away


def hit(scenario: Scenario, trouble: Trouble) -> Trouble:
    """Let the trouble happen to the scenario's call only, and count how often it does."""

    def either(asked: Asked) -> Response:
        if not scenario.hits(asked):
            return asked.answer()
        TALLY["service faults injected"] += 1
        return trouble(asked)

    return either


class Harness(Simulation):
    """Jobwatch in memory, but for the calls to the job APIs: those are real."""

    def __init__(self, plan: Plan, clients: Clients) -> None:
        super().__init__(plan)
        self.clients = clients

    def poll(self, later: timedelta = MINUTE) -> Summary:
        summary = super().poll(later)
        assert summary is not None
        for _, error in summary.errors:
            raise error
        self.publish()
        return summary

    def settle(self) -> None:
        """Poll without trouble until all can be told: two polls in a row must miss what is gone."""
        for _ in range(2):
            assert self.poll().unread == []

    def news(self) -> Told:
        """What the bus was told of jobs, repeats dropped, in order for each."""
        told: Told = {}
        for event in self.told():
            if event["detail-type"] == "Job Status Change":
                detail = event["detail"]
                key = (detail["watch"], tuple(detail["parameters"].values()), detail["job_id"])
                told.setdefault(key, []).append(
                    (detail["previous_raw_status"], detail["raw_status"])
                )
        return told

    def scopes_told(self) -> list[str]:
        """The detail types of what the bus was told of scopes."""
        types = [event["detail-type"] for event in self.told()]
        return [each for each in types if each.startswith("Watch")]

    def failures_told(self) -> list[str]:
        """The ids of the jobs whose failure was an alert."""
        return sorted(a["detail"]["job_id"] for a in self.alerted() if a["status"] == "FAILED")
