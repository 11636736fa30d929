"""What may travel: no signed URL, no key, no password, to its last character."""

import re
import time
from collections import Counter

import pytest

from lambdas import withheld
from lambdas.text import clean
from lambdas.withheld import is_secret_name, withhold, withhold_all
from tests.second_opinion import MIXED, SAMPLES, found, kinds
from tests.secret_texts import HARMLESS, ID, SECRETS, TEXTS, URL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "see https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X-Amz-Date=1 please",
            "see https://b.s3.amazonaws.com/k?[withheld] please",
        ),
        ("GET https://user:pw@host/path failed", "GET https://host/path failed"),
        ("GET https://user:p/w@x@host/path failed", "GET https://host/path failed"),
        ("x-api-key: abcdef123", "x-api-key: [withheld]"),
        ('{"password": "hunter2", "a": 1}', '{"password": "[withheld]", "a": 1}'),
        ("user=reader;password=a;b;database=c", "user=reader;password=[withheld];database=c"),
        ("Authorization: Bearer eyJhbGci", "Authorization: [withheld]"),
        (f"{ID} is not allowed", "[withheld] is not allowed"),
        ("<SecretAccessKey>a/b</SecretAccessKey>", "<SecretAccessKey>[withheld]</SecretAccessKey>"),
    ],
)
def test_a_secret_is_withheld_and_the_words_beside_it_are_left(text: str, expected: str) -> None:
    assert withhold(text) == expected


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_secret_in_a_text_that_may_travel_is_withheld(text: str, tally: Counter[str]) -> None:
    for longest in (99, 300, 1_000, 2_000, 100_000):
        told = str(clean(text, longest))
        assert not [secret for secret in SECRETS if secret in told], told
    tally["secrets in texts"] += 1


def test_half_a_secret_at_the_end_of_what_is_looked_at_is_not_told() -> None:
    """What stands before it is withheld, so that the end moves to where it would be told."""
    for end in range(3_960, 4_010):
        text = f"see {URL}&".ljust(end, "y") + f" {ID} is not allowed"
        assert "AKIA" not in clean(text)
        assert "AKIA" not in clean(f"{ID}," * 190 + "y" * (end - 3_960) + f"{ID}, and more", 4_000)


@pytest.mark.parametrize("blank", [" ", "\n", "\u3000", "\r\n\t"])
def test_a_long_text_of_nothing_is_told_as_one(blank: str) -> None:
    """It was an error of ours, and no poll could store the job."""
    assert clean(blank * 5_000) == "…"
    assert clean(blank * 5_000 + "password=hunter2") == "…"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_is_told(text: str) -> None:
    assert withhold(text) == text


@pytest.mark.parametrize("name", ["password", "DB_PASSWORD_2", "x-api-key", "SecretAccessKey"])
def test_what_a_secrets_field_holds_is_withheld_whatever_it_is(name: str) -> None:
    assert is_secret_name(name)
    assert clean({name: ["hunter2"]}) == {name: "[withheld]"}


@pytest.mark.parametrize("name", ["Code", "secretary", "ResourceId", "TokenCount"])
def test_other_fields_are_told(name: str) -> None:
    assert clean({name: "a"}) == {name: "a"}


def test_every_kind_of_secret_that_detect_secrets_knows_is_tried() -> None:
    assert set(SAMPLES) == kinds()


@pytest.mark.parametrize(("kind", "sample"), [(k, s) for k, each in SAMPLES.items() for s in each])
def test_what_detect_secrets_finds_is_withheld(kind: str, sample: str, tally: Counter[str]) -> None:
    """A second opinion: its plugin finds the sample, and nothing in what is told of it."""
    secrets = set(found(kind, sample))
    assert secrets
    for text in (sample, f"it says: {sample}", f"refused ({sample})\n"):
        told = withhold(text)
        assert not set(found(kind, told))
        assert not [secret for secret in {*secrets, MIXED} if secret in told]
    tally["secrets in texts"] += 1


def test_no_pattern_needs_a_python_that_repeats_groups_rightly() -> None:
    """Before 3.11.5, a group that gives nothing back may fail where it should match (gh-106052)."""
    patterns = [each for each in vars(withheld).values() if isinstance(each, re.Pattern)]
    assert len(patterns) > 5
    for each in patterns:
        assert not re.search(r"\)(?:[*+?]|\{[\d,]+\})\+|\(\?>", each.pattern)


UNITS = [
    *("x-amz-_", "api_key", "_-", "a.", "http://", "https%25", "://a:", "://a:b@", "%3A%2F%2Fa%3A"),
    *("-----BEGIN ", "eyJ-", "eyJabcdefgh.", "IQoJ-", "password='", "password ", 'secret\\"'),
    *("password=a,", "a=b,c;", "arn:aws:", "arn:aws:a:b:1:", "--password ", "<password", f"{ID}/"),
    *("\\", '"', ":", "%25", "=", " ", "xox-", "basic ", "cookie ", "APA", "a1b2c3d4", "lorem ip "),
]


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_as_the_text_does(unit: str) -> None:
    """Sixteen times the text takes about sixteen times as long; squared, it would be 256."""
    short, long = (_seconds((unit * size)[:size]) for size in (2_000, 32_000))
    assert long < 64 * short


def _seconds(text: str) -> float:
    """Take the least of a few tries, of the processor's time: others may be busy beside us."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        withhold_all(text)
        taken.append(time.process_time() - began)
    return max(min(taken), 1e-4)
