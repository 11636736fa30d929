"""Writes `watches.schema.json`, with which editors complete and check `watches.yaml`.

Run it after a change of the models or of the catalogue: `python -m infra.config.schema`.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.config.aws.regions import regions
from infra.config.files.mistakes import Mistakes
from infra.config.rows import Row, read_catalogue
from infra.config.values import zones
from infra.config.watches import Defaults, WatchesFile

ROOT = Path(__file__).resolve().parents[2]


def watches_schema(catalogue: Path) -> str:
    """Give the JSON Schema of `watches.yaml` as the text of its file."""
    known = read_catalogue(catalogue)
    if known.mistakes:
        raise Mistakes(known.mistakes)
    schema = _without_defaults(WatchesFile.model_json_schema())
    watch = schema["$defs"]["Watch"]
    choices = [{"const": row.id, "title": row.source.label} for row in known.rows.values()]
    pattern = {"type": "string", "pattern": r"[*?[]", "title": "a pattern"}
    schema["$defs"]["Word"] = {"anyOf": [*choices, pattern]}
    word = {"$ref": "#/$defs/Word"}
    some = {"type": "array", "items": word, "minItems": 1, "uniqueItems": True}
    for key in ("source", "except"):
        said = {"description": watch["properties"][key]["description"]}
        watch["properties"][key] = said | {"anyOf": [word, some]}
    for part in (watch, schema["$defs"]["Defaults"]):
        part["properties"]["regions"]["items"]["enum"] = sorted(regions())
        for key in ("expect", "alerts", "organization"):
            part["properties"][key] = _with_a_value(part["properties"][key])
    schema["$defs"]["Expect"]["properties"]["zone"]["enum"] = sorted(zones())
    for key in Defaults.model_fields:  # without a value: as if there were no defaults
        watch["properties"][key] = _or_nothing(watch["properties"][key])
    schema["properties"]["watches"]["additionalProperties"] = False
    watch["allOf"] = _parameters(known.rows)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "watches.yaml"}
    return json.dumps({**schema, **head}, indent=2, sort_keys=True) + "\n"


def _parameters(rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Say which parameters `for` may give, source by source, where a watch names one alone."""
    sources: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in rows.values():
        sources[tuple(parent.parameter for parent in row.source.parents)].append(row.id)
    return [
        {
            "if": {"properties": {"source": {"enum": ids}}, "required": ["source"]},
            "then": {
                "properties": {
                    "for": {
                        "properties": {name: {} for name in names},
                        "additionalProperties": False,
                    }
                }
            },
        }
        for names, ids in sources.items()
    ]


def _or_nothing(part: Mapping[str, Any]) -> dict[str, Any]:
    """Allow a key without a value; its description stays where editors look for it."""
    said = {"description": part["description"]}
    return said | {"anyOf": [{n: v for n, v in part.items() if n not in said}, {"type": "null"}]}


def _with_a_value(part: Mapping[str, Any]) -> dict[str, Any]:
    value, nothing = part["anyOf"]
    assert nothing == {"type": "null"}  # noqa: S101  a key that may be left out
    return {"description": part["description"], **value}


def _without_defaults(part: Any) -> Any:
    """Leave out the defaults: they are in the models' terms, and the descriptions tell them."""
    if isinstance(part, list):
        return [_without_defaults(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {name: _without_defaults(each) for name, each in part.items() if name != "default"}


def main() -> None:
    """Write the schema to its place in the project."""
    (ROOT / "watches.schema.json").write_text(watches_schema(ROOT / "catalogue"), encoding="utf-8")


if __name__ == "__main__":
    main()
