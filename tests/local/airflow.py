"""Airflow as it is: scheduler, DAG processor, triggerer and API, over SQLite and on loopback."""

import json
import os
import secrets
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.local_aws import ROOT, LocalAws, free_port, tail
from demo.supervisor import Supervised

PROGRAM = ROOT / ".venv-bench" / "airflow" / "bin" / "airflow"
LACKING = f"{PROGRAM.relative_to(ROOT)} is not there: run `make airflow`"
EXAMPLE = ROOT / "examples" / "airflow"
PATIENCE = 180.0
"""Seconds that its processes may take to start, on two busy processors."""
PARTS = {
    "api-server": ["--workers", "1"],
    "scheduler": ["--skip-serve-logs"],
    "dag-processor": [],
    "triggerer": ["--skip-serve-logs"],
}
"""What runs. Their servers of logs would listen on every address of the machine."""


@dataclass(frozen=True)
class Airflow:
    """A running Airflow, spoken to by its API as its own pages do."""

    address: str
    folder: Path
    token: str

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the API, or with a body tell it something."""
        return _call(f"{self.address}/api/v2/{path}", self.token, body)

    def has_read(self, *dags: str) -> bool:
        """Tell whether it knows some DAGs; one that it cannot read is an error."""
        wrong = [each["stack_trace"] for each in self.ask("importErrors")["import_errors"]]
        assert not wrong, wrong
        return {*dags} <= {each["dag_id"] for each in self.ask("dags")["dags"]}

    def run(self, dag: str, run: str, **params: Any) -> None:
        """Start a run of a DAG by the name of `run`."""
        body = {"dag_run_id": run, "logical_date": None, "conf": params}
        self.ask(f"dags/{dag}/dagRuns", body)

    def clear(self, dag: str, run: str, task: str) -> None:
        """Let a task of a run begin anew."""
        what = {"dag_run_id": run, "task_ids": [task], "only_failed": False, "dry_run": False}
        self.ask(f"dags/{dag}/clearTaskInstances", what)

    def states(self, dag: str, task: str) -> dict[str, str | None]:
        """Give the state of a task in each run of a DAG."""
        found = self.ask(f"dags/{dag}/dagRuns/~/taskInstances?task_id={task}")["task_instances"]
        return {each["dag_run_id"]: each["state"] for each in found if each["task_id"] == task}

    def gave(self, dag: str, run: str, task: str) -> Any:
        """Give what a task gave to those behind it."""
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
        return self.ask(f"{path}?deserialize=true")["value"]

    def log(self, dag: str, run: str, task: str) -> str:
        """Give what a task logged."""
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/1"
        return json.dumps(self.ask(path)["content"])


@contextmanager
def running(aws: LocalAws, folder: Path, dags: Path, **more: str) -> Iterator[Airflow]:
    """Run Airflow with the example's plugin and a folder of DAGs; `more` is more environment."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    environment = {**aws.environment(), **_settings(folder, dags, address, port), **more}
    done = subprocess.run(
        [PROGRAM, "db", "migrate"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with ExitStack() as processes:
        for part, words in PARTS.items():
            log = processes.enter_context((folder / f"{part}.log").open("wb"))
            command = [str(PROGRAM), part, *words]
            process = Supervised(command, cwd=folder, env=environment, log=log)
            processes.enter_context(process)
        yield Airflow(address, folder, _token(address, folder))


def _settings(folder: Path, dags: Path, address: str, port: int) -> dict[str, str]:
    settings = {
        "CORE__DAGS_FOLDER": str(dags),
        "CORE__PLUGINS_FOLDER": str(EXAMPLE / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "2",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {
        **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _token(address: str, folder: Path) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return str(_call(f"{address}/auth/token", "")["access_token"])
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"Airflow did not answer.\n{tail(folder / 'api-server.log')}")


def _call(url: str, token: str, body: Mapping[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers)  # noqa: S310  it is on loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  likewise
        return json.loads(answer.read())
