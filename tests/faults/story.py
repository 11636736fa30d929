"""A scenario in which everything happens: a first run, new jobs, changes, alerts, vanished jobs,
a new parent, a deleted one, a scope that gets lost and comes back, and a stalled job."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from lambdas.plan import Plan
from tests.api import refused
from tests.flow import make_plan
from tests.memory import MemoryQueue
from tests.sim import Simulation
from tests.values import DAY, HOUR, MINUTE, NOW

WATCHES = {
    "contacts": {"source": "sesv2.import-jobs", "stalled_after": "2 hours"},
    "audience": {"source": "pinpoint.segment-import-jobs"},
    "nightly": {"source": "dataexchange.jobs", "jobs": ["n1", "n2"]},
    "tables": {"source": "dynamodb.exports"},
}
Told = tuple[str, str, str, str | None, str | None]


def story_plan(folder: Path) -> Plan:
    return make_plan(folder, WATCHES)


def play(simulation: Simulation) -> None:
    """Play it to its end; a tick in which the function is stopped is followed by another.

    By then, a message whose invocation was stopped does not hold up those behind it any more.
    """
    for step, later in STEPS:
        step(simulation)
        if simulation.poll(later) is None:
            while simulation.poll(MemoryQueue.HIDDEN + MINUTE) is None:
                pass
        simulation.publish()


def told(simulation: Simulation) -> dict[tuple[str, ...], list[Told]]:
    """What the bus was told, repeats dropped, in order for each job (or scope)."""
    events: dict[tuple[str, ...], list[Told]] = {}
    for event in simulation.told():
        detail = event["detail"]
        about = (detail["watch"], *detail["parameters"].values(), detail.get("job_id", ""))
        events.setdefault(about, []).append(
            (
                event["detail-type"],
                detail["watch"],
                detail["status"],
                detail.get("previous_status"),
                detail.get("raw_status"),
            )
        )
    return events


def alerted(simulation: Simulation) -> list[tuple[str, str, str]]:
    """What the topic was told, repeats dropped."""
    return sorted(
        (a["status"], a["detail"]["watch"], a["detail"].get("job_id", ""))
        for a in simulation.alerted()
    )


def ses(simulation: Simulation, job_id: str, raw: str, failed: int = 0) -> None:
    api = simulation.apis["sesv2.import-jobs"]
    api.put(job_id, raw, CreatedTimestamp=NOW - HOUR, FailedRecordsCount=failed)
    api.fuller[job_id] = {"CompletedTimestamp": NOW, "FailureInfo": {"ErrorMessage": "row 7"}}


def _begin(simulation: Simulation) -> None:
    for number in range(5):
        ses(simulation, f"old-{number}", "PROCESSING" if number % 2 else "COMPLETED")
    segments = simulation.apis["pinpoint.segment-import-jobs"]
    segments.children = {"ApplicationId": ["app"], "SegmentId": ["s1", "s2"]}
    segments.put("p1", "PROCESSING", CreationDate="2026-11-22T11:00:00Z")
    simulation.apis["dataexchange.jobs"].put("n1", "IN_PROGRESS", CreatedAt=NOW - HOUR)
    simulation.apis["dynamodb.exports"].put("arn:e1", "IN_PROGRESS")


def _appear(simulation: Simulation) -> None:
    ses(simulation, "new-1", "CREATED")
    ses(simulation, "new-2", "FAILED")
    simulation.apis["dataexchange.jobs"].put("n2", "WAITING", CreatedAt=NOW)
    simulation.apis["dynamodb.exports"].put("arn:e2", "FAILED")
    simulation.apis["dynamodb.exports"].fuller["arn:e2"] = {"EndTime": NOW, "StartTime": NOW}


def _move(simulation: Simulation) -> None:
    ses(simulation, "new-1", "PROCESSING")
    ses(simulation, "old-1", "COMPLETED", failed=3)
    segments = simulation.apis["pinpoint.segment-import-jobs"]
    segments.put("p1", "FAILED", CreationDate="2026-11-22T11:00:00Z")
    segments.children["SegmentId"] = ["s1", "s2", "s3"]
    simulation.apis["dataexchange.jobs"].put("n1", "ERROR", CreatedAt=NOW - HOUR)


def _vanish(simulation: Simulation) -> None:
    del simulation.apis["sesv2.import-jobs"].jobs["new-1"]
    del simulation.apis["dataexchange.jobs"].jobs["n2"]
    simulation.apis["dynamodb.exports"].put("arn:e1", "COMPLETED")


def _lose(simulation: Simulation) -> None:
    def deny(operation: str, _: Mapping[str, Any]) -> None:
        raise refused("AccessDeniedException", operation)

    simulation.apis["dynamodb.exports"].fail = deny


def find(simulation: Simulation) -> None:
    simulation.apis["dynamodb.exports"].fail = lambda *_: None


def start_in_a_segment(simulation: Simulation) -> None:
    simulation.apis["pinpoint.segment-import-jobs"].put("p2", "PROCESSING")


def _delete_the_segment(simulation: Simulation) -> None:
    simulation.apis["pinpoint.segment-import-jobs"].children["SegmentId"] = ["s2", "s3"]


def _finish_in_all_segments(simulation: Simulation) -> None:
    simulation.apis["pinpoint.segment-import-jobs"].put("p2", "COMPLETED")


def _nothing(_: Simulation) -> None:
    pass


STEPS: list[tuple[Callable[[Simulation], None], timedelta]] = [
    (_begin, MINUTE),
    (_appear, MINUTE),
    (_move, MINUTE),
    (_vanish, MINUTE),
    (_lose, MINUTE),
    (_nothing, MINUTE),
    (_nothing, MINUTE),
    (find, MINUTE),
    (_nothing, 3 * HOUR),
    (start_in_a_segment, MINUTE),
    (_delete_the_segment, MINUTE),
    (_finish_in_all_segments, MINUTE),
    (_nothing, DAY),
]
