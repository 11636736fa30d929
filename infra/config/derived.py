"""What a row does not say because the service's model already does."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from infra.config.catalogue import Call, Parent
from infra.config.documents import UnfitError, one_of, shown
from infra.config.rows import Row
from infra.config.services import inputs, operation_model
from infra.config.shapes import Kinds, find, items_of, leads_somewhere


def takes(row: Row, call: Call) -> tuple[str, ...]:
    """Name the parents' parameters that an operation needs; a parent's own only those before it."""
    operation = operation_model(row.service, call.operation)
    members = {} if operation is None else inputs(operation)
    return tuple(parent.parameter for parent in above(row, call) if parent.parameter in members)


def above(row: Row, call: Call) -> tuple[Parent, ...]:
    """Give the parents whose ids are known when an operation is called."""
    parents = row.source.parents
    return parents[: parents.index(call)] if isinstance(call, Parent) else parents


def listed_job(row: Row) -> Kinds:
    """Give the kinds of one job as the list operation answers it; raises UnfitError."""
    return _items(find(row.source.list.jobs, _output(row, row.source.list)))


def got_job(row: Row) -> Kinds:
    """Give the kinds of one job as the get operation answers it; raises UnfitError."""
    return find(row.source.get.job, _output(row, row.source.get))


def get_completes(row: Row) -> bool:
    """Tell whether the get operation's answer has something that the list's lacks."""
    listed, got = listed_job(row), got_job(row)
    return any(
        leads_somewhere(path, got) and not leads_somewhere(path, listed) for path in paths(row)
    )


def list_tells_age(row: Row) -> bool:
    """Tell whether the list says when a job was created or ended."""
    listed = listed_job(row)
    return any(leads_somewhere(path, listed) for path in (row.source.created, row.source.ended))


def paths(row: Row) -> Iterator[str]:
    """Give every path of a row into one job."""
    source = row.source
    single = (source.id, source.arn, source.type, source.status, source.created, source.ended)
    counters = (source.progress.total, source.progress.processed, source.progress.failed)
    failure = (source.failure.code, source.failure.message, source.failure.details)
    several = (*single, *counters, *failure, *source.partial, *source.details)
    return (path for path in several if path is not None)


def constants(row: Row, page: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """Give an operation's constant parameters in the types of its input; raises UnfitError."""
    operation = operation_model(row.service, call.operation)
    members = {} if operation is None else inputs(operation)
    return {name: typed(members[name], value) for name, value in page.items()}


def typed(shape: Shape, value: Any) -> Any:
    """Read a constant as its member's type, for the file has only texts; raises UnfitError."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        if unknown := next((name for name in value if name not in shape.members), None):
            raise UnfitError(shown(unknown), one_of(shape.members), shape.members)
        return {name: typed(shape.members[name], each) for name, each in value.items()}
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: typed(shape.value, each) for name, each in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [typed(shape.member, each) for each in value]
    if isinstance(value, str):
        return _scalar(shape, value)
    raise UnfitError(shown(value), f"a {shape.type_name}")


def _scalar(shape: Shape, value: str) -> Any:
    if isinstance(shape, StringShape):
        if shape.enum and value not in shape.enum:
            raise UnfitError(shown(value), one_of(shape.enum), shape.enum)
        return value
    if shape.type_name == "boolean" and value in {"true", "false"}:
        return value == "true"
    if shape.type_name in {"integer", "long"} and value.lstrip("-").isdecimal():
        return _bounded(shape, int(value))
    words = {"integer": "a whole number", "long": "a whole number", "boolean": "true or false"}
    raise UnfitError(shown(value), words.get(shape.type_name, f"a {shape.type_name}"))


def _bounded(shape: Shape, number: int) -> int:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        raise UnfitError(shown(number), f"at least {least}")
    if most is not None and number > most:
        raise UnfitError(shown(number), f"at most {most}")
    return number


def _output(row: Row, call: Call) -> Kinds:
    operation = operation_model(row.service, call.operation)
    if operation is None or operation.output_shape is None:
        raise UnfitError(shown(call.operation), "an operation with an answer")
    return (operation.output_shape,)


def _items(kinds: Kinds) -> Kinds:
    found = [items_of(kind) for kind in kinds]
    if any(items is None for items in found):
        raise UnfitError("a path to no list", "the path of a list")
    return tuple(kind for items in found for kind in items or ())
