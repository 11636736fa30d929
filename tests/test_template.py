"""What `./jobwatch template` writes is deployed without the CDK, and another file ships no code."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from infra.config.plan import compile_plan
from infra.portable import portable
from lambdas.plan import write_plan
from operate.permissions import template_of
from operate.rules import broken
from operate.template import Written, write
from tests.command import call

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "catalogue"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return _write(tmp_path_factory.mktemp("template"), ROOT / "watches.yaml")


def _write(folder: Path, watches: Path) -> Written:
    return write(folder, compile_plan(watches, CATALOGUE), "Jobwatch", template_of)


@pytest.fixture(scope="module")
def template(written: Written) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(written.template.read_text(encoding="utf-8"))
    return found


def test_it_is_the_stack_but_for_where_code_and_plan_come_from(
    template: Mapping[str, Any],
) -> None:
    ours = template_of(compile_plan(ROOT / "watches.yaml", CATALOGUE), "Jobwatch")
    assert template["Outputs"] == ours["Outputs"]
    assert template["Resources"].keys() == {"Plan", *ours["Resources"]}
    for name, theirs in ours["Resources"].items():
        found = template["Resources"][name]
        if theirs["Type"] == "AWS::Lambda::Function":
            assert found["Properties"]["Code"] == CODE
            assert found["Properties"]["Layers"] == [{"Ref": "Plan"}]
            assert _without_code(found) == _without_code(theirs)
        else:
            assert found == theirs, name


CODE = {"S3Bucket": {"Ref": "Bucket"}, "S3Key": {"Ref": "CodeKey"}}


def _without_code(function: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = dict(function["Properties"])
    variables = dict(properties.pop("Environment")["Variables"])
    variables.pop("JOBWATCH_PLAN", None)
    kept = {n: each for n, each in properties.items() if n not in {"Code", "Layers"}}
    return {**function, "Properties": kept | variables}


def test_nothing_of_the_cdks_bootstrap_is_asked_for(written: Written) -> None:
    text = written.template.read_text(encoding="utf-8")
    assert "hnb659fds" not in text
    assert "ootstrap" not in text
    assert "Rules" not in json.loads(text)


def test_it_breaks_no_rule_of_cloudformation(written: Written) -> None:
    assert [*broken(written.template.read_text(encoding="utf-8"))] == []


def test_the_keys_are_the_files_and_the_bucket_is_asked_for(
    written: Written, template: Mapping[str, Any]
) -> None:
    parameters = template["Parameters"]
    assert parameters["CodeKey"]["Default"] == written.code.name
    assert parameters["PlanKey"]["Default"] == written.plan.name
    assert "Default" not in parameters["Bucket"]
    assert parameters.keys() == {"Bucket", "CodeKey", "PlanKey"}


def test_another_file_changes_plan_and_template_and_no_code(
    written: Written, tmp_path: Path
) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(
        "watches:\n  text: {source: comprehend.*, every: 5 minutes,"
        " expect: {at: 0 3 * * *}}\n".replace("0 3 * * *", '"0 3 * * *"'),
        encoding="utf-8",
    )
    other = _write(tmp_path / "out", watches)
    assert other.code.name == written.code.name
    assert other.code.read_bytes() == written.code.read_bytes()
    assert other.plan.name != written.plan.name
    again = _write(tmp_path / "again", watches)
    assert again.plan.read_bytes() == other.plan.read_bytes()


def test_what_an_earlier_call_wrote_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """Two templates or plans in a folder would both be uploaded, or neither be found."""
    watches = tmp_path / "watches.yaml"
    watches.write_text("watches: {text: {source: sesv2.import-jobs}}\n", encoding="utf-8")
    folder = tmp_path / "out"
    first = _write(folder, ROOT / "watches.yaml")
    older = folder / "jobwatch-0.0.1.template.json"
    older.write_bytes(first.template.read_bytes())
    (folder / "aside").write_bytes(first.plan.read_bytes())
    (folder / "jobwatch-1-code-0123456789abcdef.zip").symlink_to(folder / "aside")
    theirs = {
        "jobwatch-1-plan-0123456789abcdef.zip": "not what the name says",
        "jobwatch-mine.template.json": '{"Description": "Mine."}',
        "jobwatch-notes.zip": "notes",
        first.plan.with_stem(f"x{first.plan.stem}").name: "another name",
    }
    for name, text in theirs.items():
        (folder / name).write_text(text, encoding="utf-8")
    again = _write(folder, watches)
    assert {*again.removed} == {older, first.plan}
    assert {path.name for path in folder.iterdir()} == {
        *(again.template.name, again.code.name, again.plan.name),
        *(*theirs, "aside", "jobwatch-1-code-0123456789abcdef.zip"),
    }
    assert _write(folder, watches).removed == ()


def test_the_command_prints_its_files_for_programs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("template", "--to", tmp_path / "out")
    assert call(*words) == 0
    said = capsys.readouterr().out
    assert call(*words, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    there = {*map(str, (tmp_path / "out").iterdir())}
    assert {printed[name] for name in ("template", "code", "plan")} == there
    assert printed["removed"] == []
    assert all(f"Wrote {each} (" in said for each in there)


HANDLERS = sorted((ROOT / "lambdas").glob("*/handler.py"))


@pytest.fixture(scope="module")
def unpacked(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is in the zips: the code in `task`, the plan in `opt`."""
    there = tmp_path_factory.mktemp("unpacked")
    for file, folder in ((written.code, "task"), (written.plan, "opt")):
        with ZipFile(file) as packed:
            packed.extractall(there / folder)
    return there


@pytest.mark.parametrize("function", [file.parent.name for file in HANDLERS])
def test_the_functions_run_out_of_the_zips(
    function: str, unpacked: Path, template: Mapping[str, Any]
) -> None:
    """The layer is where the variable says; here, that is another folder than /opt."""
    (properties,) = (
        each["Properties"]
        for each in template["Resources"].values()
        if each.get("Properties", {}).get("Handler") == f"lambdas.{function}.handler.handler"
    )
    variable = Path(properties["Environment"]["Variables"]["JOBWATCH_PLAN"])
    code = (
        f"import lambdas.{function}.handler, json; from pathlib import Path;"
        "from lambdas.plan import read_plan, write_plan; from lambdas.settings import plan_file;"
        "print(json.dumps(write_plan(read_plan(plan_file(Path('nowhere'))))))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=unpacked / "task",
        env={"JOBWATCH_PLAN": str(unpacked / "opt" / variable.name), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    plan = compile_plan(ROOT / "watches.yaml", CATALOGUE).plan
    assert json.loads(done.stdout) == json.loads(json.dumps(write_plan(plan)))
    assert variable.parent == Path("/opt")


def test_what_a_template_has_besides_is_kept() -> None:
    has = {"Resources": {}, "Conditions": {"A": {}}, "Parameters": {"BootstrapVersion": {}}}
    made = portable(has, "x", "c.zip", "p.zip")
    assert made["Conditions"] == {"A": {}}


def test_every_function_looks_for_the_plan_where_the_template_puts_it() -> None:
    read = [file for file in HANDLERS if "read_plan(" in file.read_text(encoding="utf-8")]
    assert len(read) > 2
    for file in read:
        text = file.read_text(encoding="utf-8")
        assert text.count("read_plan(") == text.count("read_plan(plan_file(PLAN))"), file
