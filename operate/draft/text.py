"""How a drafted row is written: YAML as in the catalogue, and above each doubt what to look at."""

import textwrap
from collections.abc import Iterator
from typing import Any

import yaml

from infra.config.catalogue import Source
from operate.draft.drafted import Draft

WIDEST = 100
_ORDER = (*Source.model_fields,)
_STEP = "  "


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as the catalogue's files do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def source_text(made: Draft, indent: str = _STEP) -> str:
    """Write a row as it stands below `sources` of a file, and as comments what is only offered."""
    lines = [f"{indent}{made.name}:"]
    inner = indent + _STEP
    said = made.row | made.offered
    for key, note in made.doubts.items():
        if key not in said:
            lines += _doubt(key, note, inner)
    for key, value in sorted(said.items(), key=lambda each: _ORDER.index(each[0])):
        if key in made.doubts:
            lines += _doubt(key, made.doubts[key], inner)
        begin = f"{inner}# " if key in made.offered else inner
        lines += textwrap.indent(_dumped(key, value), begin).splitlines()
    return "\n".join(lines) + "\n"


def file_text(made: Draft, console: str | None) -> str:
    """Write a file of the catalogue with one row."""
    link = [*_doubt("console", "whether it leads there", ""), f"console: {console}"]
    head = [f"service: {made.service}", *(link if console else ())]
    return "\n".join([*head, "", "sources:", source_text(made)])


def _doubt(key: str, note: str, indent: str) -> Iterator[str]:
    begin = f"{indent}# ? "
    yield from textwrap.wrap(
        f"{key}: {note}",
        WIDEST,
        initial_indent=begin,
        subsequent_indent=f"{indent}#   ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _dumped(key: str, value: Any) -> str:
    flow = None if isinstance(value, dict | list) and key != "details" else False
    return yaml.dump(
        {key: value}, Dumper=_Dumper, default_flow_style=flow, sort_keys=False, width=WIDEST - 8
    )
