"""How much of everything a tick, a change and a month take: the constants of the cost model.

Each has a basis:

- `rule`: how AWS counts, as its documentation says;
- `design`: what the code and the stack do, held by a test where it can be;
- `measured`: on the tests' stage, or beside a local AWS;
- `assumed`: a round figure for what nobody can measure without an account.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

RULE, DESIGN, MEASURED, ASSUMED = "rule", "design", "measured", "assumed"


class Explained(NamedTuple):
    """A constant with its unit, its basis and the reason for it."""

    name: str
    value: float
    unit: str
    basis: str
    why: str


def _is(value: float, unit: str, basis: str, why: str) -> Any:
    return field(default=value, metadata={"unit": unit, "basis": basis, "why": why})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """The constants; `dataclasses.replace` gives others for what you know better."""

    days: float = _is(30, "days", DESIGN, "a month: 43,200 minutes")

    read_step: float = _is(
        4_096, "bytes", RULE, "reads count in steps: a query's items together, others each alone"
    )
    read: float = _is(0.5, "read units a step", RULE, "eventually consistent: the index, a job")
    certain_read: float = _is(
        1, "read units a step", RULE, "consistent: all that is remembered, once a day"
    )
    broad_read: float = _is(
        1, "read units a tick", DESIGN, "a scope that holds others: one GetItem, consistent"
    )
    write_step: float = _is(1_024, "bytes", RULE, "a write counts the whole item, in steps")
    health_bytes: float = _is(
        500, "bytes a scope", MEASURED, "its health, in the table and again in the index"
    )
    digest_bytes: float = _is(
        13, "bytes a job", MEASURED, "of the listed finished jobs; the more, the fewer a job"
    )
    digest_most: float = _is(2_064, "bytes", MEASURED, "a digest of so many that no part is empty")
    digest_parts: float = _is(
        256, "parts", DESIGN, "a difference has one job in so many be looked up"
    )
    sorted_page: float = _is(
        200, "jobs", DESIGN, "of a list that is newest first, the digest is of the first page"
    )
    entry_bytes: float = _is(
        220, "bytes a job", MEASURED, "an unfinished job in the index: 190, and longer names"
    )
    entry_write: float = _is(
        1, "write units a change", RULE, "the job's entry in the index, whose key stays the same"
    )
    item_bytes: float = _is(
        1_200, "bytes a job", MEASURED, "0.9 KB for a bare job, plus what its details take"
    )
    whole_reads: float = _is(
        1, "a scope and day", DESIGN, "nothing is taken for granted; the health notes when"
    )
    changes_of_job: float = _is(3, "changes a job", ASSUMED, "seen, running, ended")
    health_writes: float = _is(
        2, "writes a job", DESIGN, "its digest differs when the job ends and when the list drops it"
    )
    item_overhead: float = _is(100, "bytes an item", RULE, "stored with each item and entry")

    poll_gb: float = _is(0.5, "GB", DESIGN, "memory of the poll function")
    poll_vcpu: float = _is(0.29, "vCPU", RULE, "of 512 MB: a whole one comes with 1,769 MB")
    poll_start: float = _is(0.02, "s an invocation", ASSUMED, "logging, metrics, the answer")
    table_cpu: float = _is(0.002, "s of a whole vCPU", MEASURED, "the query of a scope")
    list_cpu: float = _is(0.003, "s of a whole vCPU", MEASURED, "a list of a few jobs")
    page_cpu: float = _is(
        0.006, "s of a whole vCPU", MEASURED, "each page of 100 jobs beyond the first"
    )
    job_cpu: float = _is(
        0.0001, "s of a whole vCPU", MEASURED, "a job that is read from the table or its index"
    )
    table_wait: float = _is(0.01, "s a scope", ASSUMED, "an answer of DynamoDB")
    page_wait: float = _is(0.1, "s a page", ASSUMED, "an answer of a job API in the same region")
    threads: float = _is(4, "calls at a time", DESIGN, "to one service in an account and region")
    burst: float = _is(10, "calls", DESIGN, "go at once to a service that stands few a second")
    publish_gb: float = _is(0.25, "GB", DESIGN, "memory of the publish function")
    publish_seconds: float = _is(
        0.2, "s a change", ASSUMED, "PutEvents and Publish; one invocation a change, at most"
    )

    scopes_of_tick: float = _is(100, "scopes", DESIGN, "what one invocation takes on unsplit")
    scopes_of_message: float = _is(25, "scopes", DESIGN, "what one message hands over, at most")
    groups: float = _is(16, "groups", DESIGN, "the messages of a split tick are in so many")
    messages_of_send: float = _is(10, "messages", RULE, "one SendMessageBatch")
    pollers: float = _is(
        5, "pollers a queue", RULE, "Lambda's, with a bounded concurrency never fewer"
    )
    poller_wait: float = _is(20, "s", ASSUMED, "an empty receive: the longest that SQS has")
    key_reuse: float = _is(300, "s", RULE, "SNS keeps a data key; a new one is two requests to KMS")
    session: float = _is(
        2_700, "s", DESIGN, "another account's credentials are renewed before their hour is over"
    )

    poll_log: float = _is(
        1_300, "bytes an invocation", MEASURED, "one line, two of metrics, and Lambda's own three"
    )
    watch_log: float = _is(30, "bytes a watch", MEASURED, "its age in that line")
    publish_log: float = _is(650, "bytes a change", MEASURED, "metrics, and Lambda's own three")
    metrics: float = _is(7, "metrics", DESIGN, "of the stack")
    metrics_of_cadence: float = _is(1, "metrics", DESIGN, "for each cadence")
    alarms: float = _is(7, "alarms", DESIGN, "of the stack")
    alarms_of_cadence: float = _is(2, "alarms", DESIGN, "for each cadence")

    transitions: float = _is(3, "transitions a poll", DESIGN, "a loop of Wait, Task and Choice")
    task_gb: float = _is(0.125, "GB", ASSUMED, "the smallest function, as a loop's task")
    task_seconds: float = _is(0.15, "s", ASSUMED, "it asks for one job")
    task_log: float = _is(380, "bytes", ASSUMED, "Lambda's own three lines")

    @property
    def month(self) -> float:
        """A month in seconds."""
        return self.days * 86_400


def explained(quantities: Quantities) -> Iterator[Explained]:
    """Give every constant with its reasons."""
    for each in fields(quantities):
        why = {name: str(each.metadata[name]) for name in ("unit", "basis", "why")}
        yield Explained(each.name, getattr(quantities, each.name), **why)
