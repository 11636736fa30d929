"""Reading one job, of services whose get operation is the list, or does not repeat the id.

CloudWatch Logs has both kinds: its rows are compiled against its model, and its answers made up.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lambdas.apis.reader import Reader
from lambdas.deadline import Deadline
from lambdas.model import Scope, SourceError
from lambdas.plan import Source
from tests.builds import Builds, of_builds
from tests.catalogue import CATALOGUE, compile_plan

ROWS = """\
service: logs
sources:
  export-tasks:
    label: log export
    list:
      operation: DescribeExportTasks
      jobs: exportTasks
      token: {send: nextToken, read: nextToken}
      resource: "*"
    get: {operation: DescribeExportTasks, job: "exportTasks[0]", id: taskId, resource: "*"}
    id: taskId
    status: status.code
    partial: []
    statuses:
      {PENDING: [PENDING], RUNNING: [PENDING_CANCEL, RUNNING], SUCCEEDED: [COMPLETED],
       FAILED: [FAILED], CANCELLED: [CANCELLED]}
  queries:
    label: log query
    list:
      operation: DescribeQueries
      jobs: queries
      token: {send: nextToken, read: nextToken}
      resource: "*"
    get:
      operation: GetQueryResults
      job: "@"
      id: queryId
      missing: [ResourceNotFoundException]
      resource: "*"
    id: queryId
    status: status
    partial: []
    statuses:
      {PENDING: [Scheduled], RUNNING: [Running, Unknown], SUCCEEDED: [Complete],
       FAILED: [Failed, Timeout], CANCELLED: [Cancelled]}
"""


def compiled(folder: Path, rows: str = ROWS) -> Mapping[str, Source]:
    (folder / "catalogue").mkdir()
    (folder / "catalogue" / "logs.yaml").write_text(rows)
    (folder / "watches.yaml").write_text(
        "watches: {e: {source: logs.export-tasks}, q: {source: logs.queries}}"
    )
    return compile_plan(folder / "watches.yaml", folder / "catalogue").plan.sources


class Answering:
    """A client that answers every operation alike."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = answer

    def __getattr__(self, _: str) -> Any:
        return lambda **_: self.answer


def reader(source: Source, answer: Mapping[str, Any]) -> Reader:
    scope = Scope("w", source.name, "111122223333", "eu-west-1")
    client = Answering(answer)
    return Reader(
        lambda *_: client, source, scope, Deadline(float("inf")), lambda: datetime.now(UTC)
    )


def test_an_empty_answer_of_a_list_with_an_id_means_that_there_is_no_such_job(
    tmp_path: Path,
) -> None:
    source = compiled(tmp_path)["logs.export-tasks"]
    assert reader(source, {"exportTasks": []}).job("t1") is None
    one = {"exportTasks": [{"taskId": "t1", "status": {"code": "RUNNING"}}]}
    found = reader(source, one).job("t1")
    assert found is not None
    assert (found.id, found.status) == ("t1", "RUNNING")
    with pytest.raises(SourceError, match="without a job"):
        reader(source, {}).job("t1")
    with pytest.raises(SourceError, match="another job"):
        reader(source, one).job("t2")


def test_an_answer_that_does_not_repeat_the_id_is_of_the_job_that_was_asked_for(
    tmp_path: Path,
) -> None:
    source = compiled(tmp_path)["logs.queries"]
    found = reader(source, {"status": "Complete"}).job("q1")
    assert found is not None
    assert (found.id, found.status) == ("q1", "SUCCEEDED")
    with pytest.raises(SourceError, match="without a status"):
        reader(source, {}).job("q1")


def test_a_list_of_ids_tells_that_jobs_are_there_and_nothing_else(tmp_path: Path) -> None:
    (page,) = of_builds(tmp_path, Builds("a", "b")).pages()
    assert {i: job.raw_status for i, job in page.jobs.items()} == {"a": None, "b": None}


def test_several_jobs_are_read_in_one_call_and_those_it_lacks_are_left_out(tmp_path: Path) -> None:
    client = Builds("a", "b")
    found = of_builds(tmp_path, client).several(["a", "b", "c"], {})
    assert {i: job.raw_status for i, job in found.items()} == {"a": "FAILED", "b": "FAILED"}
    assert client.asked == [["a", "b", "c"]]


def test_a_text_in_the_place_of_a_job_is_no_job_where_the_list_tells_a_status(
    tmp_path: Path,
) -> None:
    tasks = reader(compiled(tmp_path)["logs.export-tasks"], {"exportTasks": ["t1"]})
    assert [page.jobs for page in tasks.pages()] == [{}]


def test_parents_of_which_no_jobs_can_be_listed_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text("watches: {w: {source: stepfunctions.executions}}", encoding="utf-8")
    (source,) = compile_plan(file, CATALOGUE).plan.sources.values()
    kinds = {"plain": "STANDARD", "express": "EXPRESS"}
    machines = [{"stateMachineArn": name, "type": kind} for name, kind in kinds.items()]
    assert reader(source, {"stateMachines": machines}).children() == ["plain"]


def test_a_row_may_have_a_link_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    runs = "{source: stepfunctions.map-runs, for: {stateMachineArn: a}}"
    file.write_text(f"watches: {{e: {{source: stepfunctions.executions}}, m: {runs}}}")
    sources = compile_plan(file, CATALOGUE).plan.sources
    assert "{job_id}" in (sources["stepfunctions.executions"].console or "")
    assert "{job_id}" not in (sources["stepfunctions.map-runs"].console or "")
