"""Which errors mean that an API is called too much."""

import pytest

from lambdas.apis.throttles import is_throttle


@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded"],
)
def test_an_error_by_such_a_name_is_a_throttle(code: str) -> None:
    assert is_throttle(code)


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalFailure", "OutOfTime", ""])
def test_no_other_is(code: str) -> None:
    assert not is_throttle(code)
