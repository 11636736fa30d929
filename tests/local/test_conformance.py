"""`make conformance` on the local AWS: all is ok, and nothing is left."""

import re
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from rich.console import Console

from demo.local_aws import ROOT, LocalAws
from demo.records import ACCOUNT
from operate.conformance.findings import Verdict
from operate.conformance.left import left_of
from operate.conformance.run import CHECKS, DEPLOY, DESTROY, STAGES, Run
from tests.local.conformance import NOT_HERE, STACK

OF_THESE = {
    *("dynamodb:DescribeTimeToLive", "events:PutEvents"),
    *("dynamodb:DescribeTable", "dynamodb:GetResourcePolicy", "dynamodb:PutResourcePolicy"),
    *("events:DescribeEventBus", "events:PutPermission"),
}
"""The actions of these rows' checks alone."""


def test_all_is_ok_on_the_local_aws_and_nothing_is_left(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.settings().items():
        monkeypatch.setenv(name, value)
    said, called = StringIO(), set[str]()

    made, making = dict[str, Any](), Lock()

    def client(service: str) -> Any:
        with making:
            if service not in made:
                made[service] = aws.client(service)
                made[service].meta.events.register("before-call", note)
            return made[service]

    def note(model: Any, **_: Any) -> None:
        called.add(_action(model))

    stages = [
        [[check for check in chain if check.row not in NOT_HERE] for chain in stage]
        for stage in STAGES
    ]
    whole = Run(STACK, ACCOUNT, client, Console(file=said, width=200), 100, stages)
    whole.run()
    page = (ROOT / "docs" / "aws.md").read_text(encoding="utf-8")
    needed = {*re.findall(r"`(\w+:[A-Z]\w+)`", page.split("\n## ")[0])}
    assert called == needed - OF_THESE
    assert [f for f in whole.findings if f.verdict is not Verdict.OK] == []
    rows = [check.row for check in CHECKS if check.row not in NOT_HERE]
    assert [f.row for f in whole.findings] == [DEPLOY, *rows, DESTROY]
    assert re.findall(r"^ok +(\S+)", said.getvalue(), re.MULTILINE) == [
        f.row for f in whole.findings
    ]
    assert left_of(STACK, aws.client) == []


def _action(model: Any) -> str:
    """Give the action of an operation, as IAM calls it."""
    name = {"Invoke": "InvokeFunction"}.get(model.name, model.name)
    return f"{model.service_model.signing_name}:{name}".replace("monitoring:", "cloudwatch:")


def test_an_interrupt_removes_all_that_was_made(aws: LocalAws, tmp_path: Path) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "operate.conformance", "--yes"],
        cwd=ROOT,
        env=aws.environment() | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert command.stdout
    said = ""
    while CHECKS[0].row not in said:
        line = command.stdout.readline()
        assert line, said
        said += line
    command.send_signal(signal.SIGINT)
    rest, _ = command.communicate(timeout=120)
    assert command.returncode == 130, said + rest
    assert "ok             CFN-2" in rest
    assert "Traceback" not in rest
    assert left_of("JobwatchConformance", aws.client) == []
    assert list(tmp_path.iterdir()) == []


def test_a_no_makes_nothing(aws: LocalAws) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "operate.conformance"],
        cwd=ROOT,
        env=aws.environment(),
        input="n\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "Go on? [y/N]" in done.stdout
    assert done.stdout.endswith("Nothing was made.\n")
