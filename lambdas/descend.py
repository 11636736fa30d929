"""One visit of a broad scope: from it to the scopes below, by asking what it holds.

What it holds is remembered. So it is noticed what is not there any more; if that had unfinished
jobs, it is visited until it is known what became of them.
"""

from collections.abc import Iterable
from dataclasses import replace

from lambdas.apis.reader import Reader
from lambdas.health import after_failure, after_read, begun
from lambdas.look import get_each
from lambdas.model import Health, Known, Scope, SourceError, Visit
from lambdas.record import Recorder
from lambdas.visit import Outcome, failed


def discover(visit: Visit, recorder: Recorder, reader: Reader) -> Outcome:
    """Turn a broad scope into the ones below it, and into those that are not done with."""
    scope, began = visit.scope, recorder.clock()
    before = recorder.table.read_health(scope)
    reader.patient = not before.unreachable
    health = begun(before, began, visit.quiet_before)
    try:
        children = reader.children()
    except SourceError as error:
        return failed(visit, recorder, before, after_failure(health, began), error)
    quiet_before = health.quiet_before
    if health.read_at is None:
        # What is there at first stays quiet, even if its own first visit fails or comes late.
        recorder.begin(children, begun(Health(), began, quiet_before))
    else:
        quiet_before = quiet_before or health.began_at
    after = replace(after_read(health), read_at=health.read_at or began)
    there = {child.innermost for child in children}
    lost = _not_done_with(before.children - there, recorder, reader)
    below = [Visit(child, quiet_before) for child in children]
    after = replace(after, children=frozenset(there))
    return _outcome(scope, recorder, before=before, after=after, below=below, lost=lost)


def bury(visit: Visit, recorder: Recorder, reader: Reader, *, broad: bool) -> Outcome:
    """Learn what became of the unfinished jobs of a scope that is not there any more."""
    scope, table = visit.scope, recorder.table
    if broad:
        before = table.read_health(scope)
        lost = _not_done_with(before.children, recorder, reader)
        after = replace(before, children=frozenset())
        return _outcome(scope, recorder, before=before, after=after, below=[], lost=lost)
    health, unfinished = _unfinished(scope, recorder)
    sights = get_each(unfinished, reader)
    sights.known = unfinished
    changes, _ = recorder.decide(scope, health, sights)
    return Outcome(scope, health, jobs=len(sights.seen), changes=changes)


def _not_done_with(names: Iterable[str], recorder: Recorder, reader: Reader) -> list[Scope]:
    """Give the scopes that are not there any more and have unfinished jobs, or hold such scopes."""
    found = []
    for name in sorted(names):
        scope = reader.child(name)
        health, unfinished = _unfinished(scope, recorder)
        if health.children or unfinished:
            found.append(scope)
    return found


def _unfinished(scope: Scope, recorder: Recorder) -> tuple[Health, dict[str, Known]]:
    health, unfinished = recorder.table.read(scope, certain=True)
    if health.settled is not None:
        return health, unfinished
    jobs = recorder.table.read_jobs(scope)
    return health, {job.id: job for job in jobs.values() if not job.terminal}


def _outcome(
    scope: Scope,
    recorder: Recorder,
    *,
    before: Health,
    after: Health,
    below: list[Visit],
    lost: Iterable[Scope],
) -> Outcome:
    below += [Visit(child, bury=True) for child in lost]
    children = after.children | {child.innermost for child in lost}
    health = recorder.remember(scope, before, replace(after, children=children))
    return Outcome(scope, health, tuple(below))
