"""docs/waiting-asl.md is fresh, and its machines say what services and Jobwatch take."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.model import ServiceModel, Shape, StructureShape
from botocore.session import Session
from botocore.validate import ParamValidator

from infra import timeouts
from lambdas.wait import asked
from operate.waiting.families import HEARTBEAT, Family, machine, read_families
from operate.waiting.page import PAGE, waiting_page
from tests.catalogue import ours

FAMILIES = {each.source: each for each in read_families()}
SESSION = Session()


def test_the_page_is_fresh() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert waiting_page(text) == text, "run `make docs`"


def operation(family: Family) -> Any:
    """The operation that starts a job, of botocore's model."""
    service = family.source.split(".")[0]
    assert family.start.service == service.replace("-", ""), "as Step Functions calls it"
    model = ServiceModel(
        SESSION.get_component("data_loader").load_service_model(service, "service-2")
    )
    name = family.start.operation
    return model.operation_model(name[0].upper() + name[1:])


def member(shape: StructureShape, name: str) -> str:
    """Give the service's own name of a member, which Step Functions begins with a capital."""
    assert name[0].isupper(), name
    (found,) = [each for each in shape.members if each[0].upper() + each[1:] == name]
    return str(found)


def as_called(shape: Shape, given: Any) -> Any:
    """Give what a task is given as the service gets it: some text for each path."""
    if isinstance(given, Mapping):
        assert isinstance(shape, StructureShape)
        said = {}
        for key, value in given.items():
            name = member(shape, key.removesuffix(".$"))
            inner = shape.members[name]
            text = "a-text-of-some-length"
            said[name] = text if key.endswith(".$") else as_called(inner, value)
        return said
    if isinstance(given, list):
        return [as_called(shape.member, each) for each in given]  # type: ignore[attr-defined]
    return given


@pytest.mark.parametrize("source", FAMILIES)
def test_the_service_takes_what_it_is_given(source: str) -> None:
    family = FAMILIES[source]
    shape = operation(family).input_shape
    report = ParamValidator().validate(as_called(shape, family.start.parameters), shape)
    assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("source", FAMILIES)
def test_the_job_is_named_by_what_was_given_or_what_the_service_answers(source: str) -> None:
    family = FAMILIES[source]
    given = inputs(family)
    for path in (family.job_id, *family.parents.values()):
        if not path.startswith("$.started."):
            assert path in given
            continue
        shape = operation(family).output_shape
        for word in path.removeprefix("$.started.").split("."):
            name, _, number = word.partition("[")
            shape = shape.members[member(shape, name)]
            shape = shape.member if number else shape
        assert shape.type_name == "string"


def inputs(family: Family) -> set[str]:
    """The paths to what a machine is given."""
    return {*re.findall(r"'(\$\.\w+)'", str(family.start.parameters))}


@pytest.mark.parametrize("source", FAMILIES)
def test_the_state_that_waits_names_what_the_source_needs(source: str) -> None:
    wait = machine(FAMILIES[source])["States"]["Wait"]
    payload = {
        name.removesuffix(".$"): each for name, each in wait["Parameters"]["Payload"].items()
    }
    assert {"source", "job_id", "token"} <= payload.keys() <= {*asked.KEYS}
    parents = {each.parameter for each in ours().rows[source].source.parents}
    assert {name.removesuffix(".$") for name in payload.get("parameters", {})} == parents
    assert wait["HeartbeatSeconds"] == HEARTBEAT >= 5 * timeouts.SWEEP


@pytest.mark.parametrize("source", FAMILIES)
def test_the_id_is_what_the_service_answers_where_it_answers_one(source: str) -> None:
    """It may write what it was given in another way, and the watch sees the job by its own."""
    family, row = FAMILIES[source], ours().rows[source].source
    shape = operation(family).output_shape
    answered = {each.lower() for each in shape.members}
    if {each.lower() for each in row.id} <= answered:
        assert family.job_id.startswith("$.started.")
