"""The registry of schemas, in the template where `watches.yaml` asks for it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from infra.schemas import LARGEST
from operate.rules import broken
from operate.schemas.__main__ import EXAMPLES
from operate.schemas.generated import TYPES
from tests.catalogue import compile_plan
from tests.schemas import read
from tests.template import COMPILED, ROOT, Json, of_type, plain, synthesize, template

SCHEMA, DETAIL_TYPE = "AWS::EventSchemas::Schema", "x-amazon-events-detail-type"


@cache
def made() -> Json:
    return synthesize(replace(COMPILED, schemas=True))


def schemas() -> dict[str, dict[str, Any]]:
    """The documents in the registry, by the detail type that each names."""
    found = [json.loads(each["Content"]) for each in of_type(SCHEMA, made()).values()]
    return {each["components"]["schemas"]["AWSEvent"][DETAIL_TYPE]: each for each in found}


def test_a_file_that_does_not_ask_for_it_has_no_registry(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    for said, expected in (("", False), ("schemas: false\n", False), ("schemas: true\n", True)):
        file.write_text(f"watches: {{imports: {{source: sesv2.import-jobs}}}}\n{said}")
        assert compile_plan(file, ROOT / "catalogue").schemas is expected
    assert not [each for each in ("Registry", "Schema") if of_type(f"AWS::EventSchemas::{each}")]
    assert "SchemaRegistryName" not in template()["Outputs"]


def test_each_detail_type_is_in_the_registry_under_the_name_that_eventbridge_would_give() -> None:
    found = of_type(SCHEMA, made()).values()
    names = {f"jobwatch@{each.replace(' ', '')}" for each in TYPES}
    assert {each["SchemaName"] for each in found} == names
    (registry,) = of_type("AWS::EventSchemas::Registry", made())
    here = {"Fn::GetAtt": [registry, "RegistryName"]}
    assert [each["RegistryName"] for each in found] == [here] * len(TYPES)
    assert plain(made()["Outputs"]["SchemaRegistryName"]["Value"]) == plain(here)
    assert schemas().keys() == TYPES.keys()


def test_what_is_there_is_openapi_of_a_size_that_the_registry_takes() -> None:
    for each in of_type(SCHEMA, made()).values():
        assert each["Type"] == "OpenApi3"
        assert len(each["Content"]) <= LARGEST
        assert [*OpenAPIV30SpecValidator(json.loads(each["Content"])).iter_errors()] == []


@pytest.mark.parametrize("detail_type", sorted(TYPES))
def test_it_takes_the_examples_and_nothing_that_the_schema_does_not_take(detail_type: str) -> None:
    document = schemas()[detail_type]
    event = read(detail_type, EXAMPLES)
    validator = OAS30Validator({"$ref": "#/components/schemas/AWSEvent", **document})
    assert [*validator.iter_errors(event)] == []
    detail = event["detail"]
    for wrong in (
        {**event, "source": "another"},
        {**event, "detail": {**detail, "version": None, "count": "many"}},
        {**event, "detail": {name: detail[name] for name in [*detail][1:]}},
    ):
        assert [*validator.iter_errors(wrong)]


@pytest.mark.parametrize("detail_type", sorted(TYPES))
def test_it_takes_a_null_wherever_the_schema_does(detail_type: str) -> None:
    """OpenAPI takes null of a word among some only where it stands among them."""
    document, schema = schemas()[detail_type], read(detail_type)
    strict = Draft202012Validator(schema)
    validator = OAS30Validator({"$ref": "#/components/schemas/AWSEvent", **document})
    event = read(detail_type, EXAMPLES)
    nulled = [*nulls(event)]
    assert nulled
    for each in nulled:
        taken = strict.is_valid(each)
        assert validator.is_valid(each) is taken


def nulls(value: Any) -> Iterator[Any]:
    """Give a value again and again, with null at another place of it each time."""
    fields = value.items() if isinstance(value, dict) else ()
    for name, inner in fields:
        yield {**value, name: None}
        for each in nulls(inner):
            yield {**value, name: each}
    for number, inner in enumerate(value if isinstance(value, list) else ()):
        for each in nulls(inner):
            yield [*value[:number], each, *value[number + 1 :]]


def test_cloudformation_would_take_it() -> None:
    assert [*broken(json.dumps(made()))] == []
