"""Writes docs/schemas and the examples in docs/events.md anew: `make docs`."""

import json
from pathlib import Path

from operate.schemas.examples import Json, example
from operate.schemas.generated import TYPES, schema
from operate.schemas.page import PAGE, events_page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schemas"
EXAMPLES = FOLDER / "examples"


def files() -> dict[Path, str]:
    """Give the text of each file of docs/schemas."""
    schemas = {FOLDER / name(each): schema(each) for each in TYPES}
    examples = {EXAMPLES / name(each): example(each) for each in TYPES}
    return {file: _text(found) for file, found in {**schemas, **examples}.items()}


def name(detail_type: str) -> str:
    """Give the name of the file of a detail type."""
    return f"{detail_type.lower().replace(' ', '-')}.json"


def _text(found: Json) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files, and remove those that are none any more."""
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    for file in {*FOLDER.glob("*.json"), *EXAMPLES.glob("*.json")} - files().keys():
        file.unlink()
    PAGE.write_text(events_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
