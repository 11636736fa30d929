"""Drafts a row of the catalogue out of botocore's model, or lists what one could be drafted of."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.config.aws.services import operation_model, service_model, service_names
from infra.config.files.documents import read_document
from infra.config.files.mistakes import nearest_word, shown
from operate.draft.held import held, path_of, with_row
from operate.draft.lists import job_lists, listed
from operate.draft.row import draft


def operations(service: str, catalogue: Path) -> Iterator[str]:
    """List the operations that look like lists of jobs, and the rows that there are of them."""
    there = sources(service, catalogue)
    widest = max(map(len, there), default=0)
    for name, source in there.items():
        yield f"{name:{widest}}  {f'{source}, in the catalogue' if source else 'no row yet'}"
    if not there:
        yield f"No operation of {service} looks like a list of jobs."


def sources(service: str, catalogue: Path) -> dict[str, str | None]:
    """Name the operations that look like lists of jobs, each with its source, if it has one."""
    there = _rows(path_of(catalogue, service))
    names = sorted({*job_lists(service), *there})
    return {name: f"{service}.{there[name]}" if name in there else None for name in names}


def _rows(path: Path) -> dict[str, str]:
    """Name the sources of a file by their list operation."""
    content = read_document(path).content if path.exists() else None
    sources = content.get("sources") if isinstance(content, dict) else None
    return {
        str(row["list"].get("operation")): name
        for name, row in (sources.items() if isinstance(sources, dict) else ())
        if isinstance(row, dict) and isinstance(row.get("list"), dict)
    }


def unknown(service: str, operation: str | None) -> str | None:
    """Say what is wrong with the words, in a line."""
    model = service_model(service)
    if model is None:
        return _found(service, "a service that botocore knows", service_names())
    if operation is None:
        return None
    if operation_model(service, operation) is None:
        return _found(operation, f"an operation of {service}", model.operation_names)
    if listed(service, operation) is None:
        lists = tuple(job_lists(service))
        return _found(operation, "an operation that lists something", lists)
    return None


def _found(word: str, expected: str, among: Sequence[str]) -> str:
    near = nearest_word(word, among)
    return f"found {shown(word)}, expected {expected}" + (f"; did you mean {near}?" if near else "")


def written(service: str, operation: str, catalogue: Path, *, write: bool) -> tuple[str, list[str]]:
    """Draft a row, and `write` it to its file; give what to print, and what is wrong with it.

    :raises Unwritable: when the file has no place for it.
    """
    made, path = draft(service, operation), path_of(catalogue, service)
    # What is shown is a file of its own: the lines of what is wrong are those that are seen.
    text = with_row(made, path if write else Path())
    if write:
        path.write_text(text, encoding="utf-8")
    mistakes = [*map(str, held(made, text, str(path) if write else path.name))]
    return f"Wrote {made.service}.{made.name} to {path}.\n" if write else text, mistakes
