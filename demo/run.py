"""The demonstration: sets everything up, plays the story, and says whether all of it was seen."""

import argparse
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from demo import keep, own_jobs, story
from demo.board import serve
from demo.check import distinct, other_faults, verdicts
from demo.harness import Harness, set_up
from demo.listen import Alert, Event
from demo.local_aws import Trouble
from demo.panels import Inbox, Row, View, read_row, screen, summary
from demo.picture import picture
from demo.player import Received, Story
from demo.poller import EVERY
from demo.show import Display, Terminal
from demo.world import World, every
from infra.config.files.durations import spoken

STORY = Story(story.JOBS, story.PARENTS, story.LENGTH, own_jobs.ACTIONS, story.LATE)
PAGE, THROTTLED = 3, 20
"""Small pages and refused calls, so that paging and retries are part of it."""
FULLEST, HEIGHT = 28.0, 39
"""When the screen has most to show, in seconds, and the lines that a picture of it has."""
PICTURE = (
    "A terminal: a table of jobs with status and progress, events as they arrive on the bus, and "
    "the newest alert as it reads in an inbox."
)


def main(arguments: Sequence[str]) -> int:
    """Run the demonstration; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running afterwards")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw the screen at its fullest as SVG"
    )
    options = parser.parse_args(arguments)
    terminal = Terminal()
    world = World(page_limit=PAGE, fault=every(THROTTLED))
    try:
        with set_up(world, STORY, terminal.step) as harness, board(harness) as address:
            if options.keep:
                terminal.console.print(f"The board of jobs: {address}", style="bold")
            received = perform(terminal, harness, options.picture)
            agreed = report(terminal, harness, received)
            if options.keep:
                keep.keep(terminal.console, harness, address)
    except Trouble as trouble:
        terminal.fault(str(trouble))
        return 1
    return 0 if agreed else 1


def board(harness: Harness) -> AbstractContextManager[str]:
    """Serve what the dashboard shows of jobs; give the address."""
    return serve(harness.aws.client("dynamodb"), harness.stack.table, harness.plan)


def perform(terminal: Terminal, harness: Harness, file: Path | None) -> Received:
    """Play the story on the terminal; draw a picture of it into a file, if there is one."""
    terminal.console.print(
        "The stack polls by its own schedule, every minute. So that you need not wait, it is "
        f"also asked to every {spoken(EVERY).removeprefix('1 ')}.\n",
        style="dim",
    )
    with terminal.display() as display, harness.poller.polling():
        presenter = Presenter(harness, display, file)
        return harness.play(STORY, presenter.show)


class Presenter:
    """Shows what is new as it arrives."""

    def __init__(self, harness: Harness, display: Display, file: Path | None = None) -> None:
        self._harness = harness
        self._display = display
        self._inbox: Inbox | None = None
        self._file = file

    def show(
        self, seconds: float, received: Received, events: Iterable[Event], alerts: Iterable[Alert]
    ) -> None:
        """Show what was received, at so many seconds into the story."""
        self._harness.poller.check()
        for event in events:
            self._display.event(event)
        for alert in alerts:
            self._inbox = read_mail(alert)
            self._display.alert(self._inbox)
        view = self._view(seconds, received)
        self._display.draw(view)
        if self._file and seconds >= FULLEST:
            drawn = picture(screen(view, HEIGHT), "The demonstration of Jobwatch", PICTURE)
            self._file.write_text(drawn, encoding="utf-8")
            self._file = None

    def _view(self, seconds: float, received: Received) -> View:
        throttled = self._harness.world.refused().total()
        return View(
            clock=(
                f"{seconds:3.0f} of {STORY.length:.0f} s · polls: {self._harness.poller.polls}"
                f" · calls that the services throttled: {throttled}"
            ),
            rows=rows_of(self._harness),
            events=received.events,
            alerts=len(received.alerts),
            inbox=self._inbox,
            now=datetime.now(UTC),
        )


def rows_of(harness: Harness) -> list[Row]:
    """Return the jobs that the stack remembers."""
    rows = (read_row(item) for item in harness.items())
    return [row for row in rows if row]


def read_mail(alert: Alert) -> Inbox:
    """Return an alert as it reads in an inbox: its own subject, and the text that goes with it."""
    text = "\n".join(str(detail["text"]) for detail in alert.details)
    return Inbox(alert.subject, text, over=alert.attributes["state"] == "resolved")


def report(terminal: Terminal, harness: Harness, received: Received) -> bool:
    """Print what was seen against what the story did; return whether they agree."""
    judged = verdicts(received.expected, received.events, received.alerts)
    texts = {
        "an event": "".join(event.text for event in received.events),
        "an alert": "".join(alert.text for alert in received.alerts),
        "the table": str(harness.items()),
        "the log": harness.aws.log.read_text(encoding="utf-8", errors="replace"),
    }
    faults = [
        f"{verdict.expected.watch}, {verdict.expected.name}: {fault}"
        for verdict in judged
        for fault in verdict.faults
    ] + other_faults(received.expected, received.events, texts)
    terminal.console.print(summary(judged, {row.job_id: row.name for row in rows_of(harness)}))
    for fault in faults:
        terminal.fault(fault)
    if not faults:
        quiet = sum(job.final is None and not job.told for job in received.expected)
        terminal.console.print(
            f"{len(distinct(received.events))} events, each with an id of its own; "
            f"{len(received.alerts)} alerts; {quiet} jobs had ended before and stayed quiet; "
            "no secret left the services."
        )
    return not faults
