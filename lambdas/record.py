"""Writing down what a visit decided: the changes of jobs, and the health of the scope."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.diff import Rules, diff, status_of
from lambdas.health import news
from lambdas.look import Sights
from lambdas.model import Change, Health, Known, Progress, Scope, SourceError
from lambdas.plan import Watch
from lambdas.poll.event import job_detail, scope_detail
from lambdas.store import Table, expiry

_WRITERS = 8


@dataclass(frozen=True, slots=True)
class Recorder:
    """Decides and writes for the scopes of one watch.

    `clock` tells the time, `retention` is the plan's.
    """

    watch: Watch
    table: Table
    clock: Callable[[], datetime]
    retention: timedelta

    def rules(self, now: datetime) -> Rules:
        """Give what decisions about the watch's jobs depend on."""
        source, stalled_after = self.watch.source, self.watch.stalled_after
        return Rules(
            now=now,
            retention=self.retention,
            stalled_after=timedelta(seconds=stalled_after) if stalled_after else None,
            get_completes=source.get_completes,
            list_tells_age=source.list_tells_age,
        )

    def decide(self, scope: Scope, health: Health, sights: Sights) -> tuple[int, set[str]]:
        """Store what changed; give how many jobs did, and those of them that lost a race."""
        rules = self.rules(self.clock())
        known = {**sights.known, **self.table.find(scope, sights.gone)}
        changes = diff(health, known, sights.seen.values(), sights.gone, rules)
        if not changes:
            return 0, set()
        with ThreadPoolExecutor(min(_WRITERS, len(changes))) as pool:
            stored = list(pool.map(lambda change: self._store(scope, change, rules), changes))
        lost = {change.job_id for change, done in zip(changes, stored, strict=True) if not done}
        return len(changes), lost

    def renew(self, scope: Scope, known: Iterable[Known]) -> None:
        """Store anew, and silently, unfinished jobs that are stored in an older layout.

        One that changed just now is stored already: its write is lost.
        """
        for job in known:
            if job.outdated and not job.terminal:
                self.table.put_job(scope, replace(job, version=job.version + 1), None)

    def begin(self, scopes: Iterable[Scope], health: Health) -> None:
        """Begin to remember scopes, but for those that are remembered already."""
        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(lambda scope: self.remember(scope, Health(), health), scopes))

    def remember(
        self, scope: Scope, before: Health, after: Health, error: SourceError | None = None
    ) -> Health:
        """Store a scope's health if it changed, and announce that it got lost or came back."""
        if before.version and after == before:
            return before
        announce, told = news(before, after), None
        if announce is not None:
            said = {"code": error.code, "message": error.message} if error else None
            spell = replace(after, since=after.since or before.since)
            told = scope_detail(scope, spell, said, self.clock())
        stored = replace(after, version=after.version + 1)
        self.table.put_health(scope, stored, announce, told)
        return stored

    def doubt(self, scope: Scope, health: Health) -> Health | None:
        """Let the next visit look at everything, should this one not end; None: it lost a race."""
        doubted = replace(health, version=health.version + 1, settled=None)
        return doubted if self.table.put_health(scope, doubted, None, None) else None

    def _store(self, scope: Scope, change: Change, rules: Rules) -> bool:
        job, known = change.job, change.known
        status, raw_status = status_of(change)
        detail = job_detail(scope, self.watch.source, change, rules.now)
        expires_at = None
        if detail["terminal"]:
            ended_at = job.ended_at if job and rules.list_tells_age else None
            expires_at = expiry(ended_at, rules.now, self.retention)
        progress = job.progress if job else known.progress if known else Progress()
        remembered = Known(
            id=change.job_id,
            raw_status=raw_status,
            status=status,
            progress=progress,
            version=(known.version if known else 0) + 1,
            moved_at=known.moved_at if known and not change.moved else rules.now,
            stalled=change.stalled,
            expires_at=expires_at,
            detail=json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
        )
        return self.table.put_job(scope, remembered, change.announce)
