"""What a row leaves out because its service's model leaves no doubt about it.

It works on a row as it was written, before anything is held against the models: what can't be told
stays left out, and is a mistake of the row.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from infra.config.aws.paths import leads_somewhere
from infra.config.aws.services import TEXTS, inputs, operation_model, paginator, required_inputs
from infra.config.aws.shapes import is_scalar

_TOKEN = re.compile(r"(next|page|pagination|starting|continuation)?_?(token|marker)", re.IGNORECASE)
_SIZE = re.compile(r"(max_?(results|records|items)|limit|page_?size)", re.IGNORECASE)
_MISSING = re.compile(r"NotFound|NoSuch|DoesNotExist|NotExist")
_NAME = re.compile(r"\{(\w+)\}")
_WHOLE = "@"
"""Stands for what nobody can tell of an operation that there is not, which is a mistake itself."""
Raw = dict[str, Any]


def completed(service: str, raw: Any) -> Any:
    """Give a row with the selectors, page tokens and sizes, ids and errors of its operations."""
    if not isinstance(raw, dict):
        return raw
    row: Raw = dict(raw)
    if isinstance(row.get("list"), dict):
        row["list"] = _listing(service, row["list"], "jobs", _is_jobs)
    if isinstance(row.get("parents"), list):
        row["parents"] = [_parent(service, each) for each in row["parents"]]
    if isinstance(row.get("get"), dict):
        row["get"] = _get(service, row)
    return row


def names_in(template: Any) -> Iterator[str]:
    """Name what stands in braces anywhere in a parameter."""
    if isinstance(template, Mapping):
        template = list(template.values())
    if isinstance(template, list | tuple):
        for each in template:
            yield from names_in(each)
    elif isinstance(template, str):
        yield from _NAME.findall(template)


def _parent(service: str, raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    return _listing(str(raw.get("service") or service), raw, "items", _is_list)


def _listing(service: str, raw: Raw, selector: str, fits: Callable[[Shape], bool]) -> Raw:
    operation = operation_model(service, str(raw.get("operation")))
    if operation is None:
        return {selector: _WHOLE, **raw}
    params, token = raw.get("params") or {}, _token(service, operation)
    return {
        **_left_out(selector, _only(_selectors(service, operation, fits))),
        **_left_out("token", token),
        **raw,
        **({"params": {**_page(service, operation), **params}} if isinstance(params, dict) else {}),
    }


def _left_out(key: str, value: Any) -> Raw:
    return {} if value is None else {key: value}


def _only(found: Iterable[str]) -> str | None:
    """Give the only one of its kind."""
    names = list(found)
    return names[0] if len(names) == 1 else None


def _selectors(
    service: str, operation: OperationModel, fits: Callable[[Shape], bool]
) -> Iterator[str]:
    """Name where an answer may have its list: where botocore itself finds it, or the only one."""
    found = (paginator(service, operation.name) or {}).get("result_key")
    members = {name: shape for name, shape in _outputs(operation).items() if fits(shape)}
    objects = [name for name, shape in members.items() if _is_objects(shape)]
    yield from [found] if isinstance(found, str) and found in members else objects or members


def _outputs(operation: OperationModel) -> Mapping[str, Shape]:
    shape = operation.output_shape
    return {} if shape is None else shape.members


def _is_list(shape: Shape) -> bool:
    return isinstance(shape, ListShape)


def _is_jobs(shape: Shape) -> bool:
    return isinstance(shape, ListShape) and not isinstance(shape.member, ListShape | MapShape)


def _is_objects(shape: Shape) -> bool:
    return isinstance(shape, ListShape) and isinstance(shape.member, StructureShape)


def _token(service: str, operation: OperationModel) -> Raw | None:
    pager = paginator(service, operation.name)
    if pager is not None:
        send, read = pager.get("input_token"), pager.get("output_token")
    else:
        send, read = _named(_TOKEN, inputs(operation)), _named(_TOKEN, _outputs(operation))
    both = isinstance(send, str) and isinstance(read, str)
    return {"send": send, "read": read} if both else None


def _named(pattern: re.Pattern[str], members: Mapping[str, Shape]) -> str | None:
    texts = (name for name, shape in members.items() if is_scalar(TEXTS)(shape))
    return _only(name for name in texts if pattern.fullmatch(name))


def _page(service: str, operation: OperationModel) -> Raw:
    """Give the parameter for the largest page, where the model says how large that is."""
    members = inputs(operation)
    known = (paginator(service, operation.name) or {}).get("limit_key")
    name = known or _only(each for each in members if _SIZE.fullmatch(each))
    shape = members.get(name or "")
    most = shape.metadata.get("max") if shape and shape.type_name in {"integer", "long"} else None
    return {name: str(most)} if name and most else {}


def _get(service: str, row: Raw) -> Raw:
    raw: Raw = row["get"]
    operation = operation_model(service, str(raw.get("operation")))
    if operation is None:
        return {"job": _WHOLE, **raw}
    return {
        **_left_out("job", _job(operation, row)),
        **_left_out("id", _id(operation, row)),
        **_left_out("missing", _missing(operation)),
        **raw,
    }


def _job(operation: OperationModel, row: Raw) -> str | None:
    """Give where the answer has the job: the only place with its status, and with its id if any."""
    if operation.output_shape is None:
        return None
    ids = row.get("id")
    id_ = ids[0] if isinstance(ids, list) and ids else ids
    places: dict[str, Shape] = {"@": operation.output_shape}
    for name, shape in _outputs(operation).items():
        if isinstance(shape, ListShape) and _is_objects(shape):
            places |= {f"{name}[0]": shape.member}
        places |= {name: shape} if isinstance(shape, StructureShape) else {}
    with_status = [name for name, shape in places.items() if _has(row.get("status"), shape)]
    with_both = [name for name in with_status if _has(id_, places[name])]
    return _only(with_both or with_status)


def _has(path: Any, shape: Shape) -> bool:
    return isinstance(path, str) and leads_somewhere(path, (shape,))


def _id(operation: OperationModel, row: Raw) -> str | None:
    """Give the only input that the get requires and that neither parents nor params give."""
    params, parents = row["get"].get("params") or {}, row.get("parents") or []
    if not isinstance(params, dict) or not isinstance(parents, list):
        return None
    given = {str(each.get("parameter")) for each in parents if isinstance(each, dict)} | {*params}
    if any(name not in {"account", "region", *given} for name in names_in(params)):
        return None
    return _only(name for name in required_inputs(operation) if name not in given)


def _missing(operation: OperationModel) -> list[str] | None:
    """Give the only error that can mean that there is no such job."""
    codes = ((error, getattr(error, "error_code", None)) for error in operation.error_shapes)
    found = _only(code or error.name for error, code in codes if _MISSING.search(error.name))
    return [found] if found else None
