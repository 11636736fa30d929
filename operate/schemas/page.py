"""Writes what docs/events.md shows of each detail type out of its example."""

import json
from pathlib import Path

from infra.pages import between
from lambdas.alert.bus import DETAIL_TYPE as JOB_ALERT
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    RUN_ARRIVED,
    RUN_MISSING,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from operate.schemas.examples import example
from operate.schemas.generated import TYPES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "events.md"
START, END = "<!-- from the examples: begin -->\n", "<!-- from the examples: end -->\n"
WHEN = {
    JOB_STATUS_CHANGE: (
        "The status of a job changed, ours or the service's own, or a job was seen for the first "
        "time. An end has `terminal: true`: no other comes of the job then, unless it runs or "
        "shows up again. A status that came and went between two polls is not told; the last one "
        "always is."
    ),
    JOB_STALLED: (
        "An unfinished job showed no change of status or progress for `stalled_after`; once, "
        "until it moves again."
    ),
    JOB_OVERRUNNING: "An unfinished job is older than `max_duration`; once, whatever it does then.",
    WATCH_UNREACHABLE: (
        "A scope, which is a place where a watch looks, could not be read in three polls in a "
        "row; once, until it can be read again."
    ),
    WATCH_RECOVERED: (
        "That scope could be read again. What its jobs became meanwhile comes as events of their "
        "own."
    ),
    RUN_MISSING: (
        "No job of the watch succeeded as `expect` says; once, and never while the watch could "
        "not be read."
    ),
    RUN_ARRIVED: "The run that was missing came after all.",
    JOB_ALERT: (
        "On the topic, not on the bus: what queues, functions and HTTP endpoints get of an alert. "
        "Each of `alerts` is the `detail` of an event, and beside it what people read."
    ),
}
"""When each comes."""


def events_page(page: str) -> str:
    """Give docs/events.md anew."""
    return between(page, START, END, "\n" + "\n".join(map(_section, TYPES)))


def _section(detail_type: str) -> str:
    text = json.dumps(example(detail_type), indent=2, ensure_ascii=False)
    file = f"{detail_type.lower().replace(' ', '-')}.json"
    return (
        f"### {detail_type}\n\n{WHEN[detail_type]} [Schema](schemas/{file}).\n\n"
        f"<details><summary>One of them</summary>\n\n```json\n{text}\n```\n\n</details>\n"
    )
