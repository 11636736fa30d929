"""A pager, a chat and a user's topic get alerts through EventBridge, as the template has it.

The local AWS's CloudFormation knows no connection, API destination or channel: what the template
says of them is made through its API, with a pager on loopback and a queue behind each topic.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from demo.local_aws import LocalAws, Tools, run
from lambdas.alert.alerter import Alerter
from lambdas.alert.bus import AlertBus
from lambdas.plan import Policy
from tests.local.endpoint import endpoint as pager
from tests.receivers import ROUTING_KEY, faults
from tests.records import FOR_EVER, LABELS, TABLE, change, detail
from tests.remembered import memory
from tests.template import Json, of_type, plain, with_recipients

PATIENCE = 30.0
ON = frozenset({"FAILED"})


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS with nothing in it."""
    with run(Tools.find(), tmp_path_factory.mktemp("aws"), {}) as found:
        yield found


def one(template: Json, kind: str, name: str) -> dict[str, Any]:
    """The properties of the resource of a type that is a recipient's."""
    found = of_type(kind, template)
    (properties,) = [
        each for key, each in found.items() if plain({"Ref": key}).startswith(f"<Recipients{name}")
    ]
    return dict(properties)


class Deployed:
    """The bus of alerts and what is behind it, as a deployment would make it."""

    def __init__(self, aws: LocalAws, endpoint: str) -> None:
        self.template = with_recipients()
        self.events, self.sns, self.sqs = map(aws.client, ("events", "sns", "sqs"))
        self.bus = one(self.template, "AWS::Events::EventBus", "Bus")["Name"]
        self.events.create_event_bus(Name=self.bus)
        self.arns: dict[str, str] = {}
        self.queues: dict[str, str] = {}
        self.arns["oncall"] = self._destination("oncall", endpoint)
        for name in ("chat", "team", "lake"):
            self.arns[name] = self._topic(name)
        self.role = self._role(aws)
        for name, arn in self.arns.items():
            self._rule(name, arn)
        self.topic = self._topic("alerts")

    def _destination(self, name: str, endpoint: str) -> str:
        said = one(self.template, "AWS::Events::Connection", name)
        (parameter,) = said["AuthParameters"]["InvocationHttpParameters"]["BodyParameters"]
        assert parameter["Value"].startswith("{{resolve:secretsmanager:")
        parameter["Value"] = ROUTING_KEY  # as CloudFormation resolves it
        connection = self.events.create_connection(Name=name, **said)["ConnectionArn"]
        said = one(self.template, "AWS::Events::ApiDestination", name)
        path = said["InvocationEndpoint"].removeprefix("https://events.pagerduty.com")
        given = {"InvocationEndpoint": f"{endpoint}{path}", "ConnectionArn": connection}
        made = self.events.create_api_destination(Name=name, **{**said, **given})
        return str(made["ApiDestinationArn"])

    def _topic(self, name: str) -> str:
        topic = self.sns.create_topic(Name=name)["TopicArn"]
        self.queues[name] = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(
            QueueUrl=self.queues[name], AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        lets = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [lets]})
        self.sqs.set_queue_attributes(QueueUrl=self.queues[name], Attributes={"Policy": policy})
        raw = {"RawMessageDelivery": "true"}
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
        return str(topic)

    def _role(self, aws: LocalAws) -> str:
        """Make the rules' role, which may what the template says, on what was made here."""
        said = one(self.template, "AWS::IAM::Policy", "Role")["PolicyDocument"]
        actions = [statement["Action"] for statement in said["Statement"]]
        allow = {"Effect": "Allow", "Action": actions, "Resource": [*self.arns.values()]}
        events = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
        iam = aws.client("iam")
        role = iam.create_role(
            RoleName="recipients",
            AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [{**events, "Action": "sts:AssumeRole"}]}
            ),
        )
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_role_policy(RoleName="recipients", PolicyName="bring", PolicyDocument=policy)
        return str(role["Role"]["Arn"])

    def _rule(self, name: str, arn: str) -> None:
        said = one(self.template, "AWS::Events::Rule", name)
        (target,) = said["Targets"]
        pattern = json.dumps(said["EventPattern"])
        self.events.put_rule(Name=name, EventBusName=self.bus, EventPattern=pattern)
        kept = {"Id": target["Id"], "InputPath": target["InputPath"], "RoleArn": self.role}
        failed = self.events.put_targets(
            Rule=name, EventBusName=self.bus, Targets=[{**kept, "Arn": arn}]
        )
        assert failed["FailedEntryCount"] == 0

    def alert(self, to: tuple[str, ...], *records: dict[str, Any]) -> None:
        """Do what the alert function does with records of the stream."""
        alerter = Alerter(
            sns=self.sns,
            topic=self.topic,
            table=TABLE,
            policy_of=lambda _: Policy(ON, to, "critical", "data", "https://wiki.example.com/jobs"),
            labels=LABELS,
            account_names={},
            put_aside=lambda letter: pytest.fail(letter.reason),
            logger=Logger(service="test", level="CRITICAL"),
            bus=AlertBus(self.events, self.bus, frozenset(self.arns)),
            memory=memory(),
        )
        assert alerter.send(records, FOR_EVER) is None

    def got(self, name: str) -> list[Any]:
        """What a queue holds by now."""
        found = self.sqs.receive_message(
            QueueUrl=self.queues[name], MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        return [json.loads(message["Body"]) for message in found.get("Messages", ())]


def waited_for(found: list[Any]) -> Any:
    until = time.monotonic() + PATIENCE
    while not found and time.monotonic() < until:
        time.sleep(0.1)
    (only,) = found
    return only


def test_each_recipient_gets_its_alerts_in_its_own_form_and_no_others(aws: LocalAws) -> None:
    with pager() as (endpoint, calls):
        deployed = Deployed(aws, endpoint)
        deployed.alert(("oncall", "chat"), change(0), change(1))
        called = waited_for(calls)
        assert called["path"] == "/v2/enqueue"
        event = called["body"]
        assert faults("pagerduty", event) == []
        assert (event["routing_key"], event["event_action"]) == (ROUTING_KEY, "trigger")
        assert event["payload"]["summary"] == "FAILED: 2 SES import jobs (contact-imports)"
        (chat,) = deployed.got("chat")
        assert faults("chat", chat) == []
        assert chat["content"]["title"] == "🚨 FAILED: 2 SES import jobs (contact-imports)"
        assert deployed.got("team") == deployed.got("lake") == []

        deployed.alert(("lake",), change(2))
        (lake,) = deployed.got("lake")
        (alert,) = lake["detail"]["alerts"]
        assert (lake["source"], lake["detail-type"]) == ("jobwatch", "Job Alert")
        assert alert.items() >= detail(id="e2", job_id="j2").items()
        assert deployed.got("chat") == deployed.got("team") == []
        assert len(calls) == 1
