"""The one server that every subject talks to: moto's, on loopback, with a counter in front of it.

It runs in an environment of its own. Three things are added to moto: Comprehend's list comes in
pages, as AWS's does and moto's does not; answers say that they are JSON, where moto's leave it
out; and jobs are put into its store without a call for each.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from inspect import signature
from typing import Any

import flask
from moto.comprehend.models import ComprehendJob, comprehend_backends
from moto.comprehend.responses import ComprehendResponse
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sagemaker.models import FakeTrainingJob, sagemaker_backends

from bench.counted import serve
from bench.sources import ACCOUNT, ONE_ENDED_IN, REGION, job_names

DEFAULT_PAGE, LARGEST_PAGE = 100, 500
"""How many jobs Comprehend gives when nothing is asked for, and at most."""
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"


def _page_comprehend() -> None:
    """Let moto's list of jobs come in pages, in the order in which they were submitted."""
    responses: Any = ComprehendResponse
    plain = responses._list_jobs_to_dict_resp  # noqa: SLF001

    def paged(response: Any, jobs: list[dict[str, Any]], kind: str) -> str:
        asked = json.loads(response.body)
        start = int(asked.get("NextToken") or 0)
        end = start + min(asked.get("MaxResults") or DEFAULT_PAGE, LARGEST_PAGE)
        page = json.loads(plain(response, jobs[start:end], kind))
        return json.dumps({**page, "NextToken": str(end) if end < len(jobs) else None})

    responses._list_jobs_to_dict_resp = paged  # noqa: SLF001


def _fill(jobs: int) -> None:
    """Forget everything that anyone stored, and let each service have so many jobs."""
    moto_api_backend.reset()
    training = sagemaker_backends[ACCOUNT][REGION].training_jobs
    detection = comprehend_backends[ACCOUNT][REGION].jobs
    for name in job_names(jobs):
        training[name] = _training_job(name)
        detection[name] = _detection_job(name)
    ended = range(0, jobs, ONE_ENDED_IN)
    _end(ended, "Completed", "COMPLETED")
    _end(ended[::2], "Failed", "FAILED")


def _end(numbers: Iterable[int], training_status: str, detection_status: str) -> None:
    """Let the jobs with these numbers end in both services."""
    now = datetime.now(UTC).replace(tzinfo=None)
    training: list[Any] = list(sagemaker_backends[ACCOUNT][REGION].training_jobs.values())
    detection: list[Any] = list(comprehend_backends[ACCOUNT][REGION].jobs.values())
    for number in numbers:
        training[number].training_job_status = training_status
        training[number].training_end_time = now
        detection[number].job_status = detection_status
        detection[number].end_time = now


def _training_job(name: str) -> Any:
    given = {
        "account_id": ACCOUNT,
        "region_name": REGION,
        "training_job_name": name,
        "hyper_parameters": {"epochs": "10"},
        "algorithm_specification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "role_arn": _ROLE,
        "input_data_config": [],
        "output_data_config": {"S3OutputPath": "s3://bucket/models"},
        "resource_config": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "stopping_condition": {"MaxRuntimeInSeconds": 3600},
    }
    wanted: dict[str, Any] = dict.fromkeys(signature(FakeTrainingJob).parameters)
    job: Any = FakeTrainingJob(**wanted | given)
    job.training_job_status, job.training_end_time = "InProgress", None
    return job


def _detection_job(name: str) -> Any:
    bucket = {"S3Uri": f"s3://bucket/{name}"}
    job: Any = ComprehendJob(
        account_id=ACCOUNT,
        region_name=REGION,
        job_type="PiiEntitiesDetection",
        job_name=name,
        input_s3_config=bucket,
        output_s3_config=bucket,
        data_access_role_arn=_ROLE,
        language_code="en",
        Mode="ONLY_REDACTION",
    )
    job.job_id = name
    job.job_arn = f"arn:aws:comprehend:{REGION}:{ACCOUNT}:pii-entities-detection-job/{name}"
    job.job_status = "IN_PROGRESS"
    return job


def _prepare(question: dict[str, Any]) -> None:
    """Do what the benchmark asks for between two measurements."""
    if "fill" in question:
        _fill(question["fill"])
    if "fail" in question:
        _end(range(1, ONE_ENDED_IN * question["fail"], ONE_ENDED_IN), "Failed", "FAILED")


def main() -> None:
    """Serve until there are no more questions."""
    # moto's default is HTML, which Jobwatch takes for no service's answer.
    flask.Response.default_mimetype = "application/x-amz-json-1.1"
    _page_comprehend()
    serve(DomainDispatcherApplication(create_backend_app), _prepare)


if __name__ == "__main__":
    main()
