"""Imports contacts into SES, and goes on when the import has ended."""

from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk import dag, task
from jobwatch_waiting import JobSensor

SECONDS = 7_200
"""How long an import may take."""


@task(retries=0)
def start(params: dict[str, Any]) -> str:
    """Start the import; give its id."""
    ses = AwsBaseHook(client_type="sesv2").conn
    started = ses.create_import_job(
        ImportDestination={
            "ContactListDestination": {
                "ContactListName": "newsletter",
                "ContactListImportAction": "PUT",
            }
        },
        ImportDataSource={"S3Url": params["contacts"], "DataFormat": "CSV"},
    )
    return str(started["JobId"])


@task
def greet(job: dict[str, Any]) -> str:
    """Do what is to be done once the contacts are there."""
    return f"{job['progress']['processed']} contacts are there: {job['status']}"


@dag(
    schedule=None,
    params={"contacts": "s3://shop-mail/contacts.csv"},
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30)},
)
def import_contacts() -> None:
    """Start, wait, go on."""
    wait = JobSensor(
        task_id="wait",
        sqs_queue="{{ var.value.jobwatch_queue }}",
        job={"source": "sesv2.import-jobs", "job_id": start()},
        timeout=SECONDS,
    )
    greet(wait.output)


import_contacts()
