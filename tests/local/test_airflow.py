"""The DAG of examples/airflow, in Airflow's own scheduler and triggerer, beside the local AWS."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.local_aws import LocalAws
from tests.local.airflow import EXAMPLE, LACKING, PROGRAM, Airflow, running
from tests.local.apps import BUS, deployed, put, waited_for
from tests.local.endpoint import endpoint
from tests.patterns import event

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=LACKING)

DAG, STRICT = "import_contacts", "import_strictly"
WATCH = "contact-imports"
PATIENCE = 240.0
"""Seconds for some runs at once, on two busy processors."""
ENDS: Mapping[str, Mapping[str, Any]] = {
    "good": {"status": "SUCCEEDED", "raw_status": "COMPLETED"},
    "half": {"status": "PARTIAL", "raw_status": "COMPLETED"},
    "broken": {"status": "FAILED", "raw_status": "FAILED"},
    "off": {"status": "CANCELLED", "raw_status": "CANCELLED"},
    "gone": {"status": "UNKNOWN", "raw_status": "NOT_FOUND"},
}
"""How jobs end, by their ids."""
STATES = {"good": "success", "half": "success"} | dict.fromkeys(("broken", "off", "gone"), "failed")


@dataclass(frozen=True)
class Behind:
    """Airflow, and the queue behind the bus."""

    airflow: Airflow
    aws: LocalAws
    queue: str

    def run(self, *jobs: str, dag: str = DAG) -> None:
        """Start a run for each job, by its id."""
        for job in jobs:
            self.airflow.run(dag, job, contacts=f"s3://shop-mail/{job}.csv")

    def until(self, task: str, states: Mapping[str, str], dag: str = DAG) -> None:
        """Wait until a task is in the state that is named for each run."""

        def are() -> bool:
            found = self.airflow.states(dag, task)
            return all(found.get(run) == state for run, state in states.items())

        assert waited_for(are, PATIENCE), self.airflow.states(dag, task)


def end(job: str, **given: Any) -> dict[str, Any]:
    """The event of the end of a job."""
    return event(**{"job_id": job, "watch": WATCH, "terminal": True, **ENDS.get(job, {}), **given})


def _started(call: Mapping[str, Any]) -> Mapping[str, str]:
    """Name an import after its file."""
    name = call["ImportDataSource"]["S3Url"].rpartition("/")[2]
    return {"JobId": name.removesuffix(".csv")}


def _dags(folder: Path) -> Path:
    """Write the example's DAG, and one that differs by what is a failure to its sensor."""
    folder.mkdir()
    text = (EXAMPLE / "dags" / f"{DAG}.py").read_text(encoding="utf-8")
    asks = "timeout=SECONDS,"
    assert text.count(asks) == 1
    strict = text.replace(DAG, STRICT).replace(asks, f'{asks} partial="fail",')
    for name, each in {DAG: text, STRICT: strict}.items():
        (folder / f"{name}.py").write_text(each, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def behind(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """Airflow that knows both DAGs, beside an SES that starts imports."""
    aws.client("events").create_event_bus(Name=BUS)
    queue = deployed(aws, "airflow", bus=BUS, watch=WATCH)["QueueUrl"]
    folder = tmp_path_factory.mktemp("airflow")
    with (
        endpoint(_started) as (ses, _),
        running(
            aws,
            folder,
            _dags(folder / "dags"),
            AIRFLOW_VAR_JOBWATCH_QUEUE=queue,
            AWS_ENDPOINT_URL_SESV2=ses,
        ) as airflow,
    ):
        assert waited_for(lambda: airflow.has_read(DAG, STRICT), PATIENCE)
        yield Behind(airflow, aws, queue)


def test_each_of_several_waits_ends_as_its_own_job_did(behind: Behind) -> None:
    put(behind.aws, end("stranger", status="FAILED"))
    for stray in ("hello", "[]", '{"detail": 3}'):
        behind.aws.client("sqs").send_message(QueueUrl=behind.queue, MessageBody=stray)
    behind.run(*ENDS)
    behind.until("wait", dict.fromkeys(ENDS, "deferred"))
    put(behind.aws, *(end(job) for job in ENDS))
    behind.until("wait", STATES)
    behind.until("greet", {"good": "success", "half": "success", "broken": "upstream_failed"})
    assert behind.airflow.gave(DAG, "half", "greet").endswith("contacts are there: PARTIAL")
    assert behind.airflow.gave(DAG, "good", "wait") == end("good")["detail"]
    why = end("broken")["detail"]["failure"]["message"]
    for run, said in {
        "broken": f"FAILED: job broken: {why}",
        "gone": "NOT_FOUND: job gone",
    }.items():
        assert f"Jobwatch.{said}" in behind.airflow.log(DAG, run, "wait")


def test_a_wait_that_is_tried_again_finds_what_it_found(behind: Behind) -> None:
    behind.airflow.clear(DAG, "broken", "wait")
    behind.until("wait", {"broken": "deferred"})
    behind.until("wait", {"broken": "failed"})


def test_a_job_that_had_ended_before_the_wait_began_is_answered_by_what_is_there(
    behind: Behind,
) -> None:
    put(behind.aws, end("early", status="SUCCEEDED"))
    behind.run("early")
    behind.until("greet", {"early": "success"})


def test_a_job_that_succeeded_in_part_fails_the_wait_that_asks_for_all_of_it(
    behind: Behind,
) -> None:
    put(behind.aws, end("part", **ENDS["half"]), end("whole", **ENDS["good"]))
    behind.run("part", "whole", dag=STRICT)
    behind.until("wait", {"part": "failed", "whole": "success"}, dag=STRICT)
    assert "Jobwatch.PARTIAL: job part" in behind.airflow.log(STRICT, "part", "wait")
