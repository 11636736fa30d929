"""Publishes again what ended in the dead-letter queue: `make replay`.

It runs with the credentials of whoever calls it, which must allow to describe the stack, to receive
and delete in its queue, to read its table and the table's stream, and to invoke its publish
function. That function publishes, so that a change goes the same way as always; one that was
published already is published once more under the same id.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from operate import lost

MOST_RECORDS = 100
LARGEST_EVENT = 4_000_000
"""Bytes of records in one invocation; Lambda takes six million."""

Say = Callable[[str], None]


class Trouble(Exception):
    """It can't go on; the message says why, in words."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What is needed of a deployed stack: names of its parts, and clients to reach them."""

    queue: str
    table: str
    publish: str
    clients: Callable[[str], Any]

    @classmethod
    def find(cls, name: str, clients: Callable[[str], Any]) -> "Stack":
        """Read the stack's outputs.

        :raises Trouble: when there is no such stack, or it is none of ours.
        """
        (stack,) = clients("cloudformation").describe_stacks(StackName=name)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
        try:
            return cls(
                queue=outputs["UnpublishedQueueUrl"],
                table=outputs["TableName"],
                publish=outputs["PublishFunctionName"],
                clients=clients,
            )
        except KeyError as missing:
            raise Trouble(f"The stack {name} has no output {missing}: deploy it anew") from missing


def replay(stack: Stack, say: Say) -> None:
    """Publish what the dead letters tell of, and delete them.

    It stops at the first that can't be published: what comes after it would overtake it.

    :raises Trouble: when one can't be published; it and those behind it stay in the queue.
    """
    sqs, streams = stack.clients("sqs"), stack.clients("dynamodbstreams")
    waiting = lost.letters(sqs, stack.queue)
    say(f"The queue holds {_count(waiting, 'dead letter')}." if waiting else "The queue is empty.")
    expired: list[lost.Letter] = []
    try:
        while waiting:
            records = lost.records_of(streams, waiting[0])
            if records is None:
                expired.append(waiting.pop(0))
                continue
            _publish(stack, records)
            lost.delete(sqs, stack.queue, waiting.pop(0))
            say(f"Published {_count(records, 'change')} from the stream.")
        if expired:
            _publish_remembered(stack, expired, say)
        while expired:
            lost.delete(sqs, stack.queue, expired.pop(0))
    finally:
        lost.release(sqs, stack.queue, [*expired, *waiting])


def _publish_remembered(stack: Stack, expired: Sequence[lost.Letter], say: Say) -> None:
    say(
        f"The stream has forgotten the changes of {_count(expired, 'dead letter')}: it keeps them "
        "for 24 hours. What the table holds of that time is published instead: of each job the "
        "last event, unless its progress moved on since."
    )
    records = lost.remembered(stack.clients("dynamodb"), stack.table, expired)
    _publish(stack, records)
    say(f"Published {_count(records, 'change')} from the table.")


def _publish(stack: Stack, records: Sequence[dict[str, Any]]) -> None:
    for event in _events(records):
        answer = stack.clients("lambda").invoke(FunctionName=stack.publish, Payload=event)
        said = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            why = said.get("errorMessage", answer["FunctionError"])
            raise Trouble(f"The publish function failed: {why}")
        if not isinstance(said, dict) or said.get("batchItemFailures") != []:
            raise Trouble("The publish function could not publish all of it: its log says why")


def _events(records: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """Cut records into the events of invocations, in order."""
    batch: list[str] = []
    for text in map(json.dumps, records):
        if len(batch) == MOST_RECORDS or sum(map(len, [*batch, text])) > LARGEST_EVENT:
            yield _event(batch)
            batch = []
        batch.append(text)
    if batch:
        yield _event(batch)


def _event(texts: Sequence[str]) -> bytes:
    return ('{"Records": [' + ", ".join(texts) + "]}").encode()


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay; what goes wrong is told in one line, with exit code 1."""
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("--stack", default="Jobwatch", help="the stack's name")
    chosen = parser.parse_args(arguments)
    console = Console(highlight=False)
    try:
        replay(Stack.find(chosen.stack, _clients()), lambda text: console.print(escape(text)))
    except (Trouble, lost.StrangeLetterError, BotoCoreError, ClientError) as error:
        console.print(f"[red]✗[/] {escape(str(error))}")
        console.print("What is still in the queue stays there for 14 days: docs/runbook.md")
        return 1
    return 0


def _clients() -> Callable[[str], Any]:
    session = botocore.session.Session()
    made: dict[str, Any] = {}
    # One attempt at an invocation that may take a minute: a second one would overtake the first.
    patient = Config(read_timeout=90, retries={"total_max_attempts": 1})

    def client(service: str) -> Any:
        if service not in made:
            config = patient if service == "lambda" else None
            made[service] = session.create_client(service, config=config)
        return made[service]

    return client


if __name__ == "__main__":
    sys.exit(main())
