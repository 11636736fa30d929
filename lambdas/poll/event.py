"""The `detail` of each event, as users' rules and queues see it.

Built when a change is stored, so that the table holds exactly what will be announced. Ids are
shown as every text is, without control characters; the ids that calls and keys use stay whole.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, cast
from urllib.parse import quote

from lambdas.details import JobDetail, Place, RunDetail, Status, WatchDetail
from lambdas.diff import runs_anew
from lambdas.model import MISSING_STATUS, UNREACHABLE_STATUS, Change, Runs, Scope
from lambdas.plan import Source, Watch
from lambdas.poll.fields import fields_of, last_fields
from lambdas.text import LONGEST_LINK, clean, one_line, write_json
from lambdas.times import iso, read_time
from lambdas.withheld import withhold_all

VERSION: Literal["1"] = "1"
MOST_NAMED = 3
"""Sources, accounts or regions that an event names which is about all that a watch looks at."""


def job_detail(
    scope: Scope, source: Source, change: Change, now: datetime, console: str | None
) -> JobDetail:
    """Describe one change of a job: the detail of every event about one.

    `console` is the host of the console in the scope's region, None where none is known.
    """
    before, after, job = change.before, change.after, change.job
    if job is not None:
        about = fields_of(source, job)
    else:
        assert before is not None, "what is gone was there"  # noqa: S101  for the type checker
        about = last_fields(before)
    if before is not None and job is not None and runs_anew(before, job):
        before = None  # as of any run that is first seen: its first failure is an alert
    return {
        "version": VERSION,
        "id": _event_id(scope, after.id, after.version, now),
        **_place(scope),
        "job_id": one_line(after.id),
        "job_arn": about["job_arn"],
        "job_type": about["job_type"],
        "job_name": about["job_name"],
        "status": cast("Status", after.status),
        "previous_status": cast("Status", before.status) if before else None,
        "raw_status": after.raw_status,
        "previous_raw_status": before.raw_status if before else None,
        "terminal": after.terminal,
        "created_at": about["created_at"],
        "ended_at": about["ended_at"],
        "observed_at": iso(now),
        "duration_seconds": _duration(about["created_at"], about["ended_at"]),
        "progress": about["progress"],
        "failure": about["failure"],
        "details": about["details"],
        "console_url": _console_url(scope, source, after.id, console),
    }


def with_creation(detail: str, created_at: datetime) -> str:
    """Write into a detail, which is JSON, when its job was created."""
    return write_json({**json.loads(detail), "created_at": iso(created_at)})


def scope_detail(
    scope: Scope,
    version: int,
    error: Mapping[str, str] | None,
    since: datetime | None,
    now: datetime,
) -> WatchDetail:
    """Describe a scope that can't be read, or can again: `Watch Unreachable`, `Watch Recovered`.

    `version` is that of the scope's health, `error` its {code, message} or None where it can be
    read; `since` is when the first read failed, in both.
    """
    return {
        "version": VERSION,
        "id": _event_id(scope, "", version, now),
        **_place(scope),
        "status": "OK" if error is None else UNREACHABLE_STATUS,
        "error": clean(error),
        "since": iso(since),
        "observed_at": iso(now),
    }


def run_detail(
    watch: Watch,
    places: Collection[tuple[str, str, str]],
    runs: Runs,
    since: datetime,
    now: datetime,
) -> RunDetail:
    """Describe a run that is missing, or that came after all: `Run Missing`, `Run Arrived`.

    `places` are the sources, accounts and regions that the watch looks at: where it is several, the
    event names some. `since` is by when the run was to succeed, in both.
    """
    source, account, region = map(_some, zip(*sorted(places), strict=True))
    expect = watch.expect
    assert expect is not None, "a run is expected"  # noqa: S101  for the type checker
    text = json.dumps([watch.name, "runs", runs.version, now.isoformat()])
    return {
        "version": VERSION,
        "id": hashlib.sha256(text.encode()).hexdigest()[:32],
        "watch": watch.name,
        "source": source,
        "account": account,
        "region": region,
        "parameters": {name: one_line(value) for name, value in watch.parameters.items()},
        "status": "OK" if runs.missing_since is None else MISSING_STATUS,
        "error": None,
        "since": iso(since),
        "expected": {"at": expect.at, "zone": expect.zone, "within_seconds": expect.within},
        "last_success_at": iso(runs.succeeded_at),
        "observed_at": iso(now),
    }


def _some(names: Collection[str]) -> str:
    """Name one, or some of several."""
    each = sorted({*names})
    more = [f"and {len(each) - MOST_NAMED} more"] if len(each) > MOST_NAMED else []
    return ", ".join([*each[:MOST_NAMED], *more])


def _place(scope: Scope) -> Place:
    return {
        "watch": scope.watch,
        "source": scope.source,
        "account": scope.account,
        "region": scope.region,
        "parameters": {name: one_line(value) for name, value in scope.parameters.items()},
    }


def _event_id(scope: Scope, job_id: str, version: int, now: datetime) -> str:
    """Name one change: the version that it writes makes it unique, however often it is sent."""
    place = [scope.watch, scope.source, scope.account, scope.region, dict(scope.parameters)]
    text = json.dumps([place, job_id, version, now.isoformat()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _duration(created_at: str | None, ended_at: str | None) -> int | None:
    created, ended = read_time(created_at), read_time(ended_at)
    if created is None or ended is None:
        return None
    return max(0, round((ended - created).total_seconds()))


def _console_url(scope: Scope, source: Source, job_id: str, console: str | None) -> str | None:
    """Give the link to a job; None where it needs what a watch that names its jobs leaves open."""
    if source.console is None or console is None:
        return None
    place = {"console": console, "region": scope.region, "account": scope.account}
    names = {**scope.parameters, "job_id": job_id}
    try:
        link = source.console.format(**place, **{n: _linked(value) for n, value in names.items()})
    except KeyError:
        return None
    return link if len(link) <= LONGEST_LINK else None


def _linked(value: str) -> str:
    """Write an id into a link: whole, or the link leads nowhere, but without secrets."""
    return quote(withhold_all(value[: LONGEST_LINK + 1]), safe="")
