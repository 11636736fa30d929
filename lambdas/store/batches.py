"""Items read by their keys, many in a call; what DynamoDB leaves out is asked for again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lambdas.model import OutOfTimeError

MOST = 100
"""Items that one BatchGetItem reads."""
MOST_TRIES = 7
"""How often in a row it may leave out all that it was asked for."""
SOONEST = 0.05
"""Seconds after which it is asked again for what it left out of some; where it left out all, twice
as many, and then twice as many each time."""

Item = Mapping[str, Any]


class StoreError(Exception):
    """The table could not be read: it left out again and again what it was asked for."""


def read_items(
    client: Any,
    table: str,
    keys: Iterable[Item],
    *,
    consistent: bool,
    sleep: Callable[[float], object],
    has_time: Callable[[], bool] = lambda: True,
) -> Iterator[Item]:
    """Read items of a table through a botocore client; those that are not there are left out.

    No key may be there twice. Before each call but the first, `has_time` tells whether it may be
    begun.

    :raises OutOfTimeError: when it may not, and not all are read.
    :raises StoreError: where DynamoDB leaves some out for seconds.
    """
    left, tries = [*keys], 0
    while left:
        some, left = left[:MOST], left[MOST:]
        request = {table: {"Keys": some, "ConsistentRead": consistent}}
        answer = client.batch_get_item(RequestItems=request)
        yield from answer["Responses"].get(table, ())
        again = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        tries = tries + 1 if len(again) == len(some) else 0
        if tries == MOST_TRIES:
            raise StoreError(f"DynamoDB left out all {len(again)} items {tries} times in a row")
        if again:
            sleep(SOONEST * 2**tries)
        left = [*again, *left]
        if left and not has_time():
            raise OutOfTimeError("no time was left to read the rest of the items")
