"""A word that the CDK's command line would take for nothing is a mistake, told in a line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from operate import args, member, replay
from operate.doctor import __main__ as doctor_command

ROOT = Path(__file__).parents[1]
NEITHER = "expected watches=PATH or stack=NAME"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("-c watchs=a.yaml", f"watchs=a.yaml: {NEITHER}; did you mean watches=a.yaml?"),
        ("-cstak=Staging", f"stak=Staging: {NEITHER}; did you mean stack=Staging?"),
        ("--context=Stack=Staging", f"Stack=Staging: {NEITHER}; did you mean stack=Staging?"),
        ("-c region=eu-west-1", f"region=eu-west-1: {NEITHER}"),
        ("-c stack=", "stack=: expected the name of a stack"),
        ("-c watches=", "watches=: expected the path of a file"),
        ("-c watches", "watches=: expected the path of a file"),
        ("-c stack=under_score", "stack=under_score: expected a letter, then at most 42 letters"),
        ("-c", "expected one argument"),
        ("--watches a.yaml", "found --watches, expected -c watches=PATH"),
        ("--stack=Staging", "found --stack=Staging, expected -c stack=NAME"),
        ("--profil production", "found --profil, expected --profile"),
    ],
)
def test_a_mistyped_word_is_told_with_the_right_one(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        args.main(words.split())
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("ARGS: ")
    assert told in said
    assert said.count("\n") == 1


def test_the_cdks_own_words_are_left_to_it() -> None:
    cdks = "--force --progress events --require-approval never --tags stack=a --watch --strict"
    context = "-c @aws-cdk/core:newStyle=true -c aws:cdk:x=1 -c stack=Staging -c watches=a.yaml"
    assert args.main([*cdks.split(), *context.split(), "--profile", "x"]) == 0


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (member.main, "-c stak=Staging"),
        (member.main, "-c watches="),
        (doctor_command.main, "-c watchs=a.yaml"),
        (doctor_command.main, "--watches="),
        (doctor_command.main, "--stack="),
        (replay.main, "--stack="),
    ],
)
def test_the_other_commands_take_no_empty_or_mistyped_word_either(
    main: object, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(main)
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2
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
    told = f'found {word.partition("=")[0]}=, expected ARGS="-c watches=PATH -c stack=NAME'
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_deployment_uploads_its_code_and_template_whatever_has_their_names() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ndeploy: ")[1].split("\n\n")[0]
    assert "$(CDK) deploy --app cdk.out --force $(ARGS)" in recipe


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
