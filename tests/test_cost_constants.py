"""The cost model's constants, held against the stack, the code and what was measured."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from moto.dynamodb.models.dynamo_type import DynamoType

from bench import record
from infra import timeouts
from infra.cost import quantities as q
from lambdas import lanes
from lambdas.board import look
from lambdas.board.asked import STATUSES
from lambdas.digest import PARTS
from lambdas.health import FULL_READ_EVERY
from lambdas.store import listing
from lambdas.store.layout import CARRIED, INDEX_KEYS, KEYS, RECENT_KEYS
from tests.costs import EMPTY_RECEIVES, used
from tests.flow import Flow, flow_of, make_plan
from tests.metrics import METRICS
from tests.sim import Simulation
from tests.template import COMPILED, OFTEN, of_type, plain, synthesize
from tests.values import DAY, NOW


def test_memory_metrics_and_alarms_are_the_stacks() -> None:
    sizes = Counter(each["MemorySize"] for each in of_type("AWS::Lambda::Function").values())
    outlets, waiting = [q.OUTLET_GB] * 2, [q.WAITING_GB] * 2
    expected = (q.TICK_GB, q.POLL_GB, *outlets, q.BOARD_GB, *waiting)
    assert sizes == Counter(round(size * 1024) for size in expected)
    assert len(METRICS) == q.METRICS + q.METRICS_OF_CADENCE
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == q.ALARMS + len(COMPILED.cadences) * q.ALARMS_OF_CADENCE


def test_every_queue_that_lambda_polls_is_counted_and_hands_over_one_message_at_a_time() -> None:
    for compiled, every in ((COMPILED, 60), (OFTEN, 15)):
        mappings = of_type("AWS::Lambda::EventSourceMapping", synthesize(compiled)).values()
        queues = [each for each in mappings if "StartingPosition" not in each]
        assert {each["BatchSize"] for each in queues} == {1}
        month = used(every=every)
        polled = [n for n in ("sqs-fifo", "sqs-standard") if month.get(n, 0) >= EMPTY_RECEIVES]
        assert len(queues) == len(polled)


def test_each_heartbeat_is_one_write_unit_and_wakes_each_function_that_reads_the_stream() -> None:
    schedules = of_type("AWS::Scheduler::Schedule").items()
    (beat,) = [each for name, each in schedules if name.startswith("Heartbeat")]
    assert beat["ScheduleExpression"] == f"rate({timeouts.HEARTBEAT // 60} minutes)"
    mappings = of_type("AWS::Lambda::EventSourceMapping").values()
    assert sum("StartingPosition" in each for each in mappings) == q.OUTLETS
    assert len(plain(beat["Target"]["Input"])) < q.WRITE_STEP


def test_what_the_code_sends_and_looks_up_is_what_is_counted() -> None:
    assert (lanes.PER_CALL, PARTS) == (q.MESSAGES_OF_SEND, q.DIGEST_PARTS)
    assert (look.MOST_WATCHES, 2 * look.MOST_JOBS) == (q.MOST_WATCHES, q.MOST_JOBS)
    assert listing.MOST_COUNTED == q.MOST_COUNTED
    assert 2 * len(STATUSES) == q.QUERIES_OF_WATCH
    assert DAY / FULL_READ_EVERY == q.FULL_READS


WATCHES = {"ses-imports": {"source": "sesv2.import-jobs"}}


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    with flow_of(tmp_path, WATCHES) as flow:
        yield flow


def test_a_poll_asks_the_table_for_as_much_as_is_counted(flow: Flow) -> None:
    asked: Counter[str] = Counter()
    events = flow.dynamodb.meta.events
    events.register("before-call.dynamodb", lambda model, **_: asked.update([model.name]))

    def polled(**more: Any) -> Mapping[str, int]:
        asked.clear()
        flow.poll(**more)
        return dict(asked)

    flow.poll()
    assert polled() == {"GetItem": 1}
    differing = {"GetItem": 1, "Query": 1, "BatchGetItem": 1, "PutItem": 2}
    healths = 0
    for status in ("CREATED", "PROCESSING", "COMPLETED"):
        flow.api.put("j", status, CreatedTimestamp=flow.now)
        unfinished = status != "COMPLETED"
        assert polled() == differing | {"PutItem": 2 + unfinished}
        healths += unfinished
    assert polled() == {"GetItem": 1}
    full, of_the_lane = polled(later=DAY), 1
    assert (full["BatchGetItem"], full["PutItem"]) == (1, 1 + of_the_lane)
    flow.api.jobs.clear()
    assert polled()["PutItem"] + healths == q.HEALTHS_OF_JOB


def test_jobs_that_move_together_are_written_each_and_the_health_once(tmp_path: Path) -> None:
    watch = {"source": "sesv2.import-jobs", "stalled_after": "2 hours"}
    with flow_of(tmp_path, {"ses-imports": watch}) as flow:
        asked: Counter[str] = Counter()
        events = flow.dynamodb.meta.events
        events.register("before-call.dynamodb", lambda model, **_: asked.update([model.name]))
        created = flow.now
        for processed in (1, 2):
            for name in ("a", "b", "c"):
                count = {"ProcessedRecordsCount": processed}
                flow.api.put(name, "PROCESSING", CreatedTimestamp=created, **count)
            asked.clear()
            flow.poll()
        assert dict(asked) == {"GetItem": 1, "Query": 1, "BatchGetItem": 1, "PutItem": 3 + 1}


def size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The bytes of an item as DynamoDB counts them."""
    return sum(len(name) + DynamoType(dict(of)).size() for name, of in item.items())


def test_what_a_parent_holds_is_as_large_as_it_is_counted_and_one_query_in_between(
    tmp_path: Path,
) -> None:
    watch = {"source": "pinpoint.import-jobs", "discover_every": "1 day"}
    with flow_of(tmp_path, {"pinpoint-imports": watch}) as flow:
        flow.api.children = {"ApplicationId": ["0" * 32]}
        asked: Counter[str] = Counter()
        events = flow.dynamodb.meta.events
        events.register("before-call.dynamodb", lambda model, **_: asked.update([model.name]))
        flow.poll(clocked=True)
        asked.clear()
        flow.poll(clocked=True)
        assert dict(asked) == {"GetItem": 2, "Query": 1}
        (child,) = [each for each in flow.items() if each["sk"]["S"].startswith("child#")]
    assert 0.6 * q.CHILD_BYTES < size(child) <= q.CHILD_BYTES


def test_items_are_as_large_as_they_are_counted(flow: Flow) -> None:
    flow.poll()
    flow.api.put("0" * 32, "PROCESSING", CreatedTimestamp=flow.now)
    flow.poll()
    (item,) = [each for each in flow.items() if "announce" in each]
    (health,) = [each for each in flow.items() if "health" in each]
    in_index = {n: of for n, of in item.items() if n in {*KEYS, *INDEX_KEYS, *CARRIED}}
    listed = {name: of for name, of in item.items() if name in {*KEYS, *RECENT_KEYS}}
    assert 0.6 * q.ITEM_BYTES < size(item) <= q.ITEM_BYTES
    assert 0.6 * q.LISTED_BYTES < size(listed) <= q.LISTED_BYTES
    assert 0.6 * q.ENTRY_BYTES < size(in_index) <= q.ENTRY_BYTES
    assert 0.6 * q.HEALTH_BYTES < size(health) <= q.HEALTH_BYTES + q.DIGEST_BYTES


def test_a_change_of_status_is_the_only_write_to_the_index_for_people(tmp_path: Path) -> None:
    """An entry that has another place is one that is taken and one that is put."""
    watch = {"source": "sesv2.import-jobs", "stalled_after": "2 hours"}
    written = 0
    with flow_of(tmp_path, {"ses-imports": watch}) as flow:
        flow.poll()
        created, before = flow.now, None
        statuses = ("CREATED", "PROCESSING", "PROCESSING", "PROCESSING", "COMPLETED")
        for processed, status in enumerate(statuses):
            count = {"ProcessedRecordsCount": processed}
            flow.api.put("j", status, CreatedTimestamp=created, **count)
            flow.poll()
            (item,) = [each for each in flow.items() if "listed" in each]
            entry = {name: item[name] for name in RECENT_KEYS}
            if entry != before:
                written += 1 if before is None else 2
            before = entry
    assert written == 2 * q.CHANGES_OF_JOB - 1


@pytest.mark.parametrize("jobs", [10, 100, 1_000])
def test_a_digest_is_as_large_as_it_is_counted(tmp_path: Path, jobs: int) -> None:
    simulation = Simulation(make_plan(tmp_path, WATCHES))
    (api,) = simulation.apis.values()
    for number in range(jobs):
        api.put(str(number), "COMPLETED", CreatedTimestamp=NOW)
    simulation.poll()
    (health,) = [each for each in simulation.dynamodb.items.values() if "health" in each]
    found = DynamoType(dict(health["digest"])).size()
    assert 0.6 * found <= min(jobs * q.DIGEST_BYTES, q.DIGEST_MOST) <= 1.2 * found


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("tick", q.TICK_LOG),
        ("poll", q.POLL_LOG),
        ("publish", q.OUTLET_LOG),
        ("alert", q.OUTLET_LOG),
    ],
)
def test_logs_are_as_long_as_they_are_counted(name: str, counted: int) -> None:
    log = record.read("start")["starts"][name]["log"] + q.LAMBDAS_LOG
    assert 0.7 * counted < log <= counted
