"""Starts a function in a fresh process, as Lambda does, and tells what that took."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.local_aws import clean_environment

RUN = Path(__file__).parent / "cold" / "run.py"
FLAGS = ("-I", "-S", "-B")
"""Isolated, without site-packages, and nothing compiled is kept: Lambda's files are read-only."""
NOWHERE = "http://127.0.0.1:9/000000000000/none"
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "poll",
    "POWERTOOLS_METRICS_NAMESPACE": "Jobwatch",
    "POWERTOOLS_SERVICE_NAME": "Jobwatch",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "TABLE_NAME": "seen",
    "SCOPES_QUEUE_URL": NOWHERE,
    "LOST_QUEUE_URL": NOWHERE,
    "LATER_QUEUE_URL": NOWHERE,
    "EVENT_BUS_NAME": "default",
    "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:none",
}


class LaunchError(Exception):
    """A measured function failed; the message is what it said at last."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts functions with one Python; `settings` say where the services are."""

    python: str
    settings: Mapping[str, str]

    def start(self, bundle: Path, module: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Import `module` out of the bundle in a fresh process and call its handler twice."""
        command = [self.python, *FLAGS, str(RUN), str(bundle), module, json.dumps(event)]
        environment = {**clean_environment(), **ENVIRONMENT, **self.settings}
        done = subprocess.run(  # noqa: S603  the command is ours
            command, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LaunchError(f"{module}: {(done.stderr.strip().splitlines() or ['silent'])[-1]}")
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told
