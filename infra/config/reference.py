"""Writes `docs/sources.md`, the keys of `docs/catalogue.md`, and what README.md says of both.

Run it after a change of the catalogue: `python -m infra.config.reference`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from infra.config.aws.regions import regions
from infra.config.catalogue import (
    DISCOVER_EVERY,
    Failure,
    Get,
    Listing,
    Parent,
    Progress,
    Service,
    Source,
    Token,
)
from infra.config.derived import get_completes, list_tells_status, offered_in
from infra.config.files.durations import spoken
from infra.config.files.mistakes import Key, Mistakes
from infra.config.files.wording import Model
from infra.config.rows import Row, read_catalogue
from infra.pages import between

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ROOT / "docs" / "sources.md", ROOT / "README.md"
KEYS = ROOT / "docs" / "catalogue.md"
COUNTERPARTS = ROOT / "tests" / "data" / "counterparts.yaml"
LONGEST_EXAMPLE = 90
START, END = "<!-- from the catalogue: begin -->\n", "<!-- from the catalogue: end -->\n"


class Lack(Model):
    """Why no job of a source can be read, and a part of what is answered instead."""

    why: str
    answer: str


class Counterpart(Model):
    """The ids of sources of which tests read a real job, and of those of which they can't."""

    read: list[str]
    lacking: dict[str, Lack]


def sources_page(catalogue: Path, page: str) -> str:
    """Give docs/sources.md anew, with the part between its marks taken from the catalogue."""
    rows = _rows(catalogue)
    sections = (
        f"\n## {service}\n" + "".join(map(_section, some))
        for service, some in groupby(rows, lambda row: row.service)
    )
    return between(page, START, END, _overview(rows) + "".join(sections))


def readme(catalogue: Path, page: str) -> str:
    """Give README.md anew: how many kinds of jobs of how many services can be watched."""
    rows = _rows(catalogue)
    services = {row.service for row in rows}
    silent = sum(not row.source.native_events for row in rows)
    kinds = f"{len(rows)} kinds of jobs of {len(services)} services"
    words = f"Of {silent} of them AWS itself sends no event."
    return between(
        page, START, END, f"\nWhat can be watched: [{kinds}](docs/sources.md). {words}\n\n"
    )


def catalogue_page(catalogue: Path, page: str) -> str:
    """Give docs/catalogue.md anew: every key of a file, with one row that has it."""
    rows = _rows(catalogue)
    parts = (
        ("A file", Service, ()),
        ("A source", Source, ()),
        ("`list`", Listing, ("list",)),
        ("`get`", Get, ("get",)),
        ("A parent", Parent, ("parents", 0)),
        ("`token`", Token, ("list", "token")),
        ("`progress`", Progress, ("progress",)),
        ("`failure`", Failure, ("failure",)),
    )
    return between(
        page, START, END, "".join(_keys(title, part, at, rows) for title, part, at in parts)
    )


def _keys(title: str, part: type[Model], at: Key, rows: Sequence[Row]) -> str:
    lines = [f"\n### {title}\n", "| key | what it says | as in |", "| --- | --- | --- |"]
    for name, each in part.model_fields.items():
        example = next(_examples(part, (*at, name), rows), "")
        lines.append(f"| `{name}` | {each.description} | {example} |")
    return "\n".join(lines) + "\n"


def _examples(part: type[Model], key: Key, rows: Iterable[Row]) -> Iterator[str]:
    """Give what short rows say under a key, as they were written."""
    for row in rows:
        found: Any = row.document.content
        for step in key if part is Service else (*row.key, *key):
            fits = isinstance(found, dict) and step in found
            fits |= isinstance(found, list) and isinstance(step, int) and step < len(found)
            found = found[step] if fits else None
        text = "" if found is None else json.dumps(found, ensure_ascii=False).replace('"', "")
        if 0 < len(text) <= LONGEST_EXAMPLE:
            yield f"`{text}` ({row.id})"


def _rows(catalogue: Path) -> list[Row]:
    known = read_catalogue(catalogue)
    if known.mistakes:
        raise Mistakes(known.mistakes)
    return list(known.rows.values())


def _overview(rows: Iterable[Row]) -> str:
    lines = [
        "\n| source | what | lists with | reads one with | needs | AWS sends events |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        source = row.source
        needs = ", ".join(f"{p.parameter} ({p.operation})" for p in source.parents)
        events = "yes" if source.native_events else "no"
        lines.append(
            f"| [`{row.id}`](#{_anchor(row.id)}) | {source.label} | {source.list.operation} "
            f"| {source.get.operation if source.get else '-'} | {needs} | {events} |"
        )
    return "\n".join(lines) + "\n"


def _section(row: Row) -> str:
    source, since = row.source, row.source.list.since
    statuses = [f"| `{ours}` | {', '.join(raw)} |" for ours, raw in source.statuses.items()]
    if source.partial:
        counters = " or ".join(f"`{counter}`" for counter in source.partial)
        statuses.append(f"| `PARTIAL` | one that succeeded with {counters} above 0 |")
    order = "newest first" if source.list.order == "newest-first" else "not documented"
    order += f"; asked for what was created since a time (`{since}`)" if since else ""
    rate = row.calls_per_second
    budget = f" In a lane, calls of each operation are kept to {rate:g} a second." if rate else ""
    name = f" What a person calls a job: `{source.name}`." if source.name else ""
    parts = [
        f"\n### {row.id}\n",
        f"{source.why.strip()}\n",
        "| status | the service's |\n| --- | --- |\n" + "\n".join(statuses) + "\n",
        f"Order of the list: {order}. {_asked(row)}{budget}{name}{_discovered(row)}\n",
        f"AWS offers it {_where(row)}.{_tried(row)}\n",
        "What travels in `details`:\n\n```\n" + "\n".join(_fields(source.details)) + "\n```\n",
    ]
    return "\n".join(parts)


def _tried(row: Row) -> str:
    """Say whose real job was read in the tests, and why none of another counterpart's is."""
    found = [name for name, each in counterparts().items() if row.id in each.read]
    said = f" Tests read a real job of {' and of '.join(found)}." if found else ""
    for name, each in counterparts().items():
        if lack := each.lacking.get(row.id):
            said += f" None of {name}'s can be read: {lack.why} (`{lack.answer}`)."
    return said


@cache
def counterparts() -> dict[str, Counterpart]:
    """Give what other people's counterparts of AWS have for the tests, by name."""
    found = yaml.safe_load(COUNTERPARTS.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Counterpart]).validate_python(found)


def _asked(row: Row) -> str:
    """Say when a job is asked for by its id."""
    get = row.source.get
    if get is None:
        return "No operation reads one job: `jobs` can't name any, and one is gone once it left it."
    if not list_tells_status(row):
        return f"{get.operation} is called until a job has ended: the list tells no status."
    when = "once, when a job has ended" if get_completes(row) else "only when a job left the list"
    return f"{get.operation} is called {when}."


def _discovered(row: Row) -> str:
    """Say how often parents are listed where that is not each time."""
    every = DISCOVER_EVERY.get(row.source.fan_out)
    names = ", ".join(parent.parameter for parent in row.source.parents)
    return f" What is there for {names} is listed every {spoken(every)}." if every else ""


def _fields(paths: Iterable[str]) -> Iterator[str]:
    """Write paths, those that begin with the same one or two names in one line."""
    found: dict[str, list[str]] = {}
    for path in paths:
        *names, last = path.split(".", 2)
        found.setdefault(".".join(names), []).append(last)
    for begins, lasts in found.items():
        yield f"{begins}: {', '.join(lasts)}" if begins else ", ".join(lasts)


def _where(row: Row) -> str:
    """Say in which regions a source is, or in which it is not where those are fewer."""
    offered = offered_in(row)
    lacking = [region for region in regions() if region not in offered]
    if not lacking:
        return "in every region, as far as botocore knows"
    if len(lacking) < len(offered):
        return f"in every region but {', '.join(lacking)}"
    return f"in {', '.join(offered)}"


def _anchor(title: str) -> str:
    """Give the anchor that GitHub makes of a heading."""
    return title.replace(".", "")


def main() -> None:
    """Write the pages to their places."""
    for file, write in ((PAGE, sources_page), (README, readme), (KEYS, catalogue_page)):
        page = file.read_text(encoding="utf-8")
        file.write_text(write(ROOT / "catalogue", page), encoding="utf-8")


if __name__ == "__main__":
    main()
