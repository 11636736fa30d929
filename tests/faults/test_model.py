"""Random lives of jobs, polls and faults, against a model of a few lines.

The model knows each job's true history. Whatever happens in between, the events of a job are a part
of its history in the right order, each begins where the one before ended, and once all is calm the
last one is the truth.
"""

import os
import tempfile
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lambdas.plan import Plan
from tests.api import refused
from tests.sim import Simulation
from tests.stage import make_plan
from tests.tally import TALLY
from tests.values import HOUR, NOW

NEXT = {
    "CREATED": ["PROCESSING", "FAILED", "CANCELLED"],
    "PROCESSING": ["COMPLETED", "FAILED", "CANCELLED", "BRAND_NEW"],
    "BRAND_NEW": ["PROCESSING", "COMPLETED"],
}
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "ERROR"}
CALLED = {"CREATED": "WAITING", "PROCESSING": "IN_PROGRESS", "FAILED": "ERROR"}
"""What Data Exchange calls these."""
PACES = [0, 0, 0, 16, 26]
"""How many seconds a call takes of a minute; a slow one cuts the list into pieces."""
CODES = ["TooManyRequestsException", "InternalServiceErrorException", "AccessDeniedException"]
EXAMPLES = int(os.environ.get("JOBWATCH_EXAMPLES", "150"))
STEPS = 60


def _plan(source: str) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        return make_plan(Path(folder), {"jobs": {"source": source}})


PLANS = {name: _plan(name) for name in ("sesv2.import-jobs", "dataexchange.jobs")}


class Lives(RuleBasedStateMachine):
    """Jobs live in a list of any order; Jobwatch looks now and then, and is hindered."""

    source = "sesv2.import-jobs"
    called: Mapping[str, str] = {}

    @initialize(count=st.integers(0, 4))
    def begin(self, count: int) -> None:
        self.simulation = Simulation(PLANS[self.source])
        self.api = self.simulation.apis[self.source]
        self.truth: dict[str, list[str]] = {}
        self.first: dict[str, str | None] = {}
        for _ in range(count):
            self.create("PROCESSING")
        self.simulation.poll()
        self.first = {
            job_id: self.called.get(history[-1], history[-1])
            for job_id, history in self.truth.items()
        }

    @rule(raw=st.sampled_from(["CREATED", "PROCESSING", "FAILED"]))
    def create(self, raw: str) -> None:
        job_id = f"j{len(self.truth)}"
        self.truth[job_id] = [raw]
        self._put(job_id, raw)

    @precondition(lambda self: self._alive())
    @rule(data=st.data(), failed=st.integers(0, 2))
    def advance(self, data: st.DataObject, failed: int) -> None:
        job_id = data.draw(st.sampled_from(self._alive()))
        raw = data.draw(st.sampled_from(NEXT[self.truth[job_id][-1]]))
        self.truth[job_id].append(raw)
        self._put(job_id, raw, failed)

    @precondition(lambda self: self.api.jobs)
    @rule(data=st.data())
    def vanish(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.api.jobs)))
        del self.api.jobs[job_id]

    @precondition(lambda self: not self.called)
    @rule(data=st.data())
    def hide(self, data: st.DataObject) -> None:
        """The list leaves some jobs out, as lists do that are behind the truth."""
        known = sorted(self.api.jobs)
        self.api.hidden = set(data.draw(st.lists(st.sampled_from(known)))) if known else set()

    @rule(pace=st.sampled_from(PACES))
    def look(self, pace: float) -> None:
        self.simulation.pace = pace
        self.simulation.poll()
        TALLY["polls of random lives"] += 1

    @rule()
    def fall_behind(self) -> None:
        """The table's index goes on as it is now."""
        self.simulation.dynamodb.behind = dict(self.simulation.dynamodb.items)

    @rule()
    def catch_up(self) -> None:
        self.simulation.dynamodb.behind = None

    @rule(number=st.integers(0, 24), after=st.booleans(), pace=st.sampled_from(PACES))
    def look_and_be_stopped(self, number: int, after: bool, pace: float) -> None:
        self.simulation.pace = pace
        self.simulation.faults.stop_at = len(self.simulation.faults.calls) + number
        self.simulation.faults.after = after
        self.simulation.poll()
        self.simulation.faults.restart()
        TALLY["stops at random calls"] += 1

    @rule(code=st.sampled_from(CODES), bad=st.sets(st.integers(0, 8), max_size=4))
    def look_while_the_service_falters(self, code: str, bad: set[int]) -> None:
        before = len(self.api.calls)

        def falter(operation: str, _: Any) -> None:
            if len(self.api.calls) - before - 1 in bad:
                raise refused(code, operation)

        self.api.fail = falter
        self.simulation.poll()
        self.api.fail = lambda *_: None
        TALLY["faults of services at random calls"] += len(bad)

    @rule(batch=st.integers(1, 12))
    def tell(self, batch: int) -> None:
        self.simulation.publish(batch)

    @rule(number=st.integers(0, 3), after=st.booleans(), batch=st.integers(1, 12))
    def tell_and_be_stopped(self, number: int, after: bool, batch: int) -> None:
        self.simulation.faults.stop_at = len(self.simulation.faults.calls) + number
        self.simulation.faults.after = after
        self.simulation.publish(batch)
        self.simulation.faults.restart()
        TALLY["stops at random calls"] += 1

    @rule(refused_ones=st.sets(st.integers(0, 12)), batch=st.integers(1, 12))
    def tell_while_some_are_refused(self, refused_ones: set[int], batch: int) -> None:
        asked = count()

        def refuse(_id: str) -> bool:
            return next(asked) in refused_ones

        self.simulation.bus.refuse = self.simulation.topic.refuse = refuse
        self.simulation.publish(batch)
        self.simulation.bus.refuse = self.simulation.topic.refuse = lambda _id: False
        TALLY["refused events and alerts"] += len(refused_ones)

    @rule()
    def wait(self) -> None:
        """A stalled scope, an hour without a look."""
        self.simulation.now += HOUR

    def teardown(self) -> None:
        if not hasattr(self, "simulation"):
            return
        self.api.hidden = set()
        self.catch_up()
        self.simulation.pace = 0
        self.simulation.now += HOUR
        for _ in range(3):
            self.simulation.poll()
        self.simulation.publish()
        told: dict[str, list[dict[str, Any]]] = {}
        for event in self.simulation.told():
            if event["detail-type"] == "Job Status Change":
                told.setdefault(event["detail"]["job_id"], []).append(event["detail"])
        for job_id, history in self.truth.items():
            self._check(job_id, history, told.get(job_id, []))
        alerts = {alert["detail"]["id"] for alert in self.simulation.alerted()}
        wanted = {
            detail["id"]
            for details in told.values()
            for detail in details
            if detail["status"] in {"FAILED", "PARTIAL"}
        }
        lost = {
            a["detail"]["id"] for a in self.simulation.alerted() if a["status"] == "UNREACHABLE"
        }
        assert alerts - lost == wanted

    def _check(self, job_id: str, history: list[str], told: list[dict[str, Any]]) -> None:
        history = [self.called.get(raw, raw) for raw in history]
        raws = [detail["raw_status"] for detail in told]
        previous = [detail["previous_raw_status"] for detail in told]
        assert previous == [self.first.get(job_id), *raws[:-1]][: len(raws)], (history, told)
        gone = job_id not in self.api.jobs
        if gone and (told or self.first.get(job_id)):
            assert ([self.first.get(job_id), *raws])[-1] in ENDED | {"NOT_FOUND"}, (history, raws)
        lived = raws[:-1] if gone and raws[-1:] == ["NOT_FOUND"] else raws
        left = iter(history)
        assert all(raw in left for raw in lived), (history, raws)
        if gone:
            return
        assert ([self.first.get(job_id), *raws])[-1] == history[-1], (history, raws)

    def _alive(self) -> list[str]:
        return [i for i in sorted(self.api.jobs) if self.truth[i][-1] not in ENDED]

    def _put(self, job_id: str, raw: str, failed: int = 0) -> None:
        created = {"CreatedTimestamp": NOW - HOUR, "CreatedAt": NOW - HOUR}
        said = self.called.get(raw, raw)
        self.api.put(job_id, said, **created, FailedRecordsCount=failed)
        self.api.fuller[job_id] = {"CompletedTimestamp": NOW} if raw in ENDED else {}


class SortedLives(Lives):
    """The list is sorted newest first, and leaves nothing out."""

    source = "dataexchange.jobs"
    called = CALLED


Lives.TestCase.settings = SortedLives.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TestLives = Lives.TestCase
TestSortedLives = SortedLives.TestCase
