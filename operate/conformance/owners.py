"""What the table, the bus, the alerts' topic and the queues refuse to everybody but one role.

Once it is seen that they do, the stack that is tried is to take these calls after all: other checks
write, put and publish by hand.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from operate.conformance import changes
from operate.conformance.findings import Check, Unseen, Wrong
from operate.conformance.telling import publish_dropped
from operate.conformance.trial import Trial

REFUSALS = ("AccessDenied", "AuthorizationError", "NotAuthorized")
"""How the codes begin with which a service says that who calls may not."""
QUEUES = ("LanesQueueUrl", "LostLanesQueueUrl", "UnpublishedQueueUrl", "UnsentQueueUrl")
OF_ANOTHER_KIND = ("AccessDenied", "AccessDeniedException", "QueueAlreadyExists")
"""Refusals that say nothing of dead letters."""
NO_DEAD_LETTERS = ("LanesQueueUrl", "UnpublishedQueueUrl", "UnsentQueueUrl")
BY_HAND = "sent by hand"


@dataclass(frozen=True, slots=True)
class Owned:
    """What one role alone may do: how it is tried by hand, and how all may do it from then on.

    `trying` gives an error's code where an answer has one, as that of a bus has for each entry.
    """

    trying: Callable[[Trial], str | None]
    lift: Callable[[Trial], object]

    def check(self, trial: Trial) -> str:
        """See it refused, lift that, and see it taken: the refusal was the policy's."""
        if not trial.until(lambda: is_refused(partial(self.trying, trial))):
            raise Wrong("it takes what anybody brings")
        self.lift(trial)
        if not trial.until(lambda: not is_refused(partial(self.trying, trial))):
            raise Unseen("it is refused without the policy as well: your credentials lack it")
        return "what was brought by hand was refused, until the policy was lifted"


def is_refused(call: Callable[[], object]) -> bool:
    """Tell whether a call is refused for who makes it: it raises, or gives an error's code."""
    try:
        code = call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if not code.startswith(REFUSALS):
            raise
    return isinstance(code, str) and code.startswith(REFUSALS)


def queues_refuse(trial: Trial) -> str:
    """See each queue refuse what one of our own takes of the same credentials."""
    sqs, ours = trial.clients("sqs"), trial.listeners.alarms.url
    sqs.send_message(QueueUrl=ours, MessageBody=json.dumps({"Message": BY_HAND}))
    taken = []
    for name in QUEUES:
        call = {"QueueUrl": trial.outputs[name], "MessageBody": "{}"}
        if call["QueueUrl"].endswith(".fifo"):
            call |= dict.fromkeys(("MessageGroupId", "MessageDeduplicationId"), "by-hand")
        if not is_refused(partial(sqs.send_message, **call)):
            taken.append(name)
    if taken:
        raise Wrong(f"taken from anybody by {', '.join(taken)}")
    return f"{len(QUEUES)} queues refused what was sent by hand"


def queues_take_no_dead_letters(trial: Trial) -> str:
    """See each queue that has no dead letters of a queue's refuse to have those of ours."""
    sqs, taken = trial.clients("sqs"), []
    for name in NO_DEAD_LETTERS:
        url = trial.outputs[name]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        redrive = {
            "deadLetterTargetArn": attributes["Attributes"]["QueueArn"],
            "maxReceiveCount": 1,
        }
        ours = {"RedrivePolicy": json.dumps(redrive)}
        suffix = ""
        if url.endswith(".fifo"):
            ours, suffix = {**ours, "FifoQueue": "true"}, ".fifo"
        try:
            made = sqs.create_queue(QueueName=f"{trial.stack}-{name}{suffix}", Attributes=ours)
        except ClientError as error:
            if error.response["Error"]["Code"] in OF_ANOTHER_KIND:
                raise
            continue
        taken.append(name)
        sqs.delete_queue(QueueUrl=made["QueueUrl"])
    if taken:
        raise Wrong(f"dead letters of anybody's queue can be moved into {', '.join(taken)}")
    return f"{len(NO_DEAD_LETTERS)} queues refused to have the dead letters of another"


def _write(trial: Trial) -> None:
    item = changes.item(trial, "written-by-anybody", "FAILED", announce=False)
    trial.clients("dynamodb").put_item(TableName=trial.table, Item=item)


def _lift_from_table(trial: Trial) -> None:
    dynamodb = trial.clients("dynamodb")
    arn = dynamodb.describe_table(TableName=trial.table)["Table"]["TableArn"]
    policy = dynamodb.get_resource_policy(ResourceArn=arn)["Policy"]
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=lifted(policy))


def _put(trial: Trial) -> str | None:
    entry = {
        "EventBusName": trial.outputs["EventBusName"],
        "Source": "jobwatch.conformance",
        "DetailType": "Conformance",
        "Detail": "{}",
    }
    (said,) = trial.clients("events").put_events(Entries=[entry])["Entries"]
    code: str | None = said.get("ErrorCode")
    return code


def _lift_from_bus(trial: Trial) -> None:
    events, bus = trial.clients("events"), trial.outputs["EventBusName"]
    policy = events.describe_event_bus(Name=bus)["Policy"]
    events.put_permission(EventBusName=bus, Policy=lifted(policy))


def _publish(trial: Trial) -> None:
    publish_dropped(trial, "{}")


def lift_from_topic(trial: Trial) -> None:
    """Let anybody publish to the alerts' topic whom the account lets."""
    sns, topic = trial.clients("sns"), trial.outputs["AlertTopicArn"]
    policy = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=lifted(policy))


def lifted(policy: str) -> str:
    """Write a policy without what it refuses to all but one."""
    document: dict[str, Any] = json.loads(policy)
    kept = [s for s in document["Statement"] if "ArnNotEquals" not in s.get("Condition", {})]
    return json.dumps({**document, "Statement": kept})


TABLE = Owned(_write, _lift_from_table)
BUS = Owned(_put, _lift_from_bus)
TOPIC = Owned(_publish, lift_from_topic)
CHECKS = (
    Check("SQS-6", "A queue takes messages of one role alone", queues_refuse),
    Check("SQS-7", "No queue has the dead letters of another", queues_take_no_dead_letters),
    Check("DDB-5", "The table takes items of one role alone", TABLE.check),
    Check("BUS-5", "The bus takes events of one role alone", BUS.check),
    Check("SNS-5", "The alerts' topic takes alerts of one role alone", TOPIC.check),
)
