"""What people read: nothing invisible, nothing turned round, and no stranger's link to click."""

import json
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.legible import escaped, legible, write_line
from lambdas.unlinked import for_people
from operate.screen import as_json
from tests.unseen import hidden


def test_no_character_that_there_is_comes_through_unseen() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    assert hidden(legible(every)) == set()
    ranges = (range(0x3400), range(0xE000, 0x1E000), range(0xE0000, 0xE0200))
    some = "".join(map(chr, [each for some in ranges for each in some]))
    assert hidden(write_line(some)) == set()
    assert json.loads(write_line(some)) == some


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpj.\u202eexe", "gpj.\ufffdexe"),
        ("pay\u200bpal \u2066a\u2069", "pay\ufffdpal \ufffda\ufffd"),
        ("AKIA\ufe0fX AKIA\u200dX", "AKIA\ufffdX AKIA\ufffdX"),
        ("tag\U000e0041\U000e0100", "tag\ufffd\ufffd"),
        ("\x1b[2J\x07\x9b31m", "\ufffd[2J\ufffd\ufffd31m"),
        ("one\r\ntwo\u2028three\u0085four\tfive  six", "one two three four five six"),
        ("half \ud83d", "half \ufffd"),
        ("\ue000\U000f0000\u0378", "\ufffd\ufffd\ufffd"),
        ("a\u3164b\u2800c\u115fd", "a\ufffdb\ufffdc\ufffdd"),
        ("été 漢字 क्ष 🚀 ü̈ עברית", "été 漢字 क्ष 🚀 ü̈ עברית"),
        ("👩\u200d🚀 क्\u200dष ❤\ufe0f", "👩🚀 क्ष ❤"),
    ],
)
def test_what_cannot_be_seen_is_shown_or_taken_out_and_the_rest_stays(
    text: str, expected: str
) -> None:
    assert legible(text) == expected


LINKS = {
    "https://evil.example/path?a=b.c": "hxxps://evil[.]example/path?a=b.c",
    "HTTP://EVIL.example": "HXXP://EVIL[.]example",
    "see (http://a.b/c), <https://d.e>": "see (hxxp://a[.]b/c), <hxxps://d[.]e>",
    "http://user@evil.example:80/": "hxxp://user@evil[.]example:80/",
    "http://http://evil.example": "hxxp://hxxp://evil[.]example",
    "ht\u200btp://evil.example": "ht\ufffdtp[:]//evil[.]example",
    "xhttp://evil.example": "xhxxp://evil[.]example",
    "ftp://evil.example/a": "ftp[:]//evil[.]example/a",
    "slack://channel?id=C": "slack[:]//channel?id=C",
    "İhttps://evil.example/": "İhxxps://evil[.]example/",
    "漢://evil.example": "漢[:]//evil[.]example",
    "://evil.example": "[:]//evil[.]example",
    "www.evil.example": "www[.]evil[.]example",
    "log in at evil.example/login now": "log in at evil[.]example/login now",
    "evil.рф/a evil.xn--p1ai/a": "evil[.]рф/a evil[.]xn--p1ai/a",
    "evil.कॉम/a i❤.ws/a ❤.ws/a": "evil[.]कॉम/a i❤[.]ws/a ❤[.]ws/a",
    "見た/a。evil.example/b a/b\uff0eevil.example/c": (
        "見た/a。evil[.]example/b a/b\uff0eevil[.]example/c"
    ),
    "見た。evil.example/b": "見た[.]evil[.]example/b",
    f"{'—' * 70}evil.example/a": f"{'—' * 70}evil[.]example/a",
    "evil.example/#/a evil.example/%61": "evil[.]example/#/a evil[.]example/%61",
    "see:evil.example/login url=evil.example/a": "see:evil[.]example/login url=evil[.]example/a",
    "403:evil.example/login ::evil.example/a": "403:evil[.]example/login ::evil[.]example/a",
    "evil.example/@a evil.example/.b evil.example//c": (
        "evil[.]example/@a evil[.]example/.b evil[.]example//c"
    ),
    "evil.example:8443/login evil.example./a": "evil[.]example:8443/login evil[.]example[.]/a",
    "evil\uff0eexample/login": "evil[.]example/login",
    "//evil.example/login (//evil.example/a": "//evil[.]example/login (//evil[.]example/a",
    "+evil.example/a 50%evil.example/a": "+evil[.]example/a 50%evil[.]example/a",
    "mailto:a@b.example tel:+49": "mailto[:]a@b.example tel[:]+49",
    "javascript:alert(1)": "javascript[:]alert(1)",
    "www.$a.evil.example www.+evil.example": "www[.]$a[.]evil[.]example www[.]+evil[.]example",
    "url=www.evil.example": "url=www[.]evil[.]example",
    "see:www2.evil.example": "see:www2[.]evil[.]example",
    "//www.evil.example/a x//www123.b.c": "//www[.]evil[.]example/a x//www123[.]b[.]c",
    "https:////www.evil.example": "hxxps:////www[.]evil[.]example",
    "-www.evil.example @www.evil.example": "-www[.]evil[.]example @www[.]evil[.]example",
    "...www.evil.example _www.evil.example": "...www[.]evil[.]example _www[.]evil[.]example",
    "see ...evil.example/login": "see ...evil[.]example/login",
    f"{'a.' * 20}example/login www.{'a.' * 20}example": (
        f"{'a[.]' * 20}example/login www[.]{'a[.]' * 20}example"
    ),
    "evil.example/(login) evil.example/'a": "evil[.]example/(login) evil[.]example/'a",
    "arn:aws:s3:::bucket/a,evil.example/b": "arn:aws:s3:::bucket/a,evil[.]example/b",
    "a/www.evil.example/b": "a/www[.]evil[.]example/b",
    "www。evil\uff0eexample｡com": "www[.]evil[.]example[.]com",
    "http://evil。example": "hxxp://evil[.]example",
    "https:evil.example http:/evil.example": "hxxps:evil.example hxxp:/evil.example",
    r"HTTP:\\evil.example\a": r"HXXP:[\\]evil.example\a",
    r"see \\evil.example\share": r"see [\\]evil.example\share",
    r"file:\\evil.example\share": r"file[:][\\]evil.example\share",
    "file:/evil.example File:///evil": "file[:]/evil.example File[:]///evil",
    r"ldap:\\evil see:\\evil": r"ldap:[\\]evil see:[\\]evil",
    r"x\\evil\share _\\evil": r"x[\\]evil\share _[\\]evil",
    r"ab:\\evil \\\\evil": r"ab:[\\]evil \\[\\]evil",
    r"C:\in.csv \\evil": r"C:\in.csv [\\]evil",
    "[click](https://evil.example)": "[click](hxxps://evil[.]example)",
    "<https://evil.example|bank>": "<hxxps://evil[.]example|bank>",
}


@pytest.mark.parametrize(("text", "expected"), LINKS.items(), ids=LINKS)
def test_a_link_of_a_stranger_is_one_that_nothing_opens(text: str, expected: str) -> None:
    assert for_people(text) == expected
    assert for_people(for_people(text)).count("http") == 0


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/what.is/this.csv",
        "s3://lake/table=sales.orders/part-0.parquet",
        "arn:aws:s3:::bucket/key.csv",
        *("arn:aws:s3:::my.bucket/key", "arn:aws:a:eu-west-1:111122223333:b.name/key"),
        *("evil.example", "evil.example:443", "evil.example/", "contacts.csv:12"),
        *("x.www.evil.example", "(in data.csv/)"),
        "contacts.csv of 2026-11-22",
        "com.amazonaws.SdkClientException: timed out",
        *("s3://www.bucket/part.csv/x", "S3A://www.bucket/part.csv s3n://www.b"),
        *("a/b.c/d", "a//b.c/d", "/b.c/d", "a@b.c/d"),
        "12:30:45, 1.5 of 2.0",
        "AccessDenied: not allowed",
        *(r"C:\\data\\in.csv", r"d:\\data\in.csv", r"C:\data\in.csv", "profile:/a file:a"),
        "HTTP: 404, https: none",
    ],
)
def test_what_is_no_link_stays_as_it_is(text: str) -> None:
    assert for_people(text) == text


COMMANDS = {
    "##vso[task.setvariable variable=BASH_ENV]x": "[#]#vso[task.setvariable variable=BASH_ENV]x",
    "of May ##vso[task.prependpath]/tmp": "of May [#]#vso[task.prependpath]/tmp",
    "###vso[a.b] ##VSO[a.b]": "#[#]#vso[a.b] [#]#VSO[a.b]",
    "##[set-output name=a]b ##[error]c": "[#]#[set-output name=a]b [#]#[error]c",
    "##teamcity[setParameter name='a' value='b']": "[#]#teamcity[setParameter name='a' value='b']",
    "::add-mask::FAILED": "[::]add-mask::FAILED",
    "::internal-set-repo-path a=b::c": "[::]internal-set-repo-path a=b::c",
    "xx::error file=a:b,line=1::all is well": "xx[::]error file=a:b,line=1::all is well",
    "::Set-Output name=a::b ::stop-commands::c": "[::]Set-Output name=a::b [::]stop-commands::c",
    "漢##\u200bvso[a.b]c": "漢##\ufffdvso[a.b]c",
    "漢#\u200d#vso[a.b]c": "漢#\ufffd#vso[a.b]c",
    "##vso://a.b]c": "[#]#vso[:]//a[.]b]c",
}
"""What a build takes for a command wherever a step of it prints that."""


@pytest.mark.parametrize(("text", "expected"), COMMANDS.items(), ids=COMMANDS)
def test_what_a_build_would_take_for_a_command_is_none(text: str, expected: str) -> None:
    assert for_people(text) == expected
    assert legible(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("run ## 12 of [3]", "# one ## two", "a##b", "std::vector::x", "Foo::Error: it failed"),
        *("arn:aws:s3:::error-logs", "arn:aws:iam::111122223333:role/a", "::1", "fe80::error"),
    ],
)
def test_what_is_no_command_of_a_build_stays_as_it_is(text: str) -> None:
    assert for_people(text) == text


@pytest.mark.parametrize("text", ["##vso[task.setvariable variable=a]b", "###[error]c"])
def test_json_says_the_same_without_a_command_of_a_build(text: str) -> None:
    for written in (write_line({text: [text]}), as_json({text: [text]})):
        assert "##[" not in written
        assert "##vso" not in written
        assert json.loads(written) == {text: [text]}


@given(st.text(st.sampled_from("aht:/.pw@[]s3\u200b\u202e\ufe0f🚀? \n"), max_size=60))
def test_no_text_becomes_a_link_by_what_is_taken_out(text: str) -> None:
    told = for_people(text)
    assert hidden(told) == set()
    assert "http:" not in told.lower()
    assert "www." not in told or "s3" in told


@pytest.mark.parametrize(
    "text",
    [
        *("http://", "a.", "www.", "://", "a-", "mailto:", "\u200b", "www。", "\\\\", "http:"),
        *("##", "##a", "##a[", "::error ", "::error", "::error::"),
        *("a:\\b", "a。", "_.", "a-.", "a_。", "a.b/'", "❤", "❤❤.", "❤a。", "—a.", "/a。b."),
    ],
)
def test_a_long_text_takes_no_longer_than_its_length(text: str) -> None:
    began = time.process_time()
    for_people(text * 20_000)
    assert time.process_time() - began < 5


@given(st.text(max_size=40))
def test_a_log_says_the_same_to_a_machine(text: str) -> None:
    assert json.loads(write_line({"text": text, text: 1})) == {"text": text, text: 1}
    assert hidden(write_line([text])) == set()
    assert json.loads(escaped(json.dumps([text], indent=2, ensure_ascii=False))) == [text]
