"""The accounts of an organization, as AWS Organizations lists them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lambdas.model import OutOfTimeError, SourceError
from lambdas.text import clean

SERVICE = "organizations"
ACTIVE = "ACTIVE"
_LONGEST_CODE, _LONGEST_ERROR = 100, 300


def accounts_below(
    client: Any, units: Sequence[str], has_time: Callable[[], bool]
) -> Iterator[str]:
    """Give the ids of the active accounts in units and in all that is below them.

    `has_time` tells whether one more call may be made.

    :raises OutOfTimeError: when none may.
    :raises SourceError: when a list could not be read.
    """
    seen: set[str] = set()
    left = [*units]
    while left:
        unit = left.pop()
        if unit in seen:
            continue
        seen.add(unit)
        for each in _pages(client.list_accounts_for_parent, "Accounts", unit, has_time):
            # What says it since 2025, and what said it before.
            if (each.get("State") or each.get("Status")) == ACTIVE:
                yield str(each["Id"])
        below = _pages(
            client.list_organizational_units_for_parent, "OrganizationalUnits", unit, has_time
        )
        left += [str(each["Id"]) for each in below]


def _pages(
    call: Callable[..., Any], items: str, parent: str, has_time: Callable[[], bool]
) -> Iterator[Any]:
    tokens: list[str] = []
    while not tokens or tokens[-1] not in tokens[:-1]:
        if not has_time():
            raise OutOfTimeError
        token = {"NextToken": tokens[-1]} if tokens else {}
        answer = _call(call, ParentId=parent, **token)
        yield from answer.get(items) or ()
        if not answer.get("NextToken"):
            return
        tokens.append(str(answer["NextToken"]))
    raise SourceError("RepeatedToken", f"the list below {parent} gave a page token twice")


def _call(call: Callable[..., Any], **parameters: Any) -> Any:
    try:
        return call(**parameters)
    except ClientError as error:
        said = error.response.get("Error", {})
        code, message = str(said.get("Code")), str(said.get("Message") or error)
    except Exception as error:  # noqa: BLE001  timeouts, resets, cut bodies: all differ
        code, message = type(error).__name__, str(error)
    # Raised out here, so that no log ever shows the library's error, which may quote a request.
    raise SourceError(clean(code, _LONGEST_CODE), clean(message, _LONGEST_ERROR))
