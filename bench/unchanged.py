"""A poll of many unchanged jobs in one scope, beside merely listing the same pages with boto3.

Both talk to the same stand-in service over HTTP; the poll reads a table of MiniStack's besides.
Each server is a process of its own, so that this process's processor time is the client's.
"""

import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
import botocore.session

from bench.services import JOBS, local_services
from demo.local_aws import ROOT
from demo.world import REGION
from infra.config.plan import compile_plan
from lambdas.clients import Clients
from lambdas.plan import Plan, Watch, parse_plan
from lambdas.store import Table
from lambdas.tick import Tick

ROUNDS = 5
WATCHES = ("ses-imports", "data-exchange-jobs")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one round, on the wall and of this process's processor."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Result:
    """The medians of a source's rounds, and what one poll did: counts, calls to the table."""

    source: str
    listing: Cost
    poll: Cost
    counts: Mapping[str, int]
    table_calls: Mapping[str, int]


def measure() -> Iterator[Result]:
    """Measure each source in turn."""
    document = compile_plan(ROOT / "watches.yaml", ROOT / "catalogue").document
    plan = parse_plan(document)
    with local_services() as settings:
        os.environ.update(settings)
        for name in WATCHES:
            yield _measure(plan, plan.watches[name])


def _measure(plan: Plan, watch: Watch) -> Result:
    session = botocore.session.Session()
    dynamodb = session.create_client("dynamodb")
    called: Counter[str] = Counter()
    count_call = "before-call.dynamodb"
    dynamodb.meta.events.register(count_call, lambda model, **_: called.update([model.name]))
    floor = boto3.client(watch.source.service)
    table, clients = Table(dynamodb, "seen"), Clients(session)

    def poll() -> Counter[str]:
        tick = Tick(plan, table, clients, partial(datetime.now, UTC), time.monotonic() + 600)
        summary = tick.run([watch], "000000000000", REGION)
        if summary.errors or summary.counts["Jobs"] != JOBS:
            raise RuntimeError(f"the poll went wrong: {summary}")
        return summary.counts

    poll()
    list_all(floor, watch)
    called.clear()
    counts = poll()
    table_calls = dict(called)
    listings, polls = [], []
    for _ in range(ROUNDS):
        listings.append(_time(lambda: list_all(floor, watch)))
        polls.append(_time(poll))
    return Result(watch.source.name, _median(listings), _median(polls), counts, table_calls)


def list_all(client: Any, watch: Watch) -> int:
    """List every page with boto3 and look at nothing: the least that any watcher must do."""
    listing = watch.source.listing
    method = getattr(client, botocore.xform_name(listing.operation))
    found = 0
    token: dict[str, str] = {}
    while True:
        page = method(**listing.parameters, **token)
        found += len(page[listing.items])
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def _time(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))
