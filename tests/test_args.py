"""A word that the CDK's command line would take for nothing is a mistake, told in a line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.command import Cdk, call

ROOT = Path(__file__).parents[1]
NEITHER = "expected watches=PATH or stack=NAME"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("-- -c watchs=a.yaml", f"watchs=a.yaml: {NEITHER}; did you mean watches=a.yaml?"),
        ("-- -cstak=Staging", f"stak=Staging: {NEITHER}; did you mean stack=Staging?"),
        ("-- --context=Stack=Staging", f"Stack=Staging: {NEITHER}; did you mean stack=Staging?"),
        ("-- -c region=eu-west-1", f"region=eu-west-1: {NEITHER}"),
        ("-- -c stack=Staging", "found -c stack=Staging, expected --stack NAME"),
        ("-- -c watches=a.yaml", "found -c watches=a.yaml, expected --watches PATH"),
        ("-- -c", f"{NEITHER}"),
        ("-- --watches a.yaml", "found --watches after --, expected it before"),
        ("-- --stack=Staging", "found --stack after --, expected it before"),
        ("-- --profil production", "found --profil, expected --profile before --"),
        ("Staging", 'found "Staging", expected none before --'),
        ("-c stack=Staging", 'found "-c", expected an option'),
        ("--stack=", '--stack: found "", expected the name of a stack'),
        ("--stack under_score", '--stack: found "under_score", expected a letter, then at most 42'),
        ("--watches=", '--watches: found "", expected the path of a file'),
        ("--watches", "Option '--watches' requires an argument"),
        ("--region eu-wset-1", "expected a region of AWS; did you mean eu-west-1?"),
        ("--stak Staging", 'found "--stak", expected an option; did you mean --stack?'),
    ],
)
@pytest.mark.parametrize("verb", ["bootstrap", "deploy", "destroy", "synth"])
def test_a_mistyped_word_is_told_with_the_right_one(
    verb: str, words: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cdk = Cdk(tmp_path)
    assert call(verb, *words.split(), **cdk.means) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"./jobwatch {verb}: ")
    assert told in said
    assert said.count("\n") == 1
    assert cdk.calls() == []


def test_the_cdks_own_words_are_left_to_it(tmp_path: Path) -> None:
    cdk = Cdk(tmp_path, "Staging")
    cdks = "--force --progress events --require-approval never --tags stack=a --watch --strict"
    context = "-c @aws-cdk/core:newStyle=true -c aws:cdk:x=1"
    given = [*cdks.split(), *context.split()]
    assert call("synth", "--stack", "Staging", "--", *given, **cdk.means) == 0
    assert cdk.words("synth")[-len(given) :] == given


def test_the_file_is_the_callers_and_is_named_as_the_app_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CDK and the app run in the project's folder, wherever the command is called from."""
    cdk = Cdk(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert call("synth", "--watches", "mine.yaml", **cdk.means) == 0
    assert f"watches={tmp_path / 'mine.yaml'}" in cdk.words("synth")
    assert call("synth", **cdk.means) == 0
    assert "watches=watches.yaml" in cdk.words("synth")


@pytest.mark.parametrize(
    "words",
    [
        ("member", "--watches="),
        ("doctor", "--watches="),
        ("doctor", "--stack="),
        ("replay", "--stack="),
        ("replay", "-c", "stack=Staging"),
        ("doctor", "-c", "watchs=a.yaml"),
    ],
)
def test_the_other_commands_take_no_empty_or_mistyped_word_either(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*words) == 2
    assert "expected " in capsys.readouterr().err


@pytest.mark.parametrize("word", ["watches=a.yaml", "stack=Staging", "ARG=-c", "PROFILE=x"])
def test_a_variable_of_make_that_nothing_reads_is_told(word: str) -> None:
    make = shutil.which("make")
    assert make
    done = subprocess.run(
        [make, "--dry-run", "deploy", word],
        cwd=ROOT,
        env={name: each for name, each in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    told = f'found {word.partition("=")[0]}=, expected ARGS="--watches FILE --stack NAME'
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_deployment_uploads_its_code_and_template_whatever_has_their_names(
    tmp_path: Path,
) -> None:
    cdk = Cdk(tmp_path)
    assert call("deploy", clients=lambda _: Sts(), **cdk.means) == 0
    assert cdk.calls() == ["synth", "deploy"]
    assert cdk.words("deploy")[:4] == ["deploy", "--app", str(cdk.template.parent), "--force"]


def test_what_breaks_cloudformations_rules_is_not_deployed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cdk = Cdk(tmp_path)
    cdk.template.write_text('{"Resources": {"Topic": {"Type": "AWS::SNS::Topick"}}}')
    assert call("deploy", clients=lambda _: Sts(), **cdk.means) == 1
    assert "Jobwatch.template.json: Resources/Topic/Type: E3006: " in capsys.readouterr().err
    assert cdk.calls() == ["synth"]


def test_a_file_with_a_mistake_is_not_deployed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is said but what the app says of it."""
    cdk = Cdk(tmp_path)
    cdk.fail("synth")
    assert call("deploy", clients=lambda _: Sts(), **cdk.means) == 1
    assert (cdk.calls(), cdk.pipelines()) == (["synth"], ["synth"])
    assert "Subprocess exited" not in capsys.readouterr().err


class Sts:
    """Says whose credentials these are."""

    meta = SimpleNamespace(region_name="eu-west-1")

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/x"}


def test_what_a_terminal_cannot_write_is_written_plainly() -> None:
    program = "from infra.terminal import run_main\nrun_main(lambda: print('✗ é → run ✓ …') or 3)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "x ? -> run + ...\n", "")
