"""The list of what is assumed of AWS, and the script that checks it, name the same rows."""

import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from operate.conformance.__main__ import conclude
from operate.conformance.clock import overlaps
from operate.conformance.findings import Check, Finding, Unseen, Verdict, Wrong
from operate.conformance.run import CHECKS, DEPLOY, DESTROY

PAGE = (Path(__file__).parents[1] / "docs" / "aws.md").read_text(encoding="utf-8")
ROWS = {
    cells[1].strip(): [cell.strip() for cell in cells[2:-1]]
    for cells in (line.split("|") for line in PAGE.splitlines() if re.match(r"\| [A-Z]+-\d", line))
}
CHECKED = [DEPLOY, *(check.row for check in CHECKS), DESTROY]


def test_no_id_is_given_twice() -> None:
    ids = re.findall(r"^\| ([A-Z]+-\d+) \|", PAGE, re.MULTILINE)
    assert len(ids) == len(set(ids)) == len(ROWS)
    assert len(CHECKED) == len(set(CHECKED))


def test_the_script_checks_just_the_rows_that_say_so() -> None:
    said = {row for row, cells in ROWS.items() if cells[2].startswith("`make conformance`")}
    assert set(CHECKED) == said


@pytest.mark.parametrize("row", ROWS)
def test_every_row_says_where_aws_says_it_and_how_it_is_checked(row: str) -> None:
    assumed, source, checked = ROWS[row]
    assert assumed.endswith(".")
    assert "https://docs.aws.amazon.com/" in source or "not established" in source
    assert any(word in checked for word in ("`make conformance`", "by hand: ", "nothing to check"))


def _check(error: Exception) -> Finding:
    def look(_: object) -> str:
        raise error

    return Check("X-1", "It holds", look).hold(None)


def test_a_refusal_of_our_own_calls_says_nothing_about_aws() -> None:
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetThing")
    assert _check(refused).verdict is Verdict.UNSEEN
    assert _check(KeyError("Thing")).verdict is Verdict.UNSEEN
    assert _check(Unseen("nothing ran")).verdict is Verdict.UNSEEN
    assert _check(Wrong("it does not")) == Finding("X-1", "It holds", Verdict.WRONG, "it does not")


@pytest.mark.parametrize(
    ("verdicts", "code", "said"),
    [
        ([Verdict.OK, Verdict.OK], 0, "2 ok."),
        ([Verdict.OK, Verdict.UNSEEN], 3, "1 ok, 1 could not look."),
        ([Verdict.UNSEEN, Verdict.WRONG], 1, "1 wrong, 1 could not look."),
    ],
)
def test_the_exit_code_tells_what_was_found(verdicts: list[Verdict], code: int, said: str) -> None:
    lines: list[str] = []
    findings = [Finding("X-1", "It holds", verdict, "") for verdict in verdicts]
    assert conclude(findings, lines.append) == code
    assert lines[0] == said


def test_runs_that_overlap_are_counted() -> None:
    assert overlaps([(0, 1), (1, 2), (2.5, 3)]) == 0
    assert overlaps([(2.5, 3), (0, 1), (0.5, 2)]) == 1
