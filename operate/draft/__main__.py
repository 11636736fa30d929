"""Drafts a row of the catalogue out of botocore's model: `make draft`.

With a service alone it lists the operations that look like lists of jobs. What the model can't tell
stands in the row behind `# ?`, and what is still wrong is said below it.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.config.aws.services import operation_model, service_model, service_names
from infra.config.files.documents import read_document
from infra.config.files.mistakes import nearest_word, shown
from infra.terminal import run_main
from operate.draft.held import CATALOGUE, Unwritable, held, path_of, with_row
from operate.draft.lists import job_lists, listed
from operate.draft.row import draft


def operations(service: str, catalogue: Path) -> Iterator[str]:
    """List the operations that look like lists of jobs, and the rows that there are of them."""
    there = _rows(path_of(catalogue, service))
    names = sorted({*job_lists(service), *there})
    widest = max(map(len, names), default=0)
    for name in names:
        has = f"{service}.{there[name]}, in the catalogue" if name in there else "no row yet"
        yield f"{name:{widest}}  {has}"
    if not names:
        yield f"No operation of {service} looks like a list of jobs."


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


def _draft(service: str, operation: str, catalogue: Path, *, write: bool) -> int:
    """Write a row to its file or the terminal; exit code 1 while anything is wrong with it."""
    made, path = draft(service, operation), path_of(catalogue, service)
    try:
        # What is shown is a file of its own: the lines of what is wrong are those that are seen.
        text = with_row(made, path if write else Path())
        if write:
            path.write_text(text, encoding="utf-8")
    except (Unwritable, OSError) as why:
        sys.stderr.write(f"{why}\n")
        return 1
    sys.stdout.write(f"Wrote {made.service}.{made.name} to {path}.\n" if write else text)
    mistakes = [*map(str, held(made, text, str(path) if write else path.name))]
    sys.stdout.flush()
    sys.stderr.write("".join(f"{each}\n" for each in mistakes))
    return 1 if mistakes else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Draft a row, or list what one could be drafted of."""
    parser = argparse.ArgumentParser(prog="make draft", description=__doc__)
    parser.add_argument("service", help="botocore's name of a service, such as comprehend")
    words = "the operation that lists the jobs; left out: list such operations"
    parser.add_argument("operation", nargs="?", help=words)
    words = "add the row to its file of the catalogue, or make that"
    parser.add_argument("--write", action="store_true", help=words)
    words = "another folder than catalogue/"
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, metavar="DIR", help=words)
    chosen = parser.parse_args(arguments)
    if wrong := unknown(chosen.service, chosen.operation):
        sys.stderr.write(f"{wrong}\n")
        return 2
    if not chosen.catalogue.is_dir():
        sys.stderr.write(f"found {shown(str(chosen.catalogue))}, expected a folder\n")
        return 2
    if chosen.operation is None:
        sys.stdout.write(
            "".join(f"{each}\n" for each in operations(chosen.service, chosen.catalogue))
        )
        return 0
    return _draft(chosen.service, chosen.operation, chosen.catalogue, write=chosen.write)


if __name__ == "__main__":
    run_main(main)
