"""What a function raises quotes no request: Lambda logs it, and gives it to who invoked it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.handlers import BUILTIN_HANDLERS

from lambdas.messages import Turn, write_turn
from lambdas.unquoted import CallFailedError
from lambdas.waits.calls import CallError
from tests.flow import REGION
from tests.functions import Context, Functions, functions_of
from tests.secret_texts import TOKEN

OTHER = "444455556666"
WATCHES: Mapping[str, Any] = {
    "theirs": {
        "source": "sesv2.import-jobs",
        "organization": {"units": ["ou-abcd-11111111"], "role": "reader"},
    }
}
SAID = f"The Canonical String should have been 'POST x-amz-security-token:{TOKEN} host:x'"


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    with functions_of(tmp_path, monkeypatch, WATCHES) as functions:
        yield functions


def refuse(request: Any, **_: Any) -> AWSResponse:
    """Answer as DynamoDB does to who signs with a clock that is wrong, or with a wrong key."""
    body = f'{{"__type": "InvalidSignatureException", "message": "{SAID}"}}'.encode()
    raw = SimpleNamespace(stream=lambda **_: iter([body]))
    return AWSResponse(request.url, 400, {"content-type": "application/x-amz-json-1.0"}, raw)


def turn() -> dict[str, Any]:
    body = write_turn(Turn("sesv2", OTHER, REGION, ("theirs",), datetime.now(UTC)))
    return {"Records": [{"body": body}]}


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("poll", None),
        ("alert", {"mutes": {}}),
        ("wait", {"source": "sesv2.import-jobs", "job_id": "j", "token": "t"}),
        ("answer", {}),
        ("board", {}),
    ],
)
def test_an_error_of_the_table_is_raised_without_what_it_quotes(
    name: str,
    event: Mapping[str, Any] | None,
    functions: Functions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = turn() if event is None else event  # which is of now, and not of the collection
    handlers = [*BUILTIN_HANDLERS, ("before-send.dynamodb", refuse)]
    monkeypatch.setattr("botocore.handlers.BUILTIN_HANDLERS", handlers)
    with pytest.raises((CallFailedError, CallError), match="InvalidSignatureException") as raised:
        functions.start(name)(event, Context(60))
    assert TOKEN not in str(raised.value)
    if isinstance(raised.value, CallFailedError):
        assert "withheld" in str(raised.value)
    else:
        assert name in ("wait", "answer"), "which name the code alone, as state machines retry it"
        assert str(raised.value) == "InvalidSignatureException"
    assert raised.value.__context__ is None
