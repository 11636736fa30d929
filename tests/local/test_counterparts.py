"""Real jobs of the local AWS reach the bus of the stack that is deployed there."""

import json
import time
from typing import Any

import pytest

from demo.listen import listen
from demo.local_aws import LocalAws
from demo.poller import Poller
from infra.config.counterparts import counterparts
from tests.catalogue import ours
from tests.counterparts import answer_of
from tests.counterparts.ministack_jobs import JOBS, LACKING, NAMED, prepare
from tests.local.watching import deploy_watches
from tests.schemas import faults

PATIENCE = 60
"""Seconds for an event to come."""


@pytest.fixture(scope="module")
def told(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The first event of each source's job, by source."""
    prepare(aws)
    for make, _ in JOBS.values():
        if make:
            make(aws)
    watches = {
        source.replace(".", "-"): {
            "source": source,
            "for": NAMED[source](aws) if source in NAMED else {},
        }
        for source in JOBS
    }
    file = tmp_path_factory.mktemp("watches") / "watches.yaml"
    file.write_text(json.dumps({"watches": watches}), encoding="utf-8")
    stack = deploy_watches(aws, file, "Counterparts")
    listener = listen(aws, stack.bus, stack.topic)
    poller = Poller(aws, stack)
    poller.poll()
    for _, begin in JOBS.values():
        begin(aws)
    found: dict[str, Any] = {}
    until = time.monotonic() + PATIENCE
    with poller.polling(seconds=2):
        while found.keys() != JOBS.keys() and time.monotonic() < until:
            for event in listener.events():
                assert faults(json.loads(event.text)) == []
                found.setdefault(event.detail["source"], event.detail)
    return found


@pytest.mark.parametrize("source", JOBS)
def test_a_job_of_the_local_aws_reaches_the_bus(source: str, told: dict[str, Any]) -> None:
    assert source in told
    statuses = ours().rows[source].source.statuses
    assert told[source]["raw_status"] in statuses[told[source]["status"]]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("source", LACKING)
def test_the_local_aws_still_lacks_it(source: str, aws: LocalAws) -> None:
    lack = counterparts()["MiniStack"].lacking[source]
    assert lack.answer in answer_of(LACKING[source], aws)
