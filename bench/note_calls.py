"""Starts MiniStack as the demonstration does, and notes what its tables and queues are asked.

MiniStack's own Python runs this file, by its path; nothing imports it. It writes one line of JSON a
call into the file `calls.log` in the folder `TMPDIR`, and `Ledger` adds them up: the call by
its name, such as `dynamodb:GetItem`, and what it was about: `reads` and `writes` of the table, what
is to be `announced`, `sent` messages, `read_units`.

Read units are by AWS's rule: half a unit for each 4 KB that is read, a whole one where the read is
consistent; a query pays for the sum of its items, a get for each of its own, also for one that is
not there.
"""

import json
import os
import runpy
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ministack.services import dynamodb, sqs  # type: ignore[import-not-found]

BLOCK = 4096
READS = ("GetItem", "Query", "BatchGetItem", "Scan")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
log = Path(os.environ["TMPDIR"], "calls.log").open(  # noqa: SIM115  as long as MiniStack runs
    "w", buffering=1, encoding="utf-8"
)
ask_table, ask_queue = dynamodb.handle_request, sqs._dispatch  # noqa: SLF001


def note(call: str, **about: float) -> None:
    """Write a line."""
    log.write(json.dumps({call: 1, **about}) + "\n")


async def noting_tables(*request: Any) -> Any:
    """Answer a call to a table."""
    answer = status, _, body = await ask_table(*request)
    name = request[2].get("x-amz-target", "").split(".")[-1]
    asked, answered = json.loads(request[3] or "{}"), json.loads(body or "{}")
    done = status == HTTPStatus.OK
    note(
        f"dynamodb:{name}",
        reads=name in READS,
        writes=name in WRITES,
        read_units=read_units(name, asked, answered) if done else 0,
        announced=done and "announce" in asked.get("Item", {}),
    )
    return answer


def read_units(operation: str, asked: Any, answer: Any) -> float:
    """Give what one call reads; nothing for one that does not read."""
    match operation:
        case "GetItem":
            sizes = [item_size(answer.get("Item", {}))]
        case "Query" | "Scan":
            sizes = [sum(map(item_size, answer["Items"]))]
        case "BatchGetItem":
            ((table, asked),) = asked["RequestItems"].items()
            sizes = [item_size(item) for item in answer["Responses"][table]]
            sizes += [0] * (len(asked["Keys"]) - len(sizes))
        case _:
            return 0.0
    unit = 1.0 if asked.get("ConsistentRead") else 0.5
    return unit * sum(max(1, -(-int(size) // BLOCK)) for size in sizes)


item_size = dynamodb._item_size_bytes  # noqa: SLF001


async def noting_queues(action: str, data: dict[str, Any], url: str) -> Any:
    """Answer a call to a queue."""
    if action.startswith("SendMessage"):
        note("sqs:SendMessage", sent=len(data.get("Entries", [data])))
    return await ask_queue(action, data, url)


if __name__ == "__main__":
    dynamodb.handle_request, sqs._dispatch = noting_tables, noting_queues  # noqa: SLF001
    starter = Path(__file__).resolve().parents[1] / "demo" / "start_ministack.py"
    runpy.run_path(str(starter), run_name="__main__")
