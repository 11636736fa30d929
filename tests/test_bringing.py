"""What could not be brought to a recipient is brought to it again, and to nobody else."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operate import letters
from operate.bringing import MOST, Undelivered, bring, find_undelivered
from operate.stack import Stack
from operate.trouble import Trouble
from tests.flow import REGION

ACCOUNT = "123456789012"


class Recipients:
    """A bus of alerts with two recipients, and the alert function that puts on it again."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {"Environment": {"Variables": {"ALERT_BUS_NAME": "alerts"}}}
        self.asked: list[dict[str, Any]] = []
        self.refuse: set[str] = set()
        self.over: set[str] = set()
        self.open_again: set[str] = set()
        self.said: list[str] = []
        self.sqs = boto3.client("sqs", region_name=REGION)
        events = boto3.client("events", region_name=REGION)
        events.create_event_bus(Name="alerts")
        self.queues: dict[str, str] = {}
        self.made: list[str] = []
        self.types: dict[str, str] = {}
        """Of what is called as a rule or a queue of the stack would be, and is something else."""
        for name in ("chat", "oncall"):
            self.add(name)
            self.made += [f"alerts|{name}", self.queues[name]]

    def add(self, name: str) -> None:
        """Add a rule of the bus that leads to a recipient, and its queue."""
        events = self.client("events")
        self.queues[name] = self.sqs.create_queue(QueueName=f"{name}-undelivered")["QueueUrl"]
        pattern = {"detail": {"to": [name], "state": ["open"]}}
        events.put_rule(Name=name, EventBusName="alerts", EventPattern=json.dumps(pattern))
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-undelivered"
        target = {
            "Id": "recipient",
            "Arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:chat",
            "DeadLetterConfig": {"Arn": queue},
        }
        events.put_targets(Rule=name, EventBusName="alerts", Targets=[target])

    def client(self, service: str) -> Any:
        return (
            self
            if service in {"lambda", "cloudformation"}
            else boto3.client(service, region_name=REGION)
        )

    def get_paginator(self, operation: str) -> "Recipients":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert StackName == "Jobwatch"
        for each in self.made:
            kind = "AWS::SQS::Queue" if "undelivered" in each else "AWS::Events::Rule"
            named = {
                "LogicalResourceId": each,
                "PhysicalResourceId": each,
                "ResourceType": self.types.get(each, kind),
            }
            yield {"StackResourceSummaries": [{**named, "ResourceStatus": "CREATE_COMPLETE"}]}

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "alert"
        return self.settings

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "alert"
        asked = json.loads(Payload)["again"]
        self.asked.append(asked)
        state, more = asked["detail"]["state"], dict[str, str]()
        said: dict[str, Any] = {"To": asked["to"]}
        said |= {"Over": True} if state in self.over else {}
        said |= {"Open": True} if state in self.open_again else {}
        if state in self.refuse:
            said, more = {"errorMessage": "the bus is down"}, {"FunctionError": "Unhandled"}
        elif state not in {"open", "resolved"}:
            said = {"Error": "EventBridge refused it: MalformedDetail"}
        return {"Payload": io.BytesIO(json.dumps(said).encode()), **more}

    def give_up(self, name: str, *states: str, at: int = 0, **more: Any) -> None:
        """Put into a recipient's queue what EventBridge could not bring."""
        for number, state in enumerate(states, at):
            event = {
                "source": "jobwatch",
                "detail-type": "Job Alert",
                "time": f"2026-11-22T02:{number:02}:00Z",
                "detail": {"to": ["chat", "oncall"], "state": state, "chat": {}, "pagerduty": {}},
            }
            body = json.dumps({**event, **more})
            self.sqs.send_message(QueueUrl=self.queues[name], MessageBody=body)

    def stack(self) -> Stack:
        """Give the stack as it is now."""
        return Stack(self.client, "Jobwatch", "arn:stack", "CREATE_COMPLETE", {})

    def replay(self, *, forget: bool = False) -> list[str]:
        """Replay; give the troubles."""
        troubles = []
        for each in find_undelivered(self.stack(), "alert"):
            try:
                bring(each, self.client, self.said.append, forget=forget)
            except Trouble as trouble:
                troubles.append(str(trouble))
        return troubles

    def waiting(self, name: str) -> int:
        names = ["ApproximateNumberOfMessages"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queues[name], AttributeNames=names)
        return int(found["Attributes"][names[0]])


@pytest.fixture
def recipients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipients]:
    monkeypatch.setattr(letters, "WAIT", 0)
    with mock_aws():
        yield Recipients()


def test_the_function_sends_it_again_to_that_recipient_in_order(recipients: Recipients) -> None:
    recipients.give_up("oncall", "resolved", at=9)
    recipients.give_up("oncall", "open")
    assert recipients.replay() == []
    assert [each["to"] for each in recipients.asked] == ["oncall", "oncall"]
    assert [each["detail"]["state"] for each in recipients.asked] == ["open", "resolved"]
    assert recipients.said == ["oncall: sent again 2 alerts, to it alone"]
    assert recipients.waiting("oncall") == 0


@pytest.mark.parametrize("made", [[], ["alerts|theirs"], ["theirs-undelivered"]])
def test_whoever_puts_a_rule_on_the_bus_has_no_queue_of_theirs_read(
    recipients: Recipients, made: list[str]
) -> None:
    """The one who replays may read queues that they may not."""
    recipients.add("theirs")
    recipients.made += made
    recipients.give_up("theirs", "open")
    assert recipients.replay() == recipients.asked == []
    assert recipients.waiting("theirs") == 1


@pytest.mark.parametrize("other", ["alerts|theirs", "theirs-undelivered"])
def test_what_is_only_called_as_a_queue_or_a_rule_has_none_read(
    recipients: Recipients, other: str
) -> None:
    """Who may make a stack of our name says what a group of logs in it is called."""
    recipients.add("theirs")
    recipients.made += ["alerts|theirs", "theirs-undelivered"]
    recipients.types[other] = "AWS::Logs::LogGroup"
    recipients.give_up("theirs", "open")
    assert recipients.replay() == recipients.asked == []
    assert recipients.waiting("theirs") == 1


def test_what_cannot_be_sent_stays_and_what_is_behind_it_does_not_overtake(
    recipients: Recipients,
) -> None:
    recipients.give_up("oncall", "open", "resolved")
    recipients.give_up("chat", "resolved")
    recipients.refuse = {"open"}
    assert recipients.replay() == ["The alert function failed: the bus is down"]
    assert (recipients.waiting("oncall"), recipients.waiting("chat")) == (2, 0)
    recipients.refuse = set()
    assert recipients.replay() == []
    assert recipients.waiting("oncall") == 0


def test_what_is_never_taken_stays_and_holds_up_nothing(recipients: Recipients) -> None:
    """Whoever may send to the queue could have kept all alerts in it from being brought."""
    recipients.give_up("oncall", "hostile")
    recipients.give_up("oncall", "open", "resolved", at=1)
    why = "EventBridge refused it: MalformedDetail"
    assert recipients.replay() == [f"oncall: left 1 message never taken ({why})"]
    assert recipients.said == ["oncall: sent again 2 alerts, to it alone"]
    assert recipients.waiting("oncall") == 1


def _deep(levels: int) -> Any:
    found: Any = {}
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize("hostile", [float("nan"), float("inf"), _deep(60), _deep(800)])
def test_what_no_function_can_be_handed_is_left_and_holds_up_nothing(
    recipients: Recipients, hostile: Any
) -> None:
    """Lambda takes no JSON with a NaN, and a reader of its own may give up on what is deep."""
    detail = {"to": ["chat"], "state": "open", "alert": hostile, "chat": {}, "pagerduty": {}}
    recipients.give_up("chat", "open", detail=detail)
    recipients.give_up("chat", "open", at=1)
    assert recipients.replay() == ["chat: left 1 message that can't be read as alerts"]
    assert len(recipients.asked) == 1


@pytest.mark.parametrize("more", [{"detail-type": "Other"}, {"detail": {"to": "x"}}, {"detail": 1}])
def test_what_is_no_alert_is_left_and_said(recipients: Recipients, more: dict[str, Any]) -> None:
    recipients.give_up("chat", "open", **more)
    recipients.give_up("chat", "open")
    assert recipients.replay() == ["chat: left 1 message that can't be read as alerts"]
    assert len(recipients.asked) == 1
    assert recipients.waiting("chat") == 1


def test_what_is_over_by_now_is_said_and_left_until_it_is_to_be_forgotten(
    recipients: Recipients,
) -> None:
    recipients.give_up("oncall", "open", "open", "resolved")
    recipients.over = {"open"}
    (said,) = recipients.replay()
    assert said == (
        "oncall: left 2 alerts of what is over by now, which would be open again: "
        "--forget deletes what is"
    )
    assert recipients.said == ["oncall: sent again 1 alert, to it alone"]
    assert recipients.waiting("oncall") == 2
    assert recipients.replay(forget=True) == []
    assert recipients.said[-1] == "oncall: deleted 2 alerts of what is over by now"
    assert recipients.waiting("oncall") == 0


def test_the_end_of_what_is_open_again_is_said_and_left_until_it_is_to_be_forgotten(
    recipients: Recipients,
) -> None:
    recipients.give_up("oncall", "resolved", "open")
    recipients.open_again = {"resolved"}
    (said,) = recipients.replay()
    assert said == (
        "oncall: left 1 alert of the end of what is open again, which would close that: "
        "--forget deletes what is"
    )
    assert recipients.said == ["oncall: sent again 1 alert, to it alone"]
    assert recipients.waiting("oncall") == 1
    assert recipients.replay(forget=True) == []
    assert recipients.said[-1] == "oncall: deleted 1 alert of the end of what is open again"
    assert recipients.waiting("oncall") == 0


@pytest.mark.parametrize(
    "pattern", [{"detail": ["to"]}, {"detail": {"to": [{"prefix": "c"}]}}, {"source": ["jobwatch"]}]
)
def test_a_rule_of_another_shape_keeps_no_other_recipient_from_its_letters(
    recipients: Recipients, pattern: Any
) -> None:
    """Whoever may put rules could have a replay end in a traceback."""
    events = recipients.client("events")
    events.put_rule(Name="chat", EventBusName="alerts", EventPattern=json.dumps(pattern))
    recipients.give_up("oncall", "open")
    assert recipients.replay() == []
    assert [asked["to"] for asked in recipients.asked] == ["oncall"]


def test_a_stack_without_recipients_behind_a_bus_has_none(recipients: Recipients) -> None:
    recipients.settings = {"Environment": {"Variables": {}}}
    assert [*find_undelivered(recipients.stack(), "alert")] == []
    assert recipients.said == []


class Flooded:
    """A queue into which somebody sends as fast as it is read."""

    def __init__(self) -> None:
        self.held: set[str] = set()

    def __call__(self, service: str) -> "Flooded":
        assert service == "sqs"
        return self

    def receive_message(self, **_: Any) -> dict[str, Any]:
        new = [str(len(self.held) + number) for number in range(7)]
        self.held |= {*new}
        return {"Messages": [{"ReceiptHandle": each, "Body": "?"} for each in new]}

    def change_message_visibility(self, **call: Any) -> None:
        self.held.remove(call["ReceiptHandle"])


def test_who_sends_as_fast_as_the_queue_is_read_does_not_have_it_be_read_for_ever() -> None:
    queue = Flooded()
    with pytest.raises(Trouble, match=f"{MOST:,} messages that can't be .* {MOST:,} .*call again"):
        bring(Undelivered("chat", "https://queue", "alert"), queue, lambda _: None)
    assert queue.held == set(), "all of it is given back"
