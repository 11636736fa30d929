"""What botocore knows of AWS: services, operations, regions. No account, no network."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from botocore.exceptions import DataNotFoundError
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.paginate import PaginatorModel

NUMBERS = frozenset({"integer", "long", "float", "double", "bigdecimal"})
TEXTS = frozenset({"string", "character"})
SCALARS = NUMBERS | TEXTS | {"boolean", "timestamp"}


Given = ParamSpec("Given")
Answer = TypeVar("Answer")
_DATA = ContextVar("data", default=Loader.BUILTIN_DATA_PATH)
"""The folder of the models: that of the pinned botocore, unless another's are looked at."""


@contextmanager
def models_in(data: Path) -> Iterator[None]:
    """Look at another botocore's models meanwhile."""
    before = _DATA.set(str(data))
    try:
        yield
    finally:
        _DATA.reset(before)


def remembered(ask: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Remember what a function answers, for each folder of models by itself."""

    @cache
    def of(_data: str) -> Callable[Given, Answer]:
        return cast("Callable[Given, Answer]", cache(ask))

    @wraps(ask)
    def answer(*given: Given.args, **named: Given.kwargs) -> Answer:
        return of(_DATA.get())(*given, **named)

    return answer


class PlainFiles(JSONFileLoader):
    """Reads models into plain dictionaries: botocore's ordered ones take longer."""

    def load_file(self, file_path: str) -> Any:
        """Give what a file holds, which is named without its ending; None where there is none."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


@remembered
def loader() -> Loader:
    """Load what botocore ships, and nothing of the user's: no profile, no models of theirs."""
    return Loader([_DATA.get()], PlainFiles(), include_default_search_paths=False)


@remembered
def service_names() -> tuple[str, ...]:
    """List every service that botocore knows."""
    return tuple(loader().list_available_services("service-2"))


@remembered
def service_model(service: str) -> ServiceModel | None:
    """Give the model of a service, or None where there is no such service."""
    if service not in service_names():
        return None
    return ServiceModel(loader().load_service_model(service, "service-2"), service)


def full_name(service: str) -> str:
    """Give what AWS calls a service, such as Amazon SageMaker Service."""
    model = service_model(service)
    return str(model.metadata["serviceFullName"]) if model else service


PREFIXES = {
    "cloudcontrol": "cloudformation",
    "cloudwatch": "cloudwatch",
    "partnercentral-selling": "partnercentral",
    "resourcegroupstaggingapi": "tag",
}
"""What IAM calls services, where that is not the name with which their calls are signed."""


def iam_prefix(service: str) -> str:
    """Give what a service's actions begin with in IAM."""
    model = service_model(service)
    return PREFIXES.get(service) or (service if model is None else model.signing_name)


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


@remembered
def paginator(service: str, operation: str) -> Mapping[str, Any] | None:
    """Tell how botocore itself pages through an operation, or None where it doesn't know."""
    try:
        model = PaginatorModel(loader().load_service_model(service, "paginators-1"))
        config: Mapping[str, Any] = model.get_paginator(operation)
    except (DataNotFoundError, ValueError):
        return None
    return config
