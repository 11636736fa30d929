"""A bus, a topic and a key of the user's own, and the policy of docs/stack.md on the topic."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from demo.local_aws import LocalAws

PAGE = Path(__file__).parents[2] / "docs" / "stack.md"
NAME = "company"


@dataclass(frozen=True)
class Own:
    """What was there before the stack."""

    bus: str
    topic: str
    key: str

    def as_said(self) -> dict[str, str]:
        """Say it as the block `stack` of a file."""
        return {"bus": self.bus, "topic": self.topic, "key": self.key}

    def let_only(self, aws: LocalAws, role: str) -> None:
        """Put the page's policy on the topic, for the alert function's role."""
        (said,) = re.findall(r"^  ```json\n(.*?)^  ```$", _of_topics(), re.DOTALL | re.MULTILINE)
        statement = {**json.loads(said.replace("ROLE", role)), "Resource": self.topic}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        aws.client("sns").set_topic_attributes(
            TopicArn=self.topic, AttributeName="Policy", AttributeValue=policy
        )


def _of_topics() -> str:
    return PAGE.read_text(encoding="utf-8").split("\n## Topic\n")[1].split("\n## ")[0]


def make(aws: LocalAws) -> Own:
    """Make all three."""
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.client("events").create_event_bus(Name=NAME)
    under = {"KmsMasterKeyId": key}
    topic = aws.client("sns").create_topic(Name=NAME, Attributes=under)["TopicArn"]
    return Own(NAME, topic, key)


def key_of(aws: LocalAws, kind: str, name: str) -> str | None:
    """Name the key under which a resource is, as its service tells it; None of other kinds.

    MiniStack forgets that of a table and of a topic which it deploys.
    """
    match kind:
        case "AWS::SQS::Queue":
            asked = {"QueueUrl": name, "AttributeNames": ["KmsMasterKeyId"]}
            found = aws.client("sqs").get_queue_attributes(**asked)
            return str(found["Attributes"]["KmsMasterKeyId"])
        case "AWS::Logs::LogGroup":
            found = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)
            return str(found["logGroups"][0]["kmsKeyId"])
    return None
