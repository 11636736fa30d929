"""Writes docs/waiting-asl.md out of the families: `make docs`."""

import json
from pathlib import Path

from infra.pages import between
from operate.waiting.families import Family, machine, read_families

PAGE = Path(__file__).resolve().parents[2] / "docs" / "waiting-asl.md"
START, END = "<!-- from the families: begin -->\n", "<!-- from the families: end -->\n"


def waiting_page(page: str) -> str:
    """Give the page anew."""
    return between(page, START, END, "\n" + "\n".join(map(_section, read_families())))


def _section(family: Family) -> str:
    anchor = family.source.replace(".", "")
    text = json.dumps(machine(family), indent=2)
    return (
        f"## {family.title}\n\n[`{family.source}`](sources.md#{anchor})\n\n"
        f"```json asl {family.source}\n{text}\n```\n"
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(waiting_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
