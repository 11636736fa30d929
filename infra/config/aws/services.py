"""What botocore knows of AWS: services, operations, regions. No account, no network."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import DataNotFoundError
from botocore.model import OperationModel, ServiceModel, Shape

NUMBERS = frozenset({"integer", "long", "float", "double", "bigdecimal"})
TEXTS = frozenset({"string", "character"})
SCALARS = NUMBERS | TEXTS | {"boolean", "timestamp"}


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


@cache
def service_names() -> tuple[str, ...]:
    """List every service that botocore knows."""
    return tuple(_session().get_available_services())


@cache
def service_model(service: str) -> ServiceModel | None:
    """Give the model of a service, or None where there is no such service."""
    return _session().get_service_model(service) if service in service_names() else None


def operation_model(service: str, operation: str) -> OperationModel | None:
    """Give the model of an operation, or None where there is no such one."""
    model = service_model(service)
    if model is None or operation not in model.operation_names:
        return None
    return model.operation_model(operation)


def inputs(operation: OperationModel) -> Mapping[str, Shape]:
    """Give the members of an operation's input, by name."""
    shape = operation.input_shape
    return {} if shape is None else shape.members


def required_inputs(operation: OperationModel) -> tuple[str, ...]:
    """Name the members that a call must give, except those that botocore fills in itself."""
    shape = operation.input_shape
    if shape is None:
        return ()
    members = shape.members
    return tuple(
        name
        for name in shape.required_members
        if not members[name].metadata.get("idempotencyToken")
    )


@cache
def paginator(service: str, operation: str) -> Mapping[str, Any] | None:
    """Tell how botocore itself pages through an operation, or None where it doesn't know."""
    try:
        config: Mapping[str, Any] = _session().get_paginator_model(service).get_paginator(operation)
    except (DataNotFoundError, ValueError):
        return None
    return config


@cache
def regions() -> tuple[str, ...]:
    """List every region of every partition."""
    partitions = _session().get_data("endpoints")["partitions"]
    return tuple(region for partition in partitions for region in partition["regions"])


@cache
def partitions() -> tuple[str, ...]:
    """List every partition."""
    return tuple(each["partition"] for each in _session().get_data("endpoints")["partitions"])
