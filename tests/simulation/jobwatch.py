"""Jobwatch, plugged into the world: the only module that knows how its parts are called."""

import json
import tempfile
import traceback
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError

from infra.config.plan import compile_plan
from lambdas.alert.wording import alert_attributes, alert_entry, is_alert
from lambdas.plan import Account, Plan, parse_plan
from tests.simulation.naive import Naive

ACCOUNT, MEMBER, REGION = "111122223333", "444455556666", "eu-west-1"
CATALOGUE = Path(__file__).parents[2] / "catalogue"
HANGS = 60.0
TRACES: list[str] = []


@cache
def base_plan(sources: tuple[str, ...]) -> Plan:
    """Compile a plan with a watch of each source, as the synth would."""
    watches = {source.replace(".", "-"): {"source": source} for source in sources}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "watches.yaml"
        file.write_text(yaml.safe_dump({"watches": watches}), encoding="utf-8")
        return parse_plan(compile_plan(file, CATALOGUE).document)


def member() -> Account:
    return Account(MEMBER, "jobwatch-reader")


def is_expected(error: Exception) -> bool:
    return isinstance(error, ClientError | BotoCoreError)


def note(error: Exception) -> None:
    TRACES.append("".join(traceback.format_exception(error)))


def tick(world, plan, event):
    if "Records" in event:
        event = json.loads(event["Records"][0]["body"])
    names = event.get("watches", [*plan.watches])
    lanes = {}
    for name in names:
        w = plan.watches.get(name)
        if w is None:
            continue
        for account in [a.id for a in w.accounts] or [ACCOUNT]:
            for region in w.regions or (REGION,):
                lanes.setdefault((w.source.service, account, region), []).append(name)
    for (service, account, region), ws in sorted(lanes.items()):
        body = {"tick": world.clock.date().isoformat(), "watches": ws, "service": service, "account": account, "region": region}
        world.queues.send_message_batch(QueueUrl="lanes", Entries=[{"Id": "0", "MessageBody": json.dumps(body), "MessageGroupId": f"{service}{account}{region}", "MessageDeduplicationId": json.dumps(body)}])
    if event.get("every", 60) < 60:
        for n in (15, 30, 45):
            world.queues.send_message_batch(QueueUrl="later", Entries=[{"Id": "0", "MessageBody": json.dumps({"watches": names}), "DelaySeconds": n}])


def poll(world, plan, body):
    m = json.loads(body)
    naive = Naive(world, plan, HANGS)
    for name in m["watches"]:
        if name in plan.watches:
            naive.poll(plan.watches[name], m["account"], m["region"])


def publish(world, plan, records):
    for r in records:
        image = r["dynamodb"]["NewImage"]
        number = r["dynamodb"]["SequenceNumber"]
        try:
            answer = world.bus.put_events(Entries=[{"DetailType": image["announce"]["S"], "Detail": image["detail"]["S"]}])
        except (ClientError, BotoCoreError):
            return number
        if answer["Entries"][0].get("ErrorCode") == "InternalFailure":
            return number


def alert(world, plan, records):
    for r in records:
        image = r["dynamodb"]["NewImage"]
        detail = json.loads(image["detail"]["S"])
        number = r["dynamodb"]["SequenceNumber"]
        if not is_alert(image["announce"]["S"], detail, plan.alerts_on):
            continue
        attributes = alert_attributes(image["announce"]["S"], detail)
        message = json.dumps({"sqs": json.dumps({"detail": {"count": 1, "alerts": [detail]}})})
        try:
            answer = world.topic.publish_batch(PublishBatchRequestEntries=[{"Id": "0", "Message": message, "MessageAttributes": {"status": {"StringValue": attributes["status"]}}}])
        except (ClientError, BotoCoreError):
            return number
        if answer["Failed"] and answer["Failed"][0]["Code"] == "InternalError":
            return number
