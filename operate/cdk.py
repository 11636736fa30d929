"""The CDK's command line for the stack, with the words of ours that it takes."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = ROOT / "node_modules" / ".bin" / "cdk"
OUT = ROOT / "cdk.out"
_NO_NEWS = ": Subprocess exited with error"
"""What the CDK says where the app has said enough."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of the CDK: a file, a stack, an account, and `words` of its own."""

    watches: Path
    stack: str
    profile: str | None = None
    region: str | None = None
    words: Sequence[str] = ()

    def __iter__(self) -> Iterator[str]:
        """Give the words, the CDK's own last."""
        yield from ("--context", f"watches={self._file()}", "--context", f"stack={self.stack}")
        for option, value in (("--profile", self.profile), ("--region", self.region)):
            yield from (option, value) if value else ()
        yield from self.words

    def _file(self) -> str:
        """Name the file as the app will, which runs in the project's folder."""
        file = self.watches.absolute()
        return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


@dataclass(frozen=True, slots=True)
class Cdk:
    """Runs it, in the project's folder; `out` is where the template is."""

    asked: Asked
    command: Path = COMMAND
    out: Path = OUT

    @property
    def template(self) -> Path:
        """The file of the template that was synthesized."""
        return self.out / f"{self.asked.stack}.template.json"

    def deploy(self) -> int:
        """Deploy what was synthesized; give the exit code.

        Code and template are uploaded also where something has their names: it may be another's.
        """
        return self.run("deploy", "--app", str(self.out), "--force")

    def run(self, verb: str, *words: str) -> int:
        """Run it on the user's terminal; give its exit code."""
        return subprocess.run(  # noqa: S603  the user's own words
            [self.command, verb, *words, *self.asked], cwd=ROOT, check=False
        ).returncode

    def synth(self) -> int:
        """Write the template; what the app says goes to the terminal."""
        with subprocess.Popen(  # noqa: S603  likewise
            [self.command, "synth", "--output", self.out, *self.asked],
            cwd=ROOT,
            # In a pipeline it has no advice about its own flags.
            env=os.environ | {"CI": "true"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stderr or ():
                if _NO_NEWS not in line:
                    sys.stderr.write(line)
                    sys.stderr.flush()
        return process.returncode
