"""Clients for whoever runs a command: with their credentials, in their region."""

import os
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.config import Config

Clients = Callable[[str], Any]
"""Gives the client of a service."""

INVOKING = Config(read_timeout=90, retries={"total_max_attempts": 1})
"""One attempt at an invocation that may take a minute: a second one would overtake the first."""


def clients_here() -> Clients:
    """Make clients on demand, in the region that `AWS_REGION` names, or else botocore's settings.

    botocore itself heeds `AWS_DEFAULT_REGION` only; the CDK and the AWS CLI heed `AWS_REGION`.
    """
    session = botocore.session.Session()
    if region := os.environ.get("AWS_REGION"):
        session.set_config_variable("region", region)
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            config = INVOKING if service == "lambda" else None
            made[service] = session.create_client(service, config=config)
        return made[service]

    return client
