"""What `make cost` takes and prints, and the documents that quote the cost model."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from operate.cost import page as cost_page
from operate.cost.__main__ import main
from operate.cost.options import ask
from operate.cost.prices import read_prices
from operate.cost.rivals import compare
from operate.cost.tables import money, said, short_rows
from tests.costs import Q
from tests.template import ROOT


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--every", "5m"], '--every: found "5m", expected a duration from 10 seconds to 1 day'),
        (["--every", "0 seconds"], '--every: found "0 seconds", expected a duration'),
        (["--every", "25 seconds"], '--every: found "25 seconds", expected whole minutes, or one'),
        (["--every", "2 days"], '--every: found "2 days", expected a duration'),
        (["--jobs", "many"], '--jobs: found "many", expected a whole number from 0'),
        (["--accounts", "0"], '--accounts: found "0", expected a whole number from 1'),
        (["--moving", "101"], '--moving: found "101", expected a percentage from 0 to 100'),
        (["--unfinished", "11", "--jobs", "9"], "--unfinished: found 11, expected at most the 9"),
        (["--alerts", "101"], "--alerts: found 101, expected at most the 100 of --changes"),
        (
            ["--every", "2 minutes", "--idle-every", "1 minute"],
            "--idle-every: found 1 minute, expected at least the 2 minutes of --every",
        ),
        (["--evry", "5"], 'found "--evry", expected an option; did you mean --every?'),
        (["--jobs"], "--jobs: expected one argument"),
    ],
)
def test_a_wrong_option_is_told_in_a_line(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(options)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"make cost: {said}")
    assert second == 'make cost ARGS="--help" lists the options.'
    assert stopped.value.code == 2


def test_a_wrong_file_is_told_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text("watches:\n  one:\n    sauce: x\n", encoding="utf-8")
    assert main(["--file", str(file)]) == 1
    assert "watches.one.sauce" in capsys.readouterr().err


def test_the_addresses_of_the_file_are_those_that_are_mailed(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    watches = {"one": {"source": "dataexchange.jobs"}}
    alerts = {"email": ["a@example.com", "b@example.com"]}
    file.write_text(yaml.safe_dump({"watches": watches, "alerts": alerts}), encoding="utf-8")
    assert ask(["--file", str(file)]).activity.emails == 2
    assert ask(["--file", str(file), "--emails", "7"]).activity.emails == 7


@pytest.mark.parametrize(
    "options",
    ["--watches 3", "--watches 900 --accounts 1000 --regions 20 --every '10 seconds' --emails 99"],
)
def test_what_it_prints_fits_100_columns(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(options)) == 0
    printed = capsys.readouterr().out
    first, second = printed.splitlines()[:2]
    assert re.fullmatch(r"\$[\d,.]+ a month at list prices, \$[\d,.]+ after free tier", first)
    assert second.startswith(options.split()[1])
    assert max(map(len, printed.splitlines())) <= 100
    assert len(printed.splitlines()) <= 25
    assert "\nJobwatch is cheaper than loops from " in printed


def test_what_it_prints_adds_up() -> None:
    question = ask(["--watches", "3"])
    compared = compare(question.groups, question.activity, read_prices(), Q)
    shown = [row for row in short_rows(compared) if row[1]]
    lines = [line for line in compared.jobwatch.lines if line.listed >= 0.01]
    assert [row[0] for row in shown] == [line.price.label for line in lines]
    *_, (said, _, listed, after_free) = short_rows(compared)
    others = [line for line in compared.jobwatch.lines if line.listed < 0.01]
    assert said == f"{len(others)} more, below a cent each"
    assert listed == money(sum(line.listed for line in others))
    assert after_free == money(sum(line.after_free for line in others))


def test_what_is_taken_for_granted_is_said() -> None:
    options = "--watches 1 --every '30 seconds' --idle-every '1 hour' --jobs 20 --emails 1"
    options += " --stalls --moving 20"
    assert said(ask(shlex.split(options))) == (
        "1 watch in 1 scope, every 30 seconds (1 hour while idle); 20 jobs (10 unfinished, "
        "20% of them moving at each look); 100 changes and 5 alerts a day, mailed to 1 address"
    )


# The documents


def test_the_page_of_costs_and_the_readme_are_fresh() -> None:
    page = cost_page.PAGE.read_text(encoding="utf-8")
    readme = cost_page.README.read_text(encoding="utf-8")
    assert cost_page.cost_page(page) == page, "run `make docs`"
    assert cost_page.readme(readme) == readme, "run `make docs`"


def test_the_examples_of_the_documents_are_options_that_there_are() -> None:
    for file in (cost_page.PAGE, cost_page.README):
        shown = re.findall(r'make cost ARGS="(.*?)"', file.read_text(encoding="utf-8"))
        assert shown
        for options in shown:
            assert ask(shlex.split(options)).groups


def test_the_readme_says_no_other_figure_than_the_model() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8")
    section = section.split("## What it costs")[1].split("\n## ")[0]
    before, rest = section.split(cost_page.START)
    assert "$" not in before + rest.split(cost_page.END)[1]
