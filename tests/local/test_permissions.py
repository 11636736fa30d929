"""IAM, enforced: the stack works with the roles that it made, and with nothing less.

Three ways show that an action is needed. What the functions call is taken away, and then they
fail. The stand-ins know no IAM of their own: here they refuse what the poll function's role
doesn't name. What AWS itself does with a role (reading the stream, delivering ticks, writing logs)
the local AWS does without asking IAM, so IAM is asked what it would have said.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from demo.harness import Harness, set_up
from demo.records import ACCOUNT, Moment, job_id, ses_import
from demo.world import World
from lambdas.messages import Turn
from lambdas.model import Progress, Scope, StoredJob
from lambdas.store.healths import read_health, read_scope, write_health
from lambdas.store.items import job_key, write_child, write_job
from tests.local import short_story
from tests.local.lanes import give_turn, not_fed
from tests.local.roles import Role, Use, roles_of, uses_by_aws
from tests.local.users import user
from tests.local.waits import Tokens, table_of, waits_of

EXPORT = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders/export/"
EXECUTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:importer:1/durable-execution/of-may/1"
FORBIDDEN = 403
NUMBERS = count()
MODELS = botocore.session.Session()


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    """A deployment of its own: its table holds what these tests let it see, and nothing older."""
    world = World(page_limit=2)
    with set_up(world, short_story.STORY, lambda _: nullcontext()) as found:
        yield found


def test_who_was_given_nothing_may_do_nothing(harness: Harness) -> None:
    client = user(harness.aws, "nobody")
    for call in (
        lambda: client("dynamodb").scan(TableName=harness.stack.table),
        lambda: client("lambda").invoke(FunctionName=harness.stack.tick),
        lambda: client("sns").publish(TopicArn=harness.stack.topic, Message="{}"),
        lambda: client("events").put_events(Entries=[{"EventBusName": harness.stack.bus}]),
        lambda: client("sqs").receive_message(QueueUrl=harness.listener.events_url),
    ):
        with pytest.raises(ClientError, match=r"not authorized|denied"):
            call()


def test_who_may_do_everything_may_still_not_do_the_functions_work(harness: Harness) -> None:
    """S2: any broad grant in the account could make Jobwatch lie.

    That the bus and the table refuse it, too, is seen in the template and by `make conformance`:
    the local AWS holds no policies of theirs.
    """
    client = user(harness.aws, "somebody", "AdministratorAccess")
    sqs, sns, topic = client("sqs"), client("sns"), harness.stack.topic
    resources = harness.aws.client("cloudformation").describe_stack_resources(StackName="Jobwatch")
    kinds = [(r["ResourceType"], r["PhysicalResourceId"]) for r in resources["StackResources"]]
    urls = [url for kind, url in kinds if kind == "AWS::SQS::Queue"]
    assert len(urls) == 5
    for url in urls:
        fifo = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if ".fifo" in url else {}
        assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
            sqs.send_message(QueueUrl=url, MessageBody="{}", **fifo)
        if url in {harness.stack.lanes_queue, *(each for each in urls if "Later" in each)}:
            with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
                sqs.receive_message(QueueUrl=url)
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        sns.publish(TopicArn=topic, Message="{}")
    subscribed = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint="who@example.com", ReturnSubscriptionArn=True
    )
    sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])


@dataclass(frozen=True)
class Stack:
    """The roles of the deployed stack, and what can be tried with them."""

    roles: dict[str, Role]
    works: dict[str, Callable[[str], bool]]
    """By a role's ARN, whether the function that has it does all work that an action may be for."""
    uses: set[Use]

    def does(self, role: Role, action: str) -> bool:
        """Say whether all still works that needs this action of this role."""
        asked = [what for arn, done, what in self.uses if (arn, done) == (role.arn, action)]
        if asked:
            return all(role.may(action, resource) for resource in asked)
        assert role.arn in self.works, f"nothing was found that uses {action}"
        return self.works[role.arn](action)


@pytest.fixture(scope="module")
def stack(harness: Harness) -> Iterator[Stack]:
    """The deployed stack, with stand-ins that refuse what the poll function's role lacks.

    Its queue of lanes is not read meanwhile: what polls here is what a test hands to the function.
    """
    deployed, tokens, board = harness.stack, Tokens(harness), _board(harness)
    names = (
        *(deployed.tick, deployed.poll, deployed.publish, deployed.alert),
        *(deployed.wait, deployed.answer, board),
    )
    roles, arns = roles_of(harness.aws, "Jobwatch"), {name: _role(harness, name) for name in names}
    poll = roles[arns[harness.stack.poll]]
    record = _failed_job(harness)
    works = {
        harness.stack.tick: lambda _: _ticks(harness),
        harness.stack.poll: lambda action: _polls(harness, action) and _puts_aside(harness, poll),
        harness.stack.publish: lambda _: _takes(harness, harness.stack.publish, record),
        harness.stack.alert: lambda _: _alerts(harness, record),
        board: lambda _: 'class="jobs"' in (_invoke(harness, board, {}) or ""),
        harness.stack.wait: lambda _: _waits(harness, tokens),
        harness.stack.answer: lambda _: _answers(harness, tokens),
    }
    with _guarded(harness, poll), not_fed(harness.aws.client("lambda"), harness.stack.poll):
        uses = uses_by_aws(harness.aws, arns)
        # Where a look at all waits stops that has not the time for them.
        waits = harness.aws.client("dynamodb").describe_table(TableName=table_of(harness))
        uses.add((arns[deployed.answer], "dynamodb:PutItem", waits["Table"]["TableArn"]))
        # Callbacks of durable functions: `test_durable` sees them answered; the local IAM knows
        # none without an execution.
        uses |= {
            (arns[name], f"lambda:SendDurableExecutionCallback{how}", EXECUTION)
            for name in (deployed.wait, deployed.answer)
            for how in ("Success", "Failure", "Heartbeat")
        }
        yield Stack(roles, {arns[name]: work for name, work in works.items()}, uses)


def test_everything_works_with_the_stacks_own_roles(stack: Stack) -> None:
    assert [name for name, works in stack.works.items() if not works("")] == []
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
    assert [name for name, works in stack.works.items() if not works("")] == []


def _board(harness: Harness) -> str:
    """Find the function that shows jobs, which no output names: CloudWatch invokes it."""
    resources = harness.aws.client("cloudformation").describe_stack_resources(StackName="Jobwatch")
    names = (r["PhysicalResourceId"] for r in resources["StackResources"])
    return next(str(name) for name in names if "BoardingBoardFunction" in name)


def _role(harness: Harness, function: str) -> str:
    answer = harness.aws.client("lambda").get_function_configuration(FunctionName=function)
    return str(answer["Role"])


@contextmanager
def _guarded(harness: Harness, role: Role) -> Iterator[None]:
    """Let the stand-ins refuse each call that no statement of the role names."""
    usual = harness.world.fault

    def guard(called: str, _number: int) -> int | None:
        service, operation = called.split(":")
        return None if f"{_prefix(service)}:{operation}" in role.actions() else FORBIDDEN

    harness.world.fault = guard
    try:
        yield
    finally:
        harness.world.fault = usual


def _invoke(harness: Harness, function: str, event: Any) -> Any:
    """Invoke a function; return its answer, None when it failed."""
    client = harness.aws.client("lambda")
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    output = json.loads(answer["Payload"].read())
    return None if "FunctionError" in answer else output


def _ticks(harness: Harness) -> bool:
    """Queue all lanes, and the later ticks of a cadence below a minute."""
    now = _invoke(harness, harness.stack.tick, {})
    often = {"watches": ["translations"], "tick": datetime.now(UTC).isoformat(), "every": 30}
    later = _invoke(harness, harness.stack.tick, often)
    return bool(now and now["Lanes"] > 0 and later)


@cache
def _prefix(service: str) -> str:
    """Give what the actions of a service begin with."""
    return str(MODELS.get_service_model(service).signing_name)


def _scopes(harness: Harness) -> list[tuple[Scope, Any]]:
    """Find the scopes that are polled, with their items: those of a lost parent never are again."""
    items = (item for item in harness.items() if item["sk"]["S"] == "scope")
    found = ((read_scope(item), item) for item in items)
    return [(scope, i) for scope, i in found if not any(map(_is_lost, scope.parameters.values()))]


def _is_lost(name: str) -> bool:
    return name.startswith("lost-")


def _parents(harness: Harness) -> set[str]:
    """Give the partitions of the scopes that hold others."""
    children = (item for item in harness.items() if item["sk"]["S"].startswith("child#"))
    return {item["pk"]["S"] for item in children}


def _turns(harness: Harness, action: str = "") -> list[Turn]:
    """Give the turns of the lanes that an action is for, with all of their watches.

    All lanes need what is no job API's; DynamoDB is both.
    """
    prefix, watches = action.partition(":")[0], defaultdict(set)
    for scope, _ in _scopes(harness):
        service = scope.source.partition(".")[0]
        watches[service, scope.account, scope.region].add(scope.watch)
    concerned = {lane for lane in watches if _prefix(lane[0]) == prefix != "dynamodb"}
    now = datetime.now(UTC)
    return [
        Turn(*lane, tuple(sorted(names)), now)
        for lane, names in watches.items()
        if lane in (concerned or watches)
    ]


def _poll(harness: Harness, *turns: Turn) -> bool:
    """Hand turns to the poll function, as its queue does; say whether none failed."""
    client = harness.aws.client("lambda")
    answers = [give_turn(client, harness.stack.poll, turn) for turn in turns]
    return not any("FunctionError" in answer for answer in answers)


def _lose(harness: Harness, turns: Sequence[Turn]) -> set[str]:
    """Remember in each scope a job or a child that its service does not know; give their keys.

    A scope's checksums are forgotten, so that it is not taken to be as it was.
    """
    parents, number, keys = _parents(harness), next(NUMBERS), set()
    dynamodb = harness.aws.client("dynamodb")
    for scope, item in _scopes(harness):
        if not any(scope.watch in turn.watches for turn in turns):
            continue
        health = read_health(item)
        if item["pk"]["S"] in parents:
            lost = write_child(scope, f"lost-{number}", gone=False)
        else:
            name = f"{EXPORT if scope.source == 'dynamodb.exports' else ''}lost-{number}"
            job = StoredJob(name, "RUNNING", "RUNNING", Progress(), 1, datetime.now(UTC))
            lost = write_job(scope, job, None)
        unknown = replace(health, digest=None, unfinished_checksum=None, ids_checksum=None)
        for each in (lost, write_health(scope, unknown, None)):
            dynamodb.put_item(TableName=harness.stack.table, Item=each)
        keys.add(lost["sk"]["S"])
    return keys


def _polls(harness: Harness, action: str) -> bool:
    """Poll when every scope has lost a job and there is a new one: all APIs are called.

    What is lost is gone when two polls did not find it. Whatever could not be read or stored shows
    in the table.
    """
    now, turns = datetime.now(UTC), _turns(harness, action)
    name = f"new {next(NUMBERS)}"
    harness.world.show({short_story.SES_IMPORTS: [ses_import(name, Moment("CREATED", now, now))]})
    new = {job_key(job_id(name))} if any(turn.service == "sesv2" for turn in turns) else set()
    lost = _lose(harness, turns)
    if not all(_poll(harness, *turns) for _ in range(2)):
        return False
    items = harness.items()
    left = [i for i in items if i["sk"]["S"] in lost and i.get("raw_status") != {"S": "NOT_FOUND"}]
    found = new <= {item["sk"]["S"] for item in items}
    watches = {name for turn in turns for name in turn.watches}
    polled = (read_health(item) for scope, item in _scopes(harness) if scope.watch in watches)
    return found and not (left or any(health.failures for health in polled))


def _puts_aside(harness: Harness, role: Role) -> bool:
    """Poll a lane while nothing can be stored: it is in the queue of lost ones."""
    sqs, queue = harness.aws.client("sqs"), harness.stack.lost_lanes_queue
    turn = _turns(harness)[0]
    _lose(harness, [turn])
    with role.without("dynamodb:PutItem"):
        _poll(harness, turn)
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    sqs.purge_queue(QueueUrl=queue)
    return bool(answer.get("Messages"))


def _takes(harness: Harness, function: str, record: Any) -> bool:
    """Hand the stored change of a failed job once more to a function that reads the stream."""
    return bool(_invoke(harness, function, {"Records": [record]}) == {"batchItemFailures": []})


def _alerts(harness: Harness, record: Any) -> bool:
    """Tell of another failed job; mute a watch, and end that."""
    until = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    mute = {"watch": "ses-imports", "why": "a test", "who": "a test", "until": until}
    asked = {"mute": mute}, {"unmute": {"watch": mute["watch"]}}
    muted, unmuted = (_invoke(harness, harness.stack.alert, each) or {} for each in asked)
    told = _takes(harness, harness.stack.alert, _of_another(record))
    return told and len(muted.get("Mutes", ())) == 1 and unmuted.get("Mutes") == []


def _wait(harness: Harness, token: str, job: str, **given: Any) -> Any:
    event = {"source": "sesv2.import-jobs", "job_id": job_id(job), "token": token, **given}
    return _invoke(harness, harness.stack.wait, event)


def _waits(harness: Harness, tokens: Tokens) -> bool:
    """Wait for a job that runs, for one that has succeeded, and for one that nobody watches."""
    _see(harness, "running", "RUNNING")
    _see(harness, "happy", "SUCCEEDED")
    succeeded, refused = tokens.next(), tokens.next()
    outcomes = [
        _wait(harness, tokens.next(), "running"),
        _wait(harness, succeeded, "happy"),
        _wait(harness, refused, "running", source="nobody.jobs"),
    ]
    told = [{"Outcome": "Waits"}, {"Outcome": "Answered"}, {"Outcome": "Answered"}]
    return outcomes == told and succeeded not in _tokens(harness)


def _answers(harness: Harness, tokens: Tokens) -> bool:
    """Answer a wait for a job that ended and one that is given up; a third gets a heartbeat."""
    job, ended, given_up = f"answered {next(NUMBERS)}", tokens.next(), tokens.next()
    _see(harness, "running", "RUNNING")
    _see(harness, job, "RUNNING")
    _wait(harness, tokens.next(), "running")
    _wait(harness, given_up, "running", give_up_after=1)
    _wait(harness, ended, job)
    _see(harness, job, "SUCCEEDED")
    place = {"source": "sesv2.import-jobs", "account": ACCOUNT, "region": "us-east-1"}
    time.sleep(1)
    event = {"detail": {**place, "job_id": job_id(job)}}
    done = [_invoke(harness, harness.stack.answer, each) for each in (event, {})]
    told = None not in done and "Failed" not in done[1]
    return told and not {ended, given_up} & _tokens(harness)


def _tokens(harness: Harness) -> set[str]:
    return {item["token"]["S"] for item in waits_of(harness)}


def _see(harness: Harness, name: str, status: str) -> None:
    """Remember a job as poll does."""
    scope = next(s for s, _ in _scopes(harness) if s.source == "sesv2.import-jobs")
    detail = json.dumps({"job_id": job_id(name), "status": status, "failure": {}})
    job = StoredJob(job_id(name), status, status, Progress(), 1, datetime.now(UTC), detail=detail)
    item = write_job(scope, job, None)
    harness.aws.client("dynamodb").put_item(TableName=harness.stack.table, Item=item)


def _of_another(record: Any) -> Any:
    """Give such a change of another job: of the same one, nothing new would be to remember."""
    image, number = record["dynamodb"]["NewImage"], next(NUMBERS)
    detail = json.loads(image["detail"]["S"]) | {"id": f"e{number}", "job_id": f"sad-{number}"}
    image = {**image, "detail": {"S": json.dumps(detail)}}
    return {**record, "dynamodb": {**record["dynamodb"], "NewImage": image}}


def _failed_job(harness: Harness) -> Any:
    """Let a job fail; return what the table's stream says of it."""
    now = datetime.now(UTC)
    failed = ses_import("sad", Moment("FAILED", now, now, total=1, failed=1, why="It is sad"))
    harness.world.show({short_story.SES_IMPORTS: [failed]})
    harness.poller.poll()
    (item,) = (i for i in harness.items() if i["sk"]["S"] == job_key(job_id("sad")))
    table = harness.aws.client("dynamodb").describe_table(TableName=harness.stack.table)["Table"]
    change = {"SequenceNumber": "1", "NewImage": item, "Keys": {k: item[k] for k in ("pk", "sk")}}
    return {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSourceARN": table["LatestStreamArn"],
        "dynamodb": change | {"ApproximateCreationDateTime": now.timestamp()},
    }
