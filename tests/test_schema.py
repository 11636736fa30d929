"""The JSON Schema that editors check `watches.yaml` with."""

import json
from pathlib import Path

from infra.config.schema import watches_schema
from tests.catalogue import ours

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads(watches_schema(ROOT / "catalogue"))
WATCH = SCHEMA["$defs"]["Watch"]
GROUPS = [SCHEMA, *(part for part in SCHEMA["$defs"].values() if "properties" in part)]


def test_the_committed_schema_is_fresh():
    """When it is not: python -m infra.config.schema."""
    committed = (ROOT / "watches.schema.json").read_text(encoding="utf-8")
    assert committed == watches_schema(ROOT / "catalogue")


def test_the_file_that_ships_names_the_schema_in_its_first_line():
    first = (ROOT / "watches.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=watches.schema.json"


def test_an_editor_completes_the_sources_with_their_labels():
    *ones, pattern = SCHEMA["$defs"]["Word"]["anyOf"]
    labels = {choice["const"]: choice["title"] for choice in ones}
    assert sorted(labels) == sorted(ours().ids)
    assert labels["sesv2.import-jobs"] == "SES import job"
    assert pattern["pattern"] == "[*?[]"
    word, some = WATCH["properties"]["source"]["anyOf"]
    assert word == some["items"] == {"$ref": "#/$defs/Word"}


def test_an_editor_completes_the_parameters_of_the_source():
    parameters = {
        source: sorted(rule["then"]["properties"]["for"]["properties"])
        for rule in WATCH["allOf"]
        for source in rule["if"]["properties"]["source"]["enum"]
    }
    assert parameters["pinpoint.segment-import-jobs"] == ["ApplicationId", "SegmentId"]
    assert parameters["sesv2.import-jobs"] == []
    assert sorted(parameters) == sorted(ours().ids)


def test_every_key_says_what_it_is_for():
    for part in GROUPS:
        assert [
            key for key, value in part["properties"].items() if "description" not in value
        ] == []


def test_no_key_is_allowed_that_is_not_named():
    for part in (SCHEMA["properties"]["watches"], *GROUPS):
        assert part["additionalProperties"] is False


def test_an_editor_takes_a_key_without_a_value_where_it_undoes_a_default():
    taking = {
        part: {
            key
            for key, said in SCHEMA["$defs"][part]["properties"].items()
            if {"type": "null"} in said.get("anyOf", ())
        }
        for part in ("Watch", "Defaults")
    }
    assert taking == {"Watch": {*SCHEMA["$defs"]["Defaults"]["properties"]}, "Defaults": set()}


def test_the_schema_shows_no_default_in_the_models_own_terms():
    assert '"default"' not in json.dumps(SCHEMA)
