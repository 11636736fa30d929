"""What the processes of the benchmark run in: their Python, their folder, their environment."""

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from bench.lines import Process, run
from bench.sources import REGION
from demo.local_aws import ROOT, Trouble, clean_environment

VENVS = ROOT / ".venv-bench"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
}

FUNCTION = {
    "AWS_LAMBDA_FUNCTION_NAME": "poll",
    "POWERTOOLS_METRICS_NAMESPACE": "Jobwatch",
    "POWERTOOLS_SERVICE_NAME": "Jobwatch",
    "SCOPES_QUEUE_URL": "http://127.0.0.1:9/none",
    "LOST_QUEUE_URL": "http://127.0.0.1:9/none",
    "LATER_QUEUE_URL": "http://127.0.0.1:9/none",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""What the function is told besides its table; the one scope of a measurement needs no queue."""


@dataclass(frozen=True)
class Surroundings:
    """A folder for whatever the processes write, and where their AWS is."""

    folder: Path
    endpoints: Mapping[str, str] = field(default_factory=dict)

    def python(self, venv: str | None) -> Path:
        """Return the Python of an environment that `make bench` sets up; without one, this one.

        :raises Trouble: when it is not there.
        """
        python = Path(sys.executable) if venv is None else VENVS / venv / "bin" / "python"
        if not python.exists():
            raise Trouble(f"{python.relative_to(ROOT)} is not there: run `make bench`")
        return python

    def run(
        self,
        venv: str | None,
        module: str,
        *arguments: str,
        paths: tuple[Path, ...] = (ROOT,),
        **more: str,
    ) -> AbstractContextManager[Process]:
        """Run a module of the benchmark, which finds its modules at `paths` and then its own."""
        environment = self.environment(paths) | more
        python = self.python(venv)
        return run(python, module, *arguments, folder=self.folder, environment=environment)

    def environment(self, paths: tuple[Path, ...] = (ROOT,)) -> dict[str, str]:
        """Return the environment of a process that finds its modules at `paths`."""
        own = {"PYTHONPATH": ":".join(map(str, paths))}
        homes = dict.fromkeys(("HOME", "AIRFLOW_HOME", "MPLCONFIGDIR"), str(self.folder))
        return clean_environment() | SETTINGS | dict(self.endpoints) | own | homes

    def run_function(
        self, function: Path, table: str, source: str
    ) -> AbstractContextManager[Process]:
        """Run the function that polls out of its zip's directory, as this Python runs it."""
        paths = (function, ROOT)
        settings = {**FUNCTION, "TABLE_NAME": table}
        return self.run(None, "bench.subjects.jobwatch", source, paths=paths, **settings)

    def client(self, service: str) -> Any:
        """Return a client of the benchmark's own."""
        session: Any = boto3.Session(region_name=REGION)
        return session.client(
            service,
            endpoint_url=self.endpoints.get("AWS_ENDPOINT_URL"),
            aws_access_key_id=SETTINGS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=SETTINGS["AWS_SECRET_ACCESS_KEY"],
        )
