"""What docs/security.md says of permissions is what the template says, each with its reason."""

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from infra.config.own import Own
from operate.permissions import (
    EXAMPLE,
    PAGE,
    REASONS,
    ROOT,
    markdown,
    security_page,
    statements,
    synthesize,
)
from tests.template import COMPILED, OFTEN, Json
from tests.template import synthesize as of_compiled


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Json:
    watches = tmp_path_factory.mktemp("example") / "watches.yaml"
    watches.write_text(EXAMPLE)
    return synthesize(watches, "Jobwatch")


def test_the_page_is_written_out_of_the_template() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert security_page(page) == page, "run `make docs`"


VPC = {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]}
INSIDE = replace(COMPILED, own=Own.model_validate({"vpc": VPC}))
HERE = "arn:aws:{}:eu-west-1:111122223333:{}"
KEY = HERE.format("kms", "key/11111111-2222-3333-4444-555555555555")
SHARED = replace(COMPILED, own=Own.model_validate({"organization": "o-abcd123456", "key": KEY}))
INTO_OWN = replace(COMPILED, own=Own.model_validate({"topic": HERE.format("sns", "alerts")}))
WITH_OWN = {"in a VPC": INSIDE, "shared": SHARED, "into one's own": INTO_OWN}


def test_every_reason_is_one_of_a_statement_of_the_page_or_of_what_is_the_users_own(
    example: Json,
) -> None:
    inside, *others = map(of_compiled, WITH_OWN.values())
    found = {each.reason for made in (example, inside, *others) for each in statements(made)}
    assert found == {*REASONS}
    assert "`lambda:SourceFunctionArn Null false`" in markdown(inside)


@pytest.mark.parametrize(
    "compiled", [COMPILED, OFTEN, *WITH_OWN.values()], ids=["usual", "often", *WITH_OWN]
)
def test_every_statement_of_a_role_or_a_resource_has_a_reason(compiled) -> None:
    assert {each.reason for each in statements(of_compiled(compiled))} <= {*REASONS}


def test_no_policy_of_the_template_is_left_out(example: Json) -> None:
    """Whatever looks like a statement, wherever it stands, is on the page.

    So is the permission of a function, which Lambda makes a statement of.
    """

    def count(value: object) -> int:
        match value:
            case {"Effect": "Allow" | "Deny"} | {"Type": "AWS::Lambda::Permission"}:
                return 1
            case dict():
                return sum(map(count, value.values()))
            case list():
                return sum(map(count, value))
        return 0

    rows = re.findall(r"^\| (?:Allow|Deny) \|", markdown(example), re.MULTILINE)
    assert len(rows) == count(example["Resources"]) > 40


BOUNDS = [
    line
    for line in PAGE.read_text(encoding="utf-8")
    .split("## Bounds in numbers")[1]
    .split("\n## ")[0]
    .splitlines()
    if line.startswith("| ") and "held by" not in line and "---" not in line
]


NO_FIGURES = {
    "LARGEST_NUMBER": "2⁶³",
    "PARTS": "1,536",
    "OLDEST": "14 days",
    "CLOCK_SKEW": "10 min",
    "OVERLONG_FOR": "once a day",
    "LONGEST_WAIT": "365 days",
    "ASKED_FOR": "an hour",
    "WAITS": "ten minutes",
}


def constants(where: str) -> Iterator[tuple[str, Any]]:
    """The constants that a cell names, with their values, each from a file that it names."""
    files = re.findall(r"`([\w/]+\.py)`", where)
    folder = ROOT / next((file for file in files if "/" in file), ".")
    paths = [ROOT / file if "/" in file else folder.with_name(file) for file in files]
    names = [str(path.relative_to(ROOT).with_suffix("")).replace("/", ".") for path in paths]
    modules = [import_module(name) for name in names]
    for name in re.findall(r"`([A-Z_]{3,})`", where):
        yield name, next(getattr(each, name) for each in modules if hasattr(each, name))


@pytest.mark.parametrize("row", BOUNDS, ids=lambda row: row.split("|")[1].strip())
def test_a_bound_is_the_one_of_the_code_and_names_its_test(row: str) -> None:
    _, said, where, held_by = (cell.strip() for cell in row.strip("|").split("|"))
    for name, value in constants(where):
        assert NO_FIGURES.get(name) or f"{value:,}" in said, name
        assert NO_FIGURES.get(name, "") in said
    tests = re.findall(r"`([\w/]+\.py)`", held_by)
    assert tests
    assert [each for each in tests if not (ROOT / "tests" / each).exists()] == []
