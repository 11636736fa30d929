"""Faults of the bus and the topic, over HTTP: P4, P5, P25.

What could not be sent is handed over again by the stream, in order, until it is told.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest
from aws_lambda_powertools import Logger
from botocore.config import Config
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from lambdas.alert.alerter import Alerter
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.outbox.handling import CONFIG
from lambdas.plan import Policy
from lambdas.publish.publisher import Publisher
from tests.records import FOR_EVER, LABELS, TABLE, change
from tests.remembered import memory

Answer = Callable[[Request], Response]


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log(self, *_: Any) -> None:
        pass

    def log_request(self, *_: Any) -> None:
        pass


@dataclass
class Wire:
    """An outlet with a real client, whose calls are answered as the test says."""

    name: str
    place: dict[str, str]
    answer: Answer
    letters: list[Any] = field(default_factory=list)

    def send(
        self, *numbers: int, ends: float = FOR_EVER, config: Config | None = None
    ) -> str | None:
        quick = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=1)
        client = botocore.session.Session().create_client(
            self.name, config=config or quick, **self.place
        )
        logger = Logger(service="simulated", level="CRITICAL")
        records = [change(number, watch=f"w{number}") for number in numbers]
        if self.name == "events":
            publisher = Publisher(client, "jobs", TABLE, self.letters.append, logger)
            return publisher.publish(records, ends)
        topic = "arn:aws:sns:eu-west-1:111122223333:alerts"
        policy = Policy(frozenset({"FAILED"}))
        alerter = Alerter(
            client,
            topic,
            TABLE,
            lambda _: policy,
            LABELS,
            {},
            self.letters.append,
            logger,
            memory=memory(),
        )
        return alerter.send(records, ends)


@pytest.fixture(params=["events", "sns"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    wires: list[Wire] = []

    @Request.application
    def answer(asked: Request) -> Response:
        return wires[0].answer(asked)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    place = {"endpoint_url": f"http://127.0.0.1:{server.port}", "region_name": "eu-west-1"}
    taken = {"events": bus_says, "sns": topic_says}[request.param]
    wires.append(Wire(request.param, place, lambda asked: taken(asked, {})))
    yield wires[0]
    server.shutdown()
    server.server_close()
    thread.join()


def bus_says(asked: Request, refused: dict[int, str]) -> Response:
    """EventBridge takes the entries, but for some."""
    count = len(json.loads(asked.get_data())["Entries"])
    entries = [
        {"ErrorCode": refused[n]} if n in refused else {"EventId": "e"} for n in range(count)
    ]
    return Response(json.dumps({"FailedEntryCount": len(refused), "Entries": entries}))


def topic_says(asked: Request, refused: dict[int, str]) -> Response:
    """SNS takes the entries, but for some."""
    count = sum(name.endswith(".Id") for name in asked.form)
    taken = "".join(f"<member><Id>{n}</Id></member>" for n in range(count) if n not in refused)
    failed = "".join(
        f"<member><Id>{n}</Id><Code>{code}</Code><SenderFault>false</SenderFault></member>"
        for n, code in refused.items()
    )
    return Response(
        f"<PublishBatchResponse><PublishBatchResult><Successful>{taken}</Successful>"
        f"<Failed>{failed}</Failed></PublishBatchResult></PublishBatchResponse>"
    )


SAYS = {"events": bus_says, "sns": topic_says}
NO_ANSWERS = {
    "HTML": "<html><body>Service is being looked after</body></html>",
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


def test_what_is_taken_is_not_reported(wire: Wire) -> None:
    assert wire.send(1, 2, 3) is None
    assert wire.letters == []


@pytest.mark.parametrize("body", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_not_said_to_be_taken_is_not_taken_for_sent(
    body: str, wire: Wire, tally: Counter[str]
) -> None:
    """With status 200: botocore reads an answer without any refusal out of most of these."""
    wire.answer = lambda _: Response(body)
    assert wire.send(1, 2) == "001"
    assert wire.letters == []
    tally["faults of table, bus and topic"] += 1


@pytest.mark.parametrize("status", [400, 403, 413, 429, 500, 503])
def test_an_error_that_says_nothing_is_no_reason_to_put_anything_aside(
    status: int, wire: Wire, tally: Counter[str]
) -> None:
    wire.answer = lambda _: Response(NO_ANSWERS["HTML"], status=status)
    assert wire.send(1, 2) == "001"
    assert wire.letters == []
    tally["faults of table, bus and topic"] += 1


def test_an_entry_that_is_refused_for_now_is_named(wire: Wire) -> None:
    says = SAYS[wire.name]
    sizes: list[int] = []

    def second_call(asked: Request) -> Response:
        sizes.append(1)
        return says(asked, {1: "InternalFailure"} if len(sizes) == 2 else {})

    wire.answer = second_call
    assert wire.send(1, 2, 3, 4) == "003"
    assert wire.letters == []


def test_an_entry_that_is_refused_for_good_is_put_aside(wire: Wire) -> None:
    says = SAYS[wire.name]
    code = {"events": "MalformedDetail", "sns": "InvalidParameter"}[wire.name]
    sizes: list[int] = []

    def second_call(asked: Request) -> Response:
        sizes.append(1)
        return says(asked, {1: code} if len(sizes) == 2 else {})

    wire.answer = second_call
    assert wire.send(1, 2, 3, 4) is None
    assert [letter.sequence for letter in wire.letters] == ["003"]


CALL_REFUSED = {
    "events": '{"__type": "ValidationException", "message": "Total size of the entries"}',
    "sns": (
        "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code>"
        "<Message>Invalid parameter: Message too long</Message></Error></ErrorResponse>"
    ),
}


def test_a_call_that_is_refused_for_good_is_made_anew_for_each(wire: Wire) -> None:
    """The service does not say for which of them it refuses all."""
    says = SAYS[wire.name]
    wire.answer = lambda asked: (
        Response(CALL_REFUSED[wire.name], status=400)
        if b"j3" in asked.get_data()
        else says(asked, {})
    )
    assert wire.send(1, 2, 3, 4) is None
    assert [letter.sequence for letter in wire.letters] == ["003"]


def test_an_outlet_that_hangs_is_reported_before_the_invocation_ends(
    wire: Wire, tally: Counter[str]
) -> None:
    """E10: the function was killed before it could report, and each try repeated all events."""
    done = threading.Event()

    def hang(_: Request) -> Response:
        done.wait(LONGEST_CALL)
        return Response("")

    wire.answer = hang
    began = time.monotonic()
    impatient = CONFIG.merge(Config(connect_timeout=0.2, read_timeout=0.5))
    failed = wire.send(*range(20), ends=began + LONGEST_CALL, config=impatient)
    done.set()
    assert failed == "000"
    assert time.monotonic() - began < 5
    tally["faults of table, bus and topic"] += 1
