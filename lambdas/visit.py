"""One visit of an exact scope: gather what is remembered and what is there, decide, store.

What is remembered is read before the job API is asked. So a slow visit that was overtaken by a
quicker one finds newer versions in the table and loses its writes, rather than turning back time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from lambdas.apis.reader import Reader
from lambdas.apis.throttles import is_throttle
from lambdas.digest import ALL
from lambdas.health import (
    after_failure,
    after_gets,
    after_list,
    begun,
    is_calm,
    takes_nothing_for_granted,
)
from lambdas.list_look import ListLook
from lambdas.look import Sights, look_at_each
from lambdas.model import Bookmark, Health, Known, Scope, SourceError, Visit
from lambdas.record import Recorder
from lambdas.scopes import rests

_LEASE = timedelta(minutes=15)
"""For how long a list that another invocation goes on with is not begun anew, should it be lost."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a visit found: jobs and changes, and what is to be visited next; `error` if any.

    `below` are the scopes below a broad one, None for an exact one; `rest` goes on with a long
    list. `yielded` tells that the scope was throttled and is to have its turn after the others.
    """

    scope: Scope
    health: Health
    below: tuple[Visit, ...] | None = None
    rest: Visit | None = None
    jobs: int = 0
    changes: int = 0
    list_calls: int = 0
    get_calls: int = 0
    yielded: bool = False
    error: SourceError | None = None


class _OvertakenError(Exception):
    """Another invocation has looked at the scope meanwhile."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one visit works with: what is remembered, who reads and who writes."""

    visit: Visit
    recorder: Recorder
    reader: Reader
    health: Health
    unfinished: Mapping[str, Known]
    began: datetime


def poll(visit: Visit, recorder: Recorder, reader: Reader, due: datetime | None) -> Outcome:
    """Look at the jobs of an exact scope and store what changed.

    `due` is the time for which a schedule wants it; None: a person wants it now.
    """
    scope, watch = visit.scope, recorder.watch
    before, unfinished = recorder.table.read(scope, certain=visit.bookmark is not None)
    began = recorder.clock()
    if visit.bookmark is None and _is_underway(before, began):
        return Outcome(scope, before)
    idle = visit.bookmark is None and not unfinished and is_calm(before)
    if due is not None and idle and rests(scope, watch, due):
        return Outcome(scope, before)
    reader.patient = not before.unreachable
    health = begun(before, began, visit.quiet_before, by_id=watch.jobs is not None)
    turn = _Turn(visit, recorder, reader, health, unfinished, began)
    try:
        sights, after, changes = _poll_list(turn) if watch.jobs is None else _poll_jobs(turn)
    except _OvertakenError:
        return Outcome(scope, before)
    except SourceError as error:
        return failed(visit, recorder, before, after_failure(health, began), error)
    return Outcome(
        scope,
        recorder.remember(scope, before, after, None if watch.jobs is None else sights.error),
        rest=replace(visit, bookmark=sights.rest, last=False) if sights.rest else None,
        jobs=sights.listed,
        changes=changes,
        error=sights.error,
    )


def failed(
    visit: Visit, recorder: Recorder, before: Health, after: Health, error: SourceError
) -> Outcome:
    """Remember that a scope could not be read, unless it was throttled and may yield."""
    if is_throttle(error.code) and not visit.last:
        return Outcome(visit.scope, before, yielded=True, error=error)
    return Outcome(visit.scope, recorder.remember(visit.scope, before, after, error), error=error)


def _is_underway(health: Health, now: datetime) -> bool:
    """Tell whether another invocation is about to go on with the scope's list."""
    return health.underway is not None and health.underway > now


def _poll_list(turn: _Turn) -> tuple[Sights, Health, int]:
    scope, recorder, health = turn.visit.scope, turn.recorder, turn.health
    bookmark = turn.visit.bookmark
    if bookmark is None:
        whole = takes_nothing_for_granted(health, turn.began, recorder.retention)
        bookmark = Bookmark(turn.began, doubt=ALL if whole else frozenset())
    known = recorder.table.read_jobs(scope) if bookmark.doubt == ALL else turn.unfinished
    find = partial(recorder.table.find, scope)
    rules = recorder.rules(turn.began)
    look = ListLook(turn.reader, bookmark, health=health, known=known, rules=rules, find=find)
    sights = look.look()
    if look.reaches_back and health.settled is not None:
        # Were it stopped while it writes, the next look would end in what is written already.
        doubted = recorder.doubt(scope, health)
        if doubted is None:
            raise _OvertakenError
        health = doubted
    changes, lost = recorder.decide(scope, health, sights)
    recorder.renew(scope, known.values())
    settled = look.settled(lost)
    gets_failed = bookmark.failed or bool(sights.failed)
    if sights.rest is not None:
        finished = None if sights.rest.token is None else settled
        sights.rest = replace(sights.rest, finished=finished, failed=gets_failed)
        return sights, replace(health, underway=turn.began + _LEASE), changes
    # A job that came while the list was read may not be in it: only its beginning is certain.
    began = bookmark.began
    return sights, after_list(health, began, recorder.retention, settled, gets_failed), changes


def _poll_jobs(turn: _Turn) -> tuple[Sights, Health, int]:
    scope, recorder, health = turn.visit.scope, turn.recorder, turn.health
    asked = [job_id for job_id in recorder.watch.jobs or () if job_id not in health.ended]
    known = recorder.table.find(scope, asked)
    sights = look_at_each(asked, known, turn.reader)
    changes, _ = recorder.decide(scope, health, sights)
    ended = {job.id for job in known.values() if job.terminal}
    health = replace(health, ended=health.ended | ended)
    failed_gets = frozenset(sights.failed)
    after = after_gets(health, turn.began, recorder.retention, sights.seen, failed_gets)
    return sights, after, changes
