"""What may travel: no signed URL, no key, no password, to its last character."""

import re
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import product

import pytest

from lambdas import withheld
from lambdas.text import clean, is_whole
from lambdas.withheld import is_secret_name, withhold, withhold_all
from tests.fragments import parts_of
from tests.second_opinion import MIXED, SAMPLES, found, kinds
from tests.secret_texts import HARMLESS, ID, KEY, SECRETS, TEXTS, URL

PATTERNS = {name: each for name, each in vars(withheld).items() if isinstance(each, re.Pattern)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "see https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X-Amz-Date=1 please",
            "see https://b.s3.amazonaws.com/k?[withheld] please",
        ),
        ("GET https://user:pw@host/path failed", "GET https://[withheld]@host/path failed"),
        ("GET https://user:p/w@x@host/path failed", "GET https://[withheld]@host/path failed"),
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


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_withheld_leaves_a_mark_by_which_the_text_is_no_name(text: str) -> None:
    """Users and passwords of addresses did not: a name with one read as the same with another."""
    told = clean(text, 100_000)
    assert told != text
    assert not is_whole(told)


@pytest.mark.parametrize("longest", [99, 300, 1_024, 2_000, 4_000])
def test_half_a_secret_at_the_end_of_what_is_looked_at_is_not_told(longest: int) -> None:
    """What stands before it is withheld, so that the end moves to where it would be told."""
    looked_at = min(2 * longest, withheld.LOOKED_AT)
    for end in range(looked_at - 40, looked_at + 10):
        text = f"see {URL[:60]}&".ljust(end, "y") + f" {ID} is not allowed"
        assert "AKIA" not in clean(text, longest)
        many = f"{ID}," * (looked_at // 21 - 3)
        assert "AKIA" not in clean(many.ljust(end - 10, "y") + f"{ID}, and more", longest)


def test_a_key_is_withheld_whose_id_comes_after_all_that_is_looked_at() -> None:
    for far in (1_000, 2_000, 3_000, 3_900):
        assert KEY not in clean(f"it was {KEY} ".ljust(far, "y") + f" of {ID}")


@pytest.mark.parametrize("blank", [" ", "\n", "\u3000", "\r\n\t"])
def test_a_long_text_of_nothing_is_told_as_one(blank: str) -> None:
    """It was an error of ours, and no poll could store the job."""
    assert clean(blank * 5_000) == "…"
    assert clean(blank * 5_000 + "password=hunter2") == "…"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_is_told(text: str) -> None:
    assert withhold(text) == text


@pytest.mark.parametrize(
    "name",
    [*("password", "DB_PASSWORD_2", "x-api-key", "SecretAccessKey"),
     *("secret.key", "fs.s3a.secret.key", "fs.azure.account.key.prod.dfs.core.windows.net")],
)  # fmt: skip
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
    assert len(PATTERNS) > 5
    for each in PATTERNS.values():
        assert not re.search(r"\)(?:[*+?]|\{[\d,]+\})\+|\(\?>", each.pattern)


FEW_WORDS = 5


@pytest.mark.parametrize("name", PATTERNS)
def test_no_two_fragments_of_a_pattern_make_its_time_grow_faster_than_the_text(name: str) -> None:
    """Whatever is repeated of what it looks for: nothing begins anew inside what was read."""
    for parts in parts_of(PATTERNS[name]):
        marks = [part for part in parts if not part.isalpha()]
        words = [part for part in parts if part.isalpha()]
        for pair in product([*words[:FEW_WORDS], *marks], repeat=2):
            assert _grows_as_the_text(PATTERNS[name], "".join(pair)), pair


def test_a_pattern_that_begins_anew_inside_what_it_read_is_noticed() -> None:
    """As one did, on `=eyJ`: its `=` may stand inside, and a new one may begin after it."""
    anew = re.compile(r"(?<![\w-])eyJ[\w=-]{8,}+\.")
    assert "=" in parts_of(anew)[0]
    assert "eyJ" in parts_of(anew)[0]
    assert not _grows_as_the_text(anew, "=eyJ")


def _grows_as_the_text(pattern: re.Pattern[str], unit: str) -> bool:
    """Hold a text against one of a sixteenth: squared it takes 256 times as long, and not 64."""
    short, long = (unit * 500)[:500], (unit * 8_000)[:8_000]
    return any(
        _seconds(partial(pattern.sub, "", long), tries)
        < 64 * _seconds(partial(pattern.sub, "", short), 3)
        for tries in (1, 3, 9)
    )


UNITS = [
    *("x-amz-_", "api_key", "_-", "a.", "http://", "https%25", "://a:", "://a:b@", "%3A%2F%2Fa%3A"),
    *("-----BEGIN ", "eyJ-", "eyJabcdefgh.", "IQoJ-", "password='", "password ", 'secret\\"'),
    *("password=a,", "a=b,c;", "arn:aws:", "arn:aws:a:b:1:", "--password ", "<password", f"{ID}/"),
    *("\\", '"', ":", "%25", "=", " ", "xox-", "basic ", "cookie ", "APA", "a1b2c3d4", "lorem ip "),
]


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_as_the_text_does(unit: str) -> None:
    """Sixteen times the text takes about sixteen times as long; squared, it would be 256."""
    short, long = (
        _seconds(partial(withhold_all, (unit * size)[:size]), 3) for size in (2_000, 32_000)
    )
    assert long < 64 * short


def _seconds(work: Callable[[], object], tries: int) -> float:
    """Take the least of a few tries, of the processor's time: others may be busy beside us."""
    taken = []
    for _ in range(tries):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return max(min(taken), 5e-5)
