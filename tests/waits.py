"""Waiting in memory: the table of waits, the tasks of state machines, and both functions.

Each call goes through `Faults`, which can stop the function before or after its effect.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.answer.sweep import LOOKS_EVERY, answer_job, sweep
from lambdas.deadline import Deadline
from lambdas.model import JOB_STATUS_CHANGE
from lambdas.plan import Plan
from lambdas.scopes import scope_of
from lambdas.store.items import write_job
from lambdas.store.table import Table
from lambdas.wait.waiter import begin
from lambdas.waits.callbacks import Callbacks
from lambdas.waits.memory import Memory
from lambdas.waits.settling import Outcome, Settler
from lambdas.waits.tasks import Tasks
from lambdas.waits.wait import CALLBACK_ID
from lambdas.waits.wait import TOKEN as TASK
from tests.memory import Faults, MemoryTable
from tests.records import detail
from tests.sim import ACCOUNT, REGION, AtOnce
from tests.values import MINUTE, NOW, stored

SOURCE, JOB = "sesv2.import-jobs", "j1"
TOKEN = "AQCkAAAAKgAAAAMAAAAAAAAAAb/canary/token=="
CALLBACK = "Ab1/canary+callback=="
FOR_EVER = Deadline(float("inf"), lambda: 0.0)
OVER = "TaskTimedOut"


class FakeWaits:
    """A DynamoDB client with the table of waits, of which a page has `page` items."""

    def __init__(self, faults: Faults, page: int = 100) -> None:
        self._faults = faults
        self.page = page
        self.items: dict[tuple[str, str], dict[str, Any]] = {}

    def put_item(self, **call: Any) -> None:
        item = call["Item"]
        self._faults.call("PutWait", lambda: self.items.update({_key(item): item}))

    def delete_item(self, **call: Any) -> None:
        self._faults.call("DeleteWait", lambda: self.items.pop(_key(call["Key"]), None))

    def get_item(self, **call: Any) -> dict[str, Any]:
        found = self._faults.call("GetWait", lambda: self.items.get(_key(call["Key"])))
        return {"Item": found} if found else {}

    def query(self, **call: Any) -> dict[str, Any]:
        (pk,) = call["ExpressionAttributeValues"].values()
        return self._page("QueryWaits", call, pk["S"])

    def scan(self, **call: Any) -> dict[str, Any]:
        return self._page("ScanWaits", call)

    def _page(self, name: str, call: Mapping[str, Any], pk: str | None = None) -> dict[str, Any]:
        assert call["ConsistentRead"]
        behind = _key(call["ExclusiveStartKey"]) if "ExclusiveStartKey" in call else ("", "")
        keys = [k for k in sorted(self.items) if k > behind and pk in (None, k[0])]
        found, more = keys[: self.page], keys[self.page :]
        items = self._faults.call(name, lambda: [self.items[k] for k in found])
        last = {n: {"S": v} for n, v in zip(("pk", "sk"), found[-1], strict=True)} if more else None
        return {"Items": items, **({"LastEvaluatedKey": last} if last else {})}


class FakeTasks:
    """A Step Functions client: `told` has of each token what it was told first, and heartbeats.

    Tasks whose token is in `over` are waited for no more; who was told is over by that.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.told: dict[str, tuple[str, ...]] = {}
        self.heartbeats: list[str] = []
        self.over: set[str] = set()
        self.error = OVER

    def send_task_success(self, **call: str) -> None:
        self._tell("SendTaskSuccess", call["taskToken"], ("success", call["output"]))

    def send_task_failure(self, **call: str) -> None:
        self._tell("SendTaskFailure", call["taskToken"], (call["error"], call["cause"]))

    def send_task_heartbeat(self, **call: str) -> None:
        self._faults.call("SendTaskHeartbeat", lambda: self._beat(call["taskToken"]))

    def _tell(self, name: str, token: str, what: tuple[str, ...]) -> None:
        self._faults.call(name, lambda: self._take(name, token, what))

    def _take(self, name: str, token: str, what: tuple[str, ...]) -> None:
        self._check(name, token)
        self.told[token] = what

    def _beat(self, token: str) -> None:
        self._check("SendTaskHeartbeat", token)
        self.heartbeats.append(token)

    def _check(self, name: str, token: str) -> None:
        if token in self.told or token in self.over:
            quoted = f"Task Timed Out: '{token}'"
            raise ClientError({"Error": {"Code": self.error, "Message": quoted}}, name)


class FakeCallbacks:
    """A Lambda client, over the same tasks: a callback is told as a task of its id is."""

    def __init__(self, tasks: FakeTasks) -> None:
        self._tasks = tasks

    def send_durable_execution_callback_success(self, CallbackId: str, Result: bytes) -> None:  # noqa: N803
        self._tasks.send_task_success(taskToken=CallbackId, output=Result.decode())

    def send_durable_execution_callback_failure(
        self,
        CallbackId: str,  # noqa: N803
        Error: Mapping[str, str],  # noqa: N803
    ) -> None:
        told = {"error": Error["ErrorType"], "cause": Error["ErrorMessage"]}
        self._tasks.send_task_failure(taskToken=CallbackId, **told)

    def send_durable_execution_callback_heartbeat(self, CallbackId: str) -> None:  # noqa: N803
        self._tasks.send_task_heartbeat(taskToken=CallbackId)


@dataclass
class Waiting:
    """Both functions, the job's item, the waits and the tasks; `now` is the functions' clock.

    Callbacks are told by `callbacks`, which has what its own client was told.
    """

    plan: Plan
    faults: Faults = field(default_factory=Faults)
    now: datetime = NOW
    pool: Executor = field(default_factory=AtOnce)

    def __post_init__(self) -> None:
        self.jobs, self.waits = MemoryTable(self.faults, "Jobs"), FakeWaits(self.faults)
        self.tasks, self.callbacks = FakeTasks(self.faults), FakeTasks(self.faults)
        self.callbacks.error = "CallbackTimeoutException"
        self.settler = Settler(
            plan=self.plan,
            own=(ACCOUNT, REGION),
            find=Table(self.jobs, "seen", self.pool, sleep=lambda _: None).find,
            memory=Memory(self.waits, "waits"),
            tasks={
                TASK: Tasks(self.tasks),
                CALLBACK_ID: Callbacks(FakeCallbacks(self.callbacks)),
            },
            pool=self.pool,
            clock=lambda: self.now,
            logger=Logger(service="jobwatch"),
        )

    @property
    def invoked(self) -> Settler:
        """What settles waits in one invocation."""
        return replace(self.settler, beaten=set(), deaf=set())

    def wait(self, token: str = TOKEN, deadline: Deadline = FOR_EVER, **given: Any) -> Outcome:
        """Let a state machine invoke wait."""
        event = {"source": SOURCE, "job_id": JOB, "token": token, **given}
        return begin(self.invoked, event, deadline)

    def wait_by(self, callback: str = CALLBACK, **given: Any) -> Outcome:
        """Let a durable function invoke wait."""
        event = {"source": SOURCE, "job_id": JOB, "callback_id": callback, **given}
        return begin(self.invoked, event, FOR_EVER)

    def see(self, status: str = "SUCCEEDED", raw: str | None = None, **given: Any) -> None:
        """Let poll store what it saw of the job: no call of the two functions."""
        source, region = given.pop("source", SOURCE), given.pop("region", REGION)
        looking = [n for n, watch in self.plan.watches.items() if source in watch.sources]
        watch = self.plan.watches[given.pop("watch", looking[0])]
        parameters = given.pop("parameters", watch.parameters)
        scope = scope_of(watch, source, given.pop("account", ACCOUNT), region, parameters)
        job_id = given.pop("job_id", JOB)
        announce = given.pop("announce", JOB_STATUS_CHANGE)
        moved = {"moved_at": given.pop("moved_at", NOW)}
        moved["expires_at"] = given.pop("expires_at", None)
        seen = stored(status, raw, job_id, detail=said(status, job_id=job_id, **given), **moved)
        item = write_job(scope, seen, announce)
        self.jobs.items[item["pk"]["S"], item["sk"]["S"]] = item

    def answer(self, deadline: Deadline = FOR_EVER, job_id: str = JOB) -> dict[str, int]:
        """Let the event of the job's end wake answer."""
        return _counts(answer_job(self.invoked, (SOURCE, ACCOUNT, REGION, job_id), deadline))

    def sweep(self, deadline: Deadline = FOR_EVER, minutes: int = 1) -> dict[str, int]:
        """Let the schedule wake answer, a minute later than the last time, for some minutes."""
        for _ in range(minutes):
            self.now += MINUTE
            counts = _counts(sweep(self.invoked, deadline))
        return counts

    def repair(self) -> None:
        """Let as many minutes pass as it takes until each job is looked up."""
        self.sweep(minutes=LOOKS_EVERY)

    @property
    def left(self) -> int:
        """How many items the table of waits has."""
        return len(self.waits.items)


def said(status: str, **given: Any) -> str:
    """Give the event's detail as the table keeps it."""
    about = detail(status=status, source=SOURCE, account=ACCOUNT, region=REGION)
    return json.dumps(about | given)


def refusing(operation: str, code: str) -> Callable[[str], None]:
    """Give what to have `Faults` meddle with calls, which refuses one operation by a code."""

    def refuse(called: str) -> None:
        if called == operation:
            raise ClientError({"Error": {"Code": code}}, called)

    return refuse


def ends_at(seconds: float) -> Deadline:
    """Give a deadline after so many looks at the clock, each of which takes a second."""
    ticks = iter(range(1_000_000))
    return Deadline(seconds, lambda: float(next(ticks)))


def _counts(counts: Mapping[Outcome, int]) -> dict[str, int]:
    return {outcome.value: count for outcome, count in counts.items()}


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
