"""What the processes of the benchmark run in, and what they asked of the local AWS."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.sources import TABLE
from demo.local_aws import ROOT, Trouble, clean_environment, tail
from tests import records

VENVS = ROOT / ".venv-bench"
FUNCTION = {
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Jobwatch",
    "POWERTOOLS_SERVICE_NAME": "Jobwatch",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TABLE_NAME": TABLE,
    "DIGEST_KEY": "4b9c0f5e",
    "DEAD_LETTERS_QUEUE_URL": "http://127.0.0.1:9/000000000000/none",
    "EVENT_BUS_NAME": "default",
    "TABLE_ARN": records.TABLE,
    "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:alerts",
    "ALERTS_TABLE_NAME": TABLE,
}
"""What the stack sets for its functions."""
_PATIENCE = 20
STARTER = Path(__file__).with_name("note_calls.py")
"""What starts a local AWS so that it notes its calls."""


@dataclass(frozen=True)
class Process:
    """A process that answers questions, see `bench.lines`; what else it says is in the log."""

    running: "subprocess.Popen[str]"
    log: Path

    def ask(self, **question: Any) -> dict[str, Any]:
        """Ask and wait for the answer.

        :raises Trouble: when the process ended instead.
        """
        line = ""
        if self.running.stdin and self.running.stdout:
            with suppress(BrokenPipeError):
                print(json.dumps(question), file=self.running.stdin, flush=True)
                line = self.running.stdout.readline()
        if not line:
            raise Trouble(f"{self.log.stem} ended:\n{tail(self.log)}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(frozen=True)
class Surroundings:
    """A folder for whatever the processes write, and where their AWS is."""

    folder: Path
    endpoints: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def run(
        self, venv: str | None, module: str, *arguments: str, function: Path | None = None
    ) -> Iterator[Process]:
        """Run a module of the benchmark, which finds its modules in a function's zip at first.

        It runs in an environment that `make bench` sets up, or in this one.

        :raises Trouble: when that is not there.
        """
        python = VENVS / venv / "bin" / "python" if venv else Path(sys.executable)
        if not python.exists():
            raise Trouble(f"{python.relative_to(ROOT)} is not there: run `make bench`")
        paths = (function, ROOT) if function else (ROOT,)
        log = self.folder / f"{module}.log"
        with (
            log.open("wb") as output,
            subprocess.Popen(  # noqa: S603  the commands are ours
                [str(python), "-P", "-m", module, *arguments],
                cwd=self.folder,
                env=self.environment(*paths) | (FUNCTION if function else {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            ) as running,
        ):
            try:
                yield Process(running, log)
            finally:
                try:  # it ends by itself when there are no more questions
                    running.communicate(timeout=_PATIENCE)
                except subprocess.TimeoutExpired:
                    running.kill()

    def environment(self, *paths: Path) -> dict[str, str]:
        """Return the environment of a process that finds its modules at `paths`."""
        return {
            **clean_environment(),
            **self.endpoints,
            **dict.fromkeys(("HOME", "AIRFLOW_HOME", "MPLCONFIGDIR"), str(self.folder)),
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
            "PYTHONPATH": ":".join(map(str, paths)),
        }


class Ledger:
    """The file into which `note_calls` writes, in the folder of the local AWS."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "calls.log"
        self._read = 0

    def take(self) -> Counter[str]:
        """Return what was noted since the last time, by the names that `note_calls` gives it."""
        noted: Counter[str] = Counter()
        with self._path.open(encoding="utf-8") as log:
            log.seek(self._read)
            for line in iter(log.readline, ""):
                noted.update(json.loads(line))
            self._read = log.tell()
        return noted
