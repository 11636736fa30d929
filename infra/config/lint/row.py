"""Holds a row against the service's own model: a wrong row never reaches a deployment."""

from collections.abc import Iterator

from infra.config.documents import Mistake
from infra.config.proof_calls import prove_calls
from infra.config.proof_fields import prove_fields
from infra.config.rows import Row
from infra.config.templates import prove_console


def prove(row: Row) -> Iterator[Mistake]:
    """Find everything in a row that the service's model contradicts."""
    for key, error in (*prove_calls(row), *prove_fields(row)):
        yield row.document.unfit((*row.key, *key), error)
    for error in prove_console(row):
        yield row.document.unfit(("console",), error)
