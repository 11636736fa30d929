"""Which of our statuses a service's own one is, as far as the words of it tell."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from operate.draft.names import words

_RULES: tuple[tuple[str, str], ...] = (
    ("CANCELLED", r"^delet(e|ed|ing|ion)\b"),  # the record, whatever becomes of that
    ("PARTIAL", r"partial|with ?(error|failure|issue|warning|exception|violation)|^warn"),
    ("PARTIAL", r"^incomplete$"),
    ("RUNNING", r"in ?pro(gress|cess)|(stop|cancel|rollback|update) ?(requested|pending)"),
    ("FAILED", r"(fail|error)(ed|ure)?\b|\bfault|timed? ?out|timeout|expired|invalid|interrupted"),
    ("FAILED", r"impaired|roll(ed)? ?back( ?(complete|succe))?(d|ed|ssful)?$"),
    ("CANCELLED", r"(cancel|abort|stop)\w* (complete|success|succeed)"),
    ("PENDING", r"not ?started|^(pending|queu|submi|initiali|receiv|waiting|schedul|request)"),
    ("PENDING", r"^(preparing for|accepted|created|new|ready|runnable|initiated|holding|pend)"),
    ("PENDING", r"(create|start|redrive)? ?pending$|queued$"),
    ("RUNNING", r"ing\b|^(started|paused|suspended|validated|active|retry|running)"),
    ("CANCELLED", r"cancell?ed|stopped|aborted|terminated|superseded|skipped|rejected"),
    ("CANCELLED", r"obsolete|archived|purged|^inactive"),
    ("SUCCEEDED", r"complete|succe|finished|^done|^pass(ed)?$|\bavailable|generated|fulfilled"),
)
"""The first that fits counts."""
_DOUBTFUL = re.compile(r"^(active|available|deleted|expired|ready|rejected|skipped|updated)$")
_VALUE = re.compile("[A-Z][A-Z_ -]{2,40}|[A-Z]?[a-z]{3,20}(_[a-z]+)*")
_ENDED_WELL = "SUCCEEDED"
_ORDER = ("PENDING", "RUNNING", "SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED")


class Placed(NamedTuple):
    """Statuses by ours, those that more than one of ours may be, and those that no word tells."""

    statuses: dict[str, list[str]]
    doubtful: tuple[str, ...]
    unknown: tuple[str, ...]


def place(values: Iterable[str]) -> Placed:
    """Place each of a service's statuses by its words."""
    found = {value: _status(value) for value in values}
    if _ENDED_WELL not in found.values():
        # Where nothing else is how it ends well, a thing that is there has been made.
        found |= {value: _ENDED_WELL for value in found if _plain(value) == "active"}
    return Placed(
        {ours: named for ours in _ORDER if (named := [v for v, o in found.items() if o == ours])},
        tuple(value for value in found if _DOUBTFUL.match(_plain(value))),
        tuple(value for value, ours in found.items() if ours is None),
    )


def told(documentation: str) -> tuple[str, ...]:
    """Give the statuses that a text names, as code or one after the other."""
    text = re.sub(r"&gt;|<[^>]*>", "|", documentation)
    found = (each.strip(" .,:;\n") for each in re.split(r"[|>:]|\bor\b|-or-", text))
    return tuple(dict.fromkeys(each for each in found if _VALUE.fullmatch(each) and _status(each)))


def _plain(value: str) -> str:
    return " ".join(words(value))


def _status(value: str) -> str | None:
    said = _plain(value)
    return next((ours for ours, pattern in _RULES if re.search(pattern, said)), None)
