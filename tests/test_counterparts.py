"""A job that boto3 begins in moto reaches the bus, read with the row of its source."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from infra.config.reference import tried
from lambdas.apis.clients import Clients
from lambdas.plan import Plan
from lambdas.poll.summary import Summary
from tests.catalogue import ours
from tests.counterparts import ministack_jobs
from tests.counterparts.moto_jobs import JOBS, OWN_WORDS, UNFILTERED
from tests.every.plan import watch_of
from tests.flow import Flow, make_plan, session

ROWS = ours().rows


class RealFlow(Flow):
    """The flow whose clients are botocore's own."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.now = datetime.now(UTC)
        self.clients = Clients(botocore.session.Session(), name="jobwatch")
        self.unread: list[Any] = []

    def poll(self, *watches: str, **given: Any) -> Summary:
        summary = super().poll(*watches, **given)
        self.unread += [*summary.unread, *summary.failed_gets]
        return summary


def listing_all(plan: Plan) -> Plan:
    """Give a plan that never lists jobs since a time."""
    (source,) = plan.sources.values()
    all_of_it = replace(source, listing=replace(source.listing, since=None))
    return replace(plan, sources={source.name: all_of_it})


def test_the_docs_name_what_is_tried() -> None:
    demonstrated = {"dynamodb.exports", "translate.text-translation-jobs"}
    tried_here = {"moto": {*JOBS}, "MiniStack": {*ministack_jobs.JOBS, *demonstrated}}
    assert {name: {*sources} for name, sources in tried().items()} == tried_here


@pytest.mark.parametrize("source", JOBS)
def test_a_job_of_moto_reaches_the_bus(source: str, tmp_path: Path) -> None:
    prepare, begin = JOBS[source]
    plan = make_plan(tmp_path, {"jobs": watch_of(ROWS[source])})
    if source in UNFILTERED:
        plan = listing_all(plan)
    with mock_aws(config={"batch": {"use_docker": False}}):
        flow = RealFlow(plan)
        if prepare:
            prepare(session())
        told = flow.tell()
        assert (told, flow.unread) == ([], [])
        begin(session())
        told = flow.tell()
        assert flow.unread == []
        assert [each["detail-type"] for each in told] == ["Job Status Change"]
        (detail,) = (each["detail"] for each in told)
        assert detail["source"] == source
        if source in OWN_WORDS:
            assert (detail["raw_status"], detail["status"]) == (OWN_WORDS[source], "UNKNOWN")
        else:
            assert detail["raw_status"] in ROWS[source].source.statuses[detail["status"]]
        flow.pool.shutdown()
