"""What may travel: no signed URL, no key, no password, nothing endless."""

from datetime import UTC, datetime

import pytest

from lambdas.text import LONGEST_LIST, LONGEST_TEXT, clean, withhold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "see https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X-Amz-Date=1 please",
            "see https://b.s3.amazonaws.com/k?[withheld] please",
        ),
        ("GET https://user:pw@host/path failed", "GET https://host/path failed"),
        ("s3://bucket/what?is#this.csv", "s3://bucket/what?is#this.csv"),
        ("bad request: X-Amz-Security-Token=FwoG/x1== and more", None),
        ("x-api-key: abcdef123", "x-api-key: [withheld]"),
        ('{"password": "hunter2", "a": 1}', '{"password": "[withheld]", "a": 1}'),
        ("Authorization: Bearer eyJhbGci", "Authorization: [withheld]"),
        ("AKIAIOSFODNN7EXAMPLE is not allowed", "[withheld] is not allowed"),
        ("The file has a malformed row", "The file has a malformed row"),
    ],
)
def test_secrets_in_texts_are_withheld(text: str, expected: str | None) -> None:
    if expected is None:
        assert "FwoG" not in withhold(text)
    else:
        assert withhold(text) == expected


def test_values_become_json_and_stay_short() -> None:
    assert clean({"a": [1, 2.5, True, None], "b": datetime(2026, 11, 22, tzinfo=UTC)}) == {
        "a": [1, 2.5, True, None],
        "b": "2026-11-22T00:00:00Z",
    }
    assert len(clean("x" * 100_000)) == LONGEST_TEXT
    assert clean("x" * 100_000).endswith("…")
    assert len(clean(list(range(1_000)))) == LONGEST_LIST
    assert clean(b"bytes") == "[withheld]"
