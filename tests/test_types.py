"""The types of examples/types are of the schema as it is, and their functions read its example."""

import re
import runpy
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

from tests.examples import EXAMPLES
from tests.schemas import FOLDER, breaks, read

KIND = "Job Status Change"
TYPES = EXAMPLES / "types"
TYPESCRIPT = (TYPES / "job-status-change.d.ts").read_text(encoding="utf-8")


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Any], str]:
    monkeypatch.syspath_prepend(TYPES)
    found: Callable[[Any, Any], str] = runpy.run_path(str(TYPES / "handler.py"))["handler"]
    return found


def test_the_types_of_python_are_those_of_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TYPES)
    made = import_module("job_status_change").JobStatusChange.model_json_schema()
    said = read(KIND)
    for about in said["properties"].values():
        if "const" in about:
            about["type"] = "string"  # which pydantic says of it, too
    assert (breaks(made, said), breaks(said, made)) == ([], [])


def test_the_types_of_typescript_have_the_schemas_fields_and_words() -> None:
    schema = read(KIND)
    for name, part in {"JobStatusChange": schema, **schema["$defs"]}.items():
        body = TYPESCRIPT.split(f"export interface {name} {{\n")[1].split("\n}\n")[0]
        lines = re.findall(r'^  "?([a-z_-]+)"?(\??): (.*)$', body, re.MULTILINE)
        fields = {f"{field}{optional}": kind for field, optional, kind in lines}
        assert fields.keys() == part["properties"].keys()
        for field, about in part["properties"].items():
            assert re.findall('"([^"]+)"', fields[field]) == words(about), field


def words(about: dict[str, Any]) -> list[str]:
    """The words of which a field may have one; none where it may have any."""
    either = [word for each in about.get("anyOf", ()) for word in words(each)]
    return [*about.get("enum", ()), *([about["const"]] if "const" in about else ()), *either]


def test_the_function_says_how_the_job_of_the_example_ended(
    handler: Callable[[Any, Any], str],
) -> None:
    event = read(KIND, FOLDER / "examples")
    assert handler(event, None) == (
        f"{event['detail']['job_id']} is FAILED: {event['detail']['failure']['message']}"
    )
    event["detail"]["status"] = "SUCCEEDED"
    assert "120000 records" in handler(event, None)
    event["detail"]["progress"] = dict.fromkeys(event["detail"]["progress"])
    assert ": 0 records, 0 failed" in handler(event, None)
    event["detail"]["status"] = "CANCELLED"
    event["detail"]["failure"]["message"] = None
    assert "is CANCELLED: no reason given" in handler(event, None)
    event["detail"]["status"] = "DONE"
    with pytest.raises(ValidationError, match=r"detail\.status"):
        handler(event, None)


def test_the_page_says_how_each_file_was_made() -> None:
    page = (TYPES / "README.md").read_text(encoding="utf-8")
    for file in TYPES.iterdir():
        if file.is_file():
            assert file.name in page or file.name == "README.md"
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page):
        assert (TYPES / target).exists(), target
