"""The whole flow in one process: fake job APIs, and moto's table, stream, bus, topic and queues."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import jsonpath_ng.ext
import moto.core.responses
import moto.core.utils
import yaml
from aws_lambda_powertools import Logger
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws
from moto.core.loaders import create_loader
from moto.core.utils import method_names_from_class
from moto.sns.models import Subscription

from lambdas.alert.alerter import Alerter
from lambdas.alert.memory import Memory
from lambdas.apis.throttles import Throttles
from lambdas.lanes import turns_of
from lambdas.model import Scope
from lambdas.plan import Plan, parse_plan, write_plan
from lambdas.poll.poller import Poller
from lambdas.poll.summary import Summary
from lambdas.publish.publisher import Publisher
from lambdas.store.table import Table
from tests.api import FakeApi
from tests.catalogue import compile_plan
from tests.records import TABLE
from tests.schemas import faults, faults_within
from tests.table import create_standing, create_table
from tests.values import MINUTE, NOW

ACCOUNT = "123456789012"
REGION = "eu-west-1"
CATALOGUE = Path(__file__).parents[1] / "catalogue"
FOR_EVER = float("inf")


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


# moto looks for its models anew for each service, for its methods for each call, and makes a parser
# for each event.
moto.core.utils.create_loader = cache(create_loader)
moto.core.responses.method_names_from_class = cache(method_names_from_class)
jsonpath_ng.ext.parse = cache(jsonpath_ng.ext.parse)
# It signs for each subscription with a key of its own, of which one takes as long as many tests.
Subscription.private_key = lambda _: _key()


class FakeClients:
    """Gives each service's fake, wherever it is asked for, and remembers where."""

    def __init__(self, apis: Mapping[str, FakeApi]) -> None:
        self.apis = apis
        self.asked: list[tuple[str, Scope]] = []
        self.patience: list[bool] = []
        self.throttles = Throttles()

    def client(self, service: str, scope: Scope, patient: bool = True) -> FakeApi:
        self.patience.append(patient)
        self.asked.append((service, scope))
        return self.apis.get(f"{scope.source}@{scope.region}") or self.apis[scope.source]


class Flow:
    """A deployed Jobwatch without its Lambda functions: the tests say when it polls.

    `seconds` is how long an invocation of poll may take; `timer` tells its time.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.now: datetime = NOW
        self.seconds = 300.0
        self.timer = lambda: 0.0
        self.apis = {name: FakeApi(source) for name, source in plan.sources.items()}
        self.clients = FakeClients(self.apis)
        self.dynamodb, self.sqs = aws("dynamodb"), aws("sqs")
        self._streams = aws("dynamodbstreams")
        create_table(self.dynamodb)
        create_standing(self.dynamodb)
        self.pool = ThreadPoolExecutor(1)
        self.table = Table(self.dynamodb, "seen", self.pool, sleep=lambda _: None)
        self.aside: list[Any] = []
        self._stream = self.dynamodb.describe_table(TableName="seen")["Table"]["LatestStreamArn"]
        self._iterator = self._begin_to_read()
        self._make_plumbing()

    @property
    def api(self) -> FakeApi:
        """The fake of the only source."""
        (api,) = self.apis.values()
        return api

    def poll(self, *watches: str, later: timedelta = MINUTE, clocked: bool = False) -> Summary:
        """Let one tick happen, `later` than the one before, and give its lanes their turns."""
        self.now += later
        chosen = [self.plan.watches[name] for name in watches or self.plan.watches]
        due = self.now if clocked else None
        summary = Summary()
        for turn in turns_of(self.plan, chosen, (ACCOUNT, REGION), self.now, due):
            summary.add(self.poller.poll(turn, self.timer() + self.seconds))
        for _, error in summary.errors:
            raise error
        return summary

    @property
    def poller(self) -> Poller:
        """What the poll function makes for each invocation."""
        return Poller(
            self.plan,
            self.table,
            self.clients,  # type: ignore[arg-type]
            clock=lambda: self.now,
            timer=self.timer,
            own=(ACCOUNT, REGION),
        )

    def records(self) -> list[dict[str, Any]]:
        """The stream's records that no one has taken yet."""
        answer = self._streams.get_records(ShardIterator=self._iterator, Limit=1000)
        self._iterator = answer["NextShardIterator"]
        return [{**record, "eventSourceARN": self._stream} for record in answer["Records"]]

    def publish(self, records: Sequence[Mapping[str, Any]] | None = None) -> str | None:
        """Hand what the stream has to publish and alert, like the event source mappings."""
        fresh = self.records() if records is None else records
        failed = self.publisher.publish(fresh, FOR_EVER)
        return failed or self.alerter.send(fresh, FOR_EVER)

    def tell(self, *watches: str, later: timedelta = MINUTE) -> list[dict[str, Any]]:
        """Poll and publish; give the events that reached the bus, as EventBridge delivers them."""
        self.poll(*watches, later=later)
        assert self.publish() is None
        return self.events()

    def events(self) -> list[dict[str, Any]]:
        """What arrived from the bus since the last look."""
        found = [json.loads(message["Body"]) for message in self._drain("events")]
        for event in found:
            assert faults_within(event["detail-type"], event["detail"]) == []
        return found

    def alerts(self) -> list[dict[str, Any]]:
        """The notifications that arrived from the topic since the last look."""
        found = [json.loads(message["Body"]) for message in self._drain("alerts")]
        for each in found:
            assert faults(json.loads(each["Message"])) == []
        return found

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table."""
        return self.dynamodb.scan(TableName="seen")["Items"]

    def make_queue(self, name: str) -> str:
        """Make a queue, FIFO as its name says; give its URL."""
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def _begin_to_read(self) -> str:
        stream = self._streams.describe_stream(StreamArn=self._stream)["StreamDescription"]
        (shard,) = stream["Shards"]
        answer = self._streams.get_shard_iterator(
            StreamArn=self._stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        return str(answer["ShardIterator"])

    def _drain(self, queue: str) -> Iterator[dict[str, Any]]:
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            entries = [
                {"Id": m["MessageId"], "ReceiptHandle": m["ReceiptHandle"]} for m in messages
            ]
            self.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
            yield from messages

    def _make_plumbing(self) -> None:
        events, sns = aws("events"), aws("sns")
        arns = {}
        for name in ("events", "alerts"):
            url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
            attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            arns[name] = attributes["Attributes"]["QueueArn"]
        events.create_event_bus(Name="jobs")
        events.put_rule(Name="all", EventBusName="jobs", EventPattern='{"source": ["jobwatch"]}')
        events.put_targets(
            Rule="all", EventBusName="jobs", Targets=[{"Id": "queue", "Arn": arns["events"]}]
        )
        topic = sns.create_topic(Name="alerts")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["alerts"])
        logger = Logger(service="jobwatch")
        self.publisher = Publisher(events, "jobs", TABLE, self.aside.append, logger)
        labels = {name: source.label for name, source in self.plan.sources.items()}
        self.alerter = Alerter(
            sns,
            topic,
            TABLE,
            self.plan.policy_of,
            labels,
            {},
            self.aside.append,
            logger,
            memory=Memory(
                aws("dynamodb"), "open", self.pool, timedelta(seconds=self.plan.retention)
            ),
        )


@cache
def aws(service: str) -> Any:
    """Give a client for all tests: making one takes longer than most of them."""
    return session().client(service)


@cache
def session() -> boto3.Session:
    return boto3.Session(region_name=REGION)


def make_plan(folder: Path, watches: Mapping[str, Any], **top: Any) -> Plan:
    """Compile a plan from the catalogue, as the synth would."""
    file = folder / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": dict(watches), **top}), encoding="utf-8")
    plan = compile_plan(file, CATALOGUE).plan
    return parse_plan(json.loads(json.dumps(write_plan(plan))))


@contextmanager
def flow_of(folder: Path, watches: Mapping[str, Any], **top: Any) -> Iterator[Flow]:
    """Give the flow for some watches."""
    with mock_aws():
        flow = Flow(make_plan(folder, watches, **top))
        yield flow
        flow.pool.shutdown()
