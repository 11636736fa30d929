"""Where the stack does not follow a rule of cdk-nag's AwsSolutions or of checkov, and why not."""

import re
from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from constructs import Construct, IConstruct

from infra.config.own import Own
from infra.config.statements import OF_OUR_ORGANIZATION, TO_LIST_ACCOUNTS, Statement

IS_ONE = "It is itself a dead-letter queue: of the lanes, or of a function that reads the stream."
COMES_AGAIN = (
    "It holds ticks for two minutes at most, and one that is lost is made good by the next."
)
NO_RESOURCE = (
    "IAM knows no resource for this operation: a condition holds the regions in which it is called."
)
NO_ID_YET = (
    "Jobs and their parents are found by polling: only what watches.yaml names is known here."
)
NO_UNIT_YET = (
    "Units below those that watches.yaml names have ids of their own, and each ARN has that of the "
    "management account, which only the organization knows."
)
TOO_MANY_ACCOUNTS = (
    "A policy cannot hold the ARN of the role in each account: it holds the role's name, and the "
    "condition that the account is of the organization of this one."
)
TOO_MANY_REGIONS = (
    "The condition holds the regions that watches.yaml names, once for all resources; jobs and "
    "parents that it does not name are found by polling."
)
AWS_KEY = (
    "It is encrypted at rest under AWS's own key; a customer's key costs a dollar a month and more "
    "for its calls, and who may read is up to IAM under either."
)
NO_ALARM_KEY = (
    "CloudWatch cannot publish to a topic under AWS's own key. It carries the names of alarms and "
    "no word about any job."
)
NO_RECOVERY = (
    "It holds task tokens, which nobody may read but two functions; its policy would not hold for "
    "a table that was restored of it, and nothing of it is of use but to those who wait now."
)
NO_TASK = (
    "IAM knows no resource for telling a task: its token says whose it is, and is of no use to "
    "anybody but principals of the account."
)
ANY_FUNCTION = (
    "Which durable functions will wait is up to the user: the id of a callback says whose it is, "
    "and nothing but an execution's callbacks is allowed."
)
NO_INTERFACE_YET = (
    "Lambda makes a function's network interfaces with its role and finds them again among all; it "
    "asks for this of all resources, and the function's own code is refused it."
)
NO_KEY_YET = (
    "The topic is the user's own, and which key it has is for them to say: through SNS, the "
    "function may use keys for this one topic, as it may publish to no other."
)
OUTSIDE = "CKV_AWS_117"
UNDER_KEY_OF_AWS = frozenset({"CKV_AWS_119", "CKV_AWS_158", "CKV_AWS_27"})
CHECKOV: Mapping[str, Mapping[str, str]] = {
    "AWS::DynamoDB::Table": {"CKV_AWS_119": AWS_KEY},
    "AWS::Logs::LogGroup": {"CKV_AWS_158": AWS_KEY},
    "AWS::SQS::Queue": {
        "CKV_AWS_27": "It is encrypted under SQS's own key, where the check looks for one of KMS.",
    },
    "AWS::Lambda::Function": {
        "CKV_AWS_115": (
            "A reserve is taken from what the account's other functions may use, and what runs at "
            "a time here is bounded: a tick a cadence, as many polls as the mapping of the lanes "
            "lets run, a publisher and an alerter a shard, an answer a job that ends, and a wait a "
            "task of a state machine."
        ),
        "CKV_AWS_116": (
            "A failed tick is not kept, as the next one has all looked at anew, nor is an answer, "
            "as a later look at all waits gives it; who waits is told of an error by the call. "
            "What the others are fed from, queue or stream, has a dead-letter queue of its own."
        ),
        OUTSIDE: (
            "It calls APIs of AWS and nothing in a network of the user's; in a VPC it would need a "
            "NAT gateway or an endpoint for each service."
        ),
        "CKV_AWS_173": (
            "The environment holds the names of a table, a bus, a topic and queues, and the end of "
            "the stack's id: no credentials, and Lambda encrypts it at rest under AWS's own key."
        ),
    },
}
"""For each type of resource, the checks of checkov that it does not pass."""


def suppress_dead_letters(queue: IConstruct) -> None:
    """Suppress the rule for a queue that no redrive policy names: it looks at nothing else."""
    _acknowledge(queue, "SQS3", IS_ONE)


def suppress_later(queue: IConstruct) -> None:
    """Suppress the rule for the queue of later ticks, of which nothing has to be kept."""
    _acknowledge(queue, "SQS3", COMES_AGAIN)


def suppress_recovery(table: Construct) -> None:
    """Suppress the rule and the check for the table that is not to be restored."""
    _acknowledge(table, "DDB3", NO_RECOVERY)
    for each in table.node.find_all():
        if isinstance(each, cdk.CfnResource):
            _skip(each, {"CKV_AWS_28": NO_RECOVERY})


def suppress_tasks(role: IConstruct, executions: str) -> None:
    """Suppress the rule for telling the tasks of state machines, and callbacks of executions."""
    _acknowledge(role, "IAM5[Resource::*]", NO_TASK)
    _acknowledge(role, f"IAM5[Resource::{_as_in_findings(executions)}]", ANY_FUNCTION)


def suppress_interfaces(policy: IConstruct) -> None:
    """Suppress the rule and the check for the network interfaces of a function in a VPC."""
    _acknowledge(policy, "IAM5[Resource::*]", NO_INTERFACE_YET)
    plain = policy.node.default_child
    assert isinstance(plain, cdk.CfnResource)  # noqa: S101  for the type checker
    _skip(plain, {"CKV_AWS_111": NO_INTERFACE_YET})


def suppress_any_key(role: IConstruct) -> None:
    """Suppress the rule for the key of a topic of the user's own."""
    key = "arn:{partition}:kms:{region}:*:key/*"
    _acknowledge(role, f"IAM5[Resource::{_as_in_findings(key)}]", NO_KEY_YET)


def suppress_wildcards(role: IConstruct, statements: Iterable[Statement]) -> None:
    """Suppress the rule for those of the role's resources that hold a wildcard."""
    for statement in statements:
        for resource in statement.resources:
            if "*" in resource:
                rule = f"IAM5[Resource::{_as_in_findings(resource)}]"
                _acknowledge(role, rule, _reason(resource, statement))


def _reason(resource: str, statement: Statement) -> str:
    if resource == "*":
        return NO_RESOURCE
    if resource in TO_LIST_ACCOUNTS.resources:
        return NO_UNIT_YET
    if statement.condition:
        return TOO_MANY_ACCOUNTS if statement.condition == OF_OUR_ORGANIZATION else TOO_MANY_REGIONS
    return NO_ID_YET


def suppress_alarm_topic(topic: Construct) -> None:
    """Suppress the check for the topic to which CloudWatch publishes."""
    for each in topic.node.find_all():
        if isinstance(each, cdk.CfnResource) and each.cfn_resource_type == "AWS::SNS::Topic":
            _skip(each, {"CKV_AWS_26": NO_ALARM_KEY})


def suppress_types(scope: Construct, own: Own) -> None:
    """Suppress the checks that a type does not pass, for every resource of it in the scope.

    With a VPC or a key of the user's own, some of them are passed.
    """
    passed = {*([OUTSIDE] if own.vpc else ()), *(UNDER_KEY_OF_AWS if own.key else ())}
    for each in scope.node.find_all():
        if isinstance(each, cdk.CfnResource):
            reasons = CHECKOV.get(each.cfn_resource_type, {})
            _skip(each, {name: why for name, why in reasons.items() if name not in passed})


def _skip(resource: cdk.CfnResource, reasons: Mapping[str, str]) -> None:
    """Write into the template what checkov reads there."""
    if reasons:
        skip = [{"id": check, "comment": reason} for check, reason in reasons.items()]
        before = resource.get_metadata("checkov") or {"skip": []}
        resource.add_metadata("checkov", {"skip": [*before["skip"], *skip]})


def _acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
    cdk.Validations.of(construct).acknowledge(acknowledgment)


def _as_in_findings(template: str) -> str:
    names = {"partition": "Partition", "region": "Region", "account": "AccountId"}
    return re.sub(r"\{(\w+)\}", lambda match: f"<AWS::{names[match[1]]}>", template)
