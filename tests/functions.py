"""The functions as Lambda runs them: a handler, its plan beside it, AWS around it."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from moto.core.models import botocore_stubber

from lambdas.plan import write_plan
from tests.flow import ACCOUNT, REGION, Flow, flow_of

ROOT = Path(__file__).parents[1]
NO_JOBS: Mapping[str, Any] = {"ImportJobs": [], "ExportJobs": [], "Jobs": []}


class Context:
    """What Lambda says of an invocation."""

    invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:some"
    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

    def __init__(self, seconds: float = 300) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return round(self._seconds * 1000)


class JobApis:
    """The job APIs, Step Functions and Lambda, by what is sent to them.

    `answers` are by operation; others have no jobs, and every task and callback is waited for.

    An answer may be an exception, which is raised in its place, or a status and a document. What
    is sent to another service, `others` answers.
    """

    def __init__(self, others: Callable[..., AWSResponse | None]) -> None:
        self._others = others
        self.is_over = False
        self.answers: dict[str, Any] = {}
        self.calls: list[str] = []
        self.sent: list[bytes] = []

    def answer(self, request: Any, event_name: str, **more: Any) -> AWSResponse | None:
        _, service, operation = event_name.split(".")
        # A session that other tests share, too, asks this handler ever after.
        if self.is_over or service not in {"sesv2", "dataexchange", "sfn", "lambda"}:
            return self._others(request=request, event_name=event_name, **more)
        self.calls.append(operation)
        self.sent.append(request.body or b"")
        answer = self.answers.get(operation, NO_JOBS)
        if isinstance(answer, Exception):
            raise answer
        status, document = answer if isinstance(answer, tuple) else (200, answer)
        body = json.dumps(document).encode()
        raw = SimpleNamespace(stream=lambda **_: iter([body]))
        return AWSResponse(request.url, status, {"content-type": "application/json"}, raw)


class Functions:
    """The handlers, each made anew as a cold start does."""

    def __init__(self, folder: Path, flow: Flow, apis: JobApis) -> None:
        self._folder = folder
        self.flow, self.apis = flow, apis
        self.lanes, self.later = flow.make_queue("lanes.fifo"), flow.make_queue("later")
        self.lost, self.unsent = flow.make_queue("lost.fifo"), flow.make_queue("unsent")

    def start(self, name: str) -> Callable[..., Any]:
        """Load a function's handler from a folder as its zip has it: beside its plan."""
        file = self._folder / "lambdas" / name / "handler.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "lambdas" / name / "handler.py", file)
        plan = json.dumps(write_plan(self.flow.plan))
        (self._folder / "plan.json").write_text(plan, encoding="utf-8")
        spec = spec_from_file_location(f"started_{name}", file)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        handler: Callable[..., Any] = module.handler
        return handler

    def waiting(self, url: str) -> list[dict[str, Any]]:
        """Take what is in a queue."""
        answer = self.flow.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        return list(answer.get("Messages", ()))


@contextmanager
def functions_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch, watches: Mapping[str, Any], **top: Any
) -> Iterator[Functions]:
    """Give the flow for the functions themselves: their plan, their settings and the job APIs."""
    apis = JobApis(botocore_stubber)
    # botocore asks every handler of this event, and moto's knows nothing of these services.
    others = [each for each in BUILTIN_HANDLERS if each[1] is not botocore_stubber]
    monkeypatch.setattr(
        "botocore.handlers.BUILTIN_HANDLERS", [*others, ("before-send", apis.answer)]
    )
    with flow_of(folder, watches, **top) as flow:
        functions = Functions(folder, flow, apis)
        for name, value in {
            "TABLE_NAME": "seen",
            "TABLE_ARN": flow.publisher.table,
            "LANES_QUEUE_URL": functions.lanes,
            "LATER_QUEUE_URL": functions.later,
            "EVENT_BUS_NAME": "jobs",
            "ALERT_TOPIC_ARN": flow.alerter.topic,
            "ALERTS_TABLE_NAME": "open",
            "WAITS_TABLE_NAME": "waits",
            "AWS_LAMBDA_FUNCTION_NAME": "Jobwatch-Poll",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DEAD_LETTERS_QUEUE_URL", functions.lost)
        try:
            yield functions
        finally:
            apis.is_over = True
