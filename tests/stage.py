"""The whole flow in one process: fake job APIs, and moto's table, stream, bus, topic and queues."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from aws_lambda_powertools import Logger
from moto import mock_aws

from infra.config.plan import compile_plan
from lambdas import handle_poll
from lambdas.apis.throttles import Throttles
from lambdas.model import Scope, Visit
from lambdas.plan import Plan, parse_plan, write_plan
from lambdas.publish import handler as handle_publish
from lambdas.publish.publisher import Publisher, read_news
from lambdas.store import Table
from lambdas.summary import Summary
from lambdas.tick import MOST, Tick
from tests.api import FakeApi
from tests.table import create_table
from tests.values import MINUTE, NOW

ACCOUNT = "123456789012"
REGION = "eu-west-1"
CATALOGUE = Path(__file__).parents[1] / "catalogue"


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


class Stage:
    """A deployed Jobwatch without its Lambda functions: the tests say when it polls."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.now: datetime = NOW
        self.queued: list[Visit] = []
        self.most = MOST
        self.apis = {name: FakeApi(source) for name, source in plan.sources.items()}
        self.clients = FakeClients(self.apis)
        session = boto3.Session(region_name=REGION)
        self.dynamodb = session.client("dynamodb")
        self.sqs = session.client("sqs")
        self._streams = session.client("dynamodbstreams")
        create_table(self.dynamodb)
        self.table = Table(self.dynamodb, "seen")
        self._read = 0
        self._make_plumbing(session)

    @property
    def api(self) -> FakeApi:
        """The fake of the only source."""
        (api,) = self.apis.values()
        return api

    def tick(self, *, seconds: float = 60, due: datetime | None = None) -> Tick:
        """Make a tick that has so many seconds; what it hands over is put into `queued`."""
        return Tick(
            self.plan,
            self.table,
            self.clients,  # type: ignore[arg-type]
            clock=lambda: self.now,
            deadline=time.monotonic() + seconds,
            hand_over=self.queued.extend,
            due=due,
            most=self.most,
        )

    def poll(self, *watches: str, later: timedelta = MINUTE, clocked: bool = False) -> Summary:
        """Let one tick happen, `later` than the one before, and all that it hands over."""
        self.now += later
        chosen = [self.plan.watches[name] for name in watches or self.plan.watches]
        summary = self.tick(due=self.now if clocked else None).run(chosen, ACCOUNT, REGION)
        while not summary.errors and self.queued:
            some, self.queued = self.queued, []
            summary.errors += self.tick().go_on(some, handed=True).errors
        for _, error in summary.errors:
            raise error
        return summary

    def records(self) -> list[dict[str, Any]]:
        """The stream's records that no one has taken yet."""
        arn = self.dynamodb.describe_table(TableName="seen")["Table"]["LatestStreamArn"]
        (shard,) = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = self._streams.get_records(ShardIterator=iterator, Limit=1000)["Records"]
        fresh, self._read = records[self._read :], len(records)
        return fresh

    def publish(self, records: list[dict[str, Any]] | None = None) -> str | None:
        """Hand what the stream has to the publisher, like the event source mapping."""
        news = [read_news(record) for record in (self.records() if records is None else records)]
        return self.publisher.publish([n for n in news if n is not None])

    def tell(self, *watches: str, later: timedelta = MINUTE) -> list[dict[str, Any]]:
        """Poll and publish; give the events that reached the bus, as EventBridge delivers them."""
        self.poll(*watches, later=later)
        assert self.publish() is None
        return self.events()

    def events(self) -> list[dict[str, Any]]:
        """What arrived from the bus since the last look."""
        return [json.loads(message["Body"]) for message in self._drain("events")]

    def alerts(self) -> list[dict[str, Any]]:
        """The notifications that arrived from the topic since the last look."""
        return [json.loads(message["Body"]) for message in self._drain("alerts")]

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table."""
        return self.dynamodb.scan(TableName="seen")["Items"]

    def make_queue(self, name: str) -> str:
        """Make a queue, FIFO as its name says; give its URL."""
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def _drain(self, queue: str) -> Iterator[dict[str, Any]]:
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message

    def _make_plumbing(self, session: boto3.Session) -> None:
        events, sns = session.client("events"), session.client("sns")
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
        self.publisher = Publisher(
            events=events,
            sns=sns,
            bus="jobs",
            topic=topic,
            alerts_on=self.plan.alerts_on,
            labels={name: source.label for name, source in self.plan.sources.items()},
            logger=Logger(service="jobwatch"),
        )


def make_plan(folder: Path, watches: Mapping[str, Any], **top: Any) -> Plan:
    """Compile a plan from the catalogue, as the synth would."""
    file = folder / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": dict(watches), **top}), encoding="utf-8")
    return parse_plan(json.loads(json.dumps(write_plan(compile_plan(file, CATALOGUE).plan))))


@contextmanager
def on_stage(folder: Path, watches: Mapping[str, Any], **top: Any) -> Iterator[Stage]:
    """Set the stage for some watches."""
    with mock_aws():
        yield Stage(make_plan(folder, watches, **top))


@contextmanager
def functions_on_stage(
    folder: Path, monkeypatch: pytest.MonkeyPatch, watches: Mapping[str, Any], **top: Any
) -> Iterator[Stage]:
    """Set the stage for the two functions themselves: their plan, settings and job APIs."""
    modules = (handle_poll, handle_publish)
    with on_stage(folder, watches, **top) as stage:
        plan = folder / "plan.json"
        document = write_plan(compile_plan(folder / "watches.yaml", CATALOGUE).plan)
        plan.write_text(json.dumps(document), encoding="utf-8")
        for module in modules:
            monkeypatch.setattr(module, "PLAN", plan)
            module._parts.cache_clear()
        monkeypatch.setenv("TABLE_NAME", "seen")
        monkeypatch.setenv("SCOPES_QUEUE_URL", stage.make_queue("scopes.fifo"))
        monkeypatch.setenv("LOST_QUEUE_URL", stage.make_queue("lost.fifo"))
        monkeypatch.setenv("LATER_QUEUE_URL", stage.make_queue("later"))
        monkeypatch.setenv("EVENT_BUS_NAME", "jobs")
        monkeypatch.setenv("ALERT_TOPIC_ARN", stage.publisher.topic)
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "Jobwatch-Poll")
        monkeypatch.setattr(handle_poll, "Clients", lambda *_, **__: stage.clients)
        yield stage
    for module in modules:
        module._parts.cache_clear()
