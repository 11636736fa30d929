"""What the page on performance says is what was measured; what measures is right."""

import base64
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import boto3
import pytest
import yaml
from moto import mock_aws
from werkzeug.test import Client

from bench import history, record, side_by_side, targets
from bench.counted import Counted
from bench.lists import LISTS, Lists
from bench.page import PAGE, PAGES, PARTS, performance_page
from bench.sources import COMPREHEND, DATA_EXCHANGE, QUEUE, REGION, SAGEMAKER, SES
from bench.surroundings import FUNCTION, Ledger, Surroundings
from bench.tables import table
from demo.local_aws import Trouble
from lambdas.poll.whole import MOST_COMPARED
from tests.catalogue import compile_plan

ROOT = Path(__file__).parents[1]


def measured(name: str) -> list[dict[str, Any]]:
    return list(record.read(name)["records"])


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_the_pages_say_what_was_measured(file: Path) -> None:
    page = file.read_text(encoding="utf-8")
    assert performance_page(page) == page, "run `make bench ARGS=--page`"


def test_a_function_that_is_started_has_the_settings_that_it_asks_for() -> None:
    asked = {
        name
        for file in (ROOT / "lambdas").rglob("*.py")
        if file.name in ("handler.py", "handling.py")
        for name in re.findall(r'setting\("(\w+)"\)', file.read_text(encoding="utf-8"))
    }
    # The first is made for it, the others are not used.
    apart = {"LANES_QUEUE_URL", "LATER_QUEUE_URL", "ALERT_BUS_NAME", "WAITS_TABLE_NAME"}
    assert asked - {*FUNCTION} == apart


def test_each_part_has_its_place_on_a_page() -> None:
    pages = [file.read_text(encoding="utf-8") for file in PAGES]
    for name in PARTS:
        assert sum(page.count(f"<!-- {name}: begin -->") for page in pages) == 1, name


@pytest.mark.parametrize("name", ["cost-against-jobs", "latency"])
def test_a_picture_says_in_words_what_it_shows_and_which_way_is_better(name: str) -> None:
    picture = ET.parse(PAGE.parent / "images" / f"{name}.svg").getroot()  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    assert picture.get("role") == "img"
    title = picture.findtext(f"{space}title")
    assert f"![{title}](images/{name}.svg)" in PAGE.read_text(encoding="utf-8")
    assert "lower is better" in picture.findtext(f"{space}desc", "")
    assert "lower is better" in "".join(picture.itertext())


def test_every_subject_was_measured_in_every_case_or_is_said_not_to_be() -> None:
    records = measured("side-by-side")
    cases = {each["jobs"] for each in records}
    assert cases <= set(side_by_side.CASES)
    expected = set(itertools.product(side_by_side.SOURCES, cases, side_by_side.SUBJECTS))
    assert {(each["source"], each["jobs"], each["subject"]) for each in records} == expected


def test_both_lists_were_measured_with_every_history() -> None:
    records = measured("history")
    cases = {(each["finished"], each["running"]) for each in records}
    assert cases <= set(history.CASES)
    found = {(each["source"], (each["finished"], each["running"])) for each in records}
    assert found == set(itertools.product(history.SOURCES, cases))


def test_jobwatch_reported_each_new_failure_once_and_nothing_else() -> None:
    for each in measured("side-by-side"):
        if each["subject"] == "Jobwatch":
            reported = [each[cycle]["reported"] for cycle in ("first", "unchanged", "last")]
            assert reported == [0, 0, side_by_side.FAILURES], each


def test_a_poll_of_unchanged_jobs_read_one_unit_wrote_nothing_and_asked_for_no_job() -> None:
    """But for the cursor of a list that takes several invocations."""
    for each in measured("history"):
        newest_first = each["source"] == DATA_EXCHANGE
        pieces = not newest_first and each["finished"] + each["running"] > MOST_COMPARED
        assert (each["unchanged"]["read_units"], each["unchanged"]["writes"]) == (1, pieces), each
        assert set(each["unchanged"]["calls"]) <= {
            "dynamodb:GetItem",
            *(["dynamodb:PutItem"] if pieces else []),
            *(f"{source.split('.')[0]}:{LISTS[source][0]}" for source in LISTS),
        }


def test_a_target_that_was_missed_is_called_so() -> None:
    found = [targets.target("time", most, 1.2999) for most in (1.3, 1.2)]
    rows = table(targets.TARGETS, found).splitlines()[2:]
    assert rows == ["| time | 1.3 | 1.3 |", "| time | 1.2 | 1.3: missed |"]


@pytest.mark.parametrize("source", [SAGEMAKER, COMPREHEND])
def test_a_row_of_the_benchmark_is_proven_like_any_other(source: str, tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": {"jobs": {"source": source}}}), encoding="utf-8")
    assert list(compile_plan(file, ROOT / side_by_side.CATALOGUE).plan.sources) == [source]


def nothing(_environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"{}"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X-Amz-Target": "DynamoDB_20120810.Query"}, "{}"),
        ({}, "Action=Query&Version=2012-08-10"),
    ],
)
def test_a_call_is_counted_whatever_its_protocol(headers: dict[str, str], body: str) -> None:
    counted = Counted(nothing)
    signed = "AWS4-HMAC-SHA256 Credential=test/20261122/eu-west-1/dynamodb/aws4_request"
    Client(counted).post("/", data=body, headers={"Authorization": signed, **headers})
    assert [counted.take(), counted.take()] == [{"dynamodb:Query": 1}, {}]


def test_what_the_local_aws_was_asked_is_counted_since_the_last_time(tmp_path: Path) -> None:
    file = tmp_path / "calls.log"
    file.write_text(
        '{"dynamodb:Query": 1, "reads": true, "writes": false, "read_units": 1.5}\n'
        '{"dynamodb:PutItem": 1, "reads": false, "writes": true, "announced": true}\n'
        '{"sqs:SendMessage": 1, "sent": 4}\n'
    )
    ledger = Ledger(tmp_path)
    noted = ledger.take()
    assert (noted["reads"], noted["writes"], noted["read_units"]) == (1, 1, 1.5)
    assert (noted["announced"], noted["sent"]) == (1, 4)
    with file.open("a") as more:
        more.write('{"dynamodb:GetItem": 1, "read_units": 0.5}\n' * 2)
    assert ledger.take() == {"dynamodb:GetItem": 2, "read_units": 1}


def test_the_jobs_that_custodian_notified_of_are_counted_once() -> None:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=REGION)
        url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        for names in (["a", "b"], ["c"]):
            packed = zlib.compress(json.dumps({"resources": names}).encode())
            sqs.send_message(QueueUrl=url, MessageBody=base64.b64encode(packed).decode())
        assert [side_by_side.notified(sqs, url) for _ in range(2)] == [3, 0]


@pytest.mark.parametrize(("source", "key"), [(SES, "ImportJobs"), (DATA_EXCHANGE, "Jobs")])
def test_a_list_has_every_job_once_in_pages(source: str, key: str) -> None:
    lists, size = Lists(), LISTS[source][1]
    lists.prepare({"finished": size, "running": 2})
    client, path = Client(lists), f"/{source}/list"
    first = client.post(path, json={}).get_json()
    token = first["NextToken"]
    second = client.post(path, json={"NextToken": token}, query_string={"nextToken": token})
    jobs = [*first[key], *second.get_json()[key]]
    assert len(first[key]) == size
    assert "NextToken" not in second.get_json()
    ids = [job.get("JobId") or job["Id"] for job in jobs]
    assert len(set(ids)) == len(ids) == size + 2
    newest_first = [job.get("CreatedAt", 0) for job in jobs]
    assert newest_first == sorted(newest_first, reverse=True)


def test_the_last_words_of_a_process_that_ended_are_said(tmp_path: Path) -> None:
    with (
        Surroundings(tmp_path).run(None, "bench.none") as none,
        pytest.raises(Trouble, match=r"No module named bench\.none"),
    ):
        none.ask()


def test_a_process_answers_in_lines_whatever_else_it_prints(tmp_path: Path) -> None:
    (tmp_path / "chatty.py").write_text(
        "from bench.lines import answer\n"
        "answer(lambda question: (print('noise'), {'twice': question['number'] * 2})[1])\n",
        encoding="utf-8",
    )
    with Surroundings(tmp_path).run(None, "chatty", function=tmp_path) as chatty:
        assert [chatty.ask(number=number)["twice"] for number in (1, 2)] == [2, 4]
    assert "noise" in (tmp_path / "chatty.log").read_text(encoding="utf-8")


def test_what_is_kept_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    record.write("trial", records=[1])
    kept = record.read("trial")
    assert kept["records"] == [1]
    assert set(kept) == {"date", "machine", "records"}
