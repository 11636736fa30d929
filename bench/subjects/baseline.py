"""The baseline: boto3 lists every page of jobs and looks at nothing. No watcher needs less."""

import sys
from typing import Any

import boto3  # type: ignore[import-untyped]

from bench.lines import measure
from bench.sources import COMPREHEND, DATA_EXCHANGE, SAGEMAKER, SES

LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    SAGEMAKER: ("list_training_jobs", {"MaxResults": 100}),
    COMPREHEND: ("list_pii_entities_detection_jobs", {"MaxResults": 500}),
    SES: ("list_import_jobs", {"PageSize": 100}),
    DATA_EXCHANGE: ("list_jobs", {"MaxResults": 200}),
}
"""The list, and the page that Jobwatch asks for: the largest that there is."""


def main(source: str) -> None:
    """List every page in each cycle."""
    client: Any = boto3.Session().client(source.split(".", maxsplit=1)[0])
    operation, size = LISTS[source]
    call = getattr(client, operation)

    def cycle() -> int:
        page = call(**size)
        while page.get("NextToken"):
            page = call(**size, NextToken=page["NextToken"])
        return 0

    measure(cycle)


if __name__ == "__main__":
    main(sys.argv[1])
