"""Compares what was received with what the story did. Pure functions."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from demo.listen import Alert, Event
from demo.records import SECRETS
from demo.timeline import Expected

CHANGE = "Job Status Change"
Job = tuple[str, str]


@dataclass(frozen=True)
class Verdict:
    """What was received of one job, and what of that is wrong."""

    expected: Expected
    seen: tuple[str, ...]
    status: str | None
    told: tuple[str, ...]
    opened: int
    resolved: int
    faults: tuple[str, ...]


def distinct(events: Iterable[Event]) -> list[Event]:
    """Return the events without repeats: an event may come twice, with the same id."""
    return list({event.detail["id"]: event for event in events}.values())


def complete(
    expected: Iterable[Expected], events: Sequence[Event], alerts: Sequence[Alert]
) -> bool:
    """Say whether all that must be received was."""
    return not any(verdict.faults for verdict in verdicts(expected, events, alerts))


def verdicts(
    expected: Iterable[Expected], events: Iterable[Event], alerts: Iterable[Alert]
) -> list[Verdict]:
    """Judge each job of the story."""
    received: dict[Job, list[Event]] = {}
    for event in distinct(events):
        received.setdefault(event.job, []).append(event)
    alerted: defaultdict[tuple[Job, str], set[str]] = defaultdict(set)
    for detail in (detail for alert in alerts for detail in alert.details):
        job = detail["watch"], detail.get("job_id", "")
        alerted[job, detail["state"]].add(detail["id"])
    return [
        _verdict(
            job,
            received.get((job.watch, job.job_id), []),
            *(len(alerted[(job.watch, job.job_id), state]) for state in ("open", "resolved")),
        )
        for job in expected
    ]


def _verdict(job: Expected, events: Sequence[Event], opened: int, resolved: int) -> Verdict:
    changes = [event.detail for event in events if event.type == CHANGE]
    found = Verdict(
        job,
        seen=tuple(detail["raw_status"] for detail in changes),
        status=changes[-1]["status"] if changes else None,
        told=tuple(event.type for event in events if event.type != CHANGE),
        opened=opened,
        resolved=resolved,
        faults=(),
    )
    return replace(found, faults=tuple(_faults(found)))


def _faults(found: Verdict) -> Iterable[str]:
    job = found.expected
    if job.final is None and found.seen:
        yield "it was to be quiet"
    if found.status != job.final:
        yield f"it ended as {found.status}, not as {job.final}"
    if not _in_order(found.seen, job.statuses):
        yield f"the service's order is {' → '.join(job.statuses)}"
    if found.told != job.told:
        yield f"told was {found.told}, not {job.told}"
    if (found.opened, found.resolved) != (job.opened, job.resolved):
        yield f"{found.opened} alerts, {found.resolved} over, not {job.opened}, {job.resolved} over"


def _in_order(seen: Iterable[str], statuses: Iterable[str]) -> bool:
    """Say whether one sequence is contained in the other, in order."""
    rest = iter(statuses)
    return all(status in rest for status in seen)


def other_faults(
    expected: Iterable[Expected], events: Sequence[Event], texts: Mapping[str, str]
) -> list[str]:
    """Return what is wrong beyond single jobs; `texts` are all that left the API, by a name."""
    known = {(job.watch, job.job_id) for job in expected}
    return [
        *(
            f"an event of an unknown job: {event.text}"
            for event in events
            if event.job not in known
        ),
        *_id_faults(events),
        *(f"a secret is in {name}" for name, text in texts.items() if leaks(text)),
    ]


def leaks(text: str) -> bool:
    """Say whether a text holds one of the secrets that the services gave away."""
    return any(secret in text for secret in SECRETS)


def _id_faults(events: Iterable[Event]) -> Iterable[str]:
    """Find one id on two changes, and one change with two ids."""
    ids: dict[str, str] = {}
    changes: dict[str, str] = {}
    for event in events:
        detail = event.detail
        words = [detail.get(name) for name in ("status", "raw_status", "previous_raw_status")]
        change = json.dumps([event.job, event.type, words])
        if ids.setdefault(detail["id"], change) != change:
            yield f"two changes have the id {detail['id']}"
        if changes.setdefault(change, detail["id"]) != detail["id"]:
            yield f"one change has two ids: {change}"
