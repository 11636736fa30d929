"""What is left of a stack, looked for by name in each service that held a part of it."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from botocore.exceptions import ClientError

from operate.aws import Clients

Names = Callable[[Clients, str], Iterator[str]]


PREFIX = 12
"""Letters of the stack's name that are surely whole in what it names: long names are cut."""
_SHORTEST_ID = 16


def names_in(stack: str, clients: Clients) -> set[str]:
    """List the names that CloudFormation gave to the parts of a stack, if there is any."""
    pages = clients("cloudformation").get_paginator("list_stack_resources")
    found = set()
    try:
        for page in pages.paginate(StackName=stack):
            found |= {each.get("PhysicalResourceId", "") for each in page["StackResourceSummaries"]}
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
    return {name for name in found if len(name) >= _SHORTEST_ID}


def left_of(stack: str, clients: Clients, parts: Collection[str] = ()) -> list[str]:
    """List what bears the stack's name or was a part of it, as kind and name."""
    return [
        f"{kind} {name}"
        for kind, names in KINDS.items()
        for name in names(clients, stack)
        if any(known in name for known in (stack, *parts))
    ]


def _paged(service: str, operation: str, key: str, name: str = "", **words: str) -> Names:
    """List with one operation; `words` take the beginning of the stack's name."""

    def names(clients: Clients, stack: str) -> Iterator[str]:
        pages = (
            clients(service)
            .get_paginator(operation)
            .paginate(**{word: value.format(begin=stack[:PREFIX]) for word, value in words.items()})
        )
        for page in pages:
            yield from (_named(each, name) for each in page.get(key, ()))

    return names


def _named(found: Any, name: str) -> str:
    return str(found[name] if name else found)


def _buses(clients: Clients, stack: str) -> Iterator[str]:
    found = clients("events").list_event_buses(NamePrefix=stack[:PREFIX])
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
        "logs", "describe_log_groups", "logGroups", "logGroupName", logGroupNamePattern="{begin}"
    ),
    "queue": _paged("sqs", "list_queues", "QueueUrls", QueueNamePrefix="{begin}"),
    "topic": _paged("sns", "list_topics", "Topics", "TopicArn"),
    "subscription": _paged("sns", "list_subscriptions", "Subscriptions", "TopicArn"),
    "bus": _buses,
    "schedule": _paged("scheduler", "list_schedules", "Schedules", "Name", NamePrefix="{begin}"),
    "alarm": _paged(
        "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", AlarmNamePrefix="{begin}"
    ),
    "role": _paged("iam", "list_roles", "Roles", "RoleName"),
}
"""The kinds of things that a stack is made of, and who lists their names."""
