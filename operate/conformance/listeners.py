"""Who listens: a queue behind a rule of the bus, one behind the alerts, one behind the alarms.

They are made for the checks and removed after them. The rule must go before the bus can.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operate.aws import Clients

WAIT = 1
"""Seconds for which a queue is asked for more: all of its servers are, then."""
ALERTS_OF = {"status": ["FAILED"]}
"""The filter policy of the queue behind the alerts."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A queue, and what came out of it so far, parsed."""

    sqs: Any
    url: str
    arn: str
    heard: list[Any] = field(default_factory=list)

    def listen(self) -> list[Any]:
        """Take what has come; give all that ever came."""
        while messages := self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=WAIT
        ).get("Messages"):
            for message in messages:
                self.heard.append(json.loads(message["Body"]))
                receipt = message["ReceiptHandle"]
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)
        return self.heard


@dataclass(frozen=True, slots=True)
class Listeners:
    """The three of them."""

    events: Listener
    alerts: Listener
    alarms: Listener


@contextmanager
def listening(stack: str, outputs: Mapping[str, str], clients: Clients) -> Iterator[Listeners]:
    """Let queues listen to a stack, for a while."""
    with ExitStack() as made:
        queues = {kind: _queue(made, clients("sqs"), f"{stack}-{kind}") for kind in KINDS}
        found = Listeners(**queues)
        _behind_bus(made, clients("events"), f"{stack}-rule", outputs["EventBusName"], found.events)
        sns = clients("sns")
        _behind_topic(made, sns, outputs["AlertTopicArn"], found.alerts, ALERTS_OF)
        _behind_topic(made, sns, outputs["AlarmTopicArn"], found.alarms, None)
        yield found


KINDS = ("events", "alerts", "alarms")


def _queue(made: ExitStack, sqs: Any, name: str) -> Listener:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    made.callback(_quietly, sqs.delete_queue, QueueUrl=url)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return Listener(sqs, url, found["Attributes"]["QueueArn"])


def _behind_bus(made: ExitStack, events: Any, rule: str, bus: str, to: Listener) -> None:
    where = {"Rule": rule, "EventBusName": bus}
    pattern = json.dumps({"source": ["jobwatch"]})
    arn = events.put_rule(Name=rule, EventBusName=bus, EventPattern=pattern)["RuleArn"]
    made.callback(_quietly, events.delete_rule, Name=rule, EventBusName=bus)
    _admit(to, "events.amazonaws.com", arn)
    events.put_targets(**where, Targets=[{"Id": "queue", "Arn": to.arn}])
    made.callback(_quietly, events.remove_targets, **where, Ids=["queue"])


def _behind_topic(
    made: ExitStack, sns: Any, topic: str, to: Listener, only: Mapping[str, list[str]] | None
) -> None:
    _admit(to, "sns.amazonaws.com", topic)
    arn = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=to.arn,
        Attributes={"FilterPolicy": json.dumps(only)} if only else {},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    made.callback(_quietly, sns.unsubscribe, SubscriptionArn=arn)


def _admit(queue: Listener, service: str, source: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})


def _quietly(remove: Any, **words: Any) -> None:
    """Remove something; what can't be removed is found when it is looked for what is left."""
    with suppress(BotoCoreError, ClientError):
        remove(**words)
