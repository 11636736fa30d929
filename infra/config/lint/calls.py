"""Holds a row's operations against the service's model: names, parameters, errors, permissions."""

import re
from collections.abc import Iterator
from typing import get_args

from botocore.model import OperationModel

from infra.config.aws.paths import find, invalid
from infra.config.aws.services import (
    NUMBERS,
    TEXTS,
    inputs,
    required_inputs,
    service_model,
    service_names,
)
from infra.config.aws.shapes import Kind, Kinds, is_list, is_object, is_objects, is_scalar, items_of
from infra.config.catalogue import Call, FanOut, Get, Listing, Paged, Parent
from infra.config.completed import names_in
from infra.config.derived import found_in, id_names, model_of, needs, prefix_of, service_of
from infra.config.files.mistakes import InvalidValueError, Key, one_of, shown, unless_among
from infra.config.lint.credentials import gives_away, meant
from infra.config.lint.pages import Finding, at, lint_pages, lint_params, lint_since
from infra.config.lint.secrets import secrets
from infra.config.lint.templates import lint_resource
from infra.config.rows import Row

_ACTION = re.compile(r"[A-Za-z0-9]+")
_CALLED_OTHERWISE = frozenset(
    {
        *("dms:ListExtensionPacks", "dms:ListMetadataModelAssessments"),
        *("dms:ListMetadataModelConversions", "dms:ListMetadataModelExports"),
        "dms:ListMigrationProjects",
    }
)
"""Actions that no operation is called by, and that some need: DMS has operations Describe these."""
_UNNAMED = frozenset({"ValidationException"})
"""Errors that models need not name: SageMaker says it, which any operation may give."""
_UNNAMED_OF = frozenset({("s3control", "NoSuchJobException")})
"""And those that one service says by its user guide alone."""
_READS = re.compile(r"(Batch)?(Get|List|Describe)[A-Z]|Search[A-Z]")
_CHANGES = frozenset(
    {
        *("batchgetuseraccesstasks", "getactivitytask", "getid", "getwhatsappmessagemedia"),
        *("getscalingconfigurationrecommendation", "gettaxregistrationdocument"),
        "getwhatsappflowpreview",
    }
)
"""Names of operations that change something all the same, in small letters, as IAM knows none:
who gets the task of an activity takes it from whose it is. Others begin a job, write into a bucket
that the call names, or end a link that others have."""
READING = "Get, List, Describe, Search, BatchGet, BatchList or BatchDescribe"


def lint_calls(row: Row) -> Iterator[Finding]:
    """Find what the model contradicts in the operations of a row."""
    for key, call in _calls(row):
        for below, error in _lint_call(row, call):
            yield (*key, *below), error
    yield from _lint_parameters(row)
    yield from _lint_fan_out(row)


def _calls(row: Row) -> Iterator[tuple[Key, Call]]:
    yield ("list",), row.source.list
    if row.source.get is not None:
        yield ("get",), row.source.get
    for place, parent in enumerate(row.source.parents):
        yield ("parents", place), parent


def _lint_call(row: Row, call: Call) -> Iterator[Finding]:
    service = service_of(row, call)
    if service_model(service) is None:
        words = "a service that botocore knows"
        yield ("service",), InvalidValueError(shown(service), words, service_names())
        return
    operation = model_of(row, call)
    if operation is None:
        model = service_model(service)
        names = () if model is None else model.operation_names
        words = f"an operation of {service}"
        yield ("operation",), InvalidValueError(shown(call.operation), words, names)
        return
    if unfit := [*_lint_reading(service, call.operation)]:
        yield from at(("operation",), unfit)
        return
    yield from _lint_permission(row, call)
    yield from lint_params(row, call, operation)
    yield from _lint_required(row, call, operation)
    output: Kinds = (operation.output_shape,) if operation.output_shape else ()
    if isinstance(call, Paged):
        yield from lint_pages(row, call, operation, output)
    if isinstance(call, Get):
        yield from _lint_get(row, call, operation, output)
    if isinstance(call, Listing):
        words = "the path of a list of objects, or of their ids"
        wrong = tuple(invalid(call.jobs, output, _is_jobs, words))
        yield from at(("jobs",), wrong or _secret_texts(call.jobs, output))
        yield from lint_since(call, operation)
    if isinstance(call, Parent):
        yield from _lint_parent(call, output)


def _lint_permission(row: Row, call: Call) -> Iterator[Finding]:
    for place, resource in enumerate(call.resource):
        yield from at(("resource", place), lint_resource(row, call, resource))
    if call.action is not None:
        yield from at(("action",), _lint_action(row, call, call.action))
    for action, resources in call.also.items():
        yield from at(("also", action), _lint_further(row, action))
        for place, resource in enumerate(resources):
            yield from at(("also", action, place), lint_resource(row, call, resource))


def _lint_further(row: Row, action: str) -> Iterator[InvalidValueError]:
    """Refuse what grants more than a call to one of the row's services can need.

    To get something of another service is to read what is no job. What lists or describes there
    may tell more than names, such as the environments of functions.
    """
    services = {prefix_of(row, call): service_of(row, call) for _, call in _calls(row)}
    prefix, _, operation = action.partition(":")
    service = services.get(prefix, prefix)
    if not _ACTION.fullmatch(operation) or service_model(service) is None:
        words = f"an IAM action, such as {prefix_of(row, row.source.list)}:DescribeEndpoints"
        yield InvalidValueError(shown(action), words)
    elif prefix not in services and not operation.startswith(("List", "Describe")):
        words = "one of another service that only lists or describes"
        yield InvalidValueError(shown(action), words)
    else:
        yield from _lint_granted(service, action)


def _lint_action(row: Row, call: Call, action: str) -> Iterator[InvalidValueError]:
    """Refuse what grants more than reading a job of the row's own service."""
    known = prefix_of(row, call)
    prefix, _, operation = action.partition(":")
    if prefix != known or not _ACTION.fullmatch(operation):
        words = f"an IAM action of the service, such as {known}:GetJob"
        yield InvalidValueError(shown(action), words)
    else:
        yield from _lint_granted(service_of(row, call), action)


def _lint_granted(service: str, action: str) -> Iterator[InvalidValueError]:
    """Refuse an action that no operation is called by: what it grants is not known."""
    operation = action.partition(":")[2]
    if unfit := [*_lint_reading(service, operation)]:
        yield from unfit
    elif action not in _CALLED_OTHERWISE and not any(meant(service, operation)):
        model = service_model(service)
        names = () if model is None else model.operation_names
        yield InvalidValueError(
            shown(operation), f"what an operation of {service} is called", names
        )


def reads(operation: str) -> bool:
    """Tell whether an operation, or an IAM action, changes nothing: its name says it."""
    return _READS.match(operation) is not None and operation.casefold() not in _CHANGES


def _lint_reading(service: str, operation: str) -> Iterator[InvalidValueError]:
    if not reads(operation):
        words = f"one that only reads: its name begins with {READING}, and it changes nothing"
        yield InvalidValueError(shown(operation), words)
    elif gives_away(service, operation):
        yield InvalidValueError(shown(operation), "one that gives no credentials away")


def _lint_required(row: Row, call: Call, operation: OperationModel) -> Iterator[Finding]:
    given = {*needs(row, call), *call.params}
    given |= {call.id} if isinstance(call, Get) and call.id else set()
    misnamed = isinstance(call, Get) and call.id not in {None, *inputs(operation)}
    for name in required_inputs(operation):
        if name not in given and not misnamed:
            words = f"all that {operation.name} requires, from parents or params"
            yield ("operation",), InvalidValueError(f"no {name}", words)


def _lint_get(row: Row, call: Get, operation: OperationModel, output: Kinds) -> Iterator[Finding]:
    members, parts = inputs(operation), {*id_names(row)}
    ids = [name for name, member in members.items() if is_scalar(TEXTS | NUMBERS)(member)]
    if call.id is not None:
        yield from at(("id",), unless_among(call.id, ids))
    elif len(parts) < len(row.source.id):
        yield ("id",), InvalidValueError("two parts of one name", "a name for each part of the id")
    elif lacking := sorted(parts - {*names_in(call.params)}):
        words = "the input member that takes it, as id or in params"
        yield ("id",), InvalidValueError(f"no {', '.join(lacking)}", words)
    yield from at(("job",), invalid(call.job, output, is_object, "the path of an object"))
    if not call.missing and found_in(call) is None:
        words = "the error codes that mean that there is no such job"
        yield ("missing",), InvalidValueError("nothing", words)
    codes = [getattr(error, "error_code", None) or error.name for error in operation.error_shapes]
    for place, code in enumerate(call.missing):
        unnamed = code in _UNNAMED or (row.service, code) in _UNNAMED_OF
        if codes and not unnamed:  # some services name none of their errors in the model
            yield from at(("missing", place), unless_among(code, codes))


def _is_jobs(kind: Kind) -> bool:
    items = items_of(kind)
    return items is not None and (is_objects(kind) or all(map(is_scalar(TEXTS | NUMBERS), items)))


def _lint_parent(call: Parent, output: Kinds) -> Iterator[Finding]:
    wrong = tuple(invalid(call.items, output, is_list, "the path of a list"))
    yield from at(("items",), wrong or _secret_texts(call.items, output))
    if not wrong:
        items = tuple(each for kind in find(call.items, output) for each in items_of(kind) or ())
        unfit = tuple(invalid(call.id, items, is_scalar(TEXTS), "the path of a text"))
        yield from at(("id",), unfit or secrets(call.id, find(call.id, items)))


def _secret_texts(path: str, output: Kinds) -> Iterator[InvalidValueError]:
    """Find secrets in a list of texts: each is an id itself."""
    items = tuple(each for kind in find(path, output) for each in items_of(kind) or ())
    yield from secrets(path, tuple(filter(is_scalar(TEXTS), items)))


def _lint_fan_out(row: Row) -> Iterator[Finding]:
    if bool(row.source.parents) == (row.source.fan_out is None):
        found = "nothing" if row.source.parents else shown(row.source.fan_out)
        words = f"{one_of(get_args(FanOut))} where there are parents, and nothing elsewhere"
        yield ("fan_out",), InvalidValueError(found, words)


def _lint_parameters(row: Row) -> Iterator[Finding]:
    """Find parents' parameters that are there twice, or that no operation takes."""
    names = [parent.parameter for parent in row.source.parents]
    operations = [model_of(row, call) for _, call in _calls(row)]
    known = {name for operation in operations if operation for name in inputs(operation)}
    taken = {name for _, call in _calls(row) for name in needs(row, call)}
    for place, name in enumerate(names):
        key: Key = ("parents", place, "parameter")
        if name in names[:place]:
            yield key, InvalidValueError(f"{shown(name)} again", "each parameter once")
        elif name not in taken:
            yield key, InvalidValueError(shown(name), "a parameter that an operation takes", known)
