"""Rows of a user's own: the folder `catalogue` beside the file that says what to watch."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.config.files.mistakes import Mistakes
from infra.config.plan import Compiled
from infra.config.rows import extended, read_catalogue
from infra.cost.reckoning import reckon
from infra.summary import summary
from tests.catalogue import CATALOGUE, compile_plan, ours

SES = yaml.safe_load((CATALOGUE / "sesv2.yaml").read_text(encoding="utf-8"))
IMPORTS = SES["sources"]["import-jobs"]


def compiled(
    folder: Path, source: Any, ours: Path = CATALOGUE, more: Any = None, **files: Any
) -> Compiled:
    own = folder / "catalogue"
    own.mkdir(exist_ok=True)
    for name, content in files.items():
        (own / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    file = folder / "watches.yaml"
    file.write_text(
        yaml.safe_dump({"watches": {"w": {"source": source, **(more or {})}}}), encoding="utf-8"
    )
    return compile_plan(file, ours)


def test_a_row_is_added_to_a_service_and_has_what_is_said_of_that(tmp_path: Path) -> None:
    own = {"service": "sesv2", "sources": {"my-jobs": IMPORTS}}
    plan = compiled(tmp_path, "sesv2.*", sesv2=own).plan
    assert sorted(plan.sources) == ["sesv2.export-jobs", "sesv2.import-jobs", "sesv2.my-jobs"]
    mine, ours = plan.sources["sesv2.my-jobs"], plan.sources["sesv2.import-jobs"]
    assert (mine.console, mine.calls_per_second) == (ours.console, ours.calls_per_second)


def test_a_row_has_the_link_of_the_service_and_not_that_of_another_row(tmp_path: Path) -> None:
    ours = yaml.safe_load((CATALOGUE / "stepfunctions.yaml").read_text(encoding="utf-8"))
    assert any("console" in each for each in ours["sources"].values())
    row = {key: each for key, each in ours["sources"]["executions"].items() if key != "console"}
    own = {"service": "stepfunctions", "sources": {"mine": row}}
    plan = compiled(tmp_path, "stepfunctions.mine", stepfunctions=own).plan
    assert plan.sources["stepfunctions.mine"].console == ours["console"]


def test_a_service_is_added(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    shutil.copy(CATALOGUE / "dataexchange.yaml", ours)
    found = compiled(tmp_path, ["sesv2.*", "dataexchange.jobs"], ours, sesv2=SES)
    assert sorted(found.operations) == ["dataexchange", "sesv2"]
    assert found.replaced == ()


def test_a_resource_with_many_stars_is_held_against_others_at_once(tmp_path: Path) -> None:
    """It is a row's, which a stranger may send: a check of it is not to take hours."""
    before = "arn:{partition}:ses:{region}:{account}:"
    resources = [before + "*a" * 40 + "*b", before + "a" * 60]
    row = {**IMPORTS, "get": {**IMPORTS["get"], "resource": resources}}
    found = compiled(tmp_path, "sesv2.mine", sesv2={"service": "sesv2", "sources": {"mine": row}})
    assert {*resources} <= {resource for each in found.permissions for resource in each.resources}


def test_a_row_of_the_same_id_replaces_ours_and_the_synth_says_so(tmp_path: Path) -> None:
    rows = {"import-jobs": IMPORTS | {"label": "my import"}, "my-jobs": IMPORTS}
    found = compiled(tmp_path, "sesv2.*", sesv2={"service": "sesv2", "sources": rows})
    assert found.plan.sources["sesv2.import-jobs"].label == "my import"
    assert (
        "  rows     2 sources from the catalogue beside the file, instead of ours sesv2.import-jobs"
    ) in [*summary(found, reckon(found), "watches.yaml")]


def test_mistakes_in_rows_and_watches_are_told_at_once_each_in_its_file(tmp_path: Path) -> None:
    wrong = {"service": "sesv2", "sources": {"a": IMPORTS | {"id": "NoSuchMember"}, "b": {}}}
    with pytest.raises(Mistakes) as raised:
        compiled(tmp_path, "sesv2.import-job", sesv2=wrong)
    told = "\n".join(map(str, raised.value.mistakes))
    assert "catalogue/sesv2.yaml:" in told
    assert "sources.a.id" in told
    assert "sources.b.label" in told
    assert "watches.w.source: found" in told


@pytest.mark.parametrize("name", ["watches.yaml", "catalogue/sesv2.yaml"])
def test_what_is_no_file_of_ours_is_not_quoted(tmp_path: Path, name: str) -> None:
    """Who sends a change may send a link, and who checks it shows what is told to everybody."""
    key = tmp_path / "token"
    key.write_text("hvs.CAESIJvU1234567890\n", encoding="utf-8")
    compiled(tmp_path, "sesv2.import-jobs", sesv2=SES)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to(key)
    with pytest.raises(Mistakes) as found:
        compile_plan(tmp_path / "watches.yaml", CATALOGUE)
    told = str(found.value)
    assert f"{name}:1: found a text, expected a group of keys" in told
    assert "hvs" not in told


def test_the_projects_own_catalogue_beside_its_own_file_is_read_once(tmp_path: Path) -> None:
    copy = tmp_path / "catalogue"
    copy.mkdir()
    shutil.copy(CATALOGUE / "sesv2.yaml", copy)
    known = read_catalogue(copy)
    assert extended(known, tmp_path / "watches.yaml") is known


@pytest.mark.parametrize("made", [False, True])
def test_a_file_without_rows_beside_it_has_ours(tmp_path: Path, made: bool) -> None:
    if made:
        (tmp_path / "catalogue").mkdir()
    known = ours()
    assert extended(known, tmp_path / "watches.yaml") is known


@pytest.mark.parametrize("more", [{"include": {"name": ["a*"]}}, {"max_duration": "3 hours"}, {}])
@pytest.mark.parametrize("wrong", [{"operation": "ListNoJobs"}, {"jobs": "NoJobs"}, {"jobs": "{{"}])
def test_a_row_whose_list_is_wrong_is_a_mistake_of_its_own_whatever_the_watch_asks_of_it(
    wrong: Any, more: Any, tmp_path: Path
) -> None:
    row = IMPORTS | {"list": IMPORTS["list"] | wrong}
    own = {"service": "sesv2", "sources": {"mine": row}}
    with pytest.raises(Mistakes) as raised:
        compiled(tmp_path, "sesv2.mine", more=more, sesv2=own)
    (key,) = wrong
    (told,) = map(str, raised.value.mistakes)
    assert f"sources.mine.list.{key}: found " in told


@pytest.mark.parametrize("source", ["glue.mine", "glue.m*"])
def test_a_row_of_any_number_of_nothing_is_a_mistake(source: str, tmp_path: Path) -> None:
    glue = yaml.safe_load((CATALOGUE / "glue.yaml").read_text(encoding="utf-8"))["sources"]
    row = next(each for each in glue.values() if each.get("fan_out") == "unbounded")
    own = {"service": "glue", "sources": {"mine": row | {"parents": []}}}
    with pytest.raises(Mistakes, match=r"sources\.mine\.fan_out: found "):
        compiled(tmp_path, source, glue=own)
