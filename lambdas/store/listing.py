"""Lists of jobs for people, out of the index `recent`: newest first, bounded in what is read.

The index has the jobs of a watch and a status in the order of when they came to it. So a list costs
a query for each watch and status that it is of, and reading the jobs that it shows. All reads are
eventually consistent, as is the index: what was stored in the last second may not be there yet.
"""

import heapq
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from lambdas.store import items
from lambdas.store.batches import MOST, Item, read_items
from lambdas.store.layout import KEYS, RECENT
from lambdas.store.remembered import Remembered, read_remembered
from lambdas.times import iso

MOST_SHOWN = 50
MOST_READ = 1_000
"""Jobs that are read for one page of those that a filter keeps."""
MOST_COUNTED = 1_000
_A_BATCH = MOST
"""Jobs that are read at a time, and entries of the index that one query reads at most."""
_LEAST = 10
"""Entries of the index that one query reads at least."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, newest first; `token` is where the next page begins, None where that was all."""

    jobs: tuple[Remembered, ...]
    token: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs there are: `number`, or at least as many where there are `more`."""

    number: int
    more: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """Reads the table for people, through a botocore client; `pool` makes queries side by side.

    Every call may raise what the client does, or StoreError: a list that was not read is not empty.
    """

    client: Any
    table: str
    pool: Executor
    sleep: Callable[[float], None] = field(default=time.sleep)

    def jobs(
        self,
        watches: Collection[str],
        statuses: Collection[str],
        *,
        since: datetime | None = None,
        token: str | None = None,
        limit: int = MOST_SHOWN,
        keep: Callable[[Remembered], bool] | None = None,
        most_read: int = MOST_READ,
    ) -> Page:
        """List the jobs of some watches that are in one of some statuses, newest first.

        `since` leaves out those that came to it earlier. `token` is an earlier page's. `keep` is
        asked about each job: then a page may be shorter than `limit`, or empty, and not the last
        one, as no more than `most_read` jobs are read for it.

        :raises ValueError: where the token is none.
        """
        between, last = _range(since, token), token
        keys = (key for key in self._keys(watches, statuses, between, limit) if _at(key) != token)
        found: dict[tuple[str, str], Remembered] = {}
        read = 0
        while batch := [*islice(keys, _batch(limit - len(found), keep, most_read - read))]:
            read += len(batch)
            there = self.items(batch)
            for number, key in enumerate(batch, 1):
                last = _at(key)
                job = _as_listed(key, there.get(_names(key)), statuses)
                if job is not None and (keep is None or keep(job)):
                    found[_names(key)] = job  # an index that is behind may have a job twice
                if len(found) == limit:
                    more = number < len(batch) or next(keys, None) is not None
                    return Page((*found.values(),), last if more else None)
        return Page((*found.values(),), last if read == most_read else None)

    def counts(
        self,
        watch: str,
        statuses: Iterable[str],
        *,
        since: datetime | None = None,
        most: int = MOST_COUNTED,
    ) -> dict[str, Count]:
        """Count a watch's jobs by status, each up to `most`: one query a status."""
        names = list(statuses)
        answers = self.pool.map(
            lambda status: self._query((watch, status), _range(since, None), most, Select="COUNT"),
            names,
        )
        return {
            status: Count(answer["Count"], "LastEvaluatedKey" in answer)
            for status, answer in zip(names, answers, strict=True)
        }

    def items(self, keys: Iterable[Item]) -> dict[tuple[str, str], Item]:
        """Read items by their keys; those that are not there are left out.

        :raises StoreError: where DynamoDB leaves some out for seconds.
        """
        # DynamoDB refuses a batch that has a key twice.
        once = [{n: key[n] for n in KEYS} for key in {_names(key): key for key in keys}.values()]
        found = read_items(self.client, self.table, once, consistent=False, sleep=self.sleep)
        return {_names(item): item for item in found}

    def _keys(
        self, watches: Collection[str], statuses: Collection[str], at: tuple[str, str], limit: int
    ) -> Iterator[Item]:
        """Give the index's entries of all, newest first; the first page of each side by side.

        Where there are many, a page is short, as each has only some of what is shown.
        """
        each = [(watch, status) for watch in watches for status in statuses]
        size = min(_A_BATCH, max(_LEAST, 2 * limit // max(len(each), 1)))
        firsts = self.pool.map(lambda names: self._query(names, at, size), each)
        streams = [
            self._stream(names, at, size, first)
            for names, first in zip(each, firsts, strict=True)
            if first["Items"]
        ]
        return heapq.merge(*streams, key=_at, reverse=True)

    def _stream(
        self, names: tuple[str, str], at: tuple[str, str], size: int, page: Mapping[str, Any]
    ) -> Iterator[Item]:
        yield from page["Items"]
        while start := page.get("LastEvaluatedKey"):
            page = self._query(names, at, size, ExclusiveStartKey=start)
            yield from page["Items"]

    def _query(
        self, names: tuple[str, str], at: tuple[str, str], size: int, **more: Any
    ) -> Mapping[str, Any]:
        """Ask for entries of a watch and a status, newest first, between two values of `at`."""
        listed, (first, last) = items.listed_key(*names), at
        answer: Mapping[str, Any] = self.client.query(
            TableName=self.table,
            IndexName=RECENT,
            KeyConditionExpression="#listed = :listed AND #at BETWEEN :first AND :last",
            ExpressionAttributeNames={"#listed": "listed", "#at": "at"},
            ExpressionAttributeValues={
                ":listed": {"S": listed},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            ScanIndexForward=False,
            Limit=size,
            **more,
        )
        return answer


_FIRST, _LAST = "0", ":"
"""Before and behind every time."""
_TOKEN = re.compile(r"[\dT:-]{19}Z [\da-f]{12}")


def _range(since: datetime | None, token: str | None) -> tuple[str, str]:
    """Give between what entries are: from a time on, and up to a token."""
    if token is not None and not _TOKEN.fullmatch(token):
        raise ValueError("found a token that is no page's")
    return iso(since) or _FIRST, token or _LAST


def _batch(wanted: int, keep: object, left: int) -> int:
    """Give how many jobs to read at a time: as many as are wanted, of those a filter may keep."""
    return min(wanted if keep is None else _A_BATCH, _A_BATCH, left)


def _at(key: Item) -> str:
    return str(key["at"]["S"])


def _names(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


def _as_listed(key: Item, item: Item | None, statuses: Collection[str]) -> Remembered | None:
    """Read a job that an entry of the index names, if it is the watch's and still in the list.

    An entry may be behind its item. And it has whatever says that it belongs to a watch, in
    whichever partition that stands.
    """
    if item is None:
        return None
    try:
        job = read_remembered(item)
    except items.DAMAGED:
        return None  # it is written anew by the next poll
    is_own = key["listed"]["S"].rpartition("#")[0] == job.watch
    return job if is_own and job.status in statuses else None
