"""What a poll found, as plain values: jobs, what is to be told, and what could not be read."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.config.plan import Compiled
from lambdas.messages import Turn
from lambdas.model import Health, Scope
from lambdas.plan import Plan
from lambdas.poll.summary import Summary
from lambdas.scopes import scope_of, sources_in
from lambdas.store.healths import read_health, read_scope
from lambdas.store.items import DAMAGED, JOB, SCOPE, key
from lambdas.store.remembered import Remembered, read_remembered
from lambdas.text import clean, one_line
from operate.aws import DENIED
from operate.poll.lanes import Polling
from operate.poll.table import Item, key_of

Json = dict[str, Any]
OF_CHANGES = ("version", "id", "previous_status", "previous_raw_status", "observed_at")
"""What the last event of a job says of that change alone."""
NO_TIME = "there was no time for all of it: the next poll goes on where this one stopped"
ASSUME = "AssumeRole: "
"""How the message of an error begins that came of taking a role."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A place that was not read, or not whole: `jobs` counts the single ones that were not.

    `takes` are the IAM actions that reading it takes, where the credentials lack any.
    """

    watch: str
    source: str
    account: str
    region: str
    parameters: Mapping[str, str]
    error: str
    message: str
    jobs: int | None = None
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a poll found; `events` are a detail type and a detail each, in order for each job.

    `not_offered` are sources that AWS does not have where they are watched, which is no trouble.
    """

    jobs: Sequence[Json]
    events: Sequence[tuple[str, Json]]
    unread: Sequence[Unread]
    not_offered: Sequence[str]
    calls: int
    throttles: int

    def newly(self, status: str) -> bool:
        """Tell whether a job got into a status since the last time."""
        return any(
            detail["status"] == status != detail["previous_status"]
            for _, detail in self.events
            if "job_id" in detail
        )


def found(
    polling: Polling, compiled: Compiled, done: Mapping[Turn, Summary], told: Sequence[Item]
) -> Found:
    """Gather what a poll came to; `told` are the items that were written to be announced."""
    summaries = [*done.values()]
    counts = [each.counts for each in summaries]
    return Found(
        jobs=[*jobs(polling.plan, polling.memory.items)],
        events=_in_order((each["announce"]["S"], json.loads(each["detail"]["S"])) for each in told),
        unread=[*_unread(polling, compiled, done)],
        not_offered=_not_offered(polling),
        calls=sum(each["ListCalls"] + each["GetCalls"] for each in counts),
        throttles=polling.clients.throttles.take(),
    )


def _in_order(events: Iterable[tuple[str, Json]]) -> list[tuple[str, Json]]:
    """Put events in the same order each time: lanes, and the writes of one, are side by side."""
    return sorted(events, key=lambda e: (e[1]["watch"], e[1]["source"], str(e[1].get("job_id"))))


def jobs(plan: Plan, items: Mapping[tuple[str, str], Item]) -> Iterator[Json]:
    """Give each job that is known of the plan's watches, as it is now."""
    for (pk, sk), item in items.items():
        if sk.startswith(JOB) and pk.rpartition("#")[0] in plan.watches:
            try:
                job = read_remembered(item)
            except DAMAGED:
                continue  # which is what the engine does, too: the next time tells what it is
            yield _job(job)


def _job(job: Remembered) -> Json:
    about = {name: value for name, value in job.detail.items() if name not in OF_CHANGES}
    return {**about, "stalled": job.stalled, "missing": job.missing}


def _not_offered(polling: Polling) -> list[str]:
    plan, region = polling.plan, polling.own[1]
    return sorted(
        {
            source
            for watch in plan.watches.values()
            for source in watch.sources
            if not plan.regions_of(watch, source, region)
        }
    )


def _unread(polling: Polling, compiled: Compiled, done: Mapping[Turn, Summary]) -> Iterator[Unread]:
    for turn, summary in done.items():
        for place in (*summary.unread, *summary.failed_gets):
            yield _place(compiled, **place)
        for scope, error in summary.errors:
            yield _of(scope, "Unexpected", str(clean(f"{type(error).__name__}: {error}")))
        if more := summary.counts["Unnamed"]:
            yield _of(_root(polling, turn), "More", f"and {more:,} places more")
        yield from _stopped(polling, turn)


def _place(compiled: Compiled, *, error: str, message: str, **place: Any) -> Unread:
    takes: tuple[str, ...] = ()
    if error in DENIED:
        needs = compiled.needs.get((place["watch"], place["source"]), ())
        takes = tuple(sorted({action for each in needs for action in each.actions}))
        takes = ("sts:AssumeRole",) if message.startswith(ASSUME) else takes
    return Unread(**place, error=error, message=message, takes=takes)


def _stopped(polling: Polling, turn: Turn) -> Iterator[Unread]:
    """Name what a lane had no time for: where it stopped, and the lists that it read in part."""
    root = _root(polling, turn)
    stops = _health(polling, root).round.resume_at
    if stops:
        # A place in the lane's circle: a watch, with its source unless that is its first.
        watch, _, source = stops[0].partition(" ")
        where = scope_of(
            polling.plan.watches.get(watch, polling.plan.watches[root.watch]),
            source or root.source,
            *(turn.account, turn.region),
            {"behind": ", ".join(stops[1:])} if stops[1:] else {},
        )
        yield _of(where, "OutOfTime", f"here and behind it, {NO_TIME}")
    for item in [*polling.memory.items.values()]:
        if item["sk"]["S"] == SCOPE and key_of(item)[0].rpartition("#")[0] in turn.watches:
            yield from _in_part(polling, turn, item)


def _in_part(polling: Polling, turn: Turn, item: Item) -> Iterator[Unread]:
    try:
        scope, health = read_scope(item), read_health(item)
    except DAMAGED:
        return
    source = polling.plan.sources.get(scope.source)
    lane = (source.service if source else None, scope.account, scope.region)
    is_ours = lane == (turn.service, turn.account, turn.region)
    if is_ours and (health.cursor or health.asked_since) and not health.failures:
        yield _of(scope, "OutOfTime", f"it was read in part: {NO_TIME}")


def _root(polling: Polling, turn: Turn) -> Scope:
    """Give the scope with which a lane begins, which knows how far it came."""
    watch = polling.plan.watches[min(turn.watches)]
    lane = (turn.service, turn.account, turn.region)
    source = sources_in(polling.plan, watch, lane, polling.own)[0]
    return scope_of(watch, source, turn.account, turn.region, watch.parameters)


def _health(polling: Polling, scope: Scope) -> Health:
    item = polling.memory.items.get(key_of(key(scope, SCOPE)))
    try:
        return read_health(item) if item else Health()
    except DAMAGED:
        return Health()


def _of(scope: Scope, error: str, message: str) -> Unread:
    parameters = {name: one_line(value) for name, value in scope.parameters.items()}
    where = (scope.watch, scope.source, scope.account, scope.region)
    return Unread(*where, parameters, error, message)
