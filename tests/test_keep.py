"""What the demonstration names to try, once it is left running."""

from pathlib import Path

from demo.deploy import Deployed
from demo.keep import commands
from demo.local_aws import LocalAws
from operate.command.group import load


def test_what_is_named_to_try_are_subcommands_that_take_these_words(tmp_path: Path) -> None:
    told = commands(
        LocalAws("https://127.0.0.1:4566", tmp_path), Deployed(*("name",) * 11), "queue"
    )
    ours = [line.split()[1:] for line in told.splitlines() if line.startswith("./jobwatch ")]
    assert [name for name, *_ in ours] == ["status", "jobs", "job", "tail"]
    for name, *words in ours:
        load(name).make_context(name, words)
