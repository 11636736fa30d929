"""The script `jobwatch` finds its folder, sets it up once, and hands over what was typed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = """\
.venv/.ready:
	@echo setting up $@
	@echo x >> made
	@mkdir -p .venv/bin
	@cp python .venv/bin/python
	@touch $@
"""
PYTHON = """\
#!/bin/sh
echo "in $PWD, called from $JOBWATCH_CALLED_FROM, PYTHONPATH=$PYTHONPATH"
for each in "$@"; do echo "[$each]"; done
exit 3
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout whose Python only says how it is called."""
    folder = tmp_path / "a b" / "job: watch"
    (folder / "requirements").mkdir(parents=True)
    (folder / "requirements" / "dev.txt").touch()
    (folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    (folder / "python").write_text(PYTHON, encoding="utf-8")
    (folder / "python").chmod(0o755)
    shutil.copy(ROOT / "jobwatch", folder)
    return folder


def run(
    script: Path | str, *words: str, cwd: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [script, *words],
        cwd=cwd,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_sets_itself_up_once_and_again_when_what_is_pinned_changes(project: Path) -> None:
    first = run(project / "jobwatch", cwd=project)
    assert "setting up .venv/.ready" in first.stderr
    assert "setting up" not in first.stdout
    assert "setting up" not in run(project / "jobwatch", cwd=project).stderr
    later = time.time() + 60
    os.utime(project / "requirements" / "dev.txt", (later, later))
    (project / ".venv" / ".ready").unlink()
    assert "setting up" in run(project / "jobwatch", cwd=project).stderr
    assert (project / "made").read_text() == "x\nx\n"


def test_a_folder_that_is_linked_is_set_up_where_it_is(project: Path) -> None:
    run(project / "jobwatch", cwd=project)
    there = project.parent / "elsewhere"
    (project / ".venv").rename(there)
    (there / ".ready").unlink()
    (project / ".venv").symlink_to(there)
    assert run(project / "jobwatch", cwd=project).returncode == 3
    assert (project / "made").read_text() == "x\n"


@pytest.mark.parametrize("way", ["path", "link", "link to a link", "PATH"])
def test_it_is_called_from_anywhere_and_words_arrive_as_they_are(project: Path, way: str) -> None:
    elsewhere = project.parent / "else where"
    elsewhere.mkdir()
    (elsewhere / "operate.py").touch()
    (elsewhere / "jobwatch").symlink_to("../job: watch/jobwatch")
    (elsewhere / "jw").symlink_to("jobwatch")
    script = {
        "path": str(project / "jobwatch"),
        "link": "./jobwatch",
        "link to a link": str(elsewhere / "jw"),
        "PATH": "jobwatch",
    }[way]
    path = f"{elsewhere}:{os.environ['PATH']}"
    words = ("check", "a b", "", "*", "--watches=$HOME")
    command = ["/usr/bin/env", script, *words]
    done = run(*command, cwd=elsewhere, PATH=path, PYTHONPATH="/other", CDPATH="/")
    assert done.returncode == 3
    first, *others = done.stdout.splitlines()
    assert first == f"in {project}, called from {elsewhere}, PYTHONPATH="
    assert others == ["[-m]", "[operate]", *(f"[{each}]" for each in words)]


def test_what_cannot_be_set_up_stops_it(project: Path) -> None:
    (project / "Makefile").write_text(".venv/.ready:\n\t@echo no network; exit 1\n")
    done = run(project / "jobwatch", "check", cwd=project)
    assert done.returncode not in (0, 3)
    assert "no network" in done.stderr
    assert done.stdout == ""


def started(*words: str, cwd: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "operate", *words],
        cwd=ROOT,
        env={**os.environ, "JOBWATCH_CALLED_FROM": str(cwd)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_paths_are_of_the_folder_that_it_is_called_from(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("watches: {a: {}}\n", encoding="utf-8")
    out, err = started("check", "--watches", "mine.yaml", cwd=tmp_path).communicate()
    assert (out, err.splitlines()[0][:22]) == ("", "mine.yaml:1: watches.a")


@pytest.mark.parametrize("words", [["sources"], ["sources", "--json"]])
def test_who_reads_no_further_ends_it_quietly(tmp_path: Path, words: list[str]) -> None:
    with started(*words, cwd=tmp_path) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert not process.stderr.read()
    assert process.returncode == 0


@pytest.mark.parametrize("words", [["sources"], ["sources", "--json"], ["check"]])
def test_what_cant_be_printed_is_told_in_a_line(tmp_path: Path, words: list[str]) -> None:
    env = {**os.environ, "JOBWATCH_CALLED_FROM": str(tmp_path)}
    env.pop("PYTHONUNBUFFERED", None)  # with which nothing is left to be written at the end
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "operate", *words],
            cwd=ROOT,
            env=env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "no space left on device\n")


COUNTED = """
import atexit, gc, runpy, sys
def count():
    looks = sum(each["collections"] for each in gc.get_stats())
    print(looks, gc.get_freeze_count(), file=sys.stderr)


atexit.register(count)
sys.argv = ["jobwatch", "check"]
runpy.run_module("operate", run_name="__main__")
"""


def test_check_does_not_look_for_garbage_where_there_is_none() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTED],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    looks, left_out_at_the_end = map(int, done.stderr.split())
    assert (looks < 100, left_out_at_the_end > 100_000) == (True, True)


def test_ctrl_c_gives_no_traceback_and_its_exit_code(tmp_path: Path) -> None:
    """It reads the file out of a pipe that nobody writes to, and so waits for ever."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = started("check", "--watches", "pipe", cwd=tmp_path)
    with process, pipe.open("w"):  # which waits until it reads
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert (process.returncode, "Traceback" in err) == (130, False)
