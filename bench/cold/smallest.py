"""The smallest function that could watch jobs: it lists one page with botocore, and logs."""

from functools import cache
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger


def handler(_event: Any, _context: Any) -> dict[str, Any]:
    """List a page of jobs and say how many are on it."""
    client, logger = _parts()
    jobs = len(client.list_import_jobs(PageSize=100)["ImportJobs"])
    logger.info("Listed", extra={"jobs": jobs})
    return {"Jobs": jobs}


@cache
def _parts() -> tuple[Any, Logger]:
    return botocore.session.Session().create_client("sesv2"), Logger()
