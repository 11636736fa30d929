"""Holds a row against the service's own model: a wrong row never reaches a deployment."""

from collections.abc import Iterator

from infra.documents import Mistake
from infra.proof_calls import prove_calls
from infra.proof_fields import prove_fields
from infra.rows import Row
from infra.templates import prove_console


def prove(row: Row) -> Iterator[Mistake]:
    """Find everything in a row that the service's model contradicts."""
    for key, error in (*prove_calls(row), *prove_fields(row)):
        yield row.document.unfit((*row.key, *key), error)
    for error in prove_console(row):
        yield row.document.unfit(("console",), error)
