"""Faults of the table, the bus and the topic: P4, P5, P25.

What could not be stored is found again by the next poll; what could not be published is handed over
again by the stream, in order, until it is told.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from lambdas.publish.publisher import News, Publisher, read_news
from tests.faults.line import _Quiet
from tests.sim import Simulation
from tests.test_alerts import detail
from tests.values import HOUR, NOW


def refused(code: str) -> Callable[[], Exception]:
    return lambda: ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")


FAULTS: dict[str, Callable[[], Exception]] = {
    "throttled": refused("ThrottlingException"),
    "throughput exceeded": refused("ProvisionedThroughputExceededException"),
    "internal failure": refused("InternalServerError"),
    "access denied": refused("AccessDeniedException"),
    "no answer in time": lambda: ReadTimeoutError(endpoint_url="https://here"),
    "connection closed": lambda: ConnectionClosedError(endpoint_url="https://here"),
    "nobody there": lambda: EndpointConnectionError(endpoint_url="https://here"),
}
CALLS = ("Query", "GetItem", "PutItem", "PutEvents", "PublishBatch")


def put(simulation: Simulation, job_id: str, raw: str) -> None:
    ses = simulation.apis["sesv2.import-jobs"]
    ses.put(job_id, raw, CreatedTimestamp=NOW - HOUR)
    ses.fuller[job_id] = {"CompletedTimestamp": NOW}
    segments = simulation.apis["pinpoint.segment-import-jobs"]
    segments.children = {"ApplicationId": ["a1", "a2"], "SegmentId": ["s1"]}
    segments.put(job_id, raw, CreationDate="2026-11-22T11:00:00Z")


def told(simulation: Simulation) -> list[tuple[Any, ...]]:
    events = [event["detail"] for event in simulation.told()]
    return sorted(
        (d["watch"], tuple(d["parameters"].values()), d["job_id"], d["previous_raw_status"] or "",
         d["raw_status"])
        for d in events
    )  # fmt: skip


def live(simulation: Simulation, calls: Callable[[], None], *, first: bool) -> None:
    """Let a few jobs live; `calls` begins the trouble, at the first poll of all or later."""
    for number in range(3):
        put(simulation, f"j{number}", "PROCESSING")
    if first:
        calls()
        simulation.poll()
        simulation.faults.meddle = lambda _: None
    simulation.poll()
    simulation.publish()
    assert told(simulation) == []
    put(simulation, "j0", "FAILED")
    put(simulation, "j1", "COMPLETED")
    put(simulation, "j9", "PROCESSING")
    if not first:
        calls()
    simulation.poll()
    publish_some(simulation)
    publish_some(simulation)
    simulation.faults.meddle = lambda _: None
    simulation.poll()
    simulation.publish()
    put(simulation, "j9", "FAILED")
    simulation.poll()
    simulation.publish()


def publish_some(simulation: Simulation) -> None:
    """One hand-over of the stream, which may fail in part or as a whole."""
    records = simulation.dynamodb.records[simulation.position :]
    failed = simulation.publisher.publish([n for n in map(read_news, records) if n is not None])
    simulation.position = simulation._place(failed) if failed else len(simulation.dynamodb.records)


@pytest.mark.parametrize("first", [True, False], ids=["at the first read", "later"])
@pytest.mark.parametrize("call", [(call, nth) for call in CALLS for nth in (1, 2, 3)])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_at_any_call_is_made_good(
    fault: Callable[[], Exception],
    call: tuple[str, int],
    first: bool,
    plan_of: Any,
    tally: Counter[str],
) -> None:
    """From one of the first calls on, for the rest of that poll and two hand-overs."""
    plan = plan_of("contacts", "segments", "exports")
    simulation, calm = Simulation(plan), Simulation(plan)
    live(calm, lambda: None, first=False)
    made = Counter[str]()
    lock = threading.Lock()

    def meddle(name: str) -> None:
        with lock:
            made[name] += 1
            late = made[call[0]] >= call[1]
        if name == call[0] and late:
            tally["faults of table, bus and topic"] += 1
            raise fault()

    def begin() -> None:
        simulation.faults.meddle = meddle

    live(simulation, begin, first=first)
    assert told(simulation) == told(calm)
    assert alerted(simulation) == alerted(calm)


def alerted(simulation: Simulation) -> list[tuple[str, str]]:
    return sorted((a["detail"]["watch"], a["detail"]["job_id"]) for a in simulation.alerted())


@pytest.fixture
def wire() -> Iterator[tuple[Publisher, dict[str, Callable[[Request], Response]]]]:
    """A publisher with real clients, whose calls are answered as the test says."""
    answers: dict[str, Callable[[Request], Response]] = {}

    @Request.application
    def answer(request: Request) -> Response:
        return answers["sns" if b"Action=PublishBatch" in request.get_data() else "events"](request)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    session = botocore.session.Session()
    quick = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=1)
    place = {"endpoint_url": f"http://127.0.0.1:{server.port}", "region_name": "eu-west-1"}
    yield (
        Publisher(
            events=session.create_client("events", config=quick, **place),
            sns=session.create_client("sns", config=quick, **place),
            bus="jobs",
            topic="arn:aws:sns:eu-west-1:111122223333:alerts",
            alerts_on=frozenset({"FAILED"}),
            labels={},
            logger=Logger(service="jobwatch", level="CRITICAL"),
        ),
        answers,
    )
    server.shutdown()
    server.server_close()
    thread.join()


def news(number: int) -> News:
    told = detail() | {"id": f"e{number}", "job_id": f"j{number}"}
    return News(str(number), f"job{number}", "Job Status Change", json.dumps(told), told)


def took(request: Request) -> Response:
    """EventBridge takes every entry."""
    entries = [{"EventId": "e"} for _ in json.loads(request.get_data())["Entries"]]
    return Response(json.dumps({"FailedEntryCount": 0, "Entries": entries}))


def sent(_: Request) -> Response:
    """SNS takes the only entry."""
    return Response(
        "<PublishBatchResponse><PublishBatchResult><Successful><member><Id>0</Id></member>"
        "</Successful><Failed/></PublishBatchResult></PublishBatchResponse>"
    )


HTML = "<html><body>Service is being looked after</body></html>"
NO_ANSWERS = {
    "HTML": HTML,
    "nothing": "",
    "an empty object": "{}",
    "null": "null",
    "a list": "[]",
    "too few entries": '{"FailedEntryCount": 0, "Entries": []}',
    "no XML": "<PublishBatchResponse><Publish",
    "another's XML": "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
    "neither taken nor refused": (
        "<PublishBatchResponse><PublishBatchResult><Successful/><Failed/></PublishBatchResult>"
        "</PublishBatchResponse>"
    ),
}


@pytest.mark.parametrize("body", NO_ANSWERS.values(), ids=NO_ANSWERS)
@pytest.mark.parametrize("outlet", ["events", "sns"])
def test_what_is_not_said_to_be_taken_is_not_taken_for_published(
    outlet: str, body: str, wire: Any, tally: Counter[str]
) -> None:
    """With status 200: botocore reads an answer without any refusal out of most of these."""
    publisher, answers = wire
    answers.update({"events": took, "sns": sent, outlet: lambda _: Response(body)})
    assert publisher.publish([news(1), news(2)]) == "1"
    tally["faults of table, bus and topic"] += 1


def test_entries_that_are_refused_are_named_and_those_before_them_are_told(wire: Any) -> None:
    publisher, answers = wire
    entries = [{"EventId": "e"}, {"ErrorCode": "ThrottlingException"}, {"EventId": "e"}]
    answers["events"] = lambda _: Response(json.dumps({"FailedEntryCount": 1, "Entries": entries}))
    answers["sns"] = sent
    assert publisher.publish([news(1), news(2), news(3)]) == "2"
