"""Watches of one list in memory: put jobs, poll, and see what was called and told."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.api import FakeApi, refused
from tests.flow import make_plan
from tests.sim import Simulation
from tests.values import HOUR, NOW, id_parameter

UNSORTED, SORTED, AGELESS = "sesv2.import-jobs", "dataexchange.jobs", "dynamodb.exports"
RAW = {"FAILED": "ERROR", "PROCESSING": "IN_PROGRESS"}


def watching(folder: Path, source: str, **watch: Any) -> Simulation:
    return Simulation(make_plan(folder, {"jobs": {"source": source, **watch}}))


def api_of(simulation: Simulation) -> FakeApi:
    (api,) = simulation.apis.values()
    return api


def put(simulation: Simulation, *job_ids: str, raw: str) -> None:
    """Let jobs be there; `raw` is SES's word for the status."""
    api = api_of(simulation)
    raw = RAW.get(raw, raw) if api.source.newest_first else raw
    for job_id in job_ids:
        api.put(job_id, raw, CreatedTimestamp=NOW - HOUR, CreatedAt=NOW - HOUR)
        api.fuller[job_id] = {"CompletedTimestamp": NOW}


def put_first(simulation: Simulation, *job_ids: str, raw: str) -> None:
    """Let jobs be there, as the oldest of the list."""
    api = api_of(simulation)
    put(simulation, *job_ids, raw=raw)
    api.jobs = {**{job_id: api.jobs.pop(job_id) for job_id in job_ids}, **api.jobs}


def calls(simulation: Simulation) -> Counter[str]:
    """Count the calls since the last look."""
    found = Counter(simulation.faults.calls)
    simulation.faults.calls.clear()
    del found["SendMessageBatch"]
    return found


def on_the_table(simulation: Simulation) -> Counter[str]:
    """Count the calls to the table since the last look."""
    found = Counter(name for name in simulation.faults.calls if name[0].isupper())
    simulation.faults.calls.clear()
    del found["SendMessageBatch"]
    return found


def told(simulation: Simulation) -> list[str]:
    """Name the jobs that were told since the last look, sorted; a job told twice is there twice."""
    simulation.publish()
    found = sorted(e["detail"]["job_id"] for e in simulation.told() if "job_id" in e["detail"])
    simulation.bus.events.clear()
    return found


def lives(simulation: Simulation) -> dict[str, list[str]]:
    """The raw statuses that were told of each job since the last look."""
    simulation.publish()
    found: dict[str, list[str]] = {}
    for event in simulation.told():
        detail = event["detail"]
        if "job_id" in detail:
            found.setdefault(detail["job_id"], []).append(detail["raw_status"])
    simulation.bus.events.clear()
    return found


def deny_gets(simulation: Simulation, *job_ids: str) -> None:
    api = api_of(simulation)

    def fail(operation: str, parameters: Mapping[str, Any]) -> None:
        if (
            operation == api.source.get.operation
            and parameters[id_parameter(api.source.get)] in job_ids
        ):
            raise refused("InternalServiceErrorException", operation)

    api.fail = fail


def allow(simulation: Simulation) -> None:
    api_of(simulation).fail = lambda *_: None


def stored_jobs(simulation: Simulation) -> int:
    return sum(sk.startswith("job#") for _, sk in simulation.dynamodb.items)
