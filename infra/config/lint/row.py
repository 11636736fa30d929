"""Holds a row against the service's own model: a wrong row never reaches a deployment."""

from collections.abc import Iterator

from infra.config.files.mistakes import Mistake
from infra.config.lint.calls import lint_calls
from infra.config.lint.fields import lint_fields
from infra.config.lint.templates import lint_console
from infra.config.rows import Row


def lint_row(row: Row) -> Iterator[Mistake]:
    """Find everything in a row that the service's model contradicts."""
    for key, error in (*lint_calls(row), *lint_fields(row)):
        yield row.document.invalid((*row.key, *key), error)
    for error in lint_console(row):
        above = () if row.source.console is None else row.key
        yield row.document.invalid((*above, "console"), error)
