"""Holds what a row gives to calls against the service's model: page tokens and parameters."""

import re
from collections.abc import Iterable, Iterator, Mapping

from botocore.model import OperationModel, Shape, StructureShape

from infra.config.aws.constants import typed
from infra.config.aws.paths import invalid
from infra.config.aws.services import TEXTS, inputs, paginator
from infra.config.aws.shapes import Kinds, is_scalar, members_of
from infra.config.catalogue import Call, Get, Listing, Paged
from infra.config.completed import names_in
from infra.config.derived import names_known, service_of
from infra.config.files.mistakes import InvalidValueError, Key, shown, unless_among
from infra.config.rows import Row

Finding = tuple[Key, InvalidValueError]
"""What is wrong, and under which key of the row."""

TOKEN = re.compile(r"(token|marker|cursor)$", re.IGNORECASE)
_OTHER_TIME = re.compile(
    r"(?i:before|until|latest|complet|clos|expir|modif|updat)|End(?![a-z])|\b(end|to|To)(?![a-z])"
)
"""In the names of inputs that take another time than the one since which jobs were created."""


def lint_pages(
    row: Row, call: Paged, operation: OperationModel, output: Kinds
) -> Iterator[Finding]:
    """Find what the model contradicts in how a list is paged through."""
    if call.token is None:
        yield from _lint_no_token(service_of(row, call), operation, output)
    else:
        pager = paginator(service_of(row, call), operation.name) or {}
        texts = [name for name, shape in inputs(operation).items() if is_scalar(TEXTS)(shape)]
        sends = _all(pager.get("input_token")) or texts
        yield from at(("token", "send"), unless_among(call.token.send, sends))
        reads = _all(pager.get("output_token"))
        if reads:
            yield from at(("token", "read"), unless_among(call.token.read, reads))
        else:
            wrong = invalid(call.token.read, output, is_scalar(TEXTS), "the path of a text")
            yield from at(("token", "read"), wrong)


def lint_params(row: Row, call: Call, operation: OperationModel) -> Iterator[Finding]:
    """Find what the model contradicts in the parameters of an operation."""
    members, known = inputs(operation), names_known(row, call)
    given = {call.token.send} if isinstance(call, Paged) and call.token else set[str | None]()
    given |= {call.id} if isinstance(call, Get) else set()
    for name, value in call.params.items():
        key: Key = ("params", name)
        if name not in members:
            yield from at(key, unless_among(name, members))
        elif name in given or _hides(row, name, value):
            yield key, InvalidValueError(shown(name), "a parameter that nothing else gives")
        else:
            yield from at(key, _lint_value(members[name], value, known))


def lint_since(call: Listing, operation: OperationModel) -> Iterator[Finding]:
    """Find what keeps a list from being asked for what was created since a time."""
    if call.since is None:
        return
    times = [name for name in times_of(inputs(operation)) if not _OTHER_TIME.search(name)]
    for error in unless_among(call.since, times):
        yield ("since",), error
    if call.order == "newest-first" or call.since.partition(".")[0] in call.params:
        yield (
            ("since",),
            InvalidValueError(shown(call.since), "no order and no parameter beside it"),
        )


def times_of(members: Mapping[str, Shape]) -> Iterator[str]:
    """Name the inputs that take a time, those of a structure with dots."""
    for name, shape in members.items():
        if shape.type_name == "timestamp":
            yield name
        elif isinstance(shape, StructureShape):
            yield from (
                f"{name}.{n}" for n, s in shape.members.items() if s.type_name == "timestamp"
            )


def _hides(row: Row, name: str, value: object) -> bool:
    """Tell whether a parameter is given in the place of a parent's id."""
    return name in {each.parameter for each in row.source.parents} and not [*names_in(value)]


def _lint_value(shape: Shape, value: object, known: Iterable[str]) -> Iterator[InvalidValueError]:
    try:
        typed(shape, value)
    except InvalidValueError as error:
        yield error
    for name in names_in(value):
        yield from unless_among(f"{{{name}}}", [f"{{{each}}}" for each in known])


def at(key: Key, errors: Iterable[InvalidValueError]) -> Iterator[Finding]:
    """Say under which key of the row something is wrong."""
    return ((key, error) for error in errors)


def _lint_no_token(service: str, operation: OperationModel, output: Kinds) -> Iterator[Finding]:
    answers = (name for kind in output for name in members_of(kind) or ())
    in_pages = any(map(TOKEN.search, inputs(operation))) and any(map(TOKEN.search, answers))
    if in_pages or paginator(service, operation.name):
        yield (
            ("token",),
            InvalidValueError("nothing", f"a token, as {operation.name} answers in pages"),
        )


def _all(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (str(value),)
