"""From the table's stream to the bus and the topic, in order for each job.

What fails stops the rest: the first record that could not be published is reported, and the
stream hands over that one and everything behind it again.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeVar

from aws_lambda_powertools import Logger

from lambdas.alert.wording import alert_attributes, alert_entry, is_alert
from lambdas.apis.jobs import read_time
from lambdas.text import clean

MOST_ENTRIES = 10
LARGEST_CALL = 240_000
"""Bytes in one call: PutEvents takes more by now, PublishBatch takes 262,144."""
SOURCE = "jobwatch"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class News:
    """One stored change that must be announced.

    `subject` tells what it is about, a job or a scope; `announce` is its detail type, `text` its
    detail as JSON and `detail` the same parsed.
    """

    sequence: str
    subject: str
    announce: str
    text: str
    detail: Mapping[str, Any]


def read_news(record: Mapping[str, Any]) -> News | None:
    """Read a record of the table's stream; None when there is nothing to announce in it."""
    stream = record["dynamodb"]
    image = stream.get("NewImage") or {}
    if "announce" not in image:
        return None
    text = image["detail"]["S"]
    return News(
        sequence=stream["SequenceNumber"],
        subject=f"{image['pk']['S']} {image['sk']['S']}",
        announce=image["announce"]["S"],
        text=text,
        detail=json.loads(text),
    )


@dataclass(frozen=True, slots=True)
class Publisher:
    """The bus and the topic, through botocore clients; `labels` name the sources' jobs."""

    events: Any
    sns: Any
    bus: str
    topic: str
    alerts_on: frozenset[str]
    labels: Mapping[str, str]
    logger: Logger

    def publish(self, news: Sequence[News]) -> str | None:
        """Publish in order; give the sequence number of the first that failed, or None."""
        sent, failed = 0, None
        for batch in batches(news, lambda n: len(n.text.encode()) + 1_000, lambda n: n.subject):
            failed = self._put_events(batch)
            sent += len(batch) if failed is None else failed
            if failed is not None:
                break
        stopped_at = None if failed is None else news[sent].sequence
        # An alert that failed stands before the event that failed, so its record is the first.
        return self._send_alerts(news[:sent]) or stopped_at

    def _put_events(self, batch: Sequence[News]) -> int | None:
        """Put events on the bus; give the place of the first that was refused, or None."""
        try:
            answer = self.events.put_events(Entries=[self._event(news) for news in batch])
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            self._failed("EventBridge could not be called", error)
            return 0
        entries = answer.get("Entries") or []
        taken = {place for place, entry in enumerate(entries) if not entry.get("ErrorCode")}
        refused = [place for place in range(len(batch)) if place not in taken]
        if refused:
            self.logger.error("EventBridge refused events", extra={"refused": clean(entries)})
        return min(refused, default=None)

    def _event(self, news: News) -> dict[str, Any]:
        arn = news.detail.get("job_arn")
        return {
            "EventBusName": self.bus,
            "Source": SOURCE,
            "DetailType": news.announce,
            "Detail": news.text,
            "Time": read_time(news.detail["observed_at"]),
            "Resources": [arn] if arn else [],
        }

    def _send_alerts(self, news: Sequence[News]) -> str | None:
        """Send the alerts that events ask for; give the first record whose alert failed."""
        groups: dict[tuple[str, ...], list[News]] = {}
        for item in news:
            if is_alert(item.announce, item.detail, self.alerts_on):
                key = tuple(alert_attributes(item.announce, item.detail).values())
                groups.setdefault(key, []).append(item)
        firsts = [group[0].sequence for group in groups.values()]
        entries = [self._alert(str(place), group) for place, group in enumerate(groups.values())]
        for batch in batches(
            entries, lambda e: len(e["Message"].encode()) + 2_000, itemgetter("Id")
        ):
            failed = self._publish_batch(batch)
            if failed is not None:
                return firsts[failed]
        return None

    def _alert(self, entry_id: str, group: Sequence[News]) -> dict[str, Any]:
        attributes = alert_attributes(group[0].announce, group[0].detail)
        label = self.labels.get(attributes["source"], attributes["source"])
        return alert_entry(entry_id, attributes, label, [news.detail for news in group])

    def _publish_batch(self, entries: Sequence[Mapping[str, Any]]) -> int | None:
        """Publish messages; give the id of the first that was refused, or None."""
        try:
            answer = self.sns.publish_batch(TopicArn=self.topic, PublishBatchRequestEntries=entries)
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            self._failed("SNS could not be called", error)
            return int(entries[0]["Id"])
        taken = {entry["Id"] for entry in answer.get("Successful") or []}
        refused = [int(entry["Id"]) for entry in entries if entry["Id"] not in taken]
        if refused:
            failed = clean(answer.get("Failed") or [])
            self.logger.error("SNS refused alerts", extra={"refused": failed})
        return min(refused, default=None)

    def _failed(self, what: str, error: Exception) -> None:
        """Log without a traceback: an error of AWS may quote the request and its session token."""
        self.logger.error(what, extra={"error": clean(f"{type(error).__name__}: {error}")})


def batches(
    items: Iterable[Item], weigh: Callable[[Item], int], subject: Callable[[Item], Hashable]
) -> Iterator[list[Item]]:
    """Cut into calls that fit, in order; two items of one subject never share a call.

    A call can succeed in part, and then the later of the two would overtake the earlier.
    """
    batch: list[Item] = []
    size, subjects = 0, set[Hashable]()
    for item in items:
        weight, about = weigh(item), subject(item)
        full = len(batch) == MOST_ENTRIES or size + weight > LARGEST_CALL
        if batch and (full or about in subjects):
            yield batch
            batch, size, subjects = [], 0, set()
        batch.append(item)
        size += weight
        subjects.add(about)
    if batch:
        yield batch
