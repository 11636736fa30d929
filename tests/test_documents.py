"""YAML whose every value knows its line; whatever is wrong with a file is a mistake."""

from pathlib import Path

import pytest

from infra.config.files.documents import Document, _quickly, read_document
from infra.config.files.mistakes import Mistake, Mistakes, dotted, nearest_word, one_of, shown


def read(folder: Path, text: str | bytes) -> Document:
    file = folder / "file.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_document(file)


def lines(folder: Path, document: Document) -> list[str]:
    return [str(mistake).removeprefix(f"{folder}/") for mistake in document.mistakes]


@pytest.mark.parametrize(
    "written", ["0123", "1_000", "0x1f", "on", "yes", "1e3", "2026-11-22", "12:30:45", "1.10"]
)
def test_a_scalar_stays_as_it_is_written(tmp_path, written):
    assert read(tmp_path, f"{written}: {written}").content == {written: written}


@pytest.mark.parametrize("written", ["null", "~", ""])
def test_a_null_is_none_unless_it_is_in_quotes(tmp_path, written):
    content = read(tmp_path, f'plain: {written}\nquoted: "{written}"').content
    assert content == {"plain": None, "quoted": written}


def test_every_value_knows_its_line(tmp_path):
    document = read(tmp_path, "a:\n  b: 1\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
    assert document.lines == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("a", "c", 0): 4,
        ("a", "c", 1): 5,
        ("a", "c", 1, "d"): 5,
        ("a", "c", 1, "e"): 6,
    }


def test_a_key_that_is_missing_is_told_at_the_line_of_the_one_above_it(tmp_path):
    document = read(tmp_path, "a: 1\nb:\n  c: 2\n")
    assert document.line(("b", "missing", 0)) == 2


def test_an_alias_stands_for_what_it_names(tmp_path):
    assert read(tmp_path, "a: &x [1]\nb: *x").content == {"a": ["1"], "b": ["1"]}


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbfa: 1").content == {"a": "1"}


def test_all_duplicate_keys_are_told_and_the_first_ones_count(tmp_path):
    document = read(tmp_path, "a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n")
    assert document.content == {"a": "1", "b": {"c": "1"}}
    assert lines(tmp_path, document) == [
        'file.yaml:2: b.c: found "c" again, expected each key once (it is in line 2 too)',
        'file.yaml:3: a: found "a" again, expected each key once (it is in line 1 too)',
        'file.yaml:4: a: found "a" again, expected each key once (it is in line 1 too)',
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "1: found an empty file, expected a group of keys"),
        ("# only a comment\n", "1: found an empty file, expected a group of keys"),
        (b"a: 1\nb: \xff", "2: found bytes that are not UTF-8, expected text in UTF-8"),
        ("a: 1\nb: \x07", "2: found a control character, expected text"),
        (
            "a:\n\tb: 1",
            (
                "2: found broken YAML (while scanning for the next token, found character '\\t' "
                "that cannot start any token), expected valid YAML"
            ),
        ),
        (
            "a: 1\n---\nb: 2",
            (
                "2: found broken YAML (expected a single document in the stream, but found "
                "another document), expected valid YAML"
            ),
        ),
        (
            "a: 1\nsource: *.jobs",
            (
                "2: found broken YAML (while scanning an alias, expected alphabetic or numeric "
                "character, but found '.'), expected valid YAML: what begins with * stands in "
                "quotes"
            ),
        ),
        (
            "source: [*-jobs]",
            (
                "1: found broken YAML (found undefined alias '-jobs'), expected valid YAML: what "
                "begins with * stands in quotes"
            ),
        ),
        ("a: &x [*x]", "1: a[0]: found an alias of what it stands in, expected a value"),
        ("? [a, b]\n: c", "1: found a key of several values, expected a plain key"),
        (
            "a: &x {b: 1}\nc: {<<: *x, d: 2}",
            "2: c.<<: found the merge key <<, expected each key by itself",
        ),
        ("a: !Ref b", "1: a: found the tag !Ref, expected a value without a tag"),
        ("a:\n  " + "[" * 5_000, "2: found too many levels, expected at most 30 levels"),
    ],
)
def test_what_is_no_good_yaml_is_one_mistake(tmp_path, text, line):
    assert lines(tmp_path, read(tmp_path, text)) == [f"file.yaml:{line}"]


@pytest.mark.parametrize("name", [".", "missing.yaml"])
def test_what_is_no_file_is_one_mistake(tmp_path, name):
    document = read_document(tmp_path / name)
    assert len(document.mistakes) == 1
    assert "found no readable file" in str(document.mistakes[0])


def test_aliases_of_aliases_end_in_a_mistake_and_not_in_endless_work(tmp_path):
    rows = ["a0: &a0 [x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 25)]
    document = read(tmp_path, "\n".join(rows))
    assert [m.found for m in document.mistakes] == ["too many values"]


LISTED = "&a [" + "x, " * 900 + "x]"
MERGED = "&b {" + ", ".join(f"k{n}: v" for n in range(900)) + "}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"a: {LISTED}\nb: [{'*a, ' * 500}*a]", "too many values"),
        (f"a: {MERGED}\nb: {{{', '.join(f'w{n}: *b' for n in range(500))}}}", "too many values"),
        (f"a: {MERGED}\nb: {{<<: [{'*b, ' * 500}*b]}}", "too many values"),
        ("- x\n" * 100_001, "too many values"),
        ("a: x\n" * 50_001, "too many values"),
        ("#" + "x" * 2_000_000, "too many bytes"),
        (b"\0" * 2_000_001, "too many bytes"),
        ("a: " + "x" * 10_001, "a value of 10,001 characters"),
        ('? "' + "x" * 10_001 + '"\n: b', "a value of 10,001 characters"),
    ],
    ids=["lists", "groups", "merged", "items", "keys", "comment", "nul", "value", "key"],
)
def test_a_file_that_would_take_all_memory_or_all_day_is_one_mistake(tmp_path, text, words):
    """S16: 20 KB took 21 seconds and 2.2 GB."""
    document = read(tmp_path, text)
    assert [m.found for m in document.mistakes] == [words]
    assert document.lines == {}


@pytest.mark.parametrize("escape", [r"\U00110000", r"\UFFFFFFFF"])
def test_an_escape_beyond_the_last_character_is_one_mistake_in_its_line(tmp_path, escape):
    told = "found an escape that stands for no character, expected text"
    text = f'a: "\\U0001F600 \\U0010FFFF"\nb: "{escape}"'
    assert lines(tmp_path, read(tmp_path, text)) == [f"file.yaml:2: {told}"]


@pytest.mark.parametrize(
    "text", ["a: *" + "n" * 100_000, "a: !<" + "t" * 100_000 + "> b", "%YAML " + "9" * 5_000]
)
def test_no_line_is_as_long_as_what_stands_in_the_file(tmp_path, text):
    assert all(len(line) < 500 for line in lines(tmp_path, read(tmp_path, text)))


def test_a_file_below_the_working_directory_is_named_from_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read(tmp_path, "").file == "file.yaml"


def test_mistakes_come_in_the_order_of_the_files_lines_and_each_once():
    wrong = [Mistake(f, n, "k", "x", "y") for f, n in [("b", 1), ("a", 10), ("a", 9), ("a", 10)]]
    assert [(m.file, m.line) for m in Mistakes(wrong).mistakes] == [("a", 9), ("a", 10), ("b", 1)]


def test_of_very_many_mistakes_the_rest_is_counted():
    wrong = [Mistake("a", n, "k", "x", "y") for n in range(1, 2_501)]
    told = [*map(str, Mistakes(wrong).mistakes)]
    assert len(told) == 1_001
    assert told[-1] == "a:1001: found 1,500 more mistakes from here on, expected none"


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("ApplicationID", "ApplicationId"), ("failed", "FAILED"), ("regoins", "regions"), ("x", None)],
)
def test_the_nearest_right_word_is_found_whatever_its_case(word, nearest):
    assert nearest_word(word, ["ApplicationId", "FAILED", "regions"]) == nearest


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        ("", '""'),
        ("a\nb", '"a\\nb"'),
        ("\u202eevil", '"\\u202eevil"'),
        ("ü", '"ü"'),
        ("x" * 99, '"' + "x" * 59 + '…"'),
        ({}, "an empty group"),
        (["a"], "a list"),
    ],
)
def test_what_was_found_is_shown_in_one_short_line(value, text):
    assert shown(value) == text


def test_a_key_is_written_as_people_write_it():
    assert dotted(("watches", "a", "regions", 0)) == "watches.a.regions[0]"
    assert dotted(("watches", "a\nb")) == 'watches."a\\nb"'


def test_no_mistake_quotes_a_command_that_a_build_would_heed() -> None:
    mistake = Mistake("a.yaml", 1, "##[group]k", shown("##vso[task.setvariable variable=A]b"), "y")
    told = str(mistake)
    assert "##" not in told
    assert "variable=A" in told


def test_a_right_word_that_is_odd_is_in_quotes_so_that_it_shows_where_it_ends():
    assert one_of(["a b", "c ", " d", "", "e\nf"]) == 'one of a b, "c ", " d", "", "e\\nf"'
    told = str(Mistake("a.yaml", 1, "k", '"x"', "y", nearest="x "))
    assert told == 'a.yaml:1: k: found "x", expected y; did you mean "x "?'


def test_a_long_choice_is_cut():
    assert one_of(str(n) for n in range(1000)).endswith("19, … (980 more)")


def test_the_quick_reader_reads_the_catalogue_as_the_other_does():
    files = sorted((Path(__file__).parents[1] / "catalogue").glob("*.yaml"))
    assert len(files) > 100
    for file in files:
        assert read_document(file, quick=True) == read_document(file), file
        assert _quickly(file.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize(
    "text", ["a: [", "a: *b", "a: 1\na: 2\n", "", "- " * 99, 'a: "\\UFFFFFFFF"']
)
def test_of_what_is_wrong_the_quick_reader_says_what_the_other_does(tmp_path, text):
    file = tmp_path / "file.yaml"
    file.write_text(text, encoding="utf-8")
    assert read_document(file, quick=True) == read_document(file)
    assert read_document(file).mistakes
