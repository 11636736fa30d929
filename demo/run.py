"""The demonstration: sets everything up, plays the story, and says whether all of it was seen."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from demo import keep, own_jobs, story
from demo.check import distinct, other_faults, verdicts
from demo.deploy import WATCHES
from demo.listen import Alert, Event
from demo.local_aws import ROOT, Trouble
from demo.panels import Inbox, Row, View, read_row, summary
from demo.player import Heard, Story, play
from demo.poller import EVERY
from demo.scene import Scene, set_scene
from demo.show import Stage, Terminal
from demo.world import World, every
from infra.config.plan import compile_plan
from lambdas.alert.wording import body

STORY = Story(story.JOBS, story.THINGS, story.LENGTH, own_jobs.ACTS)
PAGE, THROTTLED = 3, 20
"""Small pages and refused calls, so that paging and retries are part of the show."""


def main(arguments: Sequence[str]) -> int:
    """Run the demonstration; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running afterwards")
    options = parser.parse_args(arguments)
    terminal = Terminal()
    world = World(page_limit=PAGE, fault=every(THROTTLED))
    try:
        with set_scene(world, STORY, terminal.step) as scene:
            heard = perform(terminal, scene)
            agreed = report(terminal, scene, heard)
            if options.keep:
                keep.keep(terminal.console, scene.aws, scene.stack, scene.ears.events_url)
    except Trouble as trouble:
        terminal.fault(str(trouble))
        return 1
    return 0 if agreed else 1


def perform(terminal: Terminal, scene: Scene) -> Heard:
    """Play the story on the terminal."""
    terminal.console.print(
        "The stack polls by its own schedule, every minute. So that you need not wait, it is "
        f"also asked to every {EVERY:.0f} seconds.\n",
        style="dim",
    )
    with terminal.stage() as stage, scene.poller.polling():
        narrator = Narrator(scene, stage, labels())
        return play(STORY, scene.world, scene.aws, scene.ears, narrator.tell)


class Narrator:
    """Tells what is new as it arrives."""

    def __init__(self, scene: Scene, stage: Stage, labels: Mapping[str, str]) -> None:
        """`labels` are how a person calls the jobs of each source."""
        self._scene = scene
        self._stage = stage
        self._labels = labels
        self._inbox: Inbox | None = None

    def tell(
        self, seconds: float, heard: Heard, events: Iterable[Event], alerts: Iterable[Alert]
    ) -> None:
        """Show what was heard, at so many seconds into the story."""
        self._scene.poller.check()
        for event in events:
            self._stage.event(event, heard.names)
        for alert in alerts:
            self._inbox = read_mail(alert, self._labels)
            self._stage.alert(self._inbox)
        self._stage.draw(self._view(seconds, heard))

    def _view(self, seconds: float, heard: Heard) -> View:
        throttled = self._scene.world.refused().total()
        return View(
            clock=(
                f"{seconds:3.0f} of {STORY.length:.0f} s · polls: {self._scene.poller.polls}"
                f" · calls that the services throttled: {throttled}"
            ),
            rows=self._rows(heard.names),
            events=heard.events,
            alerts=len(heard.alerts),
            inbox=self._inbox,
            names=heard.names,
            now=datetime.now(UTC),
        )

    def _rows(self, names: Mapping[str, str]) -> list[Row]:
        rows = (read_row(item, names) for item in self._scene.remembered())
        return [row for row in rows if row]


def labels() -> dict[str, str]:
    """Return how a person calls the jobs of each source."""
    plan = compile_plan(WATCHES, ROOT / "catalogue").plan
    return {name: source.label for name, source in plan.sources.items()}


def read_mail(alert: Alert, labels: Mapping[str, str]) -> Inbox:
    """Return an alert as it reads in an inbox: its own subject, and the text that goes with it."""
    label = labels[alert.attributes["source"]]
    return Inbox(alert.subject, body(alert.attributes["status"], label, alert.details))


def report(terminal: Terminal, scene: Scene, heard: Heard) -> bool:
    """Print what was seen against what the story did; return whether they agree."""
    judged = verdicts(heard.expected, heard.events, heard.alerts)
    texts = {
        "an event": "".join(event.text for event in heard.events),
        "an alert": "".join(alert.text for alert in heard.alerts),
        "the table": str(scene.remembered()),
        "the log": scene.aws.log.read_text(encoding="utf-8", errors="replace"),
    }
    faults = [
        f"{verdict.expected.watch}, {verdict.expected.name}: {fault}"
        for verdict in judged
        for fault in verdict.faults
    ] + other_faults(heard.expected, heard.events, texts)
    terminal.console.print(summary(judged))
    for fault in faults:
        terminal.fault(fault)
    if not faults:
        quiet = sum(job.final is None for job in heard.expected)
        terminal.console.print(
            f"{len(distinct(heard.events))} events, each with an id of its own; "
            f"{len(heard.alerts)} alerts; {quiet} jobs that had ended before were left in peace; "
            "no secret left the services."
        )
    return not faults
