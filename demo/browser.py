"""A browser without a screen, which renders a page as a person would see it: Chromium."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from demo.local_aws import Trouble

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""On Debian and Ubuntu, the package chromium brings the first."""
WIDTH, HEIGHT = 1_200, 900
_PATIENCE = 60
_SAID = re.compile(r"CONSOLE[:(].*")


@dataclass(frozen=True)
class Browser:
    """The browser's program, and the folder for whatever it writes."""

    program: Path
    folder: Path

    @classmethod
    def find(cls, folder: Path) -> "Browser | None":
        """Find one on the PATH; None where there is none."""
        found = next(filter(None, map(shutil.which, NAMES)), None)
        return cls(Path(found), folder) if found else None

    def read(self, url: str) -> tuple[str, list[str]]:
        """Give what a page came to be, as HTML, and what its console said."""
        done = self._run("--dump-dom", url)
        return done.stdout, _SAID.findall(done.stderr)

    def draw(self, url: str, file: Path, height: int = HEIGHT) -> list[str]:
        """Draw a page as PNG; give what its console said."""
        done = self._run(f"--screenshot={file}", f"--window-size={WIDTH},{height}", url)
        return _SAID.findall(done.stderr)

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        # Its sandbox cannot be had as root, and it renders nothing here but our own page.
        alone = ["--no-sandbox"] if os.geteuid() == 0 else []
        options = (
            *("--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
            *("--enable-logging=stderr", "--disable-background-networking"),
            f"--user-data-dir={self.folder / 'profile'}",
        )
        places = dict.fromkeys(("HOME", "TMPDIR", "XDG_RUNTIME_DIR"), str(self.folder))
        try:
            return subprocess.run(
                [str(self.program), *options, *alone, *words],
                env={"PATH": os.environ["PATH"], **places},
                cwd=self.folder,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=True,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise Trouble(f"{self.program} did not render {words[-1]}: {error}") from error
