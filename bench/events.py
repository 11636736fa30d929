"""What the functions are invoked with, as Lambda's mappings hand it over."""

import json
from datetime import UTC, datetime
from typing import Any

from lambdas.messages import Turn, write_turn

from bench.sources import ACCOUNT, REGION, TABLE


def lane(source: str, watch: str, account: str = ACCOUNT) -> dict[str, Any]:
    """Give a message of the lane that polls a watch, sent now."""
    turn = Turn(source.split(".", maxsplit=1)[0], account, REGION, (watch,), datetime.now(UTC))
    return {"Records": [{"messageId": "1", "body": write_turn(turn)}]}


def change(watch: str) -> dict[str, Any]:
    """Give a failure of a job of SES, as the table's stream has it."""
    detail = {
        "version": "1",
        "id": "one",
        "watch": watch,
        "source": "sesv2.import-jobs",
        "account": ACCOUNT,
        "region": REGION,
        "parameters": {},
        "job_id": "1",
        "status": "FAILED",
        "raw_status": "FAILED",
        "previous_status": "RUNNING",
        "observed_at": "2026-11-22T02:14:31Z",
        "failure": {"code": None, "message": "The file has a malformed row", "details": []},
        "console_url": None,
    }
    item = {"pk": "bench#0", "sk": "job#1", "announce": "Job Status Change"}
    image = {name: {"S": text} for name, text in {**item, "detail": json.dumps(detail)}.items()}
    stream = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}/stream/2026-11-22T00:00:00.000"
    changed = {
        "SequenceNumber": "1",
        "Keys": {n: image[n] for n in ("pk", "sk")},
        "NewImage": image,
    }
    record = {"eventID": "1", "eventName": "MODIFY", "eventSourceARN": stream, "dynamodb": changed}
    return {"Records": [record]}
