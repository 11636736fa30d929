"""AWS by what it answers: real clients, whose calls and answers are held against their model."""

from collections.abc import Callable, Mapping
from typing import Any

import botocore.handlers
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.validate import validate_parameters

REGION = "eu-west-1"
Answer = Mapping[str, Any] | Callable[[Mapping[str, Any]], Any] | str | Exception


class Answers:
    """Gives clients; `answers` are by service and operation, such as `sts:GetCallerIdentity`.

    An answer is a document, a function of the call's parameters, the code of an error, or what is
    raised. `calls` are those that were made.
    """

    def __init__(self, answers: Mapping[str, Answer], region: str = REGION) -> None:
        self.answers = dict(answers)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._region = region
        self._session = botocore.session.Session()
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            client = self._session.create_client(service, region_name=self._region)
            client.meta.events.register("before-parameter-build", self._note)
            client.meta.events.register("before-call", self._answer)
            self._made[service] = client
        return self._made[service]

    def _note(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self.calls.append((f"{model.service_model.service_name}:{model.name}", params))

    def _answer(self, model: Any, **_: Any) -> tuple[AWSResponse, Mapping[str, Any]]:
        name, params = self.calls[-1]
        answer = self.answers[name]
        if callable(answer):
            answer = answer(params)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            return _response(400), {"Error": {"Code": answer, "Message": f"{name} says {answer}"}}
        if model.output_shape is not None:
            validate_parameters(answer, model.output_shape)
        return _response(200), answer


def answer_everything(monkeypatch: pytest.MonkeyPatch, answer: Callable[..., AWSResponse]) -> None:
    """Let whatever any client of botocore's sends be answered by `answer`."""
    answering = [*botocore.handlers.BUILTIN_HANDLERS, ("before-send", answer)]
    monkeypatch.setattr("botocore.handlers.BUILTIN_HANDLERS", answering)


def _response(status: int) -> AWSResponse:
    return AWSResponse("https://aws.test", status, {}, None)
