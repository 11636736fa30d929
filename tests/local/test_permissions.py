"""IAM, enforced: the stack works with the roles that it made, and with nothing less.

Three ways show that an action is needed. What the functions call is taken away, and then they
fail. The stand-ins know no IAM of their own: here they refuse what the poll function's role
doesn't name. What AWS itself does with a role (reading the stream, delivering ticks, writing logs)
the local AWS does without asking IAM, so IAM is asked what it would have said.
"""

import json
import time
from collections import defaultdict
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

from demo.operations import OPERATIONS
from demo.records import ACCOUNT, Moment, job_id, ses_import
from demo.scene import Scene
from lambdas.items import job_key, read_health, read_scope, write_child, write_job
from lambdas.messages import Turn
from lambdas.model import Progress, Scope, StoredJob
from tests.local import short_story
from tests.local.lanes import hand_over
from tests.local.roles import Role, Use, roles_of, uses_by_aws

EXPORT = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders/export/"
FORBIDDEN = 403
NUMBERS = count()


def test_who_was_given_nothing_may_do_nothing(scene: Scene) -> None:
    iam, name = scene.aws.client("iam"), "nobody"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    nobody = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")

    def client(service: str) -> Any:
        where = {"endpoint_url": scene.aws.endpoint, "verify": str(scene.aws.certificate)}
        return nobody.client(service, **where)

    for call in (
        lambda: client("dynamodb").scan(TableName=scene.stack.table),
        lambda: client("lambda").invoke(FunctionName=scene.stack.tick),
        lambda: client("sns").publish(TopicArn=scene.stack.topic, Message="{}"),
        lambda: client("events").put_events(Entries=[{"EventBusName": scene.stack.bus}]),
        lambda: client("sqs").receive_message(QueueUrl=scene.ears.events_url),
    ):
        with pytest.raises(ClientError, match=r"not authorized|denied"):
            call()


@dataclass(frozen=True)
class Stack:
    """The roles of the deployed stack, and what can be tried with them."""

    roles: dict[str, Role]
    works: dict[str, Callable[[], bool]]
    """By a role's ARN, whether the function that has it does all of its work."""
    uses: set[Use]

    def does(self, role: Role, action: str) -> bool:
        """Say whether all still works that needs this action of this role."""
        asked = [what for arn, done, what in self.uses if (arn, done) == (role.arn, action)]
        if asked:
            return all(role.may(action, resource) for resource in asked)
        assert role.arn in self.works, f"nothing was found that uses {action}"
        return self.works[role.arn]()


@pytest.fixture(scope="module")
def stack(scene: Scene) -> Iterator[Stack]:
    """The deployed stack, with stand-ins that refuse what the poll function's role lacks.

    Its queue of lanes is not read meanwhile: what polls here is what a test hands to the function.
    """
    names = scene.stack.tick, scene.stack.poll, scene.stack.publish, scene.stack.alert
    roles, arns = roles_of(scene.aws, "Jobwatch"), {name: _role(scene, name) for name in names}
    poll = roles[arns[scene.stack.poll]]
    record = _failed_job(scene)
    works = {
        scene.stack.tick: lambda: _ticks(scene),
        scene.stack.poll: lambda: _polls(scene) and _puts_aside(scene, poll),
        scene.stack.publish: lambda: _takes(scene, scene.stack.publish, record),
        scene.stack.alert: lambda: _takes(scene, scene.stack.alert, record),
    }
    with _guarded(scene, poll), _unfed(scene, scene.stack.poll):
        uses = uses_by_aws(scene.aws, arns)
        yield Stack(roles, {arns[name]: work for name, work in works.items()}, uses)
    scene.poller.poll()
    scene.ears.events()
    scene.ears.alerts()


def test_everything_works_with_the_stacks_own_roles(stack: Stack) -> None:
    assert all(works() for works in stack.works.values())
    assert all(stack.roles[arn].may(action, what) for arn, action, what in stack.uses)


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


def _role(scene: Scene, function: str) -> str:
    answer = scene.aws.client("lambda").get_function_configuration(FunctionName=function)
    return str(answer["Role"])


@contextmanager
def _guarded(scene: Scene, role: Role) -> Iterator[None]:
    """Let the stand-ins refuse each call that no statement of the role names."""
    session, usual = botocore.session.Session(), scene.world.fault
    prefixes = {name: session.get_service_model(name).signing_name for name in OPERATIONS}

    def guard(called: str, _number: int) -> int | None:
        service, operation = called.split(":")
        return None if f"{prefixes[service]}:{operation}" in role.actions() else FORBIDDEN

    scene.world.fault = guard
    try:
        yield
    finally:
        scene.world.fault = usual


def _invoke(scene: Scene, function: str, event: Any) -> Any:
    """Invoke a function; return its answer, None when it failed."""
    client = scene.aws.client("lambda")
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    told = json.loads(answer["Payload"].read())
    return None if "FunctionError" in answer else told


@contextmanager
def _unfed(scene: Scene, function: str) -> Iterator[None]:
    """Let nothing but a test invoke a function that a queue feeds."""
    client = scene.aws.client("lambda")
    (mapping,) = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _ticks(scene: Scene) -> bool:
    """Queue all lanes, and the later ticks of a cadence below a minute."""
    told = _invoke(scene, scene.stack.tick, {})
    often = {"watches": ["translations"], "tick": datetime.now(UTC).isoformat(), "every": 30}
    later = _invoke(scene, scene.stack.tick, often)
    return bool(told and told["Lanes"] > 0 and later)


def _scopes(scene: Scene) -> list[Scope]:
    return [read_scope(item) for item in scene.remembered() if item["sk"]["S"] == "scope"]


def _parents(scene: Scene) -> list[Scope]:
    """Give the scopes that hold others."""
    items = scene.remembered()
    parents = {item["pk"]["S"] for item in items if item["sk"]["S"].startswith("child#")}
    healths = [item for item in items if item["sk"]["S"] == "scope"]
    return [read_scope(item) for item in healths if item["pk"]["S"] in parents]


def _turns(scene: Scene) -> list[Turn]:
    """Give each lane's turn, with all of its watches."""
    watches = defaultdict(set)
    for scope in _scopes(scene):
        service = scope.source.partition(".")[0]
        watches[service, scope.account, scope.region].add(scope.watch)
    now = datetime.now(UTC)
    return [Turn(*lane, tuple(sorted(names)), now) for lane, names in watches.items()]


def _poll(scene: Scene, turn: Turn) -> bool:
    """Hand a turn to the poll function, as its queue does; say whether it did not fail."""
    answer = hand_over(scene.aws.client("lambda"), scene.stack.poll, turn)
    return "FunctionError" not in answer


def _lose_jobs(scene: Scene) -> set[str]:
    """Remember a job in each scope that its service does not know; give their sort keys."""
    table, number, keys = scene.aws.client("dynamodb"), next(NUMBERS), set()
    for scope in _scopes(scene):
        lost = f"{EXPORT if scope.source == 'dynamodb.exports' else ''}lost-{number}"
        job = StoredJob(lost, "RUNNING", "RUNNING", Progress(), 1, datetime.now(UTC))
        table.put_item(TableName=scene.stack.table, Item=write_job(scope, job, None))
        keys.add(job_key(lost))
    return keys


def _lose_children(scene: Scene) -> None:
    """Remember a child in each scope that holds others which its service does not know."""
    table = scene.aws.client("dynamodb")
    for scope in _parents(scene):
        table.put_item(TableName=scene.stack.table, Item=write_child(scope, "lost"))


def _polls(scene: Scene) -> bool:
    """Poll when every scope has lost a job and there is a new one: all APIs are called.

    What is lost is gone when two polls did not find it. Whatever could not be read or stored shows
    in the table.
    """
    now = datetime.now(UTC)
    name = f"new {next(NUMBERS)}"
    scene.world.show({short_story.SES_IMPORTS: [ses_import(name, Moment("CREATED", now, now))]})
    lost = _lose_jobs(scene)
    _lose_children(scene)
    done = [_poll(scene, turn) for _ in range(2) for turn in _turns(scene)]
    items = scene.remembered()
    healths = [read_health(item) for item in items if item["sk"]["S"] == "scope"]
    left = [i for i in items if i["sk"]["S"] in lost and i["raw_status"]["S"] != "NOT_FOUND"]
    found = f"job#{job_id(name)}" in {item["sk"]["S"] for item in items}
    children = any(item["sk"]["S"] == "child#lost" for item in items)
    failed = any(health.failures for health in healths)
    return all(done) and found and not (left or children or failed)


def _puts_aside(scene: Scene, role: Role) -> bool:
    """Poll while nothing can be stored: the lanes are in the queue of lost ones."""
    sqs, queue = scene.aws.client("sqs"), scene.stack.lost_lanes
    _lose_jobs(scene)
    with role.without("dynamodb:PutItem"):
        for turn in _turns(scene):
            _poll(scene, turn)
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    sqs.purge_queue(QueueUrl=queue)
    return bool(answer.get("Messages"))


def _takes(scene: Scene, function: str, record: Any) -> bool:
    """Hand the stored news of a failed job once more to a function that reads the stream."""
    told = _invoke(scene, function, {"Records": [record]})
    return bool(told == {"batchItemFailures": []})


def _failed_job(scene: Scene) -> Any:
    """Let a job fail; return what the table's stream says of it."""
    now = datetime.now(UTC)
    failed = ses_import("sad", Moment("FAILED", now, now, total=1, failed=1, why="It is sad"))
    scene.world.show({short_story.SES_IMPORTS: [failed]})
    item, until = None, time.monotonic() + 30
    while item is None and time.monotonic() < until:
        scene.poller.poll()
        time.sleep(1)
        key = f"job#{job_id('sad')}"
        item = next((i for i in scene.remembered() if i["sk"]["S"] == key), None)
    assert item, "the failed job was not seen"
    table = scene.aws.client("dynamodb").describe_table(TableName=scene.stack.table)["Table"]
    change = {"SequenceNumber": "1", "NewImage": item, "Keys": {k: item[k] for k in ("pk", "sk")}}
    return {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSourceARN": table["LatestStreamArn"],
        "dynamodb": change | {"ApproximateCreationDateTime": now.timestamp()},
    }
