"""A tick goes through every scope, whatever happens to one of them."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.sim import Simulation
from tests.stage import make_plan
from tests.values import HOUR, NOW

WATCHES = {
    "contacts": {"source": "sesv2.import-jobs"},
    "audience": {"source": "pinpoint.segment-import-jobs"},
}


@pytest.mark.parametrize("number", range(10))
def test_a_write_that_fails_stops_no_other_scope_and_loses_nothing(
    tmp_path: Path, number: int
) -> None:
    simulation = Simulation(make_plan(tmp_path, WATCHES))
    segments, contacts = (
        simulation.apis["pinpoint.segment-import-jobs"],
        simulation.apis["sesv2.import-jobs"],
    )
    segments.children = {"ApplicationId": ["app"], "SegmentId": ["s1", "s2"]}
    segments.put("p1", "PROCESSING")
    contacts.put("j1", "PROCESSING", CreatedTimestamp=NOW - HOUR)
    writes = 0

    def fail_once(name: str) -> None:
        nonlocal writes
        if name == "PutItem":
            writes += 1
            if writes == number + 1:
                error = {"Code": "ProvisionedThroughputExceededException", "Message": "no"}
                raise ClientError({"Error": error}, name)

    simulation.faults.meddle = fail_once
    summary = simulation.poll()
    assert summary is not None
    assert len(summary.errors) == 1
    simulation.faults.meddle = lambda _name: None
    simulation.poll()
    for api in (segments, contacts):
        api.put("j1" if api is contacts else "p1", "FAILED", CreatedTimestamp=NOW - HOUR)
    simulation.poll()
    simulation.publish()
    assert sorted(e["detail"]["job_id"] for e in simulation.told()) == ["j1", "p1", "p1"]


def test_a_queue_that_takes_nothing_is_an_error_of_each_watch_that_was_to_be_handed_over(
    tmp_path: Path,
) -> None:
    """Otherwise a watch of another cadence would be said to be read."""
    simulation = Simulation(make_plan(tmp_path, WATCHES), most=0)

    def refuse(name: str) -> None:
        if name == "SendMessageBatch":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, name)

    simulation.faults.meddle = refuse
    summary = simulation.poll()
    assert summary is not None
    assert {scope.watch for scope, _ in summary.errors} == {"contacts", "audience"}
    assert summary.counts["Queued"] == 0
