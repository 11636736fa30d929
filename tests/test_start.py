"""The measurement of size and start: which Python it takes, what it runs, how it reads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.launch import Launcher, LaunchError
from bench.pythons import find_python, version_of
from bench.start_tables import markdown
from infra.bundle import PYTHON


def figures(start: float) -> dict[str, float]:
    parts = {"import": start, "first": start / 4, "second": start / 10, "start": start * 1.25}
    wall = {f"{part}_wall": value for part, value in parts.items()}
    return wall | {f"{part}_cpu": value / 2 for part, value in parts.items()} | {"peak": 44.4}


FUNCTIONS = {"empty": figures(1), "smallest": figures(200), "poll": figures(220)}
RESULT = {
    "measured": {
        "on": "2026-11-22",
        "python": "3.13.0",
        "deployed": "3.14",
        "machine": "Linux x86_64, 2 processors",
        "botocore": "1.44.5",
        "powertools": "3.37.0",
        "rounds": 15,
    },
    "size": {"zip": 1_460_635, "unpacked": 4_824_704},
    "starts": {"functions": FUNCTIONS, "compiled": FUNCTIONS},
    "memory": {
        "jobs": 10_000,
        "peaks": {
            "ses-imports": {"new": 99.0, "unchanged": 81.0},
            "data-exchange-jobs": {"new": 120.0, "unchanged": 70.0},
        },
    },
}


def test_the_tables_say_what_was_reached_beside_what_was_to_be() -> None:
    lines = markdown(RESULT).splitlines()
    assert "| zip | 6 MB | 1.46 MB (4.8 MB unpacked) |" in lines
    assert "| import of poll / of the smallest function | 1.25 | 1.10 (1.10) |" in lines
    assert "| memory, 10,000 unchanged jobs in a scope | 150 MB | 81 MB |" in lines
    assert "| memory, 10,000 jobs that are all new |  | 120 MB |" in lines


def test_a_function_is_compared_with_the_smallest_one() -> None:
    (row, _) = [line for line in markdown(RESULT).splitlines() if line.startswith("| **poll**")]
    compared = "220 ms (110) = 1.10 (1.10) | 55 ms (28) | 275 ms (138) = 1.10 (1.10)"
    assert compared in row
    assert row.endswith("| 22 ms (11) | 44 MB |")


@pytest.mark.parametrize(
    ("python", "said"), [("3.13.0", "Python 3.13.0 (stands in for 3.14),"), ("3.14.1", "3.14.1,")]
)
def test_a_python_that_is_not_the_deployed_one_is_told(python: str, said: str) -> None:
    measured = {**RESULT["measured"], "python": python}
    assert said in markdown({**RESULT, "measured": measured})


def make_python(folder: Path, version: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / f"python{version.rpartition('.')[0]}"
    python.write_text(f"#!/bin/sh\necho {version}\n")
    python.chmod(0o755)
    return str(python)


def test_the_python_of_the_runtime_is_preferred_to_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.delenv("JOBWATCH_PYTHON", raising=False)
    assert find_python() == sys.executable
    older = make_python(tmp_path / "bin", "3.12.1")
    assert find_python() == older
    deployed = make_python(tmp_path / "versions" / f"{PYTHON}.0" / "bin", f"{PYTHON}.0")
    assert find_python() == deployed
    monkeypatch.setenv("JOBWATCH_PYTHON", "/opt/python")
    assert find_python() == "/opt/python"


def test_a_python_that_does_not_run_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JOBWATCH_PYTHON", raising=False)
    Path(make_python(tmp_path, "3.13.0")).write_text("#!/bin/sh\nexit 127\n")
    assert find_python() == sys.executable
    assert version_of(str(tmp_path / "nothing")) == ""


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
    told = Launcher(sys.executable, {}).start(tmp_path, "mine", {"watches": ["a"]})
    assert told["answer"] == {"calls": [{"watches": ["a"]}] * 2, "site": [], "path": str(tmp_path)}
    assert {"import", "first", "second", "peak"} < {*told}
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_what_a_start_holds_is_not_what_its_parent_holds(tmp_path: Path) -> None:
    """The kernel hands a parent's peak down to the processes that it starts."""
    (tmp_path / "mine.py").write_text("def handler(event, context):\n    return {}\n")
    code = f"""
import sys
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from bench.launch import Launcher
held = b"x" * 300_000_000
print(Launcher(sys.executable, {{}}).start(Path({str(tmp_path)!r}), "mine", {{}})["peak"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 100


def test_a_function_that_fails_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match=r"^nothing: ModuleNotFoundError: No module named"):
        Launcher(sys.executable, {}).start(tmp_path, "nothing", {})


def test_the_figures_that_are_kept_are_those_of_the_page() -> None:
    result = Path("bench/results/start.json")
    page = Path("docs/performance.md").read_text(encoding="utf-8")
    assert markdown(json.loads(result.read_text(encoding="utf-8"))) in page
