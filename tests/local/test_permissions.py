"""IAM, enforced: the stack works with the roles that it made, and with nothing less.

Three ways show that an action is needed. What the functions call is taken away, and then they
fail. The stand-ins know no IAM of their own: here they refuse what the poll function's role
doesn't name. What AWS itself does with a role (reading the stream, delivering ticks, writing logs)
the local AWS does without asking IAM, so IAM is asked what it would have said.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError

from demo.harness import Harness
from demo.operations import OPERATIONS
from demo.records import ACCOUNT, Moment, job_id, ses_import
from lambdas.model import Scope
from lambdas.store import Table, partition
from tests.local import short_story
from tests.local.roles import Deed, Role, deeds_of_aws, roles_of
from tests.values import known

EXPORT = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders/export/"
FORBIDDEN = 403
NUMBERS = count()


def test_who_was_given_nothing_may_do_nothing(harness: Harness) -> None:
    iam, name = harness.aws.client("iam"), "nobody"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    nobody = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")

    def client(service: str) -> Any:
        where = {"endpoint_url": harness.aws.endpoint, "verify": str(harness.aws.certificate)}
        return nobody.client(service, **where)

    for call in (
        lambda: client("dynamodb").scan(TableName=harness.stack.table),
        lambda: client("lambda").invoke(FunctionName=harness.stack.poll),
        lambda: client("sns").publish(TopicArn=harness.stack.topic, Message="{}"),
        lambda: client("events").put_events(Entries=[{"EventBusName": harness.stack.bus}]),
        lambda: client("sqs").receive_message(QueueUrl=harness.listener.events_url),
    ):
        with pytest.raises(ClientError, match=r"not authorized|denied"):
            call()


@dataclass(frozen=True)
class Stack:
    """The roles of the deployed stack, and what can be tried with them."""

    roles: dict[str, Role]
    works: dict[str, Callable[[], bool]]
    """By a role's ARN, whether the function that has it does all of its work."""
    deeds: set[Deed]

    def does(self, role: Role, action: str) -> bool:
        """Say whether all still works that needs this action of this role."""
        asked = [what for arn, done, what in self.deeds if (arn, done) == (role.arn, action)]
        if asked:
            return all(role.may(action, resource) for resource in asked)
        assert role.arn in self.works, f"nothing was found that uses {action}"
        return self.works[role.arn]()


@pytest.fixture(scope="module")
def stack(harness: Harness) -> Iterator[Stack]:
    """The deployed stack, with stand-ins that refuse what the poll function's role lacks."""
    roles = roles_of(harness.aws, "Jobwatch")
    poll, publish = (_role(harness, name) for name in (harness.stack.poll, harness.stack.publish))
    deeds = deeds_of_aws(harness.aws, {harness.stack.poll: poll, harness.stack.publish: publish})
    with _guarded(harness, roles[poll]):
        record = _failed_job(harness)
        works = {poll: lambda: _polls(harness), publish: lambda: _publishes(harness, record)}
        yield Stack(roles, works, deeds)
    harness.poller.poll()
    harness.listener.events()
    harness.listener.alerts()


def test_everything_works_with_the_stacks_own_roles(stack: Stack) -> None:
    assert all(works() for works in stack.works.values())
    assert all(stack.roles[arn].may(action, what) for arn, action, what in stack.deeds)


def test_without_any_one_action_something_breaks(
    stack: Stack, subtests: pytest.Subtests, tally: Any
) -> None:
    for role in stack.roles.values():
        for action in role.actions():
            with subtests.test(role=role.name, action=action), role.without(action):
                assert action not in role.actions()
                assert not stack.does(role, action)
            tally["actions taken away from a deployed role"] += 1


def test_everything_works_again_once_nothing_is_missing(stack: Stack) -> None:
    assert all(works() for works in stack.works.values())


def _role(harness: Harness, function: str) -> str:
    answer = harness.aws.client("lambda").get_function_configuration(FunctionName=function)
    return str(answer["Role"])


@contextmanager
def _guarded(harness: Harness, role: Role) -> Iterator[None]:
    """Let the stand-ins refuse each call that no statement of the role names."""
    session, usual = botocore.session.Session(), harness.world.fault
    prefixes = {name: session.get_service_model(name).signing_name for name in OPERATIONS}

    def guard(called: str, _number: int) -> int | None:
        service, operation = called.split(":")
        return None if f"{prefixes[service]}:{operation}" in role.actions() else FORBIDDEN

    harness.world.fault = guard
    try:
        yield
    finally:
        harness.world.fault = usual


def _invoke(harness: Harness, function: str, event: Any) -> Any:
    """Invoke a function; return its answer, None when it failed."""
    client = harness.aws.client("lambda")
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    told = json.loads(answer["Payload"].read())
    return None if "FunctionError" in answer else told


def _polls(harness: Harness) -> bool:
    """Poll when every scope has lost a job: each list and each get is called, and all is stored.

    A cadence below a minute has the rest of the minute's ticks held back by a queue.
    """
    table = Table(harness.aws.client("dynamodb"), harness.stack.table)
    for item in harness.items():
        if item["sk"]["S"] == "scope":
            scope = _scope(item)
            lost = f"{EXPORT if scope.source == 'dynamodb.exports' else ''}lost-{next(NUMBERS)}"
            now = datetime.now(UTC)
            assert table.put_job(scope, known(job_id=lost, version=1, moved_at=now), None)
    told = _invoke(harness, harness.stack.poll, {})
    often = {"watches": ["translations"], "tick": datetime.now(UTC).isoformat(), "every": 30}
    held = _invoke(harness, harness.stack.poll, often)
    return bool(told and told["Unread"] == [] and held)


def _scope(item: Any) -> Scope:
    told = json.loads(item["health"]["S"])
    watch = item["pk"]["S"].rpartition("#")[0]
    place = (told[name] for name in ("source", "account", "region", "parameters"))
    scope = Scope(watch, *place)
    assert partition(scope) == item["pk"]["S"]
    return scope


def _publishes(harness: Harness, record: Any) -> bool:
    """Publish the stored news of a failed job once more: an event and an alert."""
    told = _invoke(harness, harness.stack.publish, {"Records": [record]})
    return bool(told == {"batchItemFailures": []})


def _failed_job(harness: Harness) -> Any:
    """Let a job fail; return what the table's stream says of it."""
    now = datetime.now(UTC)
    failed = ses_import("sad", Moment("FAILED", now, now, total=1, failed=1, why="It is sad"))
    harness.world.show({short_story.SES_IMPORTS: [failed]})
    harness.poller.poll()
    (item,) = (i for i in harness.items() if i["sk"]["S"] == f"job#{job_id('sad')}")
    return {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1", "NewImage": item}}
