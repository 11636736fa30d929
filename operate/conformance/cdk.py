"""Deploys and destroys the stack with the CDK's command line, as `./jobwatch deploy` does."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "node_modules" / ".bin" / "cdk"
WATCHES = """\
# Lists without jobs cost nothing: nothing is ever started for these.
watches:
  listed:
    source: dynamodb.exports
  often:
    source: dynamodb.exports
    every: 30 seconds
"""
GRACE = 10
_LAST_LINES = 5


class CdkError(Exception):
    """The command line failed; the message has the end of what it said."""


@dataclass(frozen=True, slots=True)
class Cdk:
    """The command line for one stack; whatever it writes goes into `folder`."""

    stack: str
    region: str
    folder: Path
    profile: str | None = None

    def deploy(self) -> Mapping[str, str]:
        """Deploy the stack; give its outputs.

        :raises CdkError: when the CDK fails.
        """
        watches, outputs = self.folder / "watches.yaml", self.folder / "outputs.json"
        watches.write_text(WATCHES, encoding="utf-8")
        context = ("--context", f"watches={watches}", "--context", f"stack={self.stack}")
        files = ("--output", str(self.folder / "cdk.out"), "--outputs-file", str(outputs))
        self._run("deploy", "--require-approval", "never", "--force", *context, *files)
        found: dict[str, str] = json.loads(outputs.read_text(encoding="utf-8"))[self.stack]
        return found

    def destroy(self) -> None:
        """Destroy the stack, whatever state it is in, if there is anything of it.

        :raises CdkError: when the CDK fails.
        """
        if (self.folder / "cdk.out" / "manifest.json").exists():
            self._run("destroy", "--force", "--app", str(self.folder / "cdk.out"))

    def _run(self, verb: str, *words: str) -> None:
        log = self.folder / f"{verb}.log"
        profile = ("--profile", self.profile) if self.profile else ()
        command = [str(COMMAND), verb, self.stack, *profile, *words]
        settings = {
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
        }
        with (
            log.open("wb") as output,
            # In a session of its own: Ctrl-C is for us, who then clean up in order.
            subprocess.Popen(  # noqa: S603 - the words are ours
                command,
                cwd=ROOT,
                env=os.environ | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                code = process.wait()
            except BaseException:
                _end(process)
                raise
        if code:
            raise CdkError(f"`cdk {verb}` ended with exit code {code}: {_tail(log)}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line.strip() for line in lines if line.strip()]
    return " / ".join(said[-_LAST_LINES:])
