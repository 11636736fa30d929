"""What is left of a service's model is all that the operations take that are called."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from infra.config.aws.services import loader
from infra.config.plan import operations_of
from infra.prune import only
from tests.every.plan import every_plan

CALLED = operations_of(every_plan())


def told(model: ServiceModel, operation: str) -> Iterator[Any]:
    """Say everything that a client reads of an operation."""
    found = model.operation_model(operation)
    yield found.http, found.auth_type
    for shape in (found.input_shape, found.output_shape, *found.error_shapes):
        yield [*shapes_of(shape, set())]


def shapes_of(shape: Shape | None, seen: set[str]) -> Iterator[Any]:
    if shape is None or shape.name in seen:
        return
    seen.add(shape.name)
    yield shape.name, shape.type_name, shape.serialization, shape.metadata
    inner: list[Shape] = []
    if isinstance(shape, StructureShape):
        yield [*shape.members]
        inner = [*shape.members.values()]
    elif isinstance(shape, ListShape):
        inner = [shape.member]
    elif isinstance(shape, MapShape):
        inner = [shape.key, shape.value]
    for each in inner:
        yield from shapes_of(each, seen)


@pytest.mark.parametrize("service", CALLED)
def test_what_is_called_is_described_as_before(service: str) -> None:
    whole = loader().load_service_model(service, "service-2")
    kept = only(CALLED[service], whole)
    asked = {"DescribeEndpoints"} & whole["operations"].keys()
    assert kept["operations"].keys() <= asked | {*CALLED[service]}
    assert kept["metadata"] == whole["metadata"]
    one, other = (ServiceModel(each, service) for each in (kept, whole))
    for operation in CALLED[service]:
        assert [*told(one, operation)] == [*told(other, operation)]


def test_a_shape_that_nothing_takes_goes_and_a_member_called_shape_is_no_shape() -> None:
    model = {
        "operations": {
            "ListRings": {"output": {"shape": "Rings"}},
            "PutRing": {"input": {"shape": "Ink"}},
        },
        "pagination": {"ListRings": {"result_key": "Rings"}, "ListInks": {"result_key": "Inks"}},
        "shapes": {
            "Ink": {"type": "string"},
            "Rings": {"type": "structure", "members": {"shape": {"shape": "Ring"}}},
            "Ring": {"type": "structure", "members": {"inner": {"shape": "Ring"}}},
        },
    }
    kept = only(["ListRings"], model)
    assert [[*part] for part in kept.values()] == [["ListRings"], ["ListRings"], ["Ring", "Rings"]]


def test_the_operation_that_names_a_services_addresses_stays() -> None:
    whole = loader().load_service_model("timestream-write", "service-2")
    model = ServiceModel(only(["ListBatchLoadTasks"], whole), "timestream-write")
    assert model.endpoint_discovery_required
    assert model.endpoint_discovery_operation.name == "DescribeEndpoints"
