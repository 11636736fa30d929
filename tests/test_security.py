"""What docs/security.md says of permissions is what the template says, each with its reason."""

import re

import pytest

from operate.permissions import (
    EXAMPLE,
    PAGE,
    REASONS,
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


def test_every_reason_is_one_of_a_statement_of_the_page(example: Json) -> None:
    assert {each.reason for each in statements(example)} == {*REASONS}


@pytest.mark.parametrize("compiled", [COMPILED, OFTEN], ids=["usual", "often"])
def test_every_statement_of_a_role_or_a_resource_has_a_reason(compiled) -> None:
    assert {each.reason for each in statements(of_compiled(compiled))} <= {*REASONS}


def test_no_policy_of_the_template_is_left_out(example: Json) -> None:
    """Whatever looks like a statement, wherever it stands, is on the page."""

    def count(value: object) -> int:
        match value:
            case {"Effect": "Allow" | "Deny"}:
                return 1
            case dict():
                return sum(map(count, value.values()))
            case list():
                return sum(map(count, value))
        return 0

    rows = re.findall(r"^\| (?:Allow|Deny) \|", markdown(example), re.MULTILINE)
    assert len(rows) == count(example["Resources"]) > 40
