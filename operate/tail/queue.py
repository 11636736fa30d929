"""The queue and the rule of one tail: what they are called, what they may, how they go.

Nothing else brings what is on a bus to whoever has only credentials. The table's stream is no way:
more than two readers of a shard are throttled, and publish and alert are two.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.outbox.buses import NO_REPLAY, SOURCE
from lambdas.times import iso, read_time
from operate.aws import Clients, in_a_line
from operate.stack import Stack

PATTERN = json.dumps({"source": [SOURCE], **NO_REPLAY})
DESCRIPTION = "A person listens to Jobwatch (tail). It goes when they end, and may be deleted."
KEPT = 300
"""Seconds that the queue keeps a message: nobody reads what nobody has read by then."""
TARGET = "queue"
TAG, ALIVE = "jobwatch:tail", "jobwatch:alive"
"""The tags: whose tail it is, by the stack's name; and when somebody was last there to listen."""
GONE = frozenset(
    {"ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
)
"""The services' codes for what is not there."""


@dataclass(frozen=True, slots=True)
class Tail:
    """One tail: its queue and its rule are of one name, in which is when it began."""

    clients: Clients
    stack: Stack
    bus: str
    name: str

    @property
    def _queue(self) -> str:
        return self._arn("sqs", self.name)

    def _arn(self, service: str, resource: str) -> str:
        _, partition, _, region, account, *_ = self.stack.id.split(":")
        return f"arn:{partition}:{service}:{region}:{account}:{resource}"

    def make_queue(self, now: datetime) -> str:
        """Make the queue, encrypted; give its URL."""
        made = self.clients("sqs").create_queue(
            QueueName=self.name,
            Attributes={
                "SqsManagedSseEnabled": "true",
                "MessageRetentionPeriod": str(KEPT),
                "Policy": json.dumps(self._policy(self._queue)),
            },
            tags={TAG: self.stack.name, ALIVE: str(iso(now))},
        )
        return str(made["QueueUrl"])

    def make_rule(self) -> None:
        """Make the rule that brings each event into the queue."""
        events = self.clients("events")
        events.put_rule(
            Name=self.name,
            EventBusName=self.bus,
            EventPattern=PATTERN,
            Description=DESCRIPTION,
            Tags=[{"Key": TAG, "Value": self.stack.name}],
        )
        target = {"Id": TARGET, "Arn": self._queue}
        events.put_targets(Rule=self.name, EventBusName=self.bus, Targets=[target])

    def stay(self, url: str, now: datetime) -> None:
        """Say that somebody still listens, so that no other tail takes it for left behind."""
        self.clients("sqs").tag_queue(QueueUrl=url, Tags={ALIVE: str(iso(now))})

    def end(self) -> Iterator[str]:
        """Remove the rule and the queue if they are there; say what could not be removed."""
        events, of_bus = self.clients("events"), {"EventBusName": self.bus}
        yield from self._try(
            f"rule {self.name}",
            lambda: events.remove_targets(Rule=self.name, Ids=[TARGET], **of_bus),
            lambda: events.delete_rule(Name=self.name, **of_bus),
        )
        yield from self._try(f"queue {self.name}", self._delete_queue)

    def _delete_queue(self) -> None:
        sqs = self.clients("sqs")
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=self.name)["QueueUrl"])

    def _try(self, what: str, *calls: Callable[[], Any]) -> Iterator[str]:
        try:
            for call in calls:
                call()
        except (ClientError, BotoCoreError) as error:
            if not (isinstance(error, ClientError) and error.response["Error"]["Code"] in GONE):
                yield f"the {what} was left behind: {in_a_line(error)}"

    def _policy(self, queue: str) -> Mapping[str, Any]:
        """Let the rule send and nobody else, and whatever is called be called by TLS.

        EventBridge says for which rule it sends; who else calls, whatever they may, cannot.
        """
        # The rules of the account's default bus have no bus in their ARN.
        where = "" if self.bus == "default" else f"{self.bus}/"
        rule = self._arn("events", f"rule/{where}{self.name}")
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "ItsRule",
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue,
                    "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
                },
                {
                    "Sid": "OnlyItsRule",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:SendMessage",
                    "Resource": queue,
                    "Condition": {"ArnNotEquals": {"aws:SourceArn": rule}},
                },
                {
                    "Sid": "OnlyTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": queue,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }


def new_tail(clients: Clients, stack: Stack, now: datetime) -> Tail:
    """Name a tail that begins now: a rule's name has 64 characters at most, a stack's 43.

    :raises Trouble: when the stack has no bus of ours.
    """
    name = f"{stack.name}-tail-{int(now.timestamp()):08x}-{secrets.token_hex(3)}"
    return Tail(clients, stack, stack.output("EventBusName"), name)


def began(stack: str, name: str) -> datetime | None:
    """Tell when the tail of that name began; None where it is no tail of the stack's."""
    found = re.fullmatch(rf"{re.escape(stack)}-tail-([0-9a-f]{{8}})-[0-9a-f]{{6}}", name)
    return datetime.fromtimestamp(int(found[1], 16), UTC) if found else None


def alive(tags: Mapping[str, str], stack: str) -> datetime | None:
    """Tell when somebody last listened at a queue; None where it is no tail's of the stack."""
    return read_time(tags.get(ALIVE)) if tags.get(TAG) == stack else None


@contextmanager
def listening(tail: Tail, now: datetime, left: Callable[[str], None]) -> Iterator[str]:
    """Listen until whoever asked is done, however they end; `left` is told what stays behind."""
    is_refused = False
    try:
        try:
            url = tail.make_queue(now)
        except ClientError:
            is_refused = True  # so that there is nothing to remove
            raise
        tail.make_rule()
        yield url
    finally:
        for each in () if is_refused else tail.end():
            left(each)
