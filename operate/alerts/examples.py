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
from lambdas.diff import Rules, diff
from lambdas.health import UNREACHABLE_AFTER, after_failure, event_of
from lambdas.model import (
    CANCELLED,
    FAILED,
    PARTIAL,
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

Json = dict[str, Any]


class Due(Model):
    """A run that is missing: by when it was to succeed, and when the last one did."""

    due: AwareDatetime
    last: AwareDatetime


class Family(Model):
    """A source, and what its service answers of a job.

    `job` is under way; `ends` are the members that are others in the end, by our status; `others`
    are those in which further jobs differ from the one that failed. `unreachable` is the {code,
    message} of the error when jobs can't be read.
    """

    watch: str
    region: str = REGION
    parameters: dict[str, str] = Field(default_factory=dict)
    job: Json
    ends: dict[str, Json]
    others: list[Json] = Field(default_factory=list)
    unreachable: dict[str, str]
    missing: Due | None = None


class Kind(Model):
    """A kind of alert: the family that its picture shows, and how it is read."""

    of: str
    reads: str


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
        ended = _read(self.source, answer).ended_at
        assert ended is not None  # noqa: S101  it is an example of a job that ended
        return self._written(answer, self._under_way(job), ended + SEEN)

    def _late(self, kind: str) -> Json:
        """Write the item of a job that stalled, or that overruns."""
        job, before = self.family.job, self._under_way(self.family.job)
        if kind == STALLED:
            return self._written(job, before, before.moved_at + _seconds(self.watch.stalled_after))
        return self._written(job, before, self._began + _seconds(self.watch.max_duration) + SEEN)

    def _written(self, answer: Json, before: StoredJob, now: datetime) -> Json:
        change = self._change(answer, before, now)
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
        return change

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
        health, since = Health(version=1), self._began
        before, now = health, since
        for turn in range(UNREACHABLE_AFTER):
            now = since + timedelta(seconds=turn * self.watch.every)
            before, health = health, after_failure(health, now)
        detail = scope_detail(self.scope, 2, self.family.unreachable, health.since, now)
        health = replace(health, version=2, detail=write_json(detail))
        return write_health(self.scope, health, event_of(before, health))

    def _missing(self) -> Json:
        missing, scope = self.family.missing, self.scope
        assert missing is not None  # noqa: S101  else it is no kind of the family's
        runs = Runs(version=2, succeeded_at=missing.last, missing_since=missing.due)
        place = (scope.source, scope.account, scope.region)
        detail = run_detail(self.watch, [place], runs, missing.due, missing.due + SEEN)
        return write_runs(scope.watch, replace(runs, detail=write_json(detail)), RUN_MISSING)


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
