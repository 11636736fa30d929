"""What the table would hold if the stack had been there for hours: nobody wants to wait for these.

A run is missing only where its watch was read before it was due. So the table is told that the
watch began earlier; everything else is found out as always.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from demo.local_aws import LocalAws
from demo.records import ACCOUNT
from demo.world import REGION
from lambdas.model import Reading, Runs
from lambdas.plan import Watch
from lambdas.runs import begun
from lambdas.store.runs import write_runs

EARLIER = timedelta(hours=6)


def remember(aws: LocalAws, table: str, watch: Watch, now: datetime) -> None:
    """Note that a watch, which expects runs of one source, was first read hours ago."""
    (source,) = watch.sources
    read = Reading(first=now - EARLIER, last=now - EARLIER)
    places = {f"{source} {ACCOUNT} {REGION}": read}
    known = replace(begun(Runs(version=1), watch), places=places)
    item = write_runs(watch.name, known, None)
    aws.client("dynamodb").put_item(TableName=table, Item=item)
