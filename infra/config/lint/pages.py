"""Holds how a row pages through a list against the service's model: tokens and constants."""

import re
from collections.abc import Iterable, Iterator

from botocore.model import OperationModel

from infra.config.aws.constants import typed
from infra.config.aws.paths import invalid
from infra.config.aws.services import TEXTS, inputs, paginator
from infra.config.aws.shapes import Kinds, is_scalar, members_of
from infra.config.catalogue import Paged
from infra.config.derived import needs
from infra.config.files.mistakes import InvalidValueError, Key, shown, unless_among
from infra.config.rows import Row

Finding = tuple[Key, InvalidValueError]
"""What is wrong, and under which key of the row."""

_TOKEN = re.compile(r"(token|marker|cursor)$", re.IGNORECASE)


def lint_pages(
    row: Row, call: Paged, operation: OperationModel, output: Kinds
) -> Iterator[Finding]:
    """Find what the model contradicts in how a list is paged through."""
    if call.token is None:
        yield from _lint_no_token(row, operation, output)
    else:
        pager = paginator(row.service, operation.name) or {}
        texts = [name for name, shape in inputs(operation).items() if is_scalar(TEXTS)(shape)]
        sends = _all(pager.get("input_token")) or texts
        yield from at(("token", "send"), unless_among(call.token.send, sends))
        reads = _all(pager.get("output_token"))
        if reads:
            yield from at(("token", "read"), unless_among(call.token.read, reads))
        else:
            wrong = invalid(call.token.read, output, is_scalar(TEXTS), "the path of a text")
            yield from at(("token", "read"), wrong)
    yield from _lint_constants(row, call, operation)


def at(key: Key, errors: Iterable[InvalidValueError]) -> Iterator[Finding]:
    """Say under which key of the row something is wrong."""
    return ((key, error) for error in errors)


def _lint_no_token(row: Row, operation: OperationModel, output: Kinds) -> Iterator[Finding]:
    answers = (name for kind in output for name in members_of(kind) or ())
    in_pages = any(map(_TOKEN.search, inputs(operation))) and any(map(_TOKEN.search, answers))
    if in_pages or paginator(row.service, operation.name):
        yield (
            ("token",),
            InvalidValueError("nothing", f"a token, as {operation.name} answers in pages"),
        )


def _lint_constants(row: Row, call: Paged, operation: OperationModel) -> Iterator[Finding]:
    members = inputs(operation)
    for name, value in call.page.items():
        key: Key = ("page", name)
        if name not in members:
            yield from at(key, unless_among(name, members))
        elif name in needs(row, call) or (call.token and name == call.token.send):
            yield key, InvalidValueError(shown(name), "a parameter that nothing else gives")
        else:
            try:
                typed(members[name], value)
            except InvalidValueError as error:
                yield key, error


def _all(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (str(value),)
