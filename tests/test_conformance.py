"""The list of what is assumed of AWS, and the script that checks it, name the same rows."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError

from lambdas.apis.jobs import read_job
from lambdas.model import Change, Scope, StoredJob
from lambdas.poll.event import job_detail
from operate.conformance.__main__ import conclude
from operate.conformance.changes import SOURCE, detail
from operate.conformance.clock import overlaps
from operate.conformance.findings import Check, Finding, Unseen, Verdict, Wrong
from operate.conformance.run import CHECKS, DEPLOY, DESTROY
from tests.rows import sources_of
from tests.values import NOW

if TYPE_CHECKING:
    from operate.conformance.trial import Trial

PAGE = (Path(__file__).parents[1] / "docs" / "aws.md").read_text(encoding="utf-8")
ROWS = {
    cells[1].strip(): [cell.strip() for cell in cells[2:-1]]
    for cells in (line.split("|") for line in PAGE.splitlines() if re.match(r"\| [A-Z]+-\d", line))
}
CHECKED = [DEPLOY, *(check.row for check in CHECKS), DESTROY]


def test_a_change_that_is_made_by_hand_has_the_shape_of_one_that_poll_stores(
    tmp_path: Path,
) -> None:
    source = sources_of(tmp_path, SOURCE)[SOURCE]
    job = read_job(source, {"ExportArn": "a", "ExportStatus": "FAILED"}, NOW)
    assert job is not None
    scope = Scope("w", SOURCE, "111122223333", "eu-west-1")
    after = StoredJob("a", job.raw_status, job.status, job.progress, version=1, moved_at=NOW)
    stored = job_detail(scope, source, Change(None, after, job, None), NOW, None)
    trial = cast("Trial", SimpleNamespace(stack="s", account="1", region="r"))
    by_hand = detail(trial, "a", "FAILED", NOW)
    assert set(by_hand) == set(stored)
    for part in ("progress", "failure"):
        assert set(by_hand[part]) == set(stored[part])


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
