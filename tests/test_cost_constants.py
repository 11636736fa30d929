"""The cost model's constants, held against the stack and the functions."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from lambdas import budgets, handle_poll, handle_publish, handover, tick
from lambdas.digest import NOTHING, PARTS, digest, fingerprint, packed
from lambdas.scopes import first_scopes, rests
from operate.cost.fleet import looks
from tests.costs import EMPTY_RECEIVES, QUIET, Q, groups_of, used
from tests.metrics import METRICS
from tests.stage import Stage, functions_on_stage, make_plan
from tests.table import CARRIED, INDEX_KEYS, KEYS
from tests.template import COMPILED, of_type
from tests.test_handlers import CONTEXT
from tests.values import DAY, NOW, job


def test_memory_metrics_and_alarms_are_the_stacks() -> None:
    sizes = {f["MemorySize"] for f in of_type("AWS::Lambda::Function").values()}
    assert sizes == {Q.poll_gb * 1024, Q.publish_gb * 1024}
    assert pytest.approx(Q.poll_gb * 1024 / 1769, abs=0.005) == Q.poll_vcpu
    assert len(METRICS) == Q.metrics + Q.metrics_of_cadence
    cadences = 2
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == Q.alarms + cadences * Q.alarms_of_cadence


def test_every_queue_that_lambda_polls_is_counted() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping").values()
    queues = [each for each in mappings if "StartingPosition" not in each]
    month = used(every=min(COMPILED.cadences))
    polled = [month[queue] >= EMPTY_RECEIVES for queue in ("sqs-fifo", "sqs-standard")]
    assert len(queues) == sum(polled)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Jobwatch")
    watches = {"ses-imports": {"source": "sesv2.import-jobs"}}
    with functions_on_stage(tmp_path, monkeypatch, watches) as stage:
        yield stage


LAMBDAS_LINES = 378
"""Bytes of START, END and REPORT, with what CloudWatch adds to each line."""


def logged(text: str) -> int:
    """The bytes that CloudWatch counts: each line and 26 more."""
    return sum(len(line.encode()) + 26 for line in text.splitlines()) + LAMBDAS_LINES


IN_INDEX = {*KEYS, *INDEX_KEYS, *CARRIED}


def stored(item: Mapping[str, Mapping[str, str]]) -> int:
    """The bytes of an item as DynamoDB counts them, numbers as if they were texts."""
    return sum(len(name) + len(str(*of.values()).encode()) for name, of in item.items())


def in_index(item: Mapping[str, Mapping[str, str]]) -> int:
    """The bytes of an item's entry in the index."""
    return stored({name: of for name, of in item.items() if name in IN_INDEX})


def test_logs_and_items_are_as_large_as_they_are_counted(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    handle_poll.handler({}, CONTEXT)
    stage.api.put("0" * 32, "PROCESSING", CreatedTimestamp=stage.now)
    handle_poll.handler({}, CONTEXT)
    capsys.readouterr()
    handle_poll.handler({}, CONTEXT)
    polled = logged(capsys.readouterr().out)
    handle_publish.handler({"Records": stage.records()}, None)
    published = logged(capsys.readouterr().out)
    (item,) = [item for item in stage.items() if "announce" in item]
    (scope,) = [item for item in stage.items() if "health" in item]
    assert 0.75 * Q.poll_log < polled <= Q.poll_log + Q.watch_log
    assert 0.75 * Q.publish_log < published <= Q.publish_log
    assert 0.6 * Q.item_bytes < stored(item) <= Q.item_bytes
    assert 0.75 * Q.entry_bytes < in_index(item) <= Q.entry_bytes
    assert 0.75 * Q.health_bytes < in_index(scope) < stored(scope) <= Q.health_bytes


@pytest.mark.parametrize("jobs", [1, 10, 50, 150, 1_000, 10_000])
def test_a_digest_is_as_large_as_it_is_counted(jobs: int) -> None:
    size = len(packed(digest(fingerprint(job(job_id=str(number))) for number in range(jobs))))
    counted = min(jobs * Q.digest_bytes, Q.digest_most)
    assert 0.5 * counted < size <= counted + len(packed(NOTHING))


def test_a_quiet_tick_asks_the_table_once_and_a_whole_one_follows_a_day_later(
    stage: Stage,
) -> None:
    asked: list[str] = []
    events = stage.dynamodb.meta.events
    stage.poll()
    events.register("before-call.dynamodb", lambda model, **_: asked.append(model.name))
    stage.poll()
    assert asked == ["Query"]
    asked.clear()
    stage.poll(later=DAY / Q.whole_reads)
    assert asked == ["Query", "Query", "PutItem"]


def test_a_health_is_written_when_a_job_ends_and_when_the_list_drops_it(stage: Stage) -> None:
    def healths() -> int:
        return sum("health" in each["dynamodb"]["NewImage"] for each in stage.records())

    stage.poll()
    healths()
    found = []
    for status in ("CREATED", "PROCESSING", "COMPLETED"):
        stage.api.put("j", status, CreatedTimestamp=stage.now)
        stage.poll()
        found.append(healths())
    assert found == [0, 0, 1]
    stage.api.jobs.clear()
    stage.poll()
    assert sum(found) + healths() == Q.health_writes


def test_what_the_functions_spread_and_hold_back_is_what_is_counted() -> None:
    assert (Q.scopes_of_tick, Q.threads, Q.burst) == (tick.MOST, tick._THREADS, budgets.BURST)
    spread = (handover.PER_MESSAGE, handover.GROUPS, handover._PER_CALL)
    assert spread == (Q.scopes_of_message, Q.groups, Q.messages_of_send)
    assert Q.digest_parts == PARTS


def test_an_idle_scope_is_asked_at_as_many_ticks_as_are_counted(tmp_path: Path) -> None:
    watch = {"source": "dataexchange.jobs", "every": "2 minutes", "idle_every": "15 minutes"}
    (group,) = groups_of(tmp_path, watch)
    (of_plan,) = make_plan(tmp_path, {"one": watch}).watches.values()
    (scope,) = first_scopes(of_plan, "111122223333", "eu-west-1")
    ticks = [NOW + timedelta(minutes=2 * number) for number in range(70)]
    asked = sum(not rests(scope, of_plan, due) for due in ticks)
    assert asked / len(ticks) == looks(group, replace(QUIET, busy=0))


def test_the_page_of_a_sorted_list_is_the_catalogues(tmp_path: Path) -> None:
    (source,) = make_plan(tmp_path, {"one": {"source": "dataexchange.jobs"}}).sources.values()
    assert source.newest_first
    assert source.listing.parameters["MaxResults"] == Q.sorted_page


def test_every_constant_has_a_unit_a_basis_and_a_reason() -> None:
    for each in fields(Q):
        assert each.metadata["basis"] in {"rule", "design", "measured", "assumed"}
        assert each.metadata["unit"]
        assert each.metadata["why"]
