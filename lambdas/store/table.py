"""The table: what was last seen, and the outbox of what is to be announced.

A scope is one partition. Its items have the sort keys

=============  ====================================================================
`scope`        the scope's health
`job#<id>`     a job
`child#<id>`   what a parent scope holds
=============  ====================================================================

and the attributes

=============  ====================================================================
`pk`           the watch's name and a digest of the scope
`open`         the key of the index `unfinished`: a short form of `pk` on unfinished
               jobs, `unreachable` on the health of scopes that can't be read
`listed`,      the keys of the index `recent`, of all jobs: the watch and the status, and
`at`           when the job ended or came to that, with a hash of its key
`history`      the steps of a job as JSON (`history`), for people
`version`      counts the writes; a write names the version that it replaces
`schema`       the version of this layout; items without it are older than all others
`announce`     the event's detail type, on writes that must be announced
`announced`    on silent writes, the detail type of the last event, if there was one
`resolves`     the detail types of the alerts that the write ends, such as a stalled
               job's that moved, with commas between: the alert function reads it, also
               on silent writes
`detail`       that event's detail as JSON; where there was none, what it would have been
`status`,      a job's status and what was last seen of it; `progress` is
`raw_status`,  `[total, processed, failed]` as JSON; `moved_at` is in epoch seconds;
`progress`,    `missing` marks a job that the last poll did not find;
`moved_at`,    `overrun` one that was told to be older than its watch bears;
`stalled`,     `id` is there where the job's id is too long for the key
`missing`,
`overrun`,
`id`
`gone`         is there on a child that its parent does not list any more
`health`       a scope's health as JSON
`digest`       the digest of its jobs, compressed; `partial` that of a list that failed
`expires_at`   when DynamoDB may forget a job that ended or was closed, in epoch seconds
=============  ====================================================================

What a watch that expects runs has seen of them is one item, with `expect#` and the watch's name as
`pk` and `runs` as `sk`; its attribute `runs` is JSON.

Which accounts there are below units of an organization is one item, with `organization#` and a
digest of the units as `pk` and `members` as `sk`; its attribute `members` is JSON.

One more item is of no scope: `heartbeat` in both keys, which a schedule writes with its time
(`infra.heartbeat`) and nobody reads.

The stream hands each item written with `announce` to publish and alert, so that nothing can be
stored and not announced, or announced and not stored. A write that loses a race is normal and says
nothing; one that botocore made twice, as the first answer got lost, has not lost it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.deadline import Deadline, worst_case
from lambdas.digest import checksum
from lambdas.model import Health, OutOfTimeError, Runs, Scope, StoredJob
from lambdas.store import healths, items, runs
from lambdas.store.batches import StoreError, read_items
from lambdas.store.layout import INDEX, KEYS

CONFIG = Config(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=10,
)
WRITERS = 8
CALL_SECONDS = worst_case(CONFIG)
"""How long one call to DynamoDB takes at most."""


def may_pass(error: Exception) -> bool:
    """Tell whether it is the table that failed, and not what was to be stored there."""
    if isinstance(error, ClientError):
        return bool(error.response["Error"]["Code"] != "ValidationException")
    return isinstance(error, BotoCoreError | StoreError)


@dataclass(frozen=True, slots=True)
class Table:
    """The DynamoDB table, through a botocore client; `pool` makes the writes of a scope.

    An item that can't be read is no error, or its scope would never be read again: what it is of
    counts as unknown, and is written anew. `on_damaged` gets its key.
    """

    client: Any
    name: str
    pool: Executor
    sleep: Callable[[float], None] = field(default=time.sleep)
    on_damaged: Callable[[str], None] = field(default=lambda _: None)

    def read_health(self, scope: Scope) -> Health:
        """Read what is remembered of a scope as a whole: one item."""
        answer = self.client.get_item(
            TableName=self.name, Key=items.key(scope, items.SCOPE), ConsistentRead=True
        )
        if "Item" not in answer:
            return Health()
        try:
            return healths.read_health(answer["Item"])
        except items.DAMAGED:
            self._tell_damaged(answer["Item"])
            return healths.damaged_health(answer["Item"])

    def read_runs(self, watch: str) -> Runs:
        """Read what is known of the runs that a watch expects: one item."""
        key = runs.key(watch)
        answer = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            return Runs()
        try:
            return runs.read_runs(answer["Item"])
        except items.DAMAGED:
            self._tell_damaged(answer["Item"])
            return runs.damaged_runs(answer["Item"])

    def put_runs(self, watch: str, after: Runs, announce: str | None) -> bool:
        """Store what is known of a watch's runs, whose `version` is one above what was read."""
        return self._put(runs.write_runs(watch, after, announce), after.version)

    def find(self, scope: Scope, jobs: Collection[str], deadline: Deadline) -> dict[str, StoredJob]:
        """Look up some of a scope's jobs by their ids.

        :raises OutOfTimeError: when no time is left for all of them.
        :raises StoreError: where DynamoDB leaves some out for seconds.
        """
        found = read_items(
            self.client,
            self.name,
            [items.key(scope, items.job_key(job)) for job in sorted(jobs)],
            consistent=True,
            sleep=self.sleep,
            has_time=lambda: deadline.allows(CALL_SECONDS),
        )
        return {job.id: job for job in self._read_jobs(found)}

    def unfinished(
        self, scope: Scope, expected: int | None, deadline: Deadline, *, whole: bool = True
    ) -> dict[str, StoredJob]:
        """Read a scope's unfinished jobs, without their events.

        The index is asked first, which may be behind; `expected` is the checksum of the ids that
        it must have. Where it has others, the table itself is read, finished jobs and all, unless
        that is not to be read `whole`.

        :raises OutOfTimeError: when no time is left for all of them.
        """
        if expected is not None or not whole:
            values = {":open": {"S": items.open_key(scope)}}
            query = {
                "IndexName": INDEX,
                "KeyConditionExpression": "#open = :open",
                "ExpressionAttributeNames": {"#open": "open"},
                "ExpressionAttributeValues": values,
            }
            # An index that is behind may still have a health among them, as in schema 2. And it has
            # whatever says that it belongs to the scope, in whichever partition that stands.
            answer, partition = self._query(query, deadline), {"S": items.partition(scope)}
            own = (item for item in answer if item["pk"] == partition)
            rows = (item for item in own if item["sk"]["S"].startswith(items.JOB))
            found = {job.id: job for job in self._read_jobs(rows) if job.is_open}
            if checksum(found) == expected or not whole:
                return found
        # Those of a layout of before are not in the index.
        return {job.id: job for job in self._all_jobs(scope, deadline) if job.is_open}

    def closed(self, scope: Scope, deadline: Deadline) -> set[str]:
        """Name the unfinished jobs of a scope that were closed.

        :raises OutOfTimeError: when no time is left to look at all of its jobs.
        """
        jobs = self._all_jobs(scope, deadline)
        return {job.id for job in jobs if not (job.is_open or job.terminal)}

    def _all_jobs(self, scope: Scope, deadline: Deadline) -> Iterator[StoredJob]:
        """Read a scope's jobs without their events, for memory's sake."""
        query = {
            **_of_a_kind(scope, items.JOB),
            "ProjectionExpression": ", ".join(f"#{name}" for name in items.SHORT),
            "ExpressionAttributeNames": {f"#{name}": name for name in items.SHORT},
        }
        return self._read_jobs(self._query(query, deadline))

    def _read_jobs(self, found: Iterable[Mapping[str, Any]]) -> Iterator[StoredJob]:
        for item in found:
            try:
                job: StoredJob | None = items.read_job(item)
            except items.DAMAGED:
                self._tell_damaged(item)
                job = items.damaged_job(item)
            if job is not None:
                yield job

    def _tell_damaged(self, item: Mapping[str, Any]) -> None:
        self.on_damaged(" ".join(str(item.get(name, {}).get("S")) for name in KEYS))

    def unreachable(self, deadline: Deadline) -> Iterator[Scope]:
        """Give the scopes that could not be read of late, whatever watches there are now.

        :raises OutOfTimeError: when no time is left for more of them.
        """
        query = {
            "IndexName": INDEX,
            "KeyConditionExpression": "#open = :open",
            "ExpressionAttributeNames": {"#open": "open"},
            "ExpressionAttributeValues": {":open": {"S": healths.UNREACHABLE_KEY}},
        }
        for item in self._query(query, deadline):
            try:
                scope = healths.read_scope(item)
            except items.DAMAGED:
                self._tell_damaged(item)
            else:
                yield scope

    def put_jobs(
        self, scope: Scope, jobs: Iterable[tuple[StoredJob, str | None]], deadline: Deadline
    ) -> set[str]:
        """Store jobs whose `version` is one above what was read, each with its detail type if any.

        Give the ids of those that were stored: not those whose write lost a race, or for which no
        time was left.
        """
        pairs = list(jobs)
        written = self.pool.map(
            lambda pair: deadline.allows(CALL_SECONDS) and self._put_job(scope, *pair), pairs
        )
        return {job.id for (job, _), done in zip(pairs, written, strict=True) if done}

    def _put_job(self, scope: Scope, job: StoredJob, announce: str | None) -> bool:
        return self._put(items.write_job(scope, job, announce), job.version)

    def put_health(self, scope: Scope, health: Health, announce: str | None = None) -> bool:
        """Store a scope's health whose `version` is one above what was read."""
        return self._put(healths.write_health(scope, health, announce), health.version)

    def children(self, scope: Scope, deadline: Deadline) -> Iterator[tuple[str, bool]]:
        """Give the ids of what a parent scope holds, each with whether it is known to be gone.

        :raises OutOfTimeError: when no time is left for more of them.
        """
        for item in self._query(_of_a_kind(scope, items.CHILD), deadline):
            if "S" in item.get("id", {}):
                yield item["id"]["S"], "gone" in item

    def put_children(
        self,
        scope: Scope,
        begun: Mapping[str, tuple[Scope, Health]],
        gone: Collection[str],
        deadline: Deadline,
    ) -> bool:
        """Remember what a parent scope holds and how each of it begins, and what is gone of it.

        Tell if there was time for all.
        """

        def put(name: str) -> bool:
            there = deadline.allows(2 * CALL_SECONDS)
            if there and name in begun:
                self.put_health(*begun[name])
            if there:
                item = items.write_child(scope, name, gone=name not in begun)
                self.client.put_item(TableName=self.name, Item=item)
            return there

        return all([*self.pool.map(put, [*begun, *gone])])

    def forget_child(self, scope: Scope, name: str) -> None:
        """Forget what a parent scope holds no more."""
        self.client.delete_item(TableName=self.name, Key=items.key(scope, items.child_key(name)))

    def _put(self, item: dict[str, Any], version: int) -> bool:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if version > 1:
            condition = {
                "ConditionExpression": "#version = :read",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":read": {"N": str(version - 1)}},
            }
        condition["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            self.client.put_item(TableName=self.name, Item=item, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                # botocore makes a call again whose answer got lost: the write may be ours.
                answer: Mapping[str, Any] = error.response
                return _values(answer.get("Item", {})) == _values(item)
            raise
        return True

    def _query(self, query: Mapping[str, Any], deadline: Deadline) -> Iterator[dict[str, Any]]:
        pages = self.client.get_paginator("query").paginate(TableName=self.name, **query)
        for page in pages:
            yield from page["Items"]
            if page.get("LastEvaluatedKey") and not deadline.allows(CALL_SECONDS):
                raise OutOfTimeError


def _values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give what an item says: DynamoDB leaves out the zeros behind a number's point."""
    return {name: v["N"].removesuffix(".0") if "N" in v else v for name, v in item.items()}


def _of_a_kind(scope: Scope, prefix: str) -> dict[str, Any]:
    """Ask for a scope's items whose sort keys begin so."""
    return {
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :kind)",
        "ExpressionAttributeValues": {
            ":pk": {"S": items.partition(scope)},
            ":kind": {"S": prefix},
        },
    }
