"""What the page on performance says is what was measured; what measures is right."""

import base64
import itertools
import json
import os
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws
from werkzeug.test import Client

from bench import history, record, side_by_side
from bench.counted import Counted
from bench.deployed import CATALOGUE
from bench.lines import ProcessError, run
from bench.notices import Queue, Stream
from bench.page import PAGE, PAGES, PARTS, performance_page
from bench.sources import COMPREHEND, DATA_EXCHANGE, QUEUE, REGION, SAGEMAKER, SES, TABLE
from bench.standins import LISTS, StandIns
from bench.surroundings import Surroundings
from bench.units import item_size, read_units
from infra.config.plan import compile_plan

ROOT = Path(__file__).parents[1]


def measured(name: str) -> list[dict[str, Any]]:
    result = record.read(name)
    assert result is not None
    return list(result["records"])


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_the_pages_tell_what_was_measured(file: Path) -> None:
    page = file.read_text(encoding="utf-8")
    assert performance_page(page) == page, "run `make bench ARGS=--page`"


def test_each_part_has_its_place_on_a_page() -> None:
    pages = [file.read_text(encoding="utf-8") for file in PAGES]
    for name in PARTS:
        assert sum(page.count(f"<!-- {name}: begin -->") for page in pages) == 1, name


def test_the_images_of_what_was_measured_are_there() -> None:
    for measurement, markdown in PARTS.values():
        result = record.read(measurement)
        text = "" if result is None else markdown(result)
        for name in (line.split("](")[1].rstrip(")") for line in text.split() if "](im" in line):
            assert (PAGE.parent / name).exists(), name


def test_every_subject_was_measured_in_every_case_or_is_said_not_to_be() -> None:
    records = measured("side-by-side")
    cases = {each["jobs"] for each in records}
    assert cases <= set(side_by_side.CASES)
    subjects = [subject.name for subject in side_by_side.SUBJECTS]
    expected = set(itertools.product(side_by_side.SOURCES, cases, subjects))
    assert {(each["source"], each["jobs"], each["subject"]) for each in records} == expected
    assert all("left_out" in each or each["rounds"] for each in records)


def test_both_lists_were_measured_with_every_history() -> None:
    records = measured("history")
    cases = {(each["finished"], each["running"]) for each in records}
    assert cases <= set(history.CASES)
    found = {(each["source"], (each["finished"], each["running"])) for each in records}
    assert found == set(itertools.product(history.SOURCES, cases))


def test_jobwatch_told_of_each_new_failure_once_and_of_nothing_else() -> None:
    for each in measured("side-by-side"):
        if each["subject"] == "Jobwatch":
            told = [each[cycle]["told"] for cycle in ("first", "second", "news")]
            assert told == [0, 0, side_by_side.FAILURES], each


@pytest.mark.parametrize("source", [SAGEMAKER, COMPREHEND])
def test_a_row_of_the_benchmark_is_proven_like_any_other(source: str, tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": {"jobs": {"source": source}}}), encoding="utf-8")
    assert list(compile_plan(file, CATALOGUE).plan.sources) == [source]


def test_an_items_size_is_that_of_its_names_and_values() -> None:
    item = {
        "pk": {"S": "äb"},  # 2 + 3
        "version": {"N": "12345"},  # 7 + 3 + 1
        "stalled": {"BOOL": True},  # 7 + 1
        "list": {"L": [{"S": "abc"}, {"NULL": True}]},  # 4 + 3 + 2 + 3 + 1
        "map": {"M": {"k": {"B": "AAAA"}}},  # 3 + 3 + 1 + 1 + 3
    }
    assert item_size(item) == 5 + 11 + 8 + 13 + 11


def test_a_read_costs_half_a_unit_for_each_4_kb_and_a_consistent_one_a_whole() -> None:
    large = {"a": {"S": "x" * 4095}}
    small = {"a": {"S": "x"}}
    assert read_units("GetItem", {}, {"Item": large}) == 0.5
    assert read_units("GetItem", {"ConsistentRead": True}, {}) == 1
    assert read_units("Query", {}, {"Items": [large, small]}) == 1
    asked = {"RequestItems": {"seen": {}}}
    assert read_units("BatchGetItem", asked, {"Responses": {"seen": [small, small]}}) == 1
    assert read_units("PutItem", {}, {}) == 0


def nothing(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b'{"Items": [{"a": {"S": "x"}}]}']


@pytest.mark.parametrize(
    ("service", "path", "headers", "body"),
    [
        ("dynamodb", "/", {"X-Amz-Target": "DynamoDB_20120810.Query"}, "{}"),
        ("dynamodb", "/service/DynamoDB_20120810/operation/Query", {}, "{}"),
        ("dynamodb", "/", {}, "Action=Query&Version=2012-08-10"),
    ],
)
def test_a_call_is_counted_whatever_its_protocol(
    service: str, path: str, headers: dict[str, str], body: str
) -> None:
    counted = Counted(nothing)
    signed = f"AWS4-HMAC-SHA256 Credential=test/20261122/eu-west-1/{service}/aws4_request"
    Client(counted).post(path, data=body, headers={"Authorization": signed, **headers})
    taken = counted.take()
    assert (taken["calls"], taken["read_units"]) == ({f"{service}:Query": 1}, 0.0)
    assert counted.take()["calls"] == {}


def test_what_a_table_gives_is_weighed_when_asked_for() -> None:
    counted = Counted(nothing)
    counted.weighing = True
    signed = "AWS4-HMAC-SHA256 Credential=test/20261122/eu-west-1/dynamodb/aws4_request"
    headers = {"Authorization": signed, "X-Amz-Target": "DynamoDB_20120810.Query"}
    Client(counted).post("/", data="{}", headers=headers)
    assert counted.take()["read_units"] == 0.5


def test_the_jobs_that_custodian_notified_of_are_counted_once(tmp_path: Path) -> None:
    with mock_aws():
        queue = Queue(Surroundings(tmp_path))
        sqs = boto3.client("sqs", region_name=REGION)
        url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        for names in (["a", "b"], ["c"]):
            packed = zlib.compress(json.dumps({"resources": names}).encode())
            sqs.send_message(QueueUrl=url, MessageBody=base64.b64encode(packed).decode())
        assert [queue.take(), queue.take()] == [3, 0]


def test_the_items_that_jobwatch_would_announce_are_counted_once(tmp_path: Path) -> None:
    with mock_aws():
        stream = Stream(Surroundings(tmp_path))
        table = boto3.client("dynamodb", region_name=REGION)
        quiet = {"pk": {"S": "scope"}, "sk": {"S": "job#1"}}
        table.put_item(TableName=TABLE, Item=quiet)
        table.put_item(TableName=TABLE, Item={**quiet, "announce": {"S": "Job Status Change"}})
        assert [stream.take(), stream.take()] == [1, 0]


@pytest.mark.parametrize("source", [SES, DATA_EXCHANGE])
def test_a_standin_lists_every_job_once_in_pages(source: str) -> None:
    standins, row = StandIns(), LISTS[source]
    standins.fill(finished=row.page, running=2)
    first = standins.page(source, None)
    second = standins.page(source, first["NextToken"])
    jobs = [job[row.id] for job in (*first[row.items], *second[row.items])]
    assert len(first[row.items]) == row.page
    assert len(set(jobs)) == len(jobs) == row.page + 2
    assert "NextToken" not in second
    assert (jobs == sorted(jobs)) == (source == DATA_EXCHANGE), "newest first, or in no order"


def test_the_last_words_of_a_process_that_ended_are_told(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with (
        run(Path(sys.executable), "bench.none", folder=tmp_path, environment=environment) as none,
        pytest.raises(ProcessError, match=r"No module named bench\.none"),
    ):
        none.ask()


def test_a_process_answers_in_lines_whatever_else_it_prints(tmp_path: Path) -> None:
    (tmp_path / "chatty.py").write_text(
        "from bench.lines import answer\n"
        "answer(lambda question: (print('noise'), {'twice': question['number'] * 2})[1])\n",
        encoding="utf-8",
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    with run(Path(sys.executable), "chatty", folder=tmp_path, environment=environment) as chatty:
        assert [chatty.ask(number=number)["twice"] for number in (1, 2)] == [2, 4]
    assert "noise" in (tmp_path / "chatty.log").read_text(encoding="utf-8")


def test_what_is_kept_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    assert record.read("trial") is None
    record.write("trial", records=[1])
    kept = record.read("trial")
    assert kept is not None
    assert kept["records"] == [1]
    assert set(kept) == {"date", "machine", "records"}
    assert json.loads((tmp_path / "trial.json").read_text(encoding="utf-8")) == kept
