"""Which errors mean that an API is called too much."""

import pytest

from lambdas.apis.throttles import is_refusal, is_throttle
from lambdas.model import SourceError


@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded"],
)
def test_an_error_by_such_a_name_is_a_throttle(code: str) -> None:
    assert is_throttle(code)


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalFailure", "OutOfTime", ""])
def test_no_other_is(code: str) -> None:
    assert not is_throttle(code)


def test_only_an_answer_that_would_be_the_same_each_time_is_a_refusal() -> None:
    assert is_refusal(SourceError("AccessDeniedException", ""))
    assert not is_refusal(SourceError("ThrottlingException", ""))
    assert not is_refusal(SourceError("ReadTimeoutError", "", answered=False))
