"""Holds a row's operations against the service's model: names, parameters, errors, permissions."""

import re
from collections.abc import Iterator

from botocore.model import OperationModel

from infra.config.aws.paths import find, invalid
from infra.config.aws.services import (
    TEXTS,
    iam_prefix,
    inputs,
    operation_model,
    required_inputs,
    service_model,
)
from infra.config.aws.shapes import Kinds, is_list, is_object, is_objects, is_scalar, items_of
from infra.config.catalogue import Call, Get, Listing, Paged, Parent
from infra.config.derived import found_in, needs
from infra.config.files.mistakes import InvalidValueError, Key, shown, unless_among
from infra.config.lint.credentials import gives_away
from infra.config.lint.pages import Finding, at, lint_pages
from infra.config.lint.templates import lint_resource
from infra.config.rows import Row

_ACTION = re.compile(r"[A-Za-z0-9]+")
_READS = re.compile(r"(Batch)?(Get|List|Describe)[A-Z]|Search[A-Z]")
READING = "Get, List, Describe, Search, BatchGet, BatchList or BatchDescribe"


def lint_calls(row: Row) -> Iterator[Finding]:
    """Find what the model contradicts in the operations of a row."""
    for key, call in _calls(row):
        for below, error in _lint_call(row, call):
            yield (*key, *below), error
    yield from _lint_parameters(row)


def _calls(row: Row) -> Iterator[tuple[Key, Call]]:
    yield ("list",), row.source.list
    yield ("get",), row.source.get
    for place, parent in enumerate(row.source.parents):
        yield ("parents", place), parent


def _lint_call(row: Row, call: Call) -> Iterator[Finding]:
    operation = operation_model(row.service, call.operation)
    if operation is None:
        model = service_model(row.service)
        names = () if model is None else model.operation_names
        words = f"an operation of {row.service}"
        yield ("operation",), InvalidValueError(shown(call.operation), words, names)
        return
    if unfit := [*_lint_reading(row, call.operation)]:
        yield from at(("operation",), unfit)
        return
    yield from _lint_permission(row, call)
    yield from _lint_required(row, call, operation)
    output: Kinds = (operation.output_shape,) if operation.output_shape else ()
    if isinstance(call, Paged):
        yield from lint_pages(row, call, operation, output)
    if isinstance(call, Get):
        yield from _lint_get(call, operation, output)
    if isinstance(call, Listing):
        yield from at(
            ("jobs",), invalid(call.jobs, output, is_objects, "the path of a list of objects")
        )
    if isinstance(call, Parent):
        yield from _lint_parent(call, output)


def _lint_permission(row: Row, call: Call) -> Iterator[Finding]:
    for place, resource in enumerate(call.resource):
        yield from at(("resource", place), lint_resource(row, call, resource))
    if call.action is not None:
        yield from at(("action",), _lint_action(row, call.action))


def _lint_action(row: Row, action: str) -> Iterator[InvalidValueError]:
    """Refuse what grants more than reading a job of the row's own service."""
    service, _, operation = action.partition(":")
    if service != iam_prefix(row.service) or not _ACTION.fullmatch(operation):
        words = f"an IAM action of the service, such as {iam_prefix(row.service)}:GetJob"
        yield InvalidValueError(shown(action), words)
    else:
        yield from _lint_reading(row, operation)


def reads(operation: str) -> bool:
    """Tell whether an operation, or an IAM action, changes nothing: its name says it."""
    return _READS.match(operation) is not None


def _lint_reading(row: Row, operation: str) -> Iterator[InvalidValueError]:
    if not reads(operation):
        words = f"one that only reads: its name begins with {READING}"
        yield InvalidValueError(shown(operation), words)
    elif gives_away(row.service, operation):
        yield InvalidValueError(shown(operation), "one that gives no credentials away")


def _lint_required(row: Row, call: Call, operation: OperationModel) -> Iterator[Finding]:
    given = {*needs(row, call)}
    given |= {call.id} if isinstance(call, Get) else set()
    given |= {*call.page} if isinstance(call, Paged) else set()
    misnamed = isinstance(call, Get) and call.id not in inputs(operation)
    for name in required_inputs(operation):
        if name not in given and not misnamed:
            source = "parents or page" if isinstance(call, Paged) else "parents"
            words = f"all that {operation.name} requires, from {source}"
            yield ("operation",), InvalidValueError(f"no {name}", words)


def _lint_get(call: Get, operation: OperationModel, output: Kinds) -> Iterator[Finding]:
    members = inputs(operation)
    texts = [name for name, member in members.items() if is_scalar(TEXTS)(member)]
    yield from at(("id",), unless_among(call.id, texts))
    yield from at(("job",), invalid(call.job, output, is_object, "the path of an object"))
    if not call.missing and found_in(call) is None:
        words = "the error codes that mean that there is no such job"
        yield ("missing",), InvalidValueError("nothing", words)
    codes = [getattr(error, "error_code", None) or error.name for error in operation.error_shapes]
    for place, code in enumerate(call.missing):
        if codes:  # some services name none of their errors in the model
            yield from at(("missing", place), unless_among(code, codes))


def _lint_parent(call: Parent, output: Kinds) -> Iterator[Finding]:
    wrong = tuple(invalid(call.items, output, is_list, "the path of a list"))
    yield from at(("items",), wrong)
    if not wrong:
        items = tuple(each for kind in find(call.items, output) for each in items_of(kind) or ())
        yield from at(("id",), invalid(call.id, items, is_scalar(TEXTS), "the path of a text"))


def _lint_parameters(row: Row) -> Iterator[Finding]:
    """Find parents' parameters that are there twice, or that no operation takes."""
    names = [parent.parameter for parent in row.source.parents]
    operations = [operation_model(row.service, call.operation) for _, call in _calls(row)]
    known = {name for operation in operations if operation for name in inputs(operation)}
    taken = {name for _, call in _calls(row) for name in needs(row, call)}
    for place, name in enumerate(names):
        key: Key = ("parents", place, "parameter")
        if name in names[:place]:
            yield key, InvalidValueError(f"{shown(name)} again", "each parameter once")
        elif name not in taken:
            yield key, InvalidValueError(shown(name), "a parameter that an operation takes", known)
