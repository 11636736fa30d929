"""A job that boto3 begins in moto reaches the bus, read with the row of its source."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from infra.config.counterparts import counterparts
from lambdas.apis.clients import Clients
from lambdas.plan import Plan
from lambdas.poll.summary import Summary
from tests.catalogue import ours
from tests.counterparts import answer_of, ministack_jobs
from tests.counterparts.moto_jobs import JOBS, LACKING, LISTED_WITH, NAMED, OWN_WORDS, UNFILTERED
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


def listing(plan: Plan, **given: Any) -> Plan:
    """Give a plan whose only source is listed in another way."""
    (source,) = plan.sources.values()
    other = replace(source, listing=replace(source.listing, **given))
    return replace(plan, sources={source.name: other})


def plan_of(source: str, folder: Path) -> Plan:
    """Give the plan to watch one source as far as moto can be asked for it."""
    named = {"for": NAMED[source](session())} if source in NAMED else {}
    plan = make_plan(folder, {"jobs": watch_of(ROWS[source]) | named})
    if source in UNFILTERED:
        plan = listing(plan, since=None)
    if source in LISTED_WITH:
        plan = listing(plan, parameters=LISTED_WITH[source])
    return plan


def test_the_docs_name_what_is_tried() -> None:
    demonstrated = {"dynamodb.exports", "translate.text-translation-jobs"}
    tried_here = {"moto": {*JOBS}, "MiniStack": {*ministack_jobs.JOBS, *demonstrated}}
    assert {name: {*found.read} for name, found in counterparts().items()} == tried_here
    lacking = {"moto": {*LACKING}, "MiniStack": {*ministack_jobs.LACKING}}
    assert {name: {*found.lacking} for name, found in counterparts().items()} == lacking
    assert not any({*found.read} & {*found.lacking} for found in counterparts().values())


@pytest.mark.parametrize("source", JOBS)
def test_a_job_of_moto_reaches_the_bus(source: str, tmp_path: Path) -> None:
    prepare, begin = JOBS[source]
    with mock_aws(config={"batch": {"use_docker": False}}):
        if prepare:
            prepare(session())
        flow = RealFlow(plan_of(source, tmp_path))
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


@pytest.mark.parametrize(
    "source",
    [
        "sagemaker.processing-jobs",
        "sagemaker.training-jobs",
        "sagemaker.transform-jobs",
        "transcribe.medical-transcription-jobs",
        "transcribe.transcription-jobs",
    ],
)
def test_a_job_that_is_not_there_yet_is_waited_for(source: str, tmp_path: Path) -> None:
    """These services, and moto as they do, say so with another error than their model names."""
    with mock_aws():
        plan = make_plan(tmp_path, {"jobs": watch_of(ROWS[source]) | {"jobs": ["not-yet"]}})
        flow = RealFlow(plan)
        assert (flow.tell(), flow.unread) == ([], [])
        flow.pool.shutdown()


@pytest.mark.parametrize("source", LACKING)
def test_moto_still_lacks_it(source: str) -> None:
    lack = counterparts()["moto"].lacking[source]
    with mock_aws():
        assert lack.answer in answer_of(LACKING[source], session())
