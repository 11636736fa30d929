"""The functions wait and answer as Lambda runs them: their events, their answers, their errors."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from tests.functions import Context, Functions, functions_of
from tests.table import create_waits

SOURCE = "sesv2.import-jobs"
TOKEN = "AQCkAAAAKgAAAAMAAAAAAAAAAb/canary/token=="
OVER = (400, {"__type": "TaskTimedOut", "message": f"Task Timed Out: '{TOKEN}'"})
THROTTLED = (400, {"__type": "ThrottlingException", "message": f"not now: '{TOKEN}'"})


class Waiting:
    """Both functions, whose watch polls a fake of the job API."""

    def __init__(self, functions: Functions) -> None:
        self.functions, self.apis = functions, functions.apis
        self._wait: Callable[..., Any] = functions.start("wait")
        self._answer: Callable[..., Any] = functions.start("answer")
        functions.flow.poll()

    def see(self, status: str) -> None:
        """Let the job be seen in the service's status, and its event be published."""
        flow = self.functions.flow
        flow.api.put("j", status, CreatedTimestamp=flow.now)
        self.events = flow.tell()

    def wait(self, **given: Any) -> Any:
        event = {"source": SOURCE, "job_id": "j", "token": TOKEN, **given}
        return self._wait(event, Context(60))

    def answer(self) -> Any:
        """Hand the events over, as the rule of the bus does."""
        return [self._answer(event, Context(60)) for event in self.events]

    def sweep(self) -> Any:
        return self._answer({}, Context(60))

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """What Step Functions was told."""
        sent = zip(self.apis.calls, self.apis.sent, strict=True)
        return [(name, json.loads(body)) for name, body in sent if name.startswith("SendTask")]


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Waiting]:
    with functions_of(tmp_path, monkeypatch, {"imports": {"source": SOURCE}}) as functions:
        create_waits(functions.flow.dynamodb)
        yield Waiting(functions)


def test_a_wait_gets_a_heartbeat_and_in_the_end_the_event_that_was_published(
    waiting: Waiting,
) -> None:
    waiting.see("PROCESSING")
    assert waiting.wait() == {"Outcome": "Waits"}
    assert waiting.sweep() == {"Waits": 1}
    waiting.see("COMPLETED")
    assert waiting.answer() == [{"Answered": 1}]
    assert [name for name, _ in waiting.told] == [*["SendTaskHeartbeat"] * 2, "SendTaskSuccess"]
    _, told = waiting.told[-1]
    (event,) = waiting.events
    assert told["taskToken"] == TOKEN
    assert json.loads(told["output"]) == event["detail"]
    assert waiting.sweep() == {}


def test_a_job_that_has_ended_is_answered_at_once(waiting: Waiting) -> None:
    waiting.see("FAILED")
    assert waiting.wait() == {"Outcome": "Answered"}
    (first, _), (name, told) = waiting.told
    assert first == "SendTaskHeartbeat"
    assert (name, told["error"]) == ("SendTaskFailure", "Jobwatch.FAILED")


def test_what_was_there_before_the_watch_began_is_answered_too(waiting: Waiting) -> None:
    """No event told of it."""
    flow = waiting.functions.flow
    for item in flow.items():
        flow.dynamodb.delete_item(TableName="seen", Key={n: item[n] for n in ("pk", "sk")})
    flow.api.put("j", "COMPLETED", CreatedTimestamp=flow.now)
    assert flow.tell() == []
    waiting.wait()
    (first, _), (name, told) = waiting.told
    assert first == "SendTaskHeartbeat"
    assert name == "SendTaskSuccess"
    assert json.loads(told["output"])["terminal"] is True


def test_a_durable_function_is_told_by_its_callback_and_its_id_is_in_no_item_of_jobs(
    waiting: Waiting,
) -> None:
    waiting.see("PROCESSING")
    event = {"source": SOURCE, "job_id": "j", "callback_id": "Ab1/c+d=="}
    assert waiting._wait(event, Context(60)) == {"Outcome": "Waits"}
    waiting.see("COMPLETED")
    assert waiting.answer() == [{"Answered": 1}]
    told = zip(waiting.apis.calls, waiting.apis.sent, strict=True)
    ends = {name: body for name, body in told if "DurableExecution" in name}
    assert [*ends] == [
        "SendDurableExecutionCallbackHeartbeat",
        "SendDurableExecutionCallbackSuccess",
    ]
    assert json.loads(ends["SendDurableExecutionCallbackSuccess"]) == waiting.events[0]["detail"]
    assert "Ab1/c+d==" not in str(waiting.functions.flow.items())


def test_what_is_wrong_is_told_to_the_task(waiting: Waiting) -> None:
    assert waiting.wait(source="sesv2.imports") == {"Outcome": "Answered"}
    ((_, told),) = waiting.told
    assert told["error"] == "Jobwatch.NOT_WATCHED"


@pytest.mark.parametrize("event", [{}, {"source": SOURCE}, [], None, "x", {"token": 1}])
def test_without_a_token_the_call_fails_in_words(waiting: Waiting, event: Any) -> None:
    with pytest.raises(Exception, match="token: found none, expected the task token"):
        waiting._wait(event, Context(60))


def test_a_token_that_step_functions_does_not_know_fails_the_call_in_words(
    waiting: Waiting,
) -> None:
    waiting.apis.answers["SendTaskHeartbeat"] = OVER
    with pytest.raises(Exception, match="take one from their own account only") as raised:
        waiting.wait()
    assert type(raised.value).__name__ == "TaskOverError"
    waiting.apis.answers.clear()
    assert waiting.sweep() == {}, "it is remembered nowhere"


def test_what_could_not_be_told_is_an_error_so_that_lambda_comes_again(waiting: Waiting) -> None:
    waiting.see("PROCESSING")
    waiting.wait()
    waiting.see("COMPLETED")
    waiting.apis.answers["SendTaskSuccess"] = THROTTLED
    with pytest.raises(Exception, match="1 waits could not be answered for now"):
        waiting.answer()
    waiting.apis.answers.clear()
    assert waiting.answer() == [{"Answered": 1}]


def test_a_look_at_all_waits_that_could_not_tell_one_leaves_it_to_the_next(
    waiting: Waiting,
) -> None:
    """Lambda invoked each such look thrice, as long as a state machine refused its answer."""
    waiting.see("PROCESSING")
    waiting.wait()
    waiting.see("COMPLETED")
    waiting.apis.answers["SendTaskSuccess"] = THROTTLED
    _came_of(waiting.answer)
    assert waiting.sweep() == {"Failed": 1}
    waiting.apis.answers.clear()
    assert waiting.sweep() == {"Answered": 1}


def test_no_log_error_or_answer_has_the_token(
    waiting: Waiting, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """All logs at their loudest, but for botocore's: nothing of ours turns that on."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="botocore")
    out: list[object] = []
    for fault in (None, OVER, THROTTLED):
        names = ("SendTaskHeartbeat", "SendTaskSuccess", "SendTaskFailure")
        waiting.apis.answers = dict.fromkeys(names, fault) if fault else {}
        waiting.see("PROCESSING")
        out.append(_came_of(waiting.wait))
        waiting.see("COMPLETED")
        out += [_came_of(waiting.answer), _came_of(waiting.sweep), _came_of(waiting.wait)]
        waiting.functions.flow.api.jobs.clear()
    out += [LambdaPowertoolsFormatter().format(record) for record in caplog.records]
    out += [*capsys.readouterr(), waiting.functions.flow.items()]
    assert TOKEN in str(waiting.told)
    assert TOKEN not in json.dumps(out, default=str)


def _came_of(call: Callable[[], object]) -> object:
    """Give what a call answers, or its error with all that it came from."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  whatever it is
        found: list[BaseException] = [error]
        while (cause := found[-1].__cause__ or found[-1].__context__) is not None:
            found.append(cause)
        return [repr(each) for each in found]
