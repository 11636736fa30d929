"""Jobs for the board, a page of them, and what of it a browser takes for elements and text."""

from collections.abc import Sequence
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from infra.config.aws.regions import CONSOLES
from lambdas.board.asked import STATUSES, Asked
from lambdas.board.look import Found
from lambdas.board.page import page
from lambdas.model import TERMINAL
from lambdas.store.listing import Count
from lambdas.store.remembered import Remembered
from lambdas.times import iso
from tests.records import detail
from tests.values import MINUTE, NOW


def remembered(number: int = 0, status: str = "FAILED", **given: Any) -> Remembered:
    """A job that ended so many minutes ago, or that began then; `given` is of its detail."""
    since = NOW - number * MINUTE
    terminal = status in TERMINAL
    usual = {
        "job_id": f"j{number}",
        "status": status,
        "raw_status": status,
        "terminal": terminal,
        "created_at": iso(since - 10 * MINUTE),
        "ended_at": iso(since) if terminal else None,
        "observed_at": iso(since),
        "failure": detail()["failure"] if status == "FAILED" else {"message": None},
    }
    about = detail(**usual | given)
    return Remembered(
        watch=about["watch"],
        job_id=about["job_id"],
        status=about["status"],
        since=since,
        moved_at=since,
        stalled=False,
        overrun=False,
        missing=False,
        detail=about,
        history=(),
        place=None,
    )


def found(jobs: Sequence[Remembered], **more: Any) -> Found:
    """What is read where these are all jobs that there are."""
    counts: dict[str, dict[str, Count]] = {}
    for job in jobs:
        of = counts.setdefault(job.watch, {})
        before = of.get(job.status, Count(0, more=False))
        of[job.status] = Count(before.number + 1, more=False)
    return Found([*jobs], **{"counts": counts} | more)


def button(label: str, asked: Asked) -> str:
    """A button that says what it asks for."""
    words = " ".join(f"{name}={value}" for name, value in asked.words.items())
    return f'<a class="btn" data-asks="{words}">{label}</a>'


ANY = Asked()


def board(read: Found, asked: Asked = ANY) -> str:
    """Write the page of what was read."""
    return page(read, asked, NOW, button, CONSOLES.values())


class Read(HTMLParser):
    """What a browser makes of HTML: elements with their attributes, and text, a cell a line."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        self.text += "\n" if tag in ("td", "tr", "br", "p", "div", "svg", "title") else ""

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    @property
    def tags(self) -> set[str]:
        """The names of the elements."""
        return {tag for tag, _ in self.elements}

    def having(self, attribute: str) -> list[str]:
        """Give the values of an attribute."""
        values = (attributes.get(attribute) for _, attributes in self.elements)
        return [value for value in values if value is not None]


def varied(count: int) -> list[Remembered]:
    """Jobs of three watches and all statuses, newest first, one every few minutes."""
    step = timedelta(hours=23) / max(count, 1) / MINUTE
    jobs = []
    for number in range(count):
        status = STATUSES[number % len(STATUSES)]
        watch = ("ses-imports", "ses-exports", "data-exchange")[number % 3]
        progress = {"total": 400, "processed": number % 401, "failed": number % 2}
        more = {"watch": watch, "job_name": f"Job {number}", "progress": progress}
        jobs.append(remembered(round(number * step), status, job_id=f"id-{number}", **more))
    return jobs
