"""Listens as a user would: a queue behind a rule of the bus, and a queue behind the topic."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from demo.local_aws import LocalAws

EVENTS, ALERTS, RULE = "jobwatch-demo-events", "jobwatch-demo-alerts", "jobwatch-demo"
SENT = "SentTimestamp"


@dataclass(frozen=True)
class Event:
    """One event off the bus."""

    type: str
    detail: Mapping[str, Any]
    text: str
    """The whole message, as it arrived."""
    at: float = 0.0
    """When it reached the queue, in seconds since the epoch."""

    @property
    def job(self) -> tuple[str, str]:
        """The watch and the job that it is about."""
        return self.detail["watch"], self.detail.get("job_id", "")


@dataclass(frozen=True)
class Alert:
    """One message of the topic, in the form that queues get."""

    subject: str
    document: Mapping[str, Any]
    attributes: Mapping[str, str]
    text: str
    """The whole message, as it arrived."""
    at: float = 0.0
    """When it reached the queue, in seconds since the epoch."""

    @property
    def details(self) -> list[Mapping[str, Any]]:
        """The changes that it is about."""
        return list(self.document["detail"]["alerts"])


@dataclass(frozen=True)
class Listener:
    """Two queues; reading takes what is in them."""

    sqs: Any
    events_url: str
    alerts_url: str

    def events(self) -> list[Event]:
        """Take the events that have arrived, in the order in which they came."""
        found = (read_event(*arrived) for arrived in self._take(self.events_url))
        return sorted(found, key=attrgetter("at"))

    def alerts(self) -> list[Alert]:
        """Take the alerts that have arrived, in the order in which they came."""
        found = (read_alert(*arrived) for arrived in self._take(self.alerts_url))
        return sorted(found, key=attrgetter("at"))

    def _take(self, url: str) -> Iterator[tuple[str, float]]:
        ten = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": [SENT]}
        while messages := self.sqs.receive_message(QueueUrl=url, **ten).get("Messages"):
            for message in messages:
                yield message["Body"], int(message["Attributes"][SENT]) / 1000
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(messages)
            ]
            self.sqs.delete_message_batch(QueueUrl=url, Entries=entries)


def read_event(body: str, at: float) -> Event:
    """Read an event as EventBridge puts it in a queue."""
    event = json.loads(body)
    return Event(event["detail-type"], event["detail"], body, at)


def read_alert(body: str, at: float) -> Alert:
    """Read a notification as SNS puts it in a queue."""
    envelope = json.loads(body)
    attributes = envelope.get("MessageAttributes", {})
    return Alert(
        envelope["Subject"],
        json.loads(envelope["Message"]),
        {name: attribute["Value"] for name, attribute in attributes.items()},
        body,
        at,
    )


def listen(aws: LocalAws, bus: str, topic: str) -> Listener:
    """Create both queues, let the bus and the topic send to them, and return them."""
    sqs = aws.client("sqs")
    events_url, events_arn = _queue(sqs, EVENTS)
    alerts_url, alerts_arn = _queue(sqs, ALERTS)
    _send_events(aws.client("events"), bus, events_arn, sqs, events_url)
    _admit(sqs, alerts_url, alerts_arn, "sns.amazonaws.com", topic)
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=alerts_arn)
    return Listener(sqs, events_url, alerts_url)


def _queue(sqs: Any, name: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, attributes["Attributes"]["QueueArn"]


def _send_events(events: Any, bus: str, queue: str, sqs: Any, url: str) -> None:
    pattern = json.dumps({"source": ["jobwatch"]})
    rule = events.put_rule(Name=RULE, EventBusName=bus, EventPattern=pattern)["RuleArn"]
    _admit(sqs, url, queue, "events.amazonaws.com", rule)
    events.put_targets(Rule=RULE, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue}])


def _admit(sqs: Any, url: str, queue: str, service: str, source: str) -> None:
    """Let one service send to a queue on behalf of one source."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
