"""The table as the stack has it, for whatever plays the stack without its template."""

from collections.abc import Mapping
from typing import Any

from lambdas.alert import memory
from lambdas.store.layout import CARRIED, INDEX, INDEX_KEYS, KEYS, RECENT, RECENT_KEYS
from lambdas.waits.memory import KEYS as WAITS

SHAPE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in KEYS.items()],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in (*KEYS, "open", *RECENT_KEYS)
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": INDEX,
            "KeySchema": [
                {"AttributeName": name, "KeyType": kind} for name, kind in INDEX_KEYS.items()
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*CARRIED]},
        },
        {
            "IndexName": RECENT,
            "KeySchema": [
                {"AttributeName": name, "KeyType": kind} for name, kind in RECENT_KEYS.items()
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
STREAM = {"StreamViewType": "NEW_IMAGE"}


def create_standing(dynamodb: Any, name: str = "open") -> None:
    """Create the table of what is open, empty."""
    dynamodb.create_table(
        TableName=name,
        KeySchema=_schema(memory.KEYS),
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": "S"} for key in (*memory.KEYS, "muted")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": memory.INDEX,
                "KeySchema": _schema(memory.INDEX_KEYS),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*memory.CARRIED]},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def create_waits(dynamodb: Any, name: str = "waits") -> None:
    """Create the table of waits, empty."""
    dynamodb.create_table(
        TableName=name,
        KeySchema=_schema(WAITS),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in WAITS],
        BillingMode="PAY_PER_REQUEST",
    )


def _schema(keys: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()]


def create_table(dynamodb: Any, name: str = "seen") -> None:
    """Create the table, empty, with its index and its stream."""
    stream = {"StreamEnabled": True, **STREAM}
    dynamodb.create_table(TableName=name, StreamSpecification=stream, **SHAPE)
