"""The table, and what its stream lets through."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from infra import timeouts
from lambdas.store.layout import HEARTBEAT, INDEX
from lambdas.times import read_time
from operate.conformance import changes
from operate.conformance.findings import Check, Unseen, Wrong
from operate.conformance.trial import Trial

EXPIRES = "expires_at"
SLACK = 1.0
"""Seconds by which the clocks of two services may differ."""
EVERY = timeouts.HEARTBEAT
OVER = 75.0
"""Seconds after its time in which a heartbeat has come: the scheduler takes up to a minute."""


def conditional_write_gives_old_item(trial: Trial) -> str:
    """Write an item twice, each time only if it is not there."""
    dynamodb = trial.clients("dynamodb")
    item = changes.item(trial, changes.SILENT, "FAILED", announce=False)
    write = {
        "TableName": trial.table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    dynamodb.put_item(**write)
    try:
        dynamodb.put_item(**write)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        if error.response.get("Item") != item:
            raise Wrong("a refused write does not give the item that is there") from error
        return "a write under a false condition was refused, with the item that is there"
    raise Wrong("a write under a false condition was taken")


def index_follows(trial: Trial) -> str:
    """Write an unfinished job, and see it in the index soon."""
    dynamodb = trial.clients("dynamodb")
    item = changes.item(trial, "unfinished", "RUNNING", announce=False)
    dynamodb.put_item(TableName=trial.table, Item=item)
    query = {
        "TableName": trial.table,
        "IndexName": INDEX,
        "KeyConditionExpression": "#open = :open",
        "ExpressionAttributeNames": {"#open": "open"},
        "ExpressionAttributeValues": {":open": item["open"]},
    }
    if not trial.until(lambda: dynamodb.query(**query)["Items"]):
        raise Wrong("an unfinished job is not in the index")
    return "an unfinished job came into the index"


def items_expire(trial: Trial) -> str:
    """See that DynamoDB heeds the attribute, or will within the hour; deleting takes days."""
    found = trial.clients("dynamodb").describe_time_to_live(TableName=trial.table)
    ttl = found["TimeToLiveDescription"]
    status, attribute = ttl["TimeToLiveStatus"], ttl.get("AttributeName")
    if status not in ("ENABLING", "ENABLED") or attribute != EXPIRES:
        raise Wrong(f"the time to live is {status}, by {attribute}")
    return f"the time to live is {status}, by {attribute}"


def stream_lets_pass(trial: Trial) -> str:
    """Write changes that must be announced, and see the function run that publishes them."""
    jobs = {changes.RUNNING: "RUNNING", changes.FAILED: "FAILED"}
    first = min(_write(trial, job, status, announce=True) for job, status in jobs.items())
    if not trial.until(lambda: _runs_since(trial, first - SLACK)):
        raise Wrong("two changes were stored, and the function that publishes did not run")
    return "two changes that must be announced woke the function that publishes"


def heartbeat_comes(trial: Trial) -> str:
    """See the item that the scheduler writes, with a time that it filled in."""
    if not trial.until(lambda: _last_heartbeat(trial)):
        raise Wrong("the scheduler wrote no heartbeat into the table")
    return "the scheduler wrote the heartbeat, with its time"


def stream_drops(trial: Trial) -> str:
    """Store a change silently between two heartbeats, and see that the function does not run."""
    if not _runs_since(trial, 0):
        raise Unseen("the function that publishes never ran")
    last = _last_heartbeat(trial)
    since = (datetime.now(UTC) - last).total_seconds() if last else OVER
    trial.pause(until_between(since, trial.late))
    written = _write(trial, changes.SILENT, "FAILED", announce=False)
    trial.pause(trial.late)
    if runs := _runs_since(trial, written):
        raise Wrong(f"it ran {runs} times for what is stored silently")
    return "what is stored silently woke nobody"


def until_between(since: float, late: float) -> float:
    """Tell for how long to wait until all is settled, and no heartbeat comes for a while.

    `since` is how many seconds ago the last one was due; all is settled after `late` seconds.
    """
    then = (since + late) % EVERY
    return late if OVER <= then <= EVERY - 2 * late else late + (OVER - then) % EVERY


def _last_heartbeat(trial: Trial) -> datetime | None:
    """Give when the last heartbeat was due."""
    found = trial.clients("dynamodb").query(
        TableName=trial.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": HEARTBEAT}},
        ConsistentRead=True,
    )
    return next((read_time(item["scheduled_at"]["S"]) for item in found["Items"]), None)


def _write(trial: Trial, job: str, status: str, *, announce: bool) -> float:
    """Store a change as poll would; give when, by AWS's clock."""
    item = changes.item(trial, job, status, announce=announce)
    return _date(trial.clients("dynamodb").put_item(TableName=trial.table, Item=item))


def _runs_since(trial: Trial, since: float) -> int:
    """Count how often the function that publishes began to run."""
    starts = (line.at for line in trial.log("Publish") if line.text.startswith("START "))
    return sum(at >= since for at in starts)


def _date(answer: Any) -> float:
    """Give when AWS answered, by its own clock."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()


BEFORE = (
    Check("DDB-1", "Conditional writes", conditional_write_gives_old_item),
    Check("DDB-2", "The index follows the table", index_follows),
    Check("DDB-3", "Items expire", items_expire),
)
AFTER = (
    Check("STREAM-1", "The stream's filter lets pass what it must", stream_lets_pass),
    Check("SCHED-4", "The scheduler writes the heartbeat", heartbeat_comes),
    Check("STREAM-2", "The stream's filter drops what it must", stream_drops),
)
