"""The sources and jobs of the measurements, as every process of them knows them."""

ACCOUNT, REGION = "123456789012", "us-east-1"
SAGEMAKER, COMPREHEND = "sagemaker.training-jobs", "comprehend.pii-entities-detection-jobs"
SES, DATA_EXCHANGE = "sesv2.import-jobs", "dataexchange.jobs"
ONE_ENDED_IN = 10
"""One job in so many has ended, every second of those with a failure; the others run."""
TABLE = "seen"
"""The table of Jobwatch."""
QUEUE = "notifications"
"""The queue that Cloud Custodian notifies."""


def job_names(jobs: int) -> list[str]:
    """Name the jobs, oldest first: whoever starts a job knows its name without a list."""
    return [f"job-{number:06}" for number in range(jobs)]
