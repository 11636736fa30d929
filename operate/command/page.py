"""Writes the subcommands of docs/command.md out of their help: `make docs`."""

from collections.abc import Iterator
from pathlib import Path

import click

from infra.pages import between
from operate.command.group import ALL, load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command.md"
START, END = "<!-- from the help: begin -->\n", "<!-- from the help: end -->\n"


def command_page(page: str) -> str:
    """Give docs/command.md anew."""
    return between(page, START, END, "".join(_lines()))


def _lines() -> Iterator[str]:
    for part, some in ALL.items():
        yield f"\n## {part}\n\n| subcommand | what it does |\n| --- | --- |\n"
        for name, summary in some.items():
            yield f"| [`{name}`](#{name}) | {summary} |\n"
        for name in some:
            yield from _section(name, load(name))


def _section(name: str, command: click.Command) -> Iterator[str]:
    ctx = click.Context(command, info_name=f"./jobwatch {name}")
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    yield f"\n### {name}\n\n```\n{usage}\n```\n\n{_paragraphs(command)}\n"
    options = [each for each in command.params if isinstance(each, click.Option)]
    if rows := [row for each in options if (row := each.get_help_record(ctx))]:
        yield "\n| option | what it says |\n| --- | --- |\n"
        yield from (f"| `{option}` | {words} |\n" for option, words in rows)
    _, *examples = str(command.epilog).splitlines()
    yield "\n```\n" + "".join(f"{each.strip()}\n" for each in examples) + "```\n\n"


def _paragraphs(command: click.Command) -> str:
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def main() -> None:
    """Write the page to its place."""
    PAGE.write_text(command_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
