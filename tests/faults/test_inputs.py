"""Hostile input: ids, texts, numbers, times and types that no service should answer, yet may.

Nothing of it is lost, nothing is invented, and no job of the kind keeps the others from being told.
"""

import json
import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lambdas.alert.wording import body
from lambdas.plan import Source
from lambdas.text import one_line
from lambdas.times import read_time
from tests.faults.line import Line
from tests.faults.scenarios import PLACES, record
from tests.flow import flow_of, make_plan
from tests.records import detail
from tests.sim import Simulation
from tests.values import NOW

IDS = {
    "slash": "a/b//c",
    "hash": "job#1#scope",
    "percent": "100%25%2F%zz",
    "spaces": " two  words ",
    "emoji": "import-🚀-été-漢字",
    "question": "a?b=c&d=e;f",
    "plus": "a+b=c",
    "quotes": '"it\'s" <b>\\',
    "braces": "{0}{job_id}{{",
    "newline": "first\nsecond\r\tthird",
    "nul": "a\x00b",
    "scope": "scope",
    "digest": "sha256:0123",
    "thousand": "x" * 1_000,
    "thousand wide": "漢" * 1_000,
    "dotted": "...",
    "dot": ".",
    "two dots": "..",
    "traversal": "../../apps",
    "arn": "arn:aws:s3:::b/k",
}
LARGEST_MESSAGE = 262_144


@pytest.fixture
def simulation(plan_of: Any) -> Simulation:
    """Jobwatch in memory, over SES's import jobs."""
    return Simulation(plan_of("contacts"))


@pytest.mark.parametrize("watch", ["contacts", "segments", "data"])
@pytest.mark.parametrize("job_id", IDS.values(), ids=IDS)
def test_a_job_of_any_id_is_told_under_that_id(
    watch: str, job_id: str, line: tuple[Line, str], harness: Any, tally: Counter[str]
) -> None:
    """Over real HTTP, with the same odd ids for its application and segment."""
    parents = (f"app {job_id}", f"segment {job_id}") if watch == "segments" else ()
    show_one(line[0], watch, parents, job_id, None)
    it = harness(watch)
    it.poll()
    runs = "IN_PROGRESS" if watch == "data" else "PROCESSING"
    fails = "ERROR" if watch == "data" else "FAILED"
    for raw in (runs, fails):
        show_one(line[0], watch, parents, job_id, raw)
        it.poll()
    key = (watch, tuple(one_line(parent) for parent in parents), one_line(job_id))
    assert it.news() == {key: [(None, runs), (runs, fails)]}
    assert it.failures_told() == [one_line(job_id)]
    tally["hostile inputs"] += 1


@pytest.mark.parametrize("job_id", IDS.values(), ids=IDS)
def test_a_job_of_any_id_that_vanishes_is_told(
    job_id: str, line: tuple[Line, str], harness: Any
) -> None:
    show_one(line[0], "contacts", (), job_id, "PROCESSING")
    it = harness("contacts")
    it.poll()
    show_one(line[0], "contacts", (), job_id, None)
    it.settle()
    assert it.news() == {("contacts", (), one_line(job_id)): [("PROCESSING", "NOT_FOUND")]}
    assert it.scopes_told() == []


def show_one(
    line: Line, watch: str, parents: tuple[str, ...], job_id: str, raw: str | None
) -> None:
    there: dict[Any, list[Any]] = {place: [] for place in PLACES.values()}
    if raw is not None:
        there[PLACES[watch]] = [record((watch, parents, job_id), raw)]
    if parents:
        app, segment = parents
        place = PLACES["segments"]
        there[place._replace(kind="apps")] = [{"Id": app, "Name": "a"}]
        there[place._replace(kind="segments")] = [{"Id": segment, "ApplicationId": app}]
    line.world.show(there)


def test_the_table_the_bus_and_the_topic_take_every_id(tmp_path: Path) -> None:
    """P5: against moto, which holds keys and calls to AWS's limits."""
    with flow_of(tmp_path, {"contacts": {"source": "sesv2.import-jobs"}}) as flow:
        flow.poll()
        ids = {*IDS.values()}
        for job_id in ids:
            flow.api.put(job_id, "FAILED", CreatedTimestamp=NOW)
        told = flow.tell()
        assert {event["detail"]["job_id"] for event in told} == {one_line(each) for each in ids}
        (alert, *more) = flow.alerts()
        assert not more
        assert json.loads(alert["Message"])["detail"]["count"] == len(ids)
        assert flow.tell() == []


TEXTS = {
    "100,000 characters": "x" * 100_000,
    "100,000 quotes": '"' * 100_000,
    "100,000 backslashes": "\\" * 100_000,
    "100,000 emoji": "🚀" * 100_000,
    "100,000 control characters": "\x00\x1b\x7f" * 33_000,
    "half a character": "cut off in the middle \ud83d",
    "noncharacters": "\ufffe\uffff",
    "lines": "a\r\nb\nLink     https://elsewhere.example\n",
    "markup": "<script>alert(1)</script>{{7*7}}${jndi:ldap://x}",
    "dots": "a." * 50_000,
    "urls": "http://" * 20_000,
    "slow names": "api_key" * 20_000,
    "dashes": "_-" * 50_000,
    "percents": "https%25" * 20_000,
    "begins": "-----BEGIN " * 10_000,
    "empty": "",
    "blank": " \n ",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_of_a_failure_is_told_short_and_without_delay(
    text: str, tmp_path: Path, tally: Counter[str]
) -> None:
    """A text that is let through is cut, stays UTF-8, and forges no line of an alert."""
    watches = {
        "contacts": {"source": "sesv2.import-jobs"},
        "data": {"source": "dataexchange.jobs"},
        "segments": {"source": "pinpoint.import-jobs", "for": {"ApplicationId": "a1"}},
    }
    with flow_of(tmp_path, watches) as flow:
        flow.poll()
        ses, pinpoint = flow.apis["sesv2.import-jobs"], flow.apis["pinpoint.import-jobs"]
        for number in range(3):
            ses.put(f"j{number}", "FAILED", CreatedTimestamp=NOW)
            ses.fuller[f"j{number}"] = {"FailureInfo": {"ErrorMessage": text}}
        errors = [{"Code": text, "Message": text, "ResourceId": text}] * 30
        source = {"Bucket": text, "Key": text}
        details = {"ImportAssetsFromS3": {"AssetSources": [source] * 30, "DataSetId": text}}
        flow.apis["dataexchange.jobs"].put("d1", "ERROR", Errors=errors, Details=details)
        pinpoint.put("p1", "FAILED", Failures=[text] * 30, Definition={"S3Url": text})
        assert len(flow.tell()) == 5
        alerts = flow.alerts()
        assert sum(json.loads(a["Message"])["detail"]["count"] for a in alerts) == 5
        for item in flow.items():
            assert len(json.dumps(item, default=str)) < LARGEST_MESSAGE
        tally["hostile inputs"] += 1


def test_a_failure_text_forges_no_line_of_an_alert() -> None:
    forged = detail()
    forged["failure"] = {**forged["failure"], "message": TEXTS["lines"]}
    lines = body("FAILED", "SES import job", [forged]).splitlines()
    assert sum(line.startswith("Link") for line in lines) == 1


TIMES = {
    "before time": "0001-01-01T00:00:00+14:00",
    "after time": "9999-12-31T23:59:59-14:00",
    "last day": "9999-12-31T23:59:59Z",
    "no time": "yesterday",
    "far": 1e300,
    "infinite": math.inf,
    "not a number": math.nan,
    "negative": -1e15,
    "naive": datetime(2026, 11, 22),  # noqa: DTZ001
    "min": datetime.min,  # noqa: DTZ901
    "max": datetime.max.replace(tzinfo=UTC),
    "list": [1],
    "object": {"a": 1},
    "true": True,
}


@pytest.mark.parametrize("value", TIMES.values(), ids=TIMES)
def test_any_time_is_read_or_left_out(
    value: Any, simulation: Simulation, tally: Counter[str]
) -> None:
    read = read_time(value)
    assert read is None or read.tzinfo == UTC
    it = simulation
    api = it.apis["sesv2.import-jobs"]
    settle(it)
    api.put("j1", "PROCESSING", CreatedTimestamp=value)
    settle(it)
    api.put("j1", "FAILED", CreatedTimestamp=value)
    api.put("j2", "PROCESSING", CreatedTimestamp=NOW)
    api.fuller["j1"] = {"CompletedTimestamp": value}
    settle(it)
    told = [(e["detail"]["job_id"], e["detail"]["status"]) for e in it.told()]
    assert sorted(told) == [("j1", "FAILED"), ("j1", "RUNNING"), ("j2", "RUNNING")]
    tally["hostile inputs"] += 1


def settle(it: Simulation) -> None:
    summary = it.poll()
    assert summary is not None
    for _, error in summary.errors:
        raise error
    it.publish()


ODD: dict[str, Any] = {
    "object": {"secret": "canary"},
    "list": ["canary"],
    "deep": json.loads('{"a":' * 200 + '"canary"' + "}" * 200),
    "number": 42,
    "fraction": 1.5,
    "true": True,
    "huge": 10**400,
    "infinite": math.inf,
    "not a number": math.nan,
    "nothing": None,
    "bytes": b"canary",
}
FIELDS = ("JobStatus", "CreatedTimestamp", "ProcessedRecordsCount", "FailedRecordsCount")
FULLER = ("CompletedTimestamp", "FailureInfo", "ImportDataSource", "ImportDestination")


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("field", [*FIELDS, *FULLER, "FailureInfo.ErrorMessage", "Leaf"])
def test_a_value_of_another_type_than_the_model_says_stops_no_other_job(
    field: str, odd: Any, simulation: Simulation, tally: Counter[str]
) -> None:
    it = simulation
    api = it.apis["sesv2.import-jobs"]
    settle(it)
    api.put("odd", "FAILED", **({field: odd} if field in FIELDS else {}))
    top, _, below = field.partition(".")
    inner = {below: odd} if below else odd
    whole = {"ImportDataSource": {"S3Url": odd}} if field == "Leaf" else {top: inner}
    api.fuller["odd"] = whole if field not in FIELDS else {}
    api.put("even", "FAILED")
    settle(it)
    told = {event["detail"]["job_id"] for event in it.told()}
    assert told == {"odd", "even"}
    assert "even" in [alert["detail"]["job_id"] for alert in it.alerted()]
    if not (field == "Leaf" and odd == ODD["list"]):
        assert "canary" not in json.dumps([it.bus.events, it.topic.alerts])
    tally["hostile inputs"] += 1


@pytest.mark.parametrize("name", ["code", "message"])
def test_a_failure_that_a_service_numbers_is_told_as_text(
    name: str, simulation: Simulation
) -> None:
    """A row may name a number as a failure's code; alerts are written from texts."""
    plan, source = simulation.plan, ses_source(simulation)
    numbered = replace(source, failure={**source.failure, name: "FailedRecordsCount"})
    it = Simulation(replace(plan, sources={numbered.name: numbered}))
    settle(it)
    it.apis["sesv2.import-jobs"].put("j1", "FAILED", FailedRecordsCount=7)
    settle(it)
    (alert,) = it.alerted()
    assert alert["detail"]["failure"][name] == "7"


def ses_source(simulation: Simulation) -> Source:
    (source,) = simulation.plan.sources.values()
    return source


def test_half_a_character_in_an_id_stops_no_other_job(simulation: Simulation) -> None:
    """No UTF-8 can hold it, so neither a call nor a key can."""
    settle(simulation)
    for job_id in ("half \ud83d", "whole"):
        simulation.apis["sesv2.import-jobs"].put(job_id, "PROCESSING")
    settle(simulation)
    told = {event["detail"]["job_id"] for event in simulation.told()}
    assert told == {"half \ufffd", "whole"}


def test_a_page_token_or_parent_of_another_type_is_no_loop(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, {"segments": {"source": "pinpoint.import-jobs"}})
    it = Simulation(plan)
    api = it.apis["pinpoint.import-jobs"]
    apps = [{"Id": {"a": 1}}, {"Id": ["b"]}, {"Id": ""}, {"Id": None}, {"Id": 7}]
    page = {"ApplicationsResponse": {"Item": apps, "NextToken": {"a": "b"}}}
    api.get_apps = lambda **_: page  # type: ignore[attr-defined]
    settle(it)
    asked = [given["ApplicationId"] for _, given in api.calls]
    assert asked == ["7"]
