"""A small load on the deployed stack: what `make load` does, with a hundredth of the jobs."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.load.run import load, main
from bench.load.scenario import REGIONS, Size
from demo.local_aws import ROOT, clean_environment
from demo.show import Terminal

SIZE = Size(scopes=60, jobs=5, changes=200, ticks=2)


@pytest.fixture(scope="module")
def result() -> Mapping[str, Any]:
    """What a small load test found: one tick alone, one beside a slow lane."""
    return load(SIZE, Terminal())


def test_every_change_reaches_the_bus_and_nothing_else(result: Mapping[str, Any]) -> None:
    assert result["faults"] == []
    assert [tick["events"] for tick in result["ticks"]] == [SIZE.changes] * SIZE.ticks


def test_the_figures_are_those_of_the_stack(result: Mapping[str, Any]) -> None:
    assert result["first_read"]["table_writes"] >= SIZE.scopes * SIZE.jobs
    for tick in result["ticks"]:
        assert tick["lanes"] == len(REGIONS) + tick["slow"]
        assert tick["calls"] >= SIZE.scopes + len(REGIONS)
        assert tick["table_reads"] >= SIZE.scopes
        assert tick["table_writes"] >= SIZE.changes
        took = tick["latency"]["events"]
        assert 0 < took["p50"] <= took["p95"] <= took["max"]


def test_a_slow_lane_delays_no_other(result: Mapping[str, Any]) -> None:
    _, slow = result["ticks"]
    assert slow["latency"]["events"]["max"] < slow["polled_seconds"] / 2


@pytest.mark.parametrize("size", ["0", "-1", "many"])
def test_a_size_that_is_none_is_refused(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--scopes", size])
    said = f'--scopes: found "{size}", expected a whole number from 1 to'
    assert said in capsys.readouterr().err


def test_a_load_test_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    test = subprocess.Popen(
        [sys.executable, "-m", "bench.load", "--scopes", "2", "--jobs", "2"],
        cwd=ROOT,
        env=clean_environment() | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert test.stdout
    assert test.stdout.readline().startswith("✓ Start stand-ins")
    assert test.stdout.readline().startswith("✓ Start a local AWS")
    test.send_signal(signal.SIGINT)
    output, _ = test.communicate(timeout=20)
    assert test.returncode == 128 + signal.SIGINT
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []
