"""What is deployed: the plan in the poll function's package, the template, and known jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.plan import VERSION, Plan, Watch
from lambdas.scopes import is_parent, scope_of
from lambdas.store.items import JOB, partition
from operate.aws import Fetch
from operate.doctor.code import UNREADABLE, parsed, plan_run_by
from operate.plan.permissions import models_of
from operate.plan.template import Resources, of_type, resources_of
from operate.stack import Stack
from operate.trouble import Trouble
from operate.ways import command

MOST_COUNTED = 20
"""Places of a watch in which known jobs are counted: each is a query."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A plan that is deployed; of another version of Jobwatch, only the names of its watches.

    `resources` are those of its template, None where that can't be read.
    """

    plan: Plan | None
    watches: frozenset[str]
    resources: Resources | None

    @property
    def emails(self) -> frozenset[str] | None:
        """The addresses that its template subscribes: others may have subscribed more."""
        if self.resources is None:
            return None
        subscriptions = of_type(self.resources, "AWS::SNS::Subscription")
        by_email = (each for each in subscriptions if each.get("Protocol") == "email")
        return frozenset(str(each["Endpoint"]) for each in by_email)


def deployed(stack: Stack, fetch: Fetch) -> Deployed:
    """Read the plan that poll runs, and the template of its stack.

    :raises Trouble: when there is none, or none that can be read.
    """
    function = stack.output("PollFunctionName")
    try:
        document = plan_run_by(function, stack.clients, fetch)
        names = frozenset(map(str, document["watches"]))
        plan = _held(parsed(document)) if document["version"] == VERSION else None
    except UNREADABLE:
        look = command("doctor", stack.name)
        raise Trouble(f"the plan that {function} runs can't be read → {look}") from None
    return Deployed(plan, names, resources_of(stack))


def _held(plan: Plan) -> Plan:
    """Hold a plan against what a file can say of accounts: it is reckoned with so many.

    :raises ValueError: when no file says it.
    """
    models_of(plan)
    return plan


def known_jobs(plan: Plan, watch: Watch, own: tuple[str, str], stack: Stack) -> int | None:
    """Count the jobs that the table knows of a watch; None where that takes more than it is worth.

    It asks for counts only, of one page for each place. What parents hold has no place of its own.
    """
    try:
        scopes = [*_leaves(plan, watch, own)]
        if watch.organization or len(scopes) > MOST_COUNTED:
            return None
        counts = [_count(partition(scope), stack) for scope in scopes]
    except (ClientError, BotoCoreError, LookupError):
        return None
    return None if None in counts else sum(each for each in counts if each is not None)


def _leaves(plan: Plan, watch: Watch, own: tuple[str, str]) -> Iterator[Any]:
    for source in watch.sources:
        for region in plan.regions_of(watch, source, own[1]):
            for account in watch.accounts_in(own[0]):
                scope = scope_of(watch, source, account, region, watch.parameters)
                if is_parent(scope, watch, plan.sources[source]):
                    raise LookupError(source)
                yield scope


def _count(key: str, stack: Stack) -> int | None:
    answer = stack.clients("dynamodb").query(
        TableName=stack.outputs["TableName"],
        Select="COUNT",
        KeyConditionExpression="pk = :pk AND begins_with(sk, :job)",
        ExpressionAttributeValues={":pk": {"S": key}, ":job": {"S": JOB}},
    )
    return None if "LastEvaluatedKey" in answer else int(answer["Count"])
