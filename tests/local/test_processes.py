"""Whatever is started is ended, however it comes to that; what goes wrong is told in words."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.deploy import deploy
from demo.local_aws import ROOT, LocalAws, Tools, Trouble, clean_environment, run
from demo.supervisor import Supervised

# A command that starts another one, tells both ids, and would go on for a long time.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + PARENT
# A caller that has such a command supervised, and dies without a word.
CALLER = """
import os, sys
from pathlib import Path
from demo.supervisor import Supervised
with open(sys.argv[1], "wb") as log:
    command = [sys.executable, "-c", sys.argv[2]]
    Supervised(command, cwd=Path("/"), env=dict(os.environ), log=log).wait()
"""


def _alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and that nobody has reaped yet does not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        if Path("/proc/self/stat").exists():
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


def _soon(true: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


def _pids(log: Path) -> list[int]:
    assert _soon(lambda: log.exists() and len(log.read_text().split()) == 2)
    return [int(pid) for pid in log.read_text().split()]


@pytest.mark.parametrize("script", [PARENT, STUBBORN], ids=["obedient", "stubborn"])
def test_a_command_and_what_it_started_end_with_its_context(tmp_path: Path, script: str) -> None:
    log = tmp_path / "log"
    with (
        log.open("wb") as output,
        Supervised([sys.executable, "-c", script], cwd=tmp_path, env=dict(os.environ), log=output),
    ):
        pids = _pids(log)
        assert all(map(_alive, pids))
    assert not any(map(_alive, pids))


def test_a_command_ends_when_its_caller_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    caller = subprocess.Popen([sys.executable, "-c", CALLER, str(log), PARENT], cwd=ROOT)
    pids = _pids(log)
    caller.kill()
    caller.wait()
    assert _soon(lambda: not any(map(_alive, pids)))


def test_a_command_that_ends_by_itself_gives_its_exit_code(tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("wb") as output,
        Supervised(
            [sys.executable, "-c", "exit(7)"], cwd=tmp_path, env={}, log=output
        ) as supervised,
    ):
        assert supervised.wait() == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demonstration_can_be_ended_while_it_sets_up(
    tmp_path: Path, number: signal.Signals
) -> None:
    environment = clean_environment() | {"TMPDIR": str(tmp_path)}
    demo = subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout
    assert demo.stdout.readline().startswith("✓ Start a local AWS")
    (pid_file,) = tmp_path.glob("jobwatch-*/ministack-*.pid")
    ministack = int(pid_file.read_text())
    assert _alive(ministack)
    demo.send_signal(number)
    output, _ = demo.communicate(timeout=120)
    assert demo.returncode == 128 + number
    assert "Traceback" not in output
    assert not _alive(ministack)
    assert list(tmp_path.iterdir()) == []


def _tool(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_deployment_that_fails_says_why(tmp_path: Path) -> None:
    cdk = _tool(tmp_path / "cdk", "echo 'watches.yaml:7: that is wrong'; exit 1")
    aws = LocalAws("https://127.0.0.1:9", tmp_path)
    with pytest.raises(Trouble, match=r"(?s)`cdk deploy` .* exit code 1.*watches.yaml:7: that is"):
        deploy(Tools(tmp_path, cdk), aws)


def test_a_local_aws_that_does_not_start_says_why(tmp_path: Path) -> None:
    _tool(tmp_path / "python", "echo 'no such module'; exit 3")
    starting = run(Tools(tmp_path / "ministack", tmp_path), tmp_path, {})
    with pytest.raises(Trouble, match=r"(?s)ended while starting.*no such module"), starting:
        pass


def test_a_tool_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBWATCH_MINISTACK", "/nowhere/ministack")
    with pytest.raises(Trouble, match="/nowhere/ministack is not there"):
        Tools.find()


def test_the_users_own_aws_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    assert "AWS_PROFILE" not in clean_environment()
