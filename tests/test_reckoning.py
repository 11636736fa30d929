"""What the synth reckons that a month costs, and the bound that only the user's own word lifts."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.config.files.mistakes import Mistakes
from infra.config.plan import Compiled
from infra.cost.reckoning import reckon, too_dear
from lambdas.lanes import turns_of
from tests.catalogue import CATALOGUE, compile_plan
from tests.values import NOW

SES, APPS = "sesv2.import-jobs", "pinpoint.import-jobs"


def compiled(folder: Path, watches: dict[str, Any], **top: Any) -> Compiled:
    file = folder / "watches.yaml"
    file.write_text(yaml.safe_dump({**top, "watches": watches}, sort_keys=False), encoding="utf-8")
    return compile_plan(file, CATALOGUE)


def accounts(number: int) -> list[dict[str, str]]:
    return [{"id": f"{each:012}", "role": "reader"} for each in range(number)]


def told(found: Compiled) -> list[str]:
    return [str(mistake).partition(": ")[2] for mistake in too_dear(found, reckon(found))]


def test_lanes_calls_and_dollars_follow_what_is_watched(tmp_path: Path) -> None:
    one = reckon(compiled(tmp_path, {"w": {"source": "comprehend.entities-detection-jobs"}}))
    all_ = reckon(compiled(tmp_path, {"w": {"source": "comprehend.*-detection-jobs"}}))
    assert (one.lanes, all_.lanes) == (1, 1)
    assert all_.calls_a_minute > one.calls_a_minute >= 1
    assert all_.dollars > one.dollars > 1


@pytest.mark.parametrize("apart", ["accounts", "regions"])
def test_watches_of_one_place_each_have_the_lanes_of_one_watch_of_all_places(
    tmp_path: Path, apart: str
) -> None:
    """They are those that a tick makes."""
    everywhere = {"accounts": accounts(7), "regions": ["us-east-1", "eu-west-1", "us-west-2"]}
    services = {"source": [SES, "comprehend.*"]}
    parts = {
        f"w{number}": {**services, **everywhere, apart: [place]}
        for number, place in enumerate(everywhere[apart])
    }
    # A dashboard has more to read of several watches.
    whole = compiled(tmp_path, {"w": {**services, **everywhere}}, dashboard=False)
    some = compiled(tmp_path, parts, dashboard=False)
    here = ("111122223333", "eu-west-1")
    for found in (whole, some):
        turns = turns_of(found.plan, found.plan.watches.values(), here, NOW, None)
        assert reckon(found).lanes == len(turns) == 2 * 7 * 3
    assert reckon(some).dollars == pytest.approx(reckon(whole).dollars)


@pytest.mark.parametrize(("fan_out", "parents"), [("few", 10), ("tens", 100), ("many", 1_000)])
def test_parents_count_as_many_as_the_row_says_at_most(
    tmp_path: Path, fan_out: str, parents: int
) -> None:
    own = tmp_path / "catalogue"
    own.mkdir()
    content = yaml.safe_load((CATALOGUE / "pinpoint.yaml").read_text(encoding="utf-8"))
    row = content["sources"]["import-jobs"] | {"fan_out": fan_out}
    (own / "pinpoint.yaml").write_text(
        yaml.safe_dump(content | {"sources": {"import-jobs": row}}), encoding="utf-8"
    )
    found = reckon(compiled(tmp_path, {"w": {"source": APPS, "every": "1 hour"}}))
    in_an_hour = round(found.calls_a_minute * 60)
    assert in_an_hour == parents + 1


def test_parents_that_are_given_are_not_counted(tmp_path: Path) -> None:
    given = {"source": APPS, "for": {"ApplicationId": "a"}, "every": "1 hour"}
    assert reckon(compiled(tmp_path, {"w": given})).calls_a_minute * 60 == 10


def test_what_ships_is_within_the_bound() -> None:
    found = compile_plan(Path(__file__).parents[1] / "watches.yaml", CATALOGUE)
    assert [*too_dear(found, reckon(found))] == []


def test_what_is_too_dear_names_the_sum_the_dearest_watches_and_what_to_do(tmp_path: Path) -> None:
    watches = {
        "all": {"source": SES, "accounts": accounts(500), "regions": ["us-east-1", "eu-west-1"]},
        "one": {"source": SES},
    }
    (line,) = told(compiled(tmp_path, watches))
    assert line.startswith("most_dollars: found watches that may cost $")
    assert "a month, the dearest being all ($" in line
    assert "expected at most $100: look less often (`every`, `idle_every`)" in line
    allowing = int(line.rpartition("most_dollars: ")[2].strip("`"))
    assert told(compiled(tmp_path, watches, most_dollars=allowing)) == []
    (other,) = told(compiled(tmp_path, watches, most_dollars=allowing // 2))
    assert f"at most ${allowing // 2:,}" in other


def test_the_dearest_is_what_costs_most_and_not_what_calls_most(tmp_path: Path) -> None:
    """One that asks for many jobs by id is slow; a lane of its own in each account is dear."""
    watches = {
        "calls": {"source": SES, "jobs": [f"job-{n}" for n in range(1_000)], "every": "1 minute"},
        "places": {"source": "comprehend.topics-detection-jobs", "accounts": accounts(500)},
    }
    (line,) = told(compiled(tmp_path, watches, most_dollars=10))
    assert re.search(r"being places \(\$\d+\.\d\d alone\) and calls \(\$\d+\.\d\d alone\)", line)


def test_more_than_can_be_allowed_is_not_suggested(tmp_path: Path) -> None:
    everywhere = {"accounts": accounts(900), "regions": ["us-east-1", "eu-west-1"]}
    (line,) = told(compiled(tmp_path, {"w": {"source": "*", "every": "10 seconds", **everywhere}}))
    assert line.endswith("look less often (`every`, `idle_every`) or at fewer sources")


@pytest.mark.parametrize(
    ("value", "meant"),
    [("$100", "100"), ("100 dollars", "100"), ("1,000", "1000"), ("0", None), ("much", None)],
)
def test_the_bound_is_whole_dollars(tmp_path: Path, value: str, meant: str | None) -> None:
    with pytest.raises(Mistakes) as raised:
        compiled(tmp_path, {"w": {"source": SES}}, most_dollars=value)
    (mistake,) = raised.value.mistakes
    assert (mistake.key, mistake.nearest) == ("most_dollars", meant)
    assert mistake.expected == "whole dollars from 1 to 1,000,000"


def test_thousands_of_watches_are_reckoned_in_a_moment(tmp_path: Path) -> None:
    watches = {f"w{n}": {"source": SES, "every": f"{n % 40 + 1} minutes"} for n in range(3_000)}
    found = compiled(tmp_path, watches, most_dollars=1)
    before = time.process_time()
    assert [*too_dear(found, reckon(found))]
    assert time.process_time() - before < 2
