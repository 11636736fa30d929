"""What earlier tails left behind that could not end: their computer went, or their credentials."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from operate.tail.queue import Tail, alive, began

LEFT_AFTER = timedelta(hours=1)
"""How long nobody listens at a queue before it counts as left behind."""
OF_PAGE = 100


def left_behind(like: Tail, now: datetime) -> Iterator[Tail]:
    """Find the tails of a stack at which nobody listens any more.

    A tail that runs says so at its queue. A rule without a queue is as old as its name.
    """
    queues = dict(_queues(like))
    for name, last in queues.items():
        if last is not None and now - last > LEFT_AFTER:
            yield replace(like, name=name)
    for name in _rules(like):
        start = began(like.stack.name, name)
        if start is not None and name not in queues and now - start > LEFT_AFTER:
            yield replace(like, name=name)


def _queues(like: Tail) -> Iterator[tuple[str, datetime | None]]:
    sqs = like.clients("sqs")
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix=f"{like.stack.name}-tail-", PaginationConfig={"PageSize": OF_PAGE}
    )
    for url in (each for page in pages for each in page.get("QueueUrls", ())):
        name = url.rpartition("/")[2]
        if began(like.stack.name, name) is not None:
            tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
            yield name, alive(tags, like.stack.name)


def _rules(like: Tail) -> Iterator[str]:
    pages = like.clients("events").get_paginator("list_rules")
    for page in pages.paginate(EventBusName=like.bus, NamePrefix=f"{like.stack.name}-tail-"):
        yield from (each["Name"] for each in page["Rules"])
