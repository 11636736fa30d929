"""Jobwatch in memory over one source, its jobs put and told in our own words."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore import xform_name

from lambdas.poll.summary import Summary
from tests.api import FakeApi
from tests.flow import make_plan
from tests.memory import Faults, MemoryQueue
from tests.sim import Simulation
from tests.values import DAY, HOUR, MINUTE, NOW

SES, SORTED, AGELESS = "sesv2.import-jobs", "dataexchange.jobs", "dynamodb.exports"
LISTS = (SES, SORTED, AGELESS)
"""A list of any order, one that is newest first, and one that tells no times."""
SEGMENTS = "pinpoint.segment-import-jobs"
LATER = MemoryQueue.HIDDEN + MINUTE
"""When a message whose invocation was stopped is not hidden any more."""
HUNG = 57
"""Seconds that a call takes to which nobody answers, with all its attempts."""
Told = list[tuple[str, str]]
"""The ids of jobs with what they were told to be; a scope's events have no id."""


class Watched(Simulation):
    """One watch. `put` lets jobs be there, `told` gives what was told since it was asked last."""

    @property
    def api(self) -> FakeApi:
        (api,) = self.apis.values()
        return api

    @property
    def list_call(self) -> str:
        return xform_name(self.api.source.listing.operation)

    @property
    def get_call(self) -> str:
        return xform_name(self.api.source.get.operation)

    def put(self, *job_ids: str, status: str = "RUNNING", at: datetime = NOW, **more: Any) -> None:
        """Let jobs be in the list and for the get: created an hour before `at`, ended then."""
        source = self.api.source
        raws = {ours: raw for raw, ours in source.statuses.items()}
        created = {source.created: at - HOUR}
        has_ended = source.ended and status in {"SUCCEEDED", "FAILED", "CANCELLED"}
        ended = {source.ended: at} if has_ended else {}
        listed = created | ended if source.list_tells_age else {}
        for job_id in job_ids:
            self.api.put(job_id, raws.get(status, status), **{**listed, **more})
            self.api.fuller[job_id] = {**created, **ended, **more}

    def look(self, times: int = 1, later: Any = MINUTE) -> Summary:
        """Poll; give what the last one came to. None of them may be stopped by Lambda."""
        for _ in range(times):
            summary = self.poll(later)
            assert summary is not None, "Lambda stopped the function"
            for _, error in summary.errors:
                raise error
        return summary

    def stopped(self, number: int, *, after: bool = True) -> None:
        """Poll, and be stopped at one of its calls; then let its message be there again."""
        self.faults.stop_at, self.faults.after = len(self.faults.calls) + number, after
        assert self.poll() is None
        self.now += LATER

    def stopped_at(self, name: str, nth: int = 1) -> None:
        """Poll, and be stopped after the effect of the nth call of a name."""
        left = [nth]

        def stop(called: str) -> None:
            left[0] -= called == name
            if not left[0]:
                self.faults.meddle = lambda _: None
                self.faults.stop_at, self.faults.after = len(self.faults.calls), False

        self.faults.meddle = stop
        assert self.poll() is None
        self.now += LATER

    def hang(self, *calls: str) -> None:
        """Let calls to the job API take all their time and fail."""
        seconds = dict.fromkeys(calls, HUNG)
        self.faults.takes = lambda name: seconds.get(name, 0)

        def time_out(name: str) -> None:
            if name in seconds:
                raise TimeoutError("Read timeout")

        self.faults.meddle = time_out

    def recover(self) -> None:
        """Let all calls succeed at once again."""
        self.faults.takes = lambda _: 0
        self.faults.meddle = lambda _: None
        self.api.fail = lambda *_: None

    def told(self) -> Told:
        """Publish, and give what reached the bus since the last time, in its order."""
        self.publish()
        events, self.bus.events = self.told_events(), []
        return events

    def told_events(self) -> Told:
        return [
            (event["detail"].get("job_id", ""), _what(event))
            for event in {e["detail"]["id"]: e for e in self.bus.events}.values()
        ]

    def expire(self) -> int:
        """Delete the items whose time has come, as DynamoDB does; tell how many."""
        now = self.now.timestamp()
        items = self.dynamodb.items
        dead = [key for key, item in items.items() if _expiry(item) < now]
        for key in dead:
            del items[key]
        return len(dead)

    def live_on(self, days: int) -> None:
        """Poll once a day, while DynamoDB deletes what has expired."""
        for _ in range(days):
            self.expire()
            self.look(later=DAY)

    def refuse(self, when: Callable[[str, Mapping[str, Any]], bool], error: Exception) -> None:
        """Let the job API fail where `when` says so of an operation and its parameters."""

        def fail(operation: str, parameters: Mapping[str, Any]) -> None:
            if when(operation, parameters):
                raise error

        self.api.fail = fail


def _what(event: Mapping[str, Any]) -> str:
    if event["detail-type"] in {"Job Stalled", "Watch Unreachable", "Watch Recovered"}:
        return str(event["detail-type"])
    detail = event["detail"]
    return str(detail["raw_status"] if detail["raw_status"] == "NOT_FOUND" else detail["status"])


def _expiry(item: Mapping[str, Any]) -> float:
    return float(item["expires_at"]["N"]) if "expires_at" in item else float("inf")


def watched(
    folder: Path, source: str, page_size: int = 2, faults: Faults | None = None, **given: Any
) -> Watched:
    """Watch a source; what is given is the watch's, but for `retention` and what its `row` says."""
    top = {name: given.pop(name) for name in ("retention",) if name in given}
    row = given.pop("row", {})
    plan = make_plan(folder, {"w": {"source": source, **given}}, **top)
    changed = replace(plan.sources[source], **row)
    planned = replace(plan, sources={source: changed})
    it = Watched(planned, faults=faults or Faults())
    it.api.page_size = page_size
    return it


def replanned(it: Watched, folder: Path, source: str, **given: Any) -> Watched:
    """Deploy another plan over the table and the jobs that there are."""
    after = watched(folder, source, it.api.page_size, it.faults, **given)
    after.now, after.dynamodb, after.table = it.now, it.dynamodb, it.table
    after.api.jobs, after.api.fuller = it.api.jobs, it.api.fuller
    after.places, after.bus, after.publisher = it.places, it.bus, it.publisher
    return after
