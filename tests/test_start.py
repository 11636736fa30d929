"""The measurement of size and start: what it runs, and how it reads."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from bench.start import Launcher
from bench.targets import starts
from demo.local_aws import Trouble


def figures(milliseconds: float) -> dict[str, float]:
    parts = {"import": milliseconds, "first": milliseconds / 4, "second": milliseconds / 10}
    wall = {f"{part}_wall": value for part, value in parts.items()}
    cpu = {f"{part}_cpu": value / 2 for part, value in parts.items()}
    return {**wall, **cpu, "peak": 44.4}


RESULT = {
    "date": "2026-11-22",
    "machine": {"system": "Linux x86_64", "processors": 2, "python": "3.11.7"},
    "versions": {"botocore": "1.44.5"},
    "rounds": 15,
    "python": "3.13.0",
    "size": {"zip": 1_460_635, "unpacked": 4_824_704, "sources": 3},
    "every": {"zip": 2_260_348, "unpacked": 8_746_664, "sources": 336},
    "starts": {"smallest": figures(200), "poll": figures(220)},
    "memory": {
        "jobs": 10_000,
        "peaks": {
            "ses-imports": {"new": 99.0, "unchanged": 81.0},
            "data-exchange-jobs": {"new": 120.0, "unchanged": 70.0},
        },
    },
}


def test_a_function_is_shown_beside_the_smallest_one_with_size_and_memory() -> None:
    text = starts(RESULT)
    (row,) = [line for line in text.splitlines() if line.startswith("| **poll**")]
    assert row.endswith("| 220 ms (110) = 1.10 | 55 ms (28) | 22 ms (11) | 44 MB |")
    assert "10,000 jobs in a scope take 81 MB when none changed, 120 MB when all are new." in text
    assert "The zip of 3 sources is 1.46 MB, 4.8 MB unpacked; that of all 336 sources is" in text
    assert "Medians of 15 rounds, with Python 3.13.0" in text


def test_a_start_is_two_calls_in_a_process_with_nothing_but_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import sys\n"
        "calls = []\n"
        "def handler(event, context):\n"
        "    print('a line of the log')\n"
        "    calls.append(event)\n"
        "    site = [name for name in sys.path if 'site-packages' in name]\n"
        "    return {'calls': calls, 'site': site, 'path': sys.path[0]}\n"
    )
    started = Launcher(sys.executable, {}).start(tmp_path, "mine", {"watches": ["a"]})
    assert started["answer"] == {
        "calls": [{"watches": ["a"]}] * 2,
        "site": [],
        "path": str(tmp_path),
    }
    assert {"import_wall", "first_cpu", "second_wall", "peak"} < {*started}
    assert started["python"] == platform.python_version()
    assert started["log"] == len("a line of the log") + 26
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_what_a_start_holds_is_not_what_its_parent_holds(tmp_path: Path) -> None:
    """The kernel hands a parent's peak down to the processes that it starts."""
    (tmp_path / "mine.py").write_text("def handler(event, context):\n    return {}\n")
    code = f"""
import sys
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from bench.start import Launcher
held = b"x" * 300_000_000
print(Launcher(sys.executable, {{}}).start(Path({str(tmp_path)!r}), "mine", {{}})["peak"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 100


def test_a_function_that_fails_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"^nothing: ModuleNotFoundError: No module named"):
        Launcher(sys.executable, {}).start(tmp_path, "nothing", {})
