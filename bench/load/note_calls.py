"""Starts MiniStack as the demonstration does, and notes what its tables and queues are asked.

MiniStack's own Python runs this file, by its path; nothing imports it. It writes one line a call,
the operation and how many items it was about, into the file `calls.log` in the folder `TMPDIR`.
"""

import json
import os
import runpy
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ministack.services import dynamodb, sqs

ROOT = Path(__file__).resolve().parents[2]
ANSWERS_ITEMS = {"Query", "Scan", "BatchGetItem"}
log = Path(os.environ["TMPDIR"], "calls.log").open(  # noqa: SIM115  as long as MiniStack runs
    "w", buffering=1, encoding="utf-8"
)
ask_table, ask_queue = dynamodb.handle_request, sqs._dispatch  # noqa: SLF001


async def noting_tables(*request: Any) -> Any:
    """Answer a call to a table."""
    answer = await ask_table(*request)
    operation = request[2].get("x-amz-target", "").split(".")[-1]
    log.write(f"{operation} {_items(operation, answer)}\n")
    return answer


def _items(operation: str, answer: Any) -> int:
    status, _, body = answer
    if status != HTTPStatus.OK or operation not in ANSWERS_ITEMS:
        return 1
    if operation == "BatchGetItem":
        return sum(map(len, json.loads(body)["Responses"].values()))
    # The count stands behind the items, which may be many.
    return int(body.rpartition(b'"ScannedCount"')[0].rpartition(b'"Count":')[2].strip(b" ,"))


async def noting_queues(action: str, data: dict[str, Any], url: str) -> Any:
    """Answer a call to a queue."""
    sent = data.get("Entries", [data]) if action.startswith("SendMessage") else []
    log.writelines(f"SendMessage {_visits(entry.get('MessageBody', ''))}\n" for entry in sent)
    return await ask_queue(action, data, url)


def _visits(body: str) -> int:
    try:
        return len(json.loads(body).get("visits", ()))
    except (ValueError, AttributeError):
        return 0


if __name__ == "__main__":
    dynamodb.handle_request, sqs._dispatch = noting_tables, noting_queues  # noqa: SLF001
    runpy.run_path(str(ROOT / "demo" / "start_ministack.py"), run_name="__main__")
