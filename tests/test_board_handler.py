"""The function behind the board, as CloudWatch calls it: what it answers, and what it reads."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lambdas.board.asked import STATUSES, Asked
from lambdas.board.look import MOST_JOBS, MOST_WATCHES, UNFINISHED, look
from lambdas.store.listing import Listing
from tests.board import Read
from tests.flow import Flow, flow_of
from tests.functions import Context, Functions, functions_of
from tests.values import DAY, HOUR

WATCHES: dict[str, Any] = {
    "exports": {"source": "sesv2.export-jobs"},
    "imports": {"source": "sesv2.import-jobs"},
}
WIDGET = {"widgetContext": {"theme": "dark", "dashboardName": "Jobwatch-eu-west-1"}}


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    with functions_of(tmp_path, monkeypatch, WATCHES) as functions:
        functions.flow.now = datetime.now(UTC)
        yield functions


def happen(flow: Flow, source: str, *statuses: str, **more: Any) -> None:
    """Have jobs of these statuses be there, and polled."""
    flow.poll()
    for number, status in enumerate(statuses):
        flow.apis[source].put(f"job-{number}", status, CreatedTimestamp=flow.now, **more)
    flow.poll()


def test_it_answers_with_the_jobs_that_are_remembered(functions: Functions) -> None:
    happen(functions.flow, "sesv2.import-jobs", "FAILED", "PROCESSING", "COMPLETED")
    html = functions.start("board")(WIDGET, Context())
    read = Read(html)
    assert {"job-0", "job-1", "job-2"} <= {*read.text.split("\n")}
    assert {*read.having("endpoint")} == {Context.invoked_function_arn}


def test_it_answers_with_what_is_asked_for(functions: Functions) -> None:
    happen(functions.flow, "sesv2.import-jobs", "FAILED", "PROCESSING")
    handler = functions.start("board")

    def jobs(**words: Any) -> set[str]:
        return {"job-0", "job-1"} & {
            *Read(handler({**WIDGET, **words}, Context())).text.split("\n")
        }

    assert jobs(status="FAILED") == {"job-0"}
    assert jobs(status="RUNNING") == {"job-1"}
    assert jobs(watch="imports") == {"job-0", "job-1"}
    assert jobs(watch="exports") == set()
    assert jobs(watch="nobody's", status="<script>", page=[]) == {"job-0", "job-1"}


def test_its_colours_are_those_of_the_console(functions: Functions) -> None:
    handler = functions.start("board")
    dark = handler(WIDGET, Context())
    assert dark != handler({"widgetContext": {"theme": "light"}}, Context())
    for event in ({}, None, {"widgetContext": "dark"}, {"theme": "dark"}):
        assert "#ffffff" in handler(event, Context())


def test_it_describes_its_words_without_reading_anything(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TABLE_NAME")
    said = functions.start("board")({"describe": True}, Context())
    rows = {
        cells[1].strip(): cells[2] for line in said.split("\n") if (cells := line.split("|"))[1:]
    }
    assert {"`status`", "`watch`", "`page`"} <= rows.keys()
    assert [word for word in STATUSES if word not in rows["`status`"]] == []


def test_it_writes_nothing(functions: Functions) -> None:
    flow = functions.flow
    happen(flow, "sesv2.import-jobs", "FAILED")
    before = flow.items()
    functions.start("board")(WIDGET, Context())
    assert flow.items() == before


def listing(flow: Flow) -> Listing:
    return Listing(flow.dynamodb, "seen", ThreadPoolExecutor(1))


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    with flow_of(tmp_path, {"imports": WATCHES["imports"]}) as flow:
        yield flow


def test_a_job_that_ended_longer_ago_than_a_day_is_not_shown_and_one_that_runs_is(
    flow: Flow,
) -> None:
    happen(flow, "sesv2.import-jobs", "FAILED", "PROCESSING", "CREATED")
    later = flow.now + DAY + HOUR
    shown = look(listing(flow), ["imports"], Asked(), later)
    assert {job.status for job in shown.jobs} == {*UNFINISHED}
    assert shown.ended_from is None
    counts = {status: count.number for status, count in shown.counts["imports"].items()}
    assert counts == {**dict.fromkeys(STATUSES, 0), "RUNNING": 1, "PENDING": 1}


@pytest.mark.parametrize("later", [HOUR, 3 * DAY])
def test_a_job_in_a_status_that_nobody_knew_is_shown_once_while_it_may_run(
    flow: Flow, later: timedelta
) -> None:
    happen(flow, "sesv2.import-jobs", "REHEARSING")
    for status in (None, "UNKNOWN"):
        shown = look(listing(flow), ["imports"], Asked(status=status), flow.now + later)
        assert [job.detail["raw_status"] for job in shown.jobs] == ["REHEARSING"]
    assert not look(listing(flow), ["imports"], Asked(status="FAILED"), flow.now + later).jobs


def test_a_job_in_a_status_that_nobody_knew_is_shown_behind_many_that_are_gone(flow: Flow) -> None:
    """Those have that status, too, and have ended: of them no more are there to be shown."""
    flow.poll()
    api = flow.apis["sesv2.import-jobs"]
    api.put("strange", "REHEARSING", CreatedTimestamp=flow.now)
    for number in range(MOST_JOBS + 1):
        api.put(f"gone-{number}", "PROCESSING", CreatedTimestamp=flow.now)
    flow.poll()
    for number in range(MOST_JOBS + 1):
        del api.jobs[f"gone-{number}"]
    for _ in range(3):
        flow.poll()
    shown = look(listing(flow), ["imports"], Asked(), flow.now + 3 * DAY)
    assert ([job.job_id for job in shown.jobs], shown.whole) == (["strange"], True)


def test_however_many_jobs_there_are_so_many_are_read(flow: Flow) -> None:
    happen(flow, "sesv2.import-jobs", *["COMPLETED"] * (MOST_JOBS + 60))
    asked: Counter[str] = Counter()
    events = flow.dynamodb.meta.events
    events.register("before-call.dynamodb", lambda model, **_: asked.update([model.name]))
    shown = look(listing(flow), ["imports"], Asked(), flow.now + timedelta(seconds=1))
    assert len(shown.jobs) == MOST_JOBS
    assert not shown.whole
    assert shown.ended_from == shown.jobs[-1].since, "no more is known of what ended earlier"
    assert shown.counts["imports"]["SUCCEEDED"].number == MOST_JOBS + 60
    assert asked["BatchGetItem"] <= 4
    assert asked["Query"] <= 20


def test_of_a_job_no_more_is_kept_than_is_shown(flow: Flow) -> None:
    """Of nine hundred jobs, details in which each text has an emoji take all of its memory."""
    source = {"ImportDataSource": {"S3Url": "s3://bucket/\N{PARTY POPPER}", "DataFormat": "CSV"}}
    failure = {"FailureInfo": {"ErrorMessage": "The file has a malformed row"}}
    happen(flow, "sesv2.import-jobs", "FAILED", **source, **failure)
    (stored,) = listing(flow).jobs(["imports"], ["FAILED"]).jobs
    (job,) = look(listing(flow), ["imports"], Asked(), flow.now + timedelta(seconds=1)).jobs
    assert stored.detail["details"]
    assert (job.detail["details"], job.detail["failure"]["details"]) == ({}, [])
    assert job.detail["failure"]["message"] == stored.detail["failure"]["message"] is not None


def test_of_very_many_watches_some_are_looked_at_and_each_that_is_asked_for(flow: Flow) -> None:
    names = [f"watch-{number:03}" for number in range(3 * MOST_WATCHES)]
    shown = look(listing(flow), names, Asked(), flow.now)
    assert [*shown.counts] == names[:MOST_WATCHES]
    assert shown.left_out == 2 * MOST_WATCHES
    other = look(listing(flow), names, Asked(watch=names[-1]), flow.now)
    assert [*other.counts] == [names[-1]]
    assert {*look(listing(flow), names, Asked(watch=names[0]), flow.now).counts} == {
        *names[:MOST_WATCHES]
    }


def test_jobs_come_newest_first_whatever_their_statuses_are(flow: Flow) -> None:
    happen(flow, "sesv2.import-jobs", "FAILED", "PROCESSING")
    flow.apis["sesv2.import-jobs"].put("late", "COMPLETED", CreatedTimestamp=flow.now)
    flow.poll()
    shown = look(listing(flow), ["imports"], Asked(), flow.now)
    first, *others = (job.job_id for job in shown.jobs)
    assert (first, len(others)) == ("late", 2)
