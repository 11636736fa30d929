"""Starts MiniStack as the demonstration does, and notes what its tables and queues are asked.

MiniStack's own Python runs this file, by its path; nothing imports it. It writes one line of JSON a
call into the file `calls.log` in the folder `TMPDIR`; `bench.ledger` reads it.
"""

import json
import os
import runpy
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ministack.services import dynamodb, sqs

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # the last place to look: MiniStack's modules come first
from bench.units import items_of, read_units  # noqa: E402

log = Path(os.environ["TMPDIR"], "calls.log").open(  # noqa: SIM115  as long as MiniStack runs
    "w", buffering=1, encoding="utf-8"
)
ask_table, ask_queue = dynamodb.handle_request, sqs._dispatch  # noqa: SLF001


def note(**call: Any) -> None:
    """Write a line."""
    log.write(json.dumps(call) + "\n")


async def noting_tables(*request: Any) -> Any:
    """Answer a call to a table."""
    answer = status, _, body = await ask_table(*request)
    name = request[2].get("x-amz-target", "").split(".")[-1]
    asked, answered = json.loads(request[3] or "{}"), json.loads(body or "{}")
    done = status == HTTPStatus.OK
    note(
        call=f"dynamodb:{name}",
        items=len(items_of(name, answered)),
        units=read_units(name, asked, answered) if done else 0,
        announced=int(done and "announce" in asked.get("Item", {})),
    )
    return answer


async def noting_queues(action: str, data: dict[str, Any], url: str) -> Any:
    """Answer a call to a queue."""
    if action.startswith("SendMessage"):
        note(call="sqs:SendMessage", sent=len(data.get("Entries", [data])))
    return await ask_queue(action, data, url)


if __name__ == "__main__":
    dynamodb.handle_request, sqs._dispatch = noting_tables, noting_queues  # noqa: SLF001
    runpy.run_path(str(ROOT / "demo" / "start_ministack.py"), run_name="__main__")
