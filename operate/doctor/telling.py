"""Whether anybody is told: the topics, their subscriptions and keys, and the alarms."""

import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from infra.words import counted
from operate.doctor.findings import Finding, ok, unknown, warning, wrong
from operate.doctor.here import Here
from operate.doctor.queue_policies import lets_send
from operate.doctor.template import restore

TOPICS = {"alerts": "AlertTopicArn", "alarms": "AlarmTopicArn"}
PENDING = "PendingConfirmation"
MAIL = "its mail has a link"
OTHERWISE = "aws sns confirm-subscription with the token that SNS sent there"
"""How somebody confirms: by mail, and by anything else."""
SUBSCRIBE = {
    "alerts": "aws sns subscribe, as README.md#subscribe-to-failed-jobs says",
    "alarms": "aws sns subscribe, as docs/runbook.md#who-is-notified says",
}
LOST = "docs/runbook.md#an-address-that-lost-its-subscription"
ANEW = f"take it out of watches.yaml, deploy, put it back, deploy: {LOST}"
"""CloudFormation knows a subscription that is gone by an ARN, and makes none in its place."""
KEY_OF_AWS = "alias/aws/sns"
RUNBOOK = "docs/runbook.md"
WEB = re.compile(r"(https?://)(?:[^/?#]*@)?([\w.-]*).*", re.IGNORECASE | re.DOTALL)
"""An address: its scheme, perhaps who calls, its host, and the rest."""
ENTRY = re.compile(rf"{re.escape(RUNBOOK)}#[a-z0-9-]+")
"""What to do about an alarm. Its description is by whoever may put alarms, and no advice itself."""


def subscriptions(here: Here) -> Iterator[Finding]:
    """Tell who is subscribed to each topic, and whether they confirmed."""
    plan = here.plan
    named = {"alerts": plan.addresses, "alarms": plan.emails} if plan else {}
    for name, output in TOPICS.items():
        found = _subscriptions(here, here.stack.outputs[output])
        yield from _missing(here, name, found, named.get(name, ()))
        kinds = Counter(each["Protocol"] for each in found if _is_confirmed(each))
        if kinds:
            by = ", ".join(f"{number} by {kind}" for kind, number in sorted(kinds.items()))
            yield ok(f"{name}: {kinds.total()} confirmed ({by})")
        else:
            what = f"{name}: nobody is told, as no subscription is confirmed"
            yield warning(what, f"for who is not in the file: {SUBSCRIBE[name]}")


def _missing(
    here: Here, name: str, found: Iterable[Mapping[str, Any]], emails: Collection[str]
) -> Iterator[Finding]:
    """Name who has not confirmed, was unsubscribed, or stands in the file only."""
    confirmed = {each["Endpoint"] for each in found if _is_confirmed(each)}
    others = [each for each in found if each["Endpoint"] not in confirmed]
    pending = {e["Endpoint"]: e["Protocol"] for e in others if e["SubscriptionArn"] == PENDING}
    deleted = {each["Endpoint"] for each in others} - pending.keys()
    for each, protocol in sorted(pending.items()):
        told = MAIL if protocol == "email" else OTHERWISE
        do = f"{told}, good for two days; after that: {_again(name, each, emails)}"
        yield warning(f"{name}: {_named(each)} has not confirmed", do)
    for each in sorted(deleted):
        yield warning(f"{name}: {_named(each)} was unsubscribed", _again(name, each, emails))
    for each in emails:
        if each not in confirmed | pending.keys() | deleted:
            do = f"{here.ways.deploy}; where it was deployed before: {ANEW}"
            yield warning(f"{name}: {each} is in the file, not subscribed", do)


def _named(endpoint: str) -> str:
    """Name an endpoint by no more than its host, if it is an address: its rest may be a key.

    Trackers and pagers have theirs in its path or its query, and what is told goes into tickets.
    """
    return WEB.sub(r"\1\2/…", endpoint)


def _again(name: str, endpoint: str, emails: Collection[str]) -> str:
    """Say how it is subscribed once more: only the file has the filter of an address of its own."""
    return ANEW if endpoint in emails else SUBSCRIBE[name]


def _is_confirmed(subscription: Mapping[str, Any]) -> bool:
    return str(subscription["SubscriptionArn"]).startswith("arn:")


def deliveries(here: Here) -> Iterator[Finding]:
    """Tell whether the queues that are subscribed let a topic send to them."""
    topics = [(name, here.stack.outputs[output]) for name, output in TOPICS.items()]
    for name, topic in topics:
        for each in _subscriptions(here, topic):
            if each["Protocol"] == "sqs" and _is_confirmed(each):
                yield _delivery(here, name, topic, each["Endpoint"])


def _delivery(here: Here, name: str, topic: str, queue: str) -> Finding:
    _, _, _, region, account, called = queue.split(":")
    if (region, account) != (here.region, here.account):
        return unknown(f"{name}: the queue {called} is in {region} of {account}", "look there")
    sqs = here.clients("sqs")
    try:
        url = sqs.get_queue_url(QueueName=called)["QueueUrl"]
        wanted = ["Policy", "KmsMasterKeyId"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted).get("Attributes", {})
    except sqs.exceptions.QueueDoesNotExist:
        return wrong(
            f"{name}: the queue {called} is gone", "aws sns unsubscribe it, or make it anew"
        )
    lets = lets_send(found.get("Policy"), topic, queue)
    key = found.get("KmsMasterKeyId", "")
    if lets is False:
        do = f"allow sns.amazonaws.com sqs:SendMessage where aws:SourceArn is {topic}"
        return wrong(f"{name}: the policy of the queue {called} does not let the topic send", do)
    if "alias/aws/sqs" in key:
        do = "use the queue's own encryption (SSE-SQS), or a key of yours that lets SNS use it"
        return wrong(f"{name}: SNS may not use the key of the queue {called}", do)
    if lets is None or key:
        what = "the policy of its key" if lets else "its policy"
        return unknown(f"{name}: whether the queue {called} lets the topic send", f"read {what}")
    return ok(f"{name}: the queue {called} lets the topic send")


def encryption(here: Here) -> Iterator[Finding]:
    """Tell whether the alert function can send to its topic with the key that it has now.

    It may use whatever key a topic of the user's own has, as far as that lets it.
    """
    topic = here.stack.outputs["AlertTopicArn"]
    is_own = here.plan is not None and here.plan.own.topic == topic
    named = (here.plan.own.key if here.plan else None) or KEY_OF_AWS
    found = here.clients("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    key = found.get("KmsMasterKeyId")
    if key is None and is_own:
        yield ok("the alerts' topic is yours, and has no key")
    elif key is None:
        do = f"give it {named}, as the file says, or {here.ways.deploy} where the file is newer"
        yield warning("the alerts' topic has no key any more", do)
    elif key.endswith(KEY_OF_AWS) and (is_own or named == KEY_OF_AWS):
        yield ok(f"the alerts' topic is encrypted under {KEY_OF_AWS}")
    else:
        state = here.clients("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        meant = is_own or key == named
        yield _as_meant(key, state) if meant else _another(here, key, state, named)


def _as_meant(key: str, state: str) -> Finding:
    what = f"the alerts' topic is encrypted under {key} ({state})"
    return ok(what) if state == "Enabled" else wrong(what, "enable it: no alert can be sent")


def _another(here: Here, key: str, state: str, named: str) -> Finding:
    other = f"the alerts' topic has another key than the file says, {key} ({state})"
    do = (
        f"{here.ways.deploy} where the file is newer; else give it back {named}, or let the alert "
        "function's role use that key"
    )
    return (warning if state == "Enabled" else wrong)(other, do)


def alarms(here: Here) -> Iterator[Finding]:
    """Tell which alarms are gone, which ring now, and which could not tell anybody."""
    topic, found = here.stack.outputs["AlarmTopicArn"], here.stack.alarms()
    there = {alarm["AlarmName"] for alarm in found}
    gone = sorted({*here.stack.of_type("AWS::CloudWatch::Alarm")} - there)
    for name in gone:
        yield wrong(f"{name} is gone: what it should tell, nothing tells", restore(here))
    well = not gone
    for alarm in found:
        name = alarm["AlarmName"]
        if alarm["StateValue"] == "ALARM":
            well = False
            said = alarm.get("AlarmDescription", name).removeprefix("Jobwatch: ")
            what, _, entry = said.partition(" See ")
            do = entry if ENTRY.fullmatch(entry) else RUNBOOK
            yield wrong(f"rings: {what}", do)
        if not alarm.get("ActionsEnabled", True) or topic not in alarm.get("AlarmActions", ()):
            well = False
            # Whoever made the stack has named it, and who reads this pastes it into a shell.
            enable = f"aws cloudwatch enable-alarm-actions --alarm-names {shlex.quote(name)}"
            do = f"{enable}, or {here.ways.deploy}"
            yield warning(f"{name} rings for nobody: its actions were changed", do)
    if well:
        yield ok(f"{counted(len(found), 'alarm')}, none rings")


def _subscriptions(here: Here, topic: str) -> list[Mapping[str, Any]]:
    pages = here.clients("sns").get_paginator("list_subscriptions_by_topic")
    return [each for page in pages.paginate(TopicArn=topic) for each in page["Subscriptions"]]


def archives(here: Here) -> Iterator[Finding]:
    """Tell whether events of the past can be put on the bus again, whatever its policy says."""
    name = here.stack.outputs["EventBusName"]
    bus = f"arn:{here.partition}:events:{here.region}:{here.account}:event-bus/{name}"
    found = here.clients("events").list_archives(EventSourceArn=bus, Limit=100)["Archives"]
    for each in sorted(str(archive["ArchiveName"]) for archive in found):
        yield warning(
            f"the archive {each} keeps the bus's events: a replay sends them again, as they were",
            "have rules that start work match no event with a replay-name, or delete it",
        )
    if not found:
        yield ok("no archive of the bus, of which old events could be replayed")
