"""The table, and what its stream lets through."""

from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.store.layout import INDEX
from operate.conformance import changes
from operate.conformance.findings import Check, Unseen, Wrong
from operate.conformance.trial import Trial

EXPIRES = "expires_at"
SLACK = 1.0
"""Seconds: the date of an answer has no fraction."""


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
    for job, status in ((changes.RUNNING, "RUNNING"), (changes.FAILED, "FAILED")):
        item = changes.item(trial, job, status, announce=True)
        answer = trial.clients("dynamodb").put_item(TableName=trial.table, Item=item)
        trial.announced.setdefault("at", _date(answer))
    if not trial.until(lambda: _starts(trial)):
        raise Wrong("two changes were stored, and the function that publishes never ran")
    return "two changes that must be announced woke the function that publishes"


def stream_drops(trial: Trial) -> str:
    """See that the function ran for nothing that was written before."""
    if "at" not in trial.announced:
        raise Unseen("no change was written")
    starts = _starts(trial)
    if not starts:
        raise Unseen("the function that publishes never ran")
    if early := sum(at < trial.announced["at"] - SLACK for at in starts):
        raise Wrong(f"it ran {early} times before any change was to be announced")
    return "what is stored silently woke nobody"


def _starts(trial: Trial) -> list[float]:
    return [line.at for line in trial.log("Publish") if line.text.startswith("START ")]


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
    Check("STREAM-2", "The stream's filter drops what it must", stream_drops),
)
