"""Every subcommand says what its file of tests/data/command/ has, and no word gives a traceback."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from lambdas.store.batches import StoreError
from operate.command import page, trouble
from operate.command.group import ALL, SUMMARIES, load
from tests.command import Cdk, call
from tests.golden import FILES, session, typed

ROOT = Path(__file__).parents[1]
NAMES = [*SUMMARIES]
HANDS_OVER = ("bootstrap", "deploy", "destroy", "synth", "demo", "completion")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in an empty folder, without credentials or a region."""
    for variable in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_printed_is_what_the_file_has(file: Path) -> None:
    said = session(typed(file))
    assert said == file.read_text(encoding="utf-8"), "python -m tests.golden, and look at it"


def test_every_subcommand_has_files_its_help_among_them() -> None:
    assert {typed(file)[0] for file in FILES if typed(file)[1:]} == {*NAMES}
    assert {typed(file)[0] for file in FILES if typed(file)[1:] == ["--help"]} == {*NAMES}


def test_help_fits_a_hundred_columns() -> None:
    lines = [
        line for file in FILES if "help" in file.stem for line in file.read_text().splitlines()
    ]
    assert len(lines) > 100
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_the_list_and_the_help_of_a_subcommand_begin_alike(name: str) -> None:
    assert SUMMARIES[name].split()[:2] == (load(name).help or "").split()[:2]


@pytest.mark.parametrize("name", NAMES)
def test_every_subcommand_prints_json_but_those_that_hand_over_to_others(name: str) -> None:
    """The CDK, the demonstration and shells say what they say."""
    options = {each for param in load(name).params for each in param.opts}
    assert ("--json" in options) != (name in HANDS_OVER)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_one_that_the_subcommand_takes(name: str) -> None:
    head, *examples = str(load(name).epilog).splitlines()
    assert head == "Examples:"
    assert examples
    for each in examples:
        ours, *_ = shlex.split(each.replace(">", "|").split("|")[0].strip()), None
        assert ours[:2] == ["./jobwatch", name]
        load(name).make_context(name, ours[2:])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--nothing", ["", "x"]),
        ("--watches", ["nowhere.yaml", ".", "", "wrong.yaml", "binary"]),
        ("--stack", ["under_score", "", "x" * 44, "-"]),
        ("--region", ["eu-wset-1", "", "eu-west-1a", "EU-WEST-1"]),
        ("--profile", ["nobody"]),
    ],
)
@pytest.mark.usefixtures("nowhere")
def test_no_wrong_word_gives_a_traceback(
    name: str, option: str, values: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error that nobody expects would be raised out of the call."""
    (tmp_path / "wrong.yaml").write_text("watches: {a: {}}\n", encoding="utf-8")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    cdk = Cdk(tmp_path)
    cdk.fail("synth")  # as the app would, which reads the file
    for value in values:
        assert call(name, option, value, **cdk.means) in (1, 2), value
        lines = capsys.readouterr()
        assert lines.err or lines.out or {*cdk.calls()} == {"synth"}
    assert "deploy" not in cdk.calls()


@pytest.mark.parametrize(
    ("word", "meant"), [("chek", "check"), ("destory", "destroy"), ("Doctor", "doctor")]
)
def test_a_misspelt_subcommand_is_told_with_the_right_one(
    word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(word) == 2
    assert capsys.readouterr().err == (
        f'./jobwatch: found "{word}", expected a subcommand; did you mean {meant}?'
        " → ./jobwatch --help\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("completion bsh", 'completion: found "bsh", expected one of bash, zsh, fish'),
        ("test-alert --severity eror", 'test-alert: --severity: found "eror", expected one of'),
    ],
)
def test_a_word_that_is_none_of_a_few_is_told_with_the_nearest(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*words.split()) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"./jobwatch {said}")
    assert "; did you mean " in told


@pytest.mark.parametrize("where", [".", "nowhere/demo.svg"])
@pytest.mark.usefixtures("nowhere")
def test_a_picture_that_cant_be_written_is_told_before_the_story_is_played(
    where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def began(*_: str) -> None:
        pytest.fail("the demonstration began")

    assert call("demo", "--picture", where, set_up=began) == 2
    assert "--picture: found" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_subcommands_their_options_and_what_they_take(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for typed_, expected in (
        ("jobwatch ch", "check"),
        ("jobwatch deploy --wat", "--watches"),
        ("jobwatch jobs --status fa", "FAILED"),
        ("jobwatch poll --fail-on P", "PARTIAL"),
        ("jobwatch status --region eu-west-", "eu-west-1"),
        ("jobwatch check --watches m", "file"),
    ):
        words = shlex.split(typed_)
        monkeypatch.setenv("_JOBWATCH_COMPLETE", f"{shell}_complete")
        monkeypatch.setenv("COMP_WORDS", typed_)
        monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
        assert call() == 0
        assert expected in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_that_asks_for_words_is_told_no_mistakes(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They would stand amid the line that somebody types."""
    monkeypatch.setenv("_JOBWATCH_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "jobwatch jbs --st")
    monkeypatch.setenv("COMP_CWORD", "--st" if shell == "fish" else "2")
    assert call() == 0
    told = capsys.readouterr()
    assert (told.out.strip(), told.err) == ("", "")


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("zsh", "    (( $+functions[compdef] )) || { autoload -Uz compinit; compinit; }"),
        ("fish", '        set -l metadata (string split --max 1 "," $completion);'),
    ],
)
def test_a_script_needs_nothing_of_the_shells_settings_and_cuts_nothing(
    shell: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both were tried in the shell itself: what click writes has neither."""
    assert call("completion", shell) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_a_table_that_is_overloaded_is_told_in_a_line() -> None:
    said = "DynamoDB left out all 2 items 6 times in a row"
    assert trouble.lines(StoreError(said)) == [said]


def test_the_page_of_the_command_is_fresh() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.command_page(text) == text, "run `make docs`"
    for part, some in ALL.items():
        assert (f"\n## {part}\n" in text) == bool(some)


def test_the_hook_is_a_command_line_that_there_is() -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (entry,) = [line.split(": ")[1] for line in hook.splitlines() if "entry:" in line]
    script, *words = entry.split()
    assert (ROOT / script).stat().st_mode & 0o111
    assert call(*words, ROOT / "watches.yaml", ROOT / "demo" / "watches.yaml") == 0


@pytest.mark.parametrize(
    ("file", "checked"),
    [
        ("watches.yaml", True),
        ("deploy/watches.yml", True),
        ("deploy/catalogue/mine.yaml", True),
        ("catalogue/mine.yaml", True),
        ("catalogue/more/mine.yaml", False),
        ("mywatches.yaml", False),
        ("my-catalogue/mine.yaml", False),
    ],
)
def test_the_hook_is_called_for_watches_and_for_the_rows_beside_them(
    file: str, *, checked: bool
) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert bool(re.search(hook["files"], file)) is checked


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A folder with a wrong row beside a right file."""
    (tmp_path / "catalogue").mkdir()
    row = "service: sesv2\nsources: {mine: {}}\n"
    (tmp_path / "catalogue" / "sesv2.yaml").write_text(row, encoding="utf-8")
    watches = "watches: {a: {source: sesv2.import-jobs}}\n"
    (tmp_path / "watches.yaml").write_text(watches, encoding="utf-8")
    return tmp_path


def test_of_a_row_that_is_named_alone_the_file_beside_it_is_checked(
    rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = rows / "catalogue" / "sesv2.yaml"
    assert call("check", row, rows / "watches.yaml", "--json") == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["file"] == str(rows / "watches.yaml")
    assert {each["file"] for each in found["mistakes"]} == {str(row)}


def test_of_a_row_beside_a_file_of_another_name_that_is_the_one_that_is_named(
    rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = (rows / "watches.yaml").rename(rows / "mine.yaml")
    row = rows / "catalogue" / "sesv2.yaml"
    assert call("check", row) == 0
    assert capsys.readouterr().err == (
        f"{row}: no watches.yaml beside its folder reads it: not checked\n"
    )
    assert call("check", "--watches", mine, row) == 1


def test_a_folder_that_somebody_else_named_does_nothing_to_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a\x1b]0;mine\x07\u202eb"
    (folder / "catalogue").mkdir(parents=True)
    row = folder / "catalogue" / "sesv2.yaml"
    row.write_text("service: sesv2\nsources: {}\n", encoding="utf-8")
    mine = folder / "mine.yaml"
    mine.write_text("watches: {a: {source: sesv2.import-jobs}}\n", encoding="utf-8")
    call("check", row)
    row.unlink()
    call("check", mine)
    call("check", folder / "none.yaml")
    out, err = capsys.readouterr()
    assert "1 watch" in out
    assert "not checked" in err
    told = trouble.lines(OSError(2, "No such file", str(mine))) or []
    for line in (*out.splitlines(), *err.splitlines(), *told):
        assert line.isprintable(), ascii(line)


def test_each_of_several_files_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("watches: {a: {}}\n", encoding="utf-8")
    assert call("check", ROOT / "watches.yaml", wrong) == 1
    said = capsys.readouterr()
    assert "watches.yaml: 3 watches" in said.out
    assert "wrong.yaml:1: watches.a" in said.err
