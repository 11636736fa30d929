"""The examples: families of sources, and the stream's records that become alerts of each kind.

Everything is made as the functions make it: a job is read by its row, what changed is decided by
`lambdas.diff`, the event and the item are written as poll writes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import AwareDatetime, Field, TypeAdapter

from infra.config.files.wording import Model
from lambdas.apis.jobs import read_job
from lambdas.diff import Rules, diff, resolving
from lambdas.health import UNREACHABLE_AFTER, after_failure, after_read, event_of
from lambdas.model import (
    CANCELLED,
    FAILED,
    PARTIAL,
    RUN_ARRIVED,
    RUN_MISSING,
    Change,
    Health,
    Job,
    Runs,
    Scope,
    StoredJob,
)
from lambdas.plan import Plan, Source, Watch
from lambdas.poll.event import job_detail, run_detail, scope_detail
from lambdas.store.healths import write_health
from lambdas.store.items import write_job
from lambdas.store.runs import write_runs
from lambdas.text import write_json

FILE = Path(__file__).with_name("examples.yaml")
ACCOUNT, REGION = "111122223333", "eu-west-1"
"""The stack's own."""
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/jobwatch"
STALLED, OVERRUNNING = "STALLED", "OVERRUNNING"
UNREACHABLE, MISSING, SEVERAL = "UNREACHABLE", "MISSING", "several"
ENDS = (FAILED, PARTIAL, CANCELLED)
KINDS = (*ENDS, STALLED, OVERRUNNING, UNREACHABLE, MISSING, SEVERAL)
"""The kinds of alerts: what subscriptions filter by, and a message of several."""
LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""After all that is told."""
SEEN = timedelta(seconds=24)
"""How long after it happened something is seen."""
RECOVERED_AFTER = timedelta(minutes=40)
"""How long after it was told that jobs can't be read they can be."""

Json = dict[str, Any]


class Due(Model):
    """A run that is missing: by when it was to succeed, when the last one did, and when it came."""

    due: AwareDatetime
    last: AwareDatetime
    came: AwareDatetime


class Family(Model):
    """A source, and what its service answers of a job.

    `job` is under way; `ends` are the members that are others in the end, by our status; `others`
    are those in which further jobs differ from the one that failed. `over` are, by the kind of an
    alert, the members that are others once it is over: of the job, or of a later run of its name;
    `later` are those in which the later runs differ by which several are over.
    `unreachable` is the {code, message} of the error when jobs can't be read.
    """

    watch: str
    region: str = REGION
    parameters: dict[str, str] = Field(default_factory=dict)
    job: Json
    ends: dict[str, Json]
    others: list[Json] = Field(default_factory=list)
    over: dict[str, Json] = Field(default_factory=dict)
    later: list[Json] = Field(default_factory=list)
    unreachable: dict[str, str]
    missing: Due | None = None


class Kind(Model):
    """A kind of alert: the family that its picture shows, how it is read, and what ends it."""

    of: str
    reads: str
    over: str


class Examples(Model):
    """All that the page is made of."""

    kinds: dict[str, Kind]
    families: dict[str, Family]


def read_examples(file: Path = FILE) -> Examples:
    """Read the examples; raises ValidationError for what is none."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return TypeAdapter(Examples).validate_python(content)


@dataclass(frozen=True, slots=True)
class Told:
    """What makes the records of one source's alerts: its family, its row and its watch."""

    name: str
    family: Family
    plan: Plan

    @property
    def watch(self) -> Watch:
        """The watch that has the source."""
        return self.plan.watches[self.family.watch]

    @property
    def source(self) -> Source:
        """The source's row."""
        return self.plan.sources[self.name]

    @property
    def scope(self) -> Scope:
        """Where its jobs are."""
        account = self.watch.accounts[0].id if self.watch.accounts else ACCOUNT
        family = self.family
        return Scope(family.watch, self.name, account, family.region, family.parameters)

    @property
    def kinds(self) -> list[str]:
        """The kinds of alerts that its watch sends of it, as far as there are examples."""
        stalled, longest = self.watch.stalled_after, self.watch.max_duration
        may = {
            **{end: end in self.watch.alerts.on for end in self.family.ends},
            STALLED: stalled is not None and (longest is None or stalled < longest),
            OVERRUNNING: longest is not None,
            UNREACHABLE: True,
            MISSING: self.family.missing is not None and self.watch.expect is not None,
            SEVERAL: bool(self.family.others),
        }
        return [kind for kind in KINDS if may.get(kind)]

    def records(self, kind: str) -> list[Json]:
        """Give the records of the table's stream that become an alert of a kind."""
        return [_record(number, item) for number, item in enumerate(self._items(kind), 1)]

    def is_over(self, kind: str) -> bool:
        """Tell whether there is an example of how an alert of a kind is over."""
        return kind in self.family.over or kind in (UNREACHABLE, MISSING)

    def records_until_over(self, kind: str) -> list[Json]:
        """Give the same, and behind them what ends what they tell of."""
        items = [*self._items(kind), *self._over(kind)]
        return [_record(number, item) for number, item in enumerate(items, 1)]

    def _over(self, kind: str) -> Iterator[Json]:
        if kind == MISSING:
            yield self._arrived()
        elif kind == UNREACHABLE:
            yield self._recovered()
        else:
            # Of a job that is late, it is the same one; after one that ended, another of its name.
            late = kind in (STALLED, OVERRUNNING)
            before = self._late_change(kind).after if late else None
            for run in self.family.later if kind == SEVERAL else ({},):
                answer = {**self.family.job, **self.family.over[kind], **run}
                yield self._written(answer, before, self._end_of(answer) + SEEN)

    def _end_of(self, answer: Json) -> datetime:
        ended = _read(self.source, answer).ended_at
        assert ended is not None  # noqa: S101  it is an example of a job that ended
        return ended

    def _items(self, kind: str) -> Iterator[Json]:
        family = self.family
        if kind == MISSING:
            yield self._missing()
        elif kind == UNREACHABLE:
            yield self._unreachable()
        elif kind in (STALLED, OVERRUNNING):
            yield self._late(kind)
        elif kind == SEVERAL:
            for other in ({}, *family.others):
                yield self._ended({**family.job, **other}, {**family.ends[FAILED], **other})
        else:
            yield self._ended(family.job, family.ends[kind])

    def _ended(self, job: Json, end: Json) -> Json:
        answer = {**job, **end}
        return self._written(answer, self._under_way(job), self._end_of(answer) + SEEN)

    def _late(self, kind: str) -> Json:
        """Write the item of a job that stalled, or that overruns."""
        change = self._late_change(kind)
        return self._item(change, self._late_at(kind))

    def _late_change(self, kind: str) -> Change:
        job = self.family.job
        return self._change(job, self._under_way(job), self._late_at(kind))

    def _late_at(self, kind: str) -> datetime:
        if kind == STALLED:
            moved_at = self._under_way(self.family.job).moved_at
            return moved_at + _seconds(self.watch.stalled_after)
        return self._began + _seconds(self.watch.max_duration) + SEEN

    def _written(self, answer: Json, before: StoredJob | None, now: datetime) -> Json:
        return self._item(self._change(answer, before, now), now)

    def _item(self, change: Change, now: datetime) -> Json:
        console = self.plan.console_of(self.family.region)
        detail = job_detail(self.scope, self.source, change, now, console)
        after = replace(change.after, detail=write_json(detail))
        return write_job(self.scope, after, change.announce)

    def _under_way(self, job: Json) -> StoredJob:
        """Give a job as it is stored when it was first seen."""
        return self._change(job, None, self._began + SEEN).after

    @property
    def _began(self) -> datetime:
        began = _read(self.source, self.family.job).created_at
        assert began is not None  # noqa: S101  each example says it
        return began

    def _change(self, answer: Json, stored: StoredJob | None, now: datetime) -> Change:
        known = {} if stored is None else {stored.id: stored}
        job, health = _read(self.source, answer), Health(version=1, read_at=self._began)
        (change,) = diff(health, known, [job], (), self._rules(now))
        return resolving(change)

    def _rules(self, now: datetime) -> Rules:
        watch, source = self.watch, self.source
        return Rules(
            now=now,
            retention=_seconds(self.plan.retention),
            stalled_after=_seconds(watch.stalled_after) if watch.stalled_after else None,
            max_duration=_seconds(watch.max_duration) if watch.max_duration else None,
            get_completes=source.get_completes,
            list_tells_age=source.list_tells_age,
            tells_progress=source.list_tells_progress,
            list_tells_status=source.list_tells_status,
        )

    def _unreachable(self) -> Json:
        before, health, now = self._failed()
        return self._health(before, health, self.family.unreachable, now)

    def _recovered(self) -> Json:
        _, unread, now = self._failed()
        return self._health(unread, after_read(unread), None, now + RECOVERED_AFTER)

    def _failed(self) -> tuple[Health, Health, datetime]:
        """Give the health before the last of the failures that make it unreachable, and after."""
        health, since = Health(version=1), self._began
        before, now = health, since
        for turn in range(UNREACHABLE_AFTER):
            now = since + timedelta(seconds=turn * self.watch.every)
            before, health = health, after_failure(health, now)
        return before, health, now

    def _health(
        self, before: Health, health: Health, error: dict[str, str] | None, now: datetime
    ) -> Json:
        version = before.version + 1
        since = health.since or before.since
        detail = scope_detail(self.scope, version, error, since, now)
        written = replace(health, version=version, detail=write_json(detail))
        return write_health(self.scope, written, event_of(before, health))

    def _missing(self) -> Json:
        missing = self._due
        runs = Runs(version=2, succeeded_at=missing.last, missing_since=missing.due)
        return self._runs(runs, missing.due + SEEN, RUN_MISSING)

    def _arrived(self) -> Json:
        return self._runs(
            Runs(version=3, succeeded_at=self._due.came), self._due.came + SEEN, RUN_ARRIVED
        )

    def _runs(self, runs: Runs, now: datetime, event: str) -> Json:
        scope = self.scope
        place = (scope.source, scope.account, scope.region)
        detail = run_detail(self.watch, [place], runs, self._due.due, now)
        return write_runs(scope.watch, replace(runs, detail=write_json(detail)), event)

    @property
    def _due(self) -> Due:
        assert self.family.missing is not None  # noqa: S101  else it is no kind of the family's
        return self.family.missing


def _record(number: int, item: Json) -> Json:
    return {
        "eventID": str(number),
        "eventName": "MODIFY",
        "eventSourceARN": f"{TABLE}/stream/2026-11-22T00:00:00.000",
        "dynamodb": {"SequenceNumber": f"{number:03}", "NewImage": item},
    }


def _read(source: Source, answer: Json) -> Job:
    job = read_job(source, answer, LATER)
    assert job is not None  # noqa: S101  each example names its job
    return job


def _seconds(seconds: int | None) -> timedelta:
    return timedelta(seconds=seconds or 0)
