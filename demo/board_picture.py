"""Draws the board of a made-up day, light and dark, as docs/images has it.

`python -m demo.board_picture docs/images/board.png docs/images/board-dark.png`
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from demo.board import document, link
from demo.browser import Browser
from demo.local_aws import Trouble
from demo.records import job_id
from infra.config.aws.regions import CONSOLES
from infra.terminal import run_main
from lambdas.board.asked import DARK, LIGHT, Asked
from lambdas.board.look import Found
from lambdas.board.page import page
from lambdas.model import TERMINAL
from lambdas.store.listing import Count
from lambdas.store.remembered import Remembered
from lambdas.times import iso

NOW = datetime(2026, 11, 29, 9, 42, tzinfo=UTC)
HEIGHT = 780
IMPORTS, INFERENCE, DATA = "ses-imports", "batch-inference", "data-exchange-jobs"
SERVICES = {IMPORTS: "ses", INFERENCE: "bedrock", DATA: "dataexchange"}
TO_S3, BY_URL = "EXPORT_ASSETS_TO_S3", "IMPORT_ASSET_FROM_SIGNED_URL"


class Job(NamedTuple):
    """A job: when it was there, in minutes before now, and what is shown of it."""

    watch: str
    name: str | None
    status: str
    began: int
    ended: int = 0
    total: int | None = None
    processed: int | None = None
    failed: int | None = None
    why: str | None = None
    type: str | None = None


SHOWN = (
    Job(DATA, None, "PENDING", 4, type=TO_S3),
    Job(IMPORTS, "newsletter.csv", "FAILED", 31, 9, None, 36_400, 1, "Row 36401 has no address"),
    Job(INFERENCE, "summaries-december", "RUNNING", 12, 0, 31_000, 4_100),
    Job(INFERENCE, "summaries-november", "RUNNING", 68, 0, 120_000, 78_400),
    Job(DATA, None, "FAILED", 104, 44, why="The URL has expired", type=BY_URL),
    Job(INFERENCE, "labels", "PARTIAL", 221, 95, 52_000, 52_000, 37, "37 records are malformed"),
    Job(IMPORTS, "contacts.csv", "SUCCEEDED", 205, 160, None, 120_000),
    Job(DATA, None, "SUCCEEDED", 300, 244, type=TO_S3),
    Job(IMPORTS, "contacts-old.csv", "CANCELLED", 402, 371, None, 120),
    Job(INFERENCE, "translations", "SUCCEEDED", 720, 430, 88_000, 88_000),
    Job(IMPORTS, "loyalty.csv", "SUCCEEDED", 700, 610, None, 12_000),
    Job(DATA, None, "SUCCEEDED", 705, 645, type=BY_URL),
)
"""What is on the picture, newest first."""
BEFORE = (
    *((IMPORTS, "SUCCEEDED", at) for at in (655, 690, 740, 790, 870, 940, 1_000, 1_180, 1_300)),
    *((INFERENCE, "SUCCEEDED", at) for at in (700, 760, 810, 905, 1_020, 1_110, 1_250, 1_400)),
    *((DATA, "SUCCEEDED", at) for at in (880, 930, 1_045, 1_130, 1_330)),
    *((IMPORTS, "PARTIAL", 1_015), (DATA, "FAILED", 1_120), (INFERENCE, "CANCELLED", 1_260)),
)
"""Watch, status and end of further jobs of that day, which are counted and drawn by the hour."""


def jobs() -> Iterator[Remembered]:
    """Give the jobs of the day, newest first."""
    yield from (_remembered(job) for job in SHOWN)
    for watch, status, at in sorted(BEFORE, key=lambda each: each[-1]):
        yield _remembered(Job(watch, None, status, at + 30, at))


def _remembered(job: Job) -> Remembered:
    terminal = job.status in TERMINAL
    began, ended = (NOW - timedelta(minutes=at) for at in (job.began, job.ended))
    since = ended if terminal else began
    console = f"https://eu-west-1.{CONSOLES['aws']}/{SERVICES[job.watch]}/home?region=eu-west-1"
    detail = {
        "account": "111122223333",
        "region": "eu-west-1",
        "job_name": job.name,
        "job_type": job.type,
        "raw_status": job.status,
        "terminal": terminal,
        "created_at": iso(began),
        "progress": {"total": job.total, "processed": job.processed, "failed": job.failed},
        "failure": {"message": job.why},
        "console_url": console,
    }
    return Remembered(
        watch=job.watch,
        job_id=job_id(f"{job.watch} {job.began}"),
        status=job.status,
        since=since,
        moved_at=since,
        stalled=False,
        overrun=False,
        missing=False,
        detail=detail,
        history=(),
        place=None,
    )


def drawn(theme: str) -> str:
    """Write the document of the day."""
    found = [*jobs()]
    counts: dict[str, dict[str, Count]] = {}
    for job in found:
        of = counts.setdefault(job.watch, {})
        of[job.status] = Count(of[job.status].number + 1 if job.status in of else 1, more=False)
    html = page(Found(found, counts), Asked(theme=theme), NOW, link, CONSOLES.values())
    return document(html, theme)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the light picture into the first file, the dark one into the second."""
    files = [Path(each).resolve() for each in arguments or sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="jobwatch-") as name:
        folder = Path(name)
        browser = Browser.find(folder)
        if browser is None or not files:
            print("A file and a browser are needed: apt-get install chromium", file=sys.stderr)
            return 2
        for theme, file in zip((LIGHT, DARK), files, strict=False):
            written = folder / f"{theme}.html"
            written.write_text(drawn(theme), encoding="utf-8")
            try:
                browser.draw(written.as_uri(), file, HEIGHT)
            except Trouble as trouble:
                print(trouble, file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    run_main(main)
