"""`app.py` as the CDK runs it: a process with its context in the environment.

What it makes of a context is seen in this process: Node and the CDK's library take a second to
start.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import aws_cdk as cdk
import botocore
import pytest

import app

ROOT = Path(__file__).parents[1]
QUIET = {
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
}
WRONG = """\
watches:
  imports:
    source: sesv2.import-job
    evry: 5 minutes
  imports:
    source: sesv2.import-jobs
"""


SUMMARY = """\
watches.yaml: 3 watches of 3 sources, checked against botocore {botocore}
  polls    every minute, in the stack's account, in the stack's region
  calls    9 a minute in 2 lanes, for about $8.96 a month (./jobwatch cost)
  alerts   on FAILED and PARTIAL, by email to nobody: alerts.email names none
  reads    with 6 actions in the stack's account
  stack    Jobwatch: {resources} resources
"""


Synth = Callable[..., tuple[int, str]]


@pytest.fixture
def synth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Synth:
    """Synthesize into `out` in this process; give the exit code and what was said."""

    def run(**context: str) -> tuple[int, str]:
        outdir = str(tmp_path / "out")
        made = cdk.App(analytics_reporting=False, context=context, outdir=outdir)
        code, (out, said) = app.main(made), capsys.readouterr()
        assert out == ""
        return code, said

    return run


def run(
    out: Path, environment: Mapping[str, str] | None = None, **context: str
) -> subprocess.CompletedProcess[str]:
    """Run the app from another folder; the file that a context names is found all the same."""
    words = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["app"].split()
    assert words[-2:] == ["-E", "app.py"]
    command = [sys.executable, "-E", str(ROOT / "app.py")]
    given = {"CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(out)}
    return subprocess.run(
        command,
        cwd=out.parent,
        env={**os.environ, **QUIET, **given, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_what_it_needs_it_says_how_to_get_that() -> None:
    command = [sys.executable, "-E", "-S", "app.py"]  # -S: a Python of nothing but its own
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"aws_cdk is not installed for {sys.executable}: ")
    assert "pip install -r requirements.txt" in line


def test_what_ships_synthesizes_and_whatever_else_is_set_to_the_same_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for out, environment in ((one, {"CDK_VALIDATION": "true"}), (two, for_other_work(tmp_path))):
        done = run(out, environment)
        resources = json.loads((out / "Jobwatch.template.json").read_text())["Resources"]
        said = SUMMARY.format(botocore=botocore.__version__, resources=len(resources))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", said)
    assert {path.name for path in one.iterdir()} >= {"Jobwatch.template.json", "manifest.json"}
    for name in ("Jobwatch.template.json", "Jobwatch.assets.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def for_other_work(folder: Path) -> Mapping[str, str]:
    """What people set for other work, and what does no harm."""
    broken = folder / "config"
    broken.write_text("[default\n")
    return {
        "AWS_PROFILE": "nobody",
        "AWS_CONFIG_FILE": str(broken),
        "AWS_DATA_PATH": str(folder),
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": str(folder),
        "PIP_USER": "1",
    }


def test_context_names_the_stack_and_a_file_of_the_project(synth: Synth, tmp_path: Path) -> None:
    code, said = synth(stack="Second", watches="demo/watches.yaml")
    assert code == 0
    assert said.startswith("demo/watches.yaml: 9 watches of 9 sources, ")
    assert len(said.splitlines()) == 6
    text = (tmp_path / "out" / "Second.template.json").read_text()
    assert "mobiletargeting:GetApps" in text


def test_a_role_that_may_do_far_more_than_read_is_warned_of(synth: Synth, tmp_path: Path) -> None:
    watches = tmp_path / "watches.yaml"
    account = '{id: "111122223333", role: OrganizationAccountAccessRole}'
    watches.write_text(f"watches: {{a: {{source: sesv2.import-jobs, accounts: [{account}]}}}}")
    code, said = synth(watches=str(watches))
    assert code == 0
    (warned,) = [line for line in said.splitlines() if "warning" in line]
    assert warned.startswith("  warning  OrganizationAccountAccessRole may do far more there")
    assert len(warned) <= 100


def test_a_wrong_file_stops_the_synth_with_one_line_a_mistake(tmp_path: Path) -> None:
    watches = tmp_path / "wrong.yaml"
    watches.write_text(WRONG)
    done = run(tmp_path / "out", watches=str(watches))
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "watches.imports.source",
        "watches.imports.evry",
        "watches.imports",
    ]
    assert all("wrong.yaml:" in line.split(": ")[0] for line in lines)


def test_watches_that_are_dearer_than_their_file_allows_stop_the_synth(
    synth: Synth, tmp_path: Path
) -> None:
    accounts = [{"id": f"{number:012}", "role": "reader"} for number in range(200)]
    watch = {"source": "sesv2.*", "accounts": accounts, "every": "10 seconds"}
    watches = tmp_path / "watches.yaml"
    watches.write_text(json.dumps({"watches": {"all": watch}}), encoding="utf-8")
    code, said = synth(watches=str(watches))
    assert code == 1
    (line,) = said.splitlines()
    assert "watches.yaml:1: most_dollars: found watches that may cost $" in line


@pytest.mark.parametrize("name", ["under_score", "a" * 129])
def test_a_wrong_name_of_the_stack_is_told_in_one_line(name: str, synth: Synth) -> None:
    code, said = synth(stack=name)
    assert code == 1
    assert said.startswith(f"-c stack={name}: expected ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"stack": ""}, "-c stack=: expected the name of a stack"),
        ({"watches": " "}, "-c watches= : expected the path of a file"),
        (
            {"watchs": "a.yaml"},
            "-c watchs=a.yaml: expected watches=PATH or stack=NAME; did you mean watches=a.yaml?",
        ),
    ],
)
def test_context_that_would_mean_the_usual_stack_is_told(
    context: dict[str, str], told: str, synth: Synth
) -> None:
    assert synth(**context) == (1, told + "\n")


def test_a_file_that_is_not_there_is_a_mistake(synth: Synth) -> None:
    code, said = synth(watches="nowhere.yaml")
    assert code == 1
    assert said.startswith("nowhere.yaml:1: found no readable file")
