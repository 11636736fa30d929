"""What the commands that read the table say of the deployed stack, in the shell."""

import csv
import io
import json
import subprocess
import sys
from typing import Any

from demo.harness import Harness
from demo.player import Received
from tests.local.shell import ROOT
from tests.local.short_story import BROKEN


def jobwatch(harness: Harness, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "operate", *words],
        cwd=ROOT,
        env=harness.aws.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def told(harness: Harness, *words: str) -> Any:
    done = jobwatch(harness, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_jobs_are_those_of_the_table_by_status(harness: Harness, received: Received) -> None:
    assert received.events
    stored = {
        (item["pk"]["S"], item["sk"]["S"]): item["status"]["S"]
        for item in harness.items()
        if item["sk"]["S"].startswith("job#")
    }
    found = told(harness, "jobs", "--limit", "1000")
    assert len(found["jobs"]) == len(stored) > 3
    failed = told(harness, "jobs", "--failed", "--since", "24h")["jobs"]
    assert BROKEN.id in {job["job_id"] for job in failed}
    assert {job["status"] for job in failed} <= {"FAILED", "PARTIAL"}
    rows = [*csv.DictReader(io.StringIO(jobwatch(harness, "jobs", "--csv").stdout))]
    assert {row["job_id"] for row in rows} == {job["job_id"] for job in found["jobs"]}


def test_a_job_has_the_steps_of_which_events_told(harness: Harness, received: Received) -> None:
    (job,) = told(harness, "job", BROKEN.id)["jobs"]
    events = [each.detail for each in received.events if each.detail["job_id"] == BROKEN.id]
    steps = [(step["status"], step["raw_status"]) for step in job["history"] if step["event"]]
    assert steps == list(dict.fromkeys((each["status"], each["raw_status"]) for each in events))
    shown = jobwatch(harness, "job", BROKEN.id)
    assert shown.returncode == 0
    assert "History (UTC)" in shown.stdout


def test_the_status_is_that_of_every_watch(harness: Harness, received: Received) -> None:
    assert received.events
    found = told(harness, "status")
    names = {each["watch"] for each in found["watches"]}
    assert {event.detail["watch"] for event in received.events} <= names
    assert [each for each in found["watches"] if each["never_read"]] == []
    assert [each for each in found["watches"] if each["polled_at"] is None] == []
    assert "not of late" not in jobwatch(harness, "status").stdout
    assert {lane["service"] for lane in found["lanes"]} >= {"sesv2", "dataexchange"}
    assert max(map(len, jobwatch(harness, "status").stdout.splitlines())) <= 100
