"""What is left of a stack, looked for by its name in each service that held a part of it."""

from collections.abc import Callable, Iterator
from typing import Any

from operate.aws import Clients

Names = Callable[[Clients, str], Iterator[str]]


def left_of(stack: str, clients: Clients) -> list[str]:
    """List what bears the stack's name, as kind and name."""
    return [
        f"{kind} {name}"
        for kind, names in KINDS.items()
        for name in names(clients, stack)
        if stack in name
    ]


def _paged(service: str, operation: str, key: str, name: str = "", **words: str) -> Names:
    """List with one operation; `words` are those that take the stack's name as a prefix."""

    def names(clients: Clients, stack: str) -> Iterator[str]:
        pages = (
            clients(service)
            .get_paginator(operation)
            .paginate(**{word: value.format(stack=stack) for word, value in words.items()})
        )
        for page in pages:
            yield from (_named(each, name) for each in page.get(key, ()))

    return names


def _named(found: Any, name: str) -> str:
    return str(found[name] if name else found)


def _buses(clients: Clients, stack: str) -> Iterator[str]:
    found = clients("events").list_event_buses(NamePrefix=stack)
    yield from (bus["Name"] for bus in found["EventBuses"])


def _stacks(clients: Clients, _stack: str) -> Iterator[str]:
    for page in clients("cloudformation").get_paginator("list_stacks").paginate():
        for each in page["StackSummaries"]:
            if each["StackStatus"] != "DELETE_COMPLETE":
                yield each["StackName"]


KINDS: dict[str, Names] = {
    "stack": _stacks,
    "table": _paged("dynamodb", "list_tables", "TableNames"),
    "function": _paged("lambda", "list_functions", "Functions", "FunctionName"),
    "mapping": _paged("lambda", "list_event_source_mappings", "EventSourceMappings", "FunctionArn"),
    "log group": _paged(
        "logs", "describe_log_groups", "logGroups", "logGroupName", logGroupNamePattern="{stack}"
    ),
    "queue": _paged("sqs", "list_queues", "QueueUrls", QueueNamePrefix="{stack}"),
    "topic": _paged("sns", "list_topics", "Topics", "TopicArn"),
    "subscription": _paged("sns", "list_subscriptions", "Subscriptions", "TopicArn"),
    "bus": _buses,
    "schedule": _paged("scheduler", "list_schedules", "Schedules", "Name", NamePrefix="{stack}"),
    "alarm": _paged(
        "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", AlarmNamePrefix="{stack}"
    ),
    "role": _paged("iam", "list_roles", "Roles", "RoleName"),
}
"""The kinds of things that a stack is made of, and who lists their names."""
