"""Says what each role of the stack may do and who may use what it owns, each with its reason.

It reads the template that a deployment would send: `./jobwatch permissions` writes that of a user's
own file to the terminal, `make docs` that of an example into `docs/security.md`.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.config.plan import Compiled, compile_plan
from infra.context import STACK, WATCHES
from infra.pages import between
from infra.stack import JobwatchStack
from infra.terminal import run_main

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security.md"
START, END = "<!-- from the template: begin -->\n", "<!-- from the template: end -->\n"
EXAMPLE = """\
watches:
  imports:
    source: sesv2.import-jobs
  data-exchange-jobs:
    source: dataexchange.jobs
    every: 15 seconds
  of-others:
    source: dataexchange.jobs
    accounts:
      - id: "111122223333"
        role: jobwatch-reader
  of-all:
    source: dataexchange.jobs
    organization: {units: [ou-abcd-11111111], role: jobwatch-reader}
recipients:
  data-chat: {slack: {workspace: T01ABCDEF, channel: C01ABCDEF}}
  oncall: {pagerduty: {secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:pager-a1B2c3"}}
  lake: {topic: "arn:aws:sns:eu-west-1:111122223333:job-alerts"}
alerts: {to: [data-chat, oncall, lake]}
"""
"""What to watch, so that each kind of statement is there."""
REASONS: Mapping[str, str] = {
    "Trust lambda.amazonaws.com": "Lambda runs the function with it.",
    "Trust scheduler.amazonaws.com": "A schedule of this account's default group, and of no other, "
    "does its one call with it.",
    "WriteLog": "The function's own log.",
    "QueueLanes": "A tick becomes a message for each lane, and below a minute's cadence a later "
    "tick, too.",
    "SpreadTurns": "A turn of an organization's watches becomes one for each lane in its accounts.",
    "ListAccounts": "Which accounts there are below units of the organization.",
    "TakeLaterTicks": "Lambda takes the later ticks out of their queue with the function's role.",
    "TakeLanes": "Lambda takes the lanes out of their queue with the function's role.",
    "PutAside": "What can't be done is put aside in the function's dead letters, which no other "
    "role may fill.",
    "Remember": "What was last seen of each job, and of the health of each watch.",
    "RememberAlerts": "What was alerted of and is not over, what was not told yet, and mutes.",
    "FindMuted": "What is muted now, and what mutes kept back.",
    "ShowJobs": "The dashboard's table shows jobs as they are remembered.",
    "ListJobs": "Which jobs of a watch and a status are the newest, in the table's other index.",
    "FindUnfinished": "Which jobs of a scope had not ended, in the table's index.",
    "ReadJobs": "The job APIs of what is watched, on what is watched, where it is watched.",
    "AssumeReaders": "The roles with which other accounts let their jobs be read.",
    "ReadStream": "Lambda reads the table's changes with the function's role.",
    "PutEvents": "Changes become events.",
    "SendAlerts": "Changes that matter become alerts.",
    "PutAlerts": "Alerts for chats, pagers and topics of the user's own go on their bus.",
    "SendToTopics": "EventBridge brings alerts to the topics of chats and of the user's own.",
    "CallPagers": "EventBridge brings alerts to pagers.",
    "Undeliverable": "EventBridge puts aside the alerts that it could not bring.",
    "Trust events.amazonaws.com": "EventBridge brings alerts with it, for rules of their bus only.",
    "Trust chatbot.amazonaws.com": "Amazon Q Developer must have a role for a channel: it allows "
    "nothing.",
    "InvokeTick": "The clock: a schedule for each cadence.",
    "WriteHeartbeat": "It shows that the stream is read; nothing of its partition is ever sent, "
    "nor read as a job.",
    "LetInvoke": "The stack's own rule has ends of jobs told to the function, and no other rule.",
    "InvokeAnswer": "A look at all waits each minute, for heartbeats and what was left over.",
    "KeepWaits": "Who waits for which jobs, with the tokens of tasks and the ids of callbacks.",
    "LookUpJobs": "Whether a job has ended that somebody waits for.",
    "TellTasks": "A state machine's task is told how its job ended, or that it still runs. IAM "
    "knows no resource for this: whose task it is, its token says.",
    "CallBack": "A durable function's callback is answered likewise: any of the account's may "
    "wait, and nothing but callbacks of durable executions is allowed.",
    "BeInVpc": "Lambda puts the function into your VPC with its role.",
    "NotByItsCode": "What Lambda does so, the function's own code may not.",
    "UseKey": "Your key, through the services that keep what is encrypted under it.",
    "SendUnderKey": "What is sent is encrypted under your key.",
    "UseTopicsKey": "The key that your topic has, whichever it is, through SNS.",
    "SendUnderTopicsKey": "What is sent to your topic is encrypted under its key.",
    "OnlyTls": "Plain HTTP is refused.",
    "OnlyThisAccount": "No other account may send here, nor listen.",
    "OnlyOrganization": "Who is not of the organization may not listen.",
    "Organization": "The organization's accounts may listen.",
    **dict.fromkeys(
        (
            *("OnlyTick", "OnlyPoll", "OnlyPublish", "OnlyAlert", "OnlyRecipients"),
            *("OnlyItsRule", "OnlyAlarms"),
        ),
        "Nobody else, whatever else is allowed: it could make Jobwatch lie, or be silent.",
    ),
    "OnlyWait": "Nobody else, whatever else is allowed: who has a token says how a task ended.",
    "Alarms": "CloudWatch tells of alarms of this account.",
}
"""Why each statement is there, by its id or, where it has none, what it comes to."""
_RESOURCE_POLICIES: Mapping[str, tuple[str, str | None]] = {
    "AWS::DynamoDB::Table": ("ResourcePolicy", None),
    "AWS::Events::EventBus": ("Policy", None),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
}
"""Where a type of resource has its policy, and where it names whose policy that is."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one statement of a policy says; `who` is None in the policy of a role."""

    of: str
    reason: str
    effect: str
    who: str | None
    actions: tuple[str, ...]
    on: tuple[str, ...]
    conditions: tuple[str, ...]


def statements(template: Json) -> Iterator[Statement]:
    """Give each statement of each role and resource, in the order of the template.

    :raises KeyError: for a statement that has no reason.
    """
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::IAM::Role":
                yield from _read(plain({"Ref": name}), properties["AssumeRolePolicyDocument"])
                for policy in properties.get("Policies", []):
                    yield from _read(plain({"Ref": name}), policy["PolicyDocument"])
            case "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy":
                yield from _read(plain(properties["Roles"][0]), properties["PolicyDocument"])
            case "AWS::Lambda::Permission":
                owner = plain({"Ref": properties["FunctionName"]["Fn::GetAtt"][0]})
                yield from _read(owner, {"Statement": [_permission(properties)]})
            case kind if kind in _RESOURCE_POLICIES:
                where, whose = _RESOURCE_POLICIES[kind]
                owner = plain(properties[whose][0] if whose else {"Ref": name})
                document = properties[where]
                yield from _read(owner, document.get("PolicyDocument", document))
                if stream := properties.get("StreamSpecification"):
                    owner = plain({"Fn::GetAtt": [name, "StreamArn"]})
                    yield from _read(owner, stream["ResourcePolicy"]["PolicyDocument"])


def _permission(properties: Json) -> Json:
    """Write the permission of a function as the statement that Lambda makes of it.

    :raises KeyError: for one that does not say for which resource a service may invoke.
    """
    return {
        "Sid": "LetInvoke",
        "Effect": "Allow",
        "Principal": {"Service": properties["Principal"]},
        "Action": properties["Action"],
        "Resource": properties["FunctionName"],
        "Condition": {"ArnLike": {"aws:SourceArn": properties["SourceArn"]}},
    }


def plain(value: Any) -> str:
    """Write a value with its references as `<id>` and `<id.attribute>`, without their hashes."""
    match value:
        case str():
            return value
        case {"Ref": str() as name}:
            return f"<{re.sub('[0-9A-F]{8}$', '', name)}>"
        case {"Fn::GetAtt": [str() as name, str() as attribute]}:
            return f"<{re.sub('[0-9A-F]{8}$', '', name)}.{attribute}>"
        case {"Fn::Join": ["", list() as parts]}:
            return "".join(map(plain, parts))
        case {"Fn::Select": [int() as at, {"Fn::Split": [str() as between, text]}]}:
            return f"{plain(text)} at {at} by {between}"
    raise ValueError(f"expected a reference or a text of CloudFormation, found {value!r}")


def markdown(template: Json) -> str:
    """Write the statements as a section of Markdown for each role and resource."""
    found: dict[str, list[Statement]] = {}
    for each in statements(template):
        found.setdefault(each.of, []).append(each)
    return "".join(_section(owner, of) for owner, of in sorted(found.items()))


def synthesize(watches: Path, name: str) -> Json:
    """Give the stack's template, for which no zip has to be built.

    :raises Mistakes: when the watches or the catalogue are wrong.
    """
    return template_of(compile_plan(watches, ROOT / "catalogue"), name)


def template_of(compiled: Compiled, name: str) -> Json:
    """Give the template of a stack of that name, for which no zip has to be built."""
    app = cdk.App(analytics_reporting=False)
    stack = JobwatchStack(app, name, compiled=compiled, bundle=ROOT / "catalogue")
    template: Json = app.synth().get_stack_by_name(stack.stack_name).template
    return template


def security_page(page: str) -> str:
    """Give docs/security.md anew."""
    with tempfile.TemporaryDirectory() as folder:
        watches = Path(folder) / WATCHES
        watches.write_text(EXAMPLE, encoding="utf-8")
        template = synthesize(watches, STACK)
    return between(page, START, END, f"\n```yaml\n{EXAMPLE}```\n{markdown(template)}")


def _read(owner: str, document: Json) -> Iterator[Statement]:
    for each in document["Statement"]:
        who = each.get("Principal")
        yield Statement(
            of=owner,
            reason=_reason(each),
            effect=each["Effect"],
            who=_who(who) if who else None,
            actions=_listed(each["Action"]),
            on=_listed(each.get("Resource", ())),
            conditions=tuple(_conditions(each.get("Condition", {}))),
        )


def _reason(statement: Json) -> str:
    match statement:
        case {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}:
            return "OnlyTls"
        case {"Sid": str() as sid}:
            return sid
        case {"Principal": {"Service": str() as service}, "Action": "sts:AssumeRole"}:
            return f"Trust {service}"
        case {"Action": "sts:AssumeRole"} | {"Action": ["sts:AssumeRole"]}:
            return "AssumeReaders"
        case {"Action": [str() as action, *_]} if action.startswith("organizations:ListAccounts"):
            return "ListAccounts"
    return "ReadJobs"


def _who(principal: Any) -> str:
    return principal if isinstance(principal, str) else ", ".join(map(plain, principal.values()))


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(map(plain, value if isinstance(value, list | tuple) else [value]))


def _conditions(condition: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for operator, keys in condition.items():
        for key, values in keys.items():
            yield f"{key} {operator} {' or '.join(_listed(values))}"


def _section(owner: str, found: Sequence[Statement]) -> str:
    rows = [_row(each) for each in found]
    head = "| | who | what | on | if | why |\n| --- | --- | --- | --- | --- | --- |\n"
    return f"\n### {owner.strip('<>')}\n\n{head}{''.join(rows)}"


def _row(each: Statement) -> str:
    cells = (
        each.effect,
        _code(each.who) if each.who else "this role",
        "<br>".join(map(_code, each.actions)),
        "<br>".join(map(_code, each.on)),
        "<br>".join(map(_code, each.conditions)),
        REASONS[each.reason],
    )
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    return f"`{text}`"


def main() -> int:
    """Write the page anew."""
    PAGE.write_text(security_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    run_main(main)
