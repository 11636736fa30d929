"""The demonstration: sets everything up, plays the story, and says whether all of it was seen."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from demo import keep, own_jobs, story
from demo.check import distinct, other_faults, verdicts
from demo.deploy import WATCHES
from demo.harness import Harness, set_up
from demo.listen import Alert, Event
from demo.local_aws import ROOT, Trouble
from demo.panels import Inbox, Row, View, read_row, screen, summary
from demo.picture import picture
from demo.player import Received, Story
from demo.poller import EVERY
from demo.show import Display, Terminal
from demo.world import World, every
from infra.config.plan import compile_plan
from lambdas.alert.wording import body
from lambdas.plan import Source

STORY = Story(story.JOBS, story.PARENTS, story.LENGTH, own_jobs.ACTIONS)
PAGE, THROTTLED = 3, 20
"""Small pages and refused calls, so that paging and retries are part of it."""
FULLEST, HEIGHT = 33.0, 39
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
        with set_up(world, STORY, terminal.step) as harness:
            received = perform(terminal, harness, options.picture)
            agreed = report(terminal, harness, received)
            if options.keep:
                keep.keep(terminal.console, harness.aws, harness.stack, harness.listener.events_url)
    except Trouble as trouble:
        terminal.fault(str(trouble))
        return 1
    return 0 if agreed else 1


def perform(terminal: Terminal, harness: Harness, file: Path | None) -> Received:
    """Play the story on the terminal; draw a picture of it into a file, if there is one."""
    terminal.console.print(
        "The stack polls by its own schedule, every minute. So that you need not wait, it is "
        f"also asked to every {EVERY:.0f} seconds.\n",
        style="dim",
    )
    with terminal.display() as display, harness.poller.polling():
        presenter = Presenter(harness, display, sources(), file)
        return harness.play(STORY, presenter.show)


class Presenter:
    """Shows what is new as it arrives."""

    def __init__(
        self,
        harness: Harness,
        display: Display,
        sources: Mapping[str, Source],
        file: Path | None = None,
    ) -> None:
        """Take from `sources`, by name, how a person calls their jobs and what these count."""
        self._harness = harness
        self._display = display
        self._sources = sources
        self._inbox: Inbox | None = None
        self._file = file

    def show(
        self, seconds: float, received: Received, events: Iterable[Event], alerts: Iterable[Alert]
    ) -> None:
        """Show what was received, at so many seconds into the story."""
        self._harness.poller.check()
        for event in events:
            self._display.event(event, received.names)
        for alert in alerts:
            self._inbox = read_mail(alert, self._sources)
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
            rows=self._rows(received.names),
            events=received.events,
            alerts=len(received.alerts),
            inbox=self._inbox,
            names=received.names,
            now=datetime.now(UTC),
        )

    def _rows(self, names: Mapping[str, str]) -> list[Row]:
        rows = (read_row(item, names) for item in self._harness.items())
        return [row for row in rows if row]


def sources() -> Mapping[str, Source]:
    """Return the sources that are watched, by name."""
    return compile_plan(WATCHES, ROOT / "catalogue").plan.sources


def read_mail(alert: Alert, sources: Mapping[str, Source]) -> Inbox:
    """Return an alert as it reads in an inbox: its own subject, and the text that goes with it."""
    source = sources[alert.attributes["source"]]
    text = body(alert.attributes["status"], source.label, alert.details, source.unit)
    return Inbox(alert.subject, text)


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
    terminal.console.print(summary(judged))
    for fault in faults:
        terminal.fault(fault)
    if not faults:
        quiet = sum(job.final is None for job in received.expected)
        terminal.console.print(
            f"{len(distinct(received.events))} events, each with an id of its own; "
            f"{len(received.alerts)} alerts; {quiet} jobs had ended before and stayed quiet; "
            "no secret left the services."
        )
    return not faults
