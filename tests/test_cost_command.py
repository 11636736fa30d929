"""What `./jobwatch cost` takes and prints, and the documents that quote the cost model."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from infra.cost.fleet import SHIPPED, Activity
from infra.cost.prices import read_prices
from infra.words import money
from operate.command.cost import asked_in
from operate.cost import page as cost_page
from operate.cost.figures import bill_rows, said, slow
from operate.cost.options import of_file
from operate.cost.rivals import compare
from tests.command import call
from tests.costs import ROOT


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--every", "5x"], '--every: found "5x", expected whole minutes from 1 minute to 1 day'),
        (["--every", "0 seconds"], '--every: found "0 seconds", expected whole minutes'),
        (["--every", "25 seconds"], '--every: found "25 seconds", expected whole minutes'),
        (["--every", "2 days"], '--every: found "2 days", expected whole minutes'),
        (["--jobs", "many"], '--jobs: found "many", expected a whole number from 0'),
        (["--jobs", "9" * 400], "expected a whole number from 0 to 1,000,000,000,000"),
        (["--jobs", "9" * 5_000], "expected a whole number from 0 to 1,000,000,000,000"),
        (["--accounts", "0"], '--accounts: found "0", expected a whole number from 1'),
        (["--accounts", "1,000,000"], "expected a whole number from 1 to 50,000"),
        (["--moving", "101"], '--moving: found "101", expected a whole number from 0 to 100'),
        (["--unfinished", "11", "--jobs", "9"], "--unfinished: found 11, expected at most the 9"),
        (["--alerts", "101"], "--alerts: found 101, expected at most the 100 of --changes"),
        (["--evry", "5"], 'found "--evry", expected an option; did you mean --every?'),
        (["--jobs"], "Option '--jobs' requires an argument"),
    ],
)
def test_a_wrong_option_is_named_in_a_line(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("cost", *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("./jobwatch cost: ")
    assert said in line


def test_a_wrong_file_is_named_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text("watches:\n  one:\n    sauce: x\n", encoding="utf-8")
    assert call("cost", "--watches", file) == 1
    assert "watches.one.sauce" in capsys.readouterr().err


def test_the_addresses_of_the_file_are_those_that_are_mailed(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    watches = {"one": {"source": "dataexchange.jobs"}}
    alerts = {"email": ["a@example.com", "b@example.com"]}
    file.write_text(yaml.safe_dump({"watches": watches, "alerts": alerts}), encoding="utf-8")
    assert of_file(file, {})[1].emails == 2


@pytest.mark.parametrize(
    "options",
    ["", "--accounts 1000 --regions 20 --every '10 seconds' --jobs 10000000"],
)
def test_what_it_prints_fits_100_columns_and_a_screen(
    options: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("cost", "--watches", ROOT / "demo/watches.yaml", *shlex.split(options)) == 0
    printed = capsys.readouterr().out
    first, second = printed.splitlines()[:2]
    assert re.fullmatch(r"\$[\d,.]+ a month at list prices, \$[\d,.]+ after free tier", first)
    assert " watches in " in second
    assert max(map(len, printed.splitlines())) <= 100
    assert len(printed.splitlines()) <= 30
    assert "\nJobwatch is cheaper than loops from " in printed


def test_the_lines_of_a_bill_are_those_of_a_cent_or_more_the_others_and_the_sum() -> None:
    bill = compare(SHIPPED, Activity(), read_prices()).jobwatch
    *lines, others, total = bill_rows(bill)
    dear = [line for line in bill.lines if line.listed >= 0.01]
    assert [row[0] for row in lines] == [line.price.label for line in dear]
    rest = sum(line.listed for line in bill.lines) - sum(line.listed for line in dear)
    assert others[0] == f"{len(bill.lines) - len(dear)} more, below a cent each"
    assert others[2] == money(rest)
    assert total == ("sum", "", money(bill.listed), money(bill.after_free))


def test_what_a_recipient_costs_is_said_by_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """A chat, a topic and a pager have an alarm each; an address is a part of what mails cost."""
    words = ("cost", "--watches", ROOT / "docs/team.yaml", "--changes", "100000", "--alerts")
    assert call(*words, "100000") == 0
    printed = " ".join(capsys.readouterr().out.split())
    mails, sns, calls, alarm = 30 * 2.0, 30 * 0.05, 30 * 0.02, 0.1
    said = re.search(r"an address \$(\S+), a chat or topic \$(\S+) and a pager \$(\S+)\.", printed)
    assert said, printed
    found = [float(each) for each in said.groups()]
    assert found == pytest.approx([mails, sns + alarm, calls + alarm], rel=0.03)
    assert call(*words, "100000", "--json") == 0
    each = json.loads(capsys.readouterr().out)["each_recipient"]
    assert [*each.values()] == pytest.approx(found, abs=0.01)


def test_what_is_taken_for_granted_is_said() -> None:
    options = "--every '30 seconds' --jobs 20 --stalls --moving 20"
    groups, activity = asked_in(shlex.split(options), [*SHIPPED])
    assert said(groups, replace(activity, emails=1)) == (
        "3 watches in 3 scopes (2 lanes), every 30 seconds; 20 jobs (10 unfinished, "
        "20% of them moving at each look); 100 changes and 5 alerts a day, mailed to 1 address"
    )


def test_a_lane_that_takes_longer_than_its_cadence_is_named() -> None:
    for options, lines in (
        ("--jobs 5000", []),
        ("--jobs 10000", ["68 calls to sesv2 take 66 seconds: longer than 1 minute"]),
        ("--jobs 100000", ["668 calls to sesv2 take 11 minutes: longer than 1 minute"]),
    ):
        asked = asked_in(shlex.split(options), [*SHIPPED])
        named = [line.split(", so")[0] for line in slow(*asked)]
        assert named == lines


# The documents


def test_the_page_of_costs_and_the_readme_are_fresh() -> None:
    page = cost_page.PAGE.read_text(encoding="utf-8")
    readme = cost_page.README.read_text(encoding="utf-8")
    assert cost_page.cost_page(page) == page, "run `make docs`"
    assert cost_page.readme(readme) == readme, "run `make docs`"


def test_the_examples_of_the_documents_are_options_that_there_are() -> None:
    for file in (cost_page.PAGE, cost_page.README):
        shown = re.findall(r"./jobwatch cost (.*?)", file.read_text(encoding="utf-8"))
        assert shown
        for options in shown:
            if "--help" not in options:
                assert asked_in(shlex.split(options), [*SHIPPED])[0]


def test_the_readme_says_no_other_figure_than_the_model() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8")
    section = section.split("## What it costs")[1].split("\n## ")[0]
    before, rest = section.split(cost_page.START)
    assert "$" not in before + rest.split(cost_page.END)[1]
