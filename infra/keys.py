"""The key of the user's own: what is encrypted under it, and what of the stack may use it.

Who uses a table, a queue or a topic uses its key through that service, and KMS asks whether it may.
So the roles may use the key through those services only, each of which lets them at what the rest
of their policies names.
"""

from collections.abc import Iterator, Sequence

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

THROUGH = ("dynamodb", "sqs", "sns")
"""The services through which roles use a key. CloudWatch uses that of logs itself."""
SENDING = ("sqs:SendMessage", "sns:Publish")
"""What takes a new data key, from time to time; DynamoDB has its own ones of tables decrypted."""


def encrypt(scope: Construct, key: str) -> None:
    """Have all that the stack keeps be encrypted under a key, by its ARN."""
    for each in scope.node.find_all():
        match each:
            case dynamodb.CfnTable():
                each.sse_specification = dynamodb.CfnTable.SSESpecificationProperty(
                    sse_enabled=True, sse_type="KMS", kms_master_key_id=key
                )
            case sqs.CfnQueue():
                each.sqs_managed_sse_enabled = None
                each.kms_master_key_id = key
            case sns.CfnTopic():
                each.kms_master_key_id = key
            case logs.CfnLogGroup():
                each.kms_key_id = key


def lend(scope: Construct, key: str) -> None:
    """Let whoever may use what the stack keeps use its key, too."""
    for each in scope.node.find_all():
        if isinstance(each, iam.Policy):
            actions = {*_actions(each)}
            services = [
                name for name in THROUGH if any(one.startswith(f"{name}:") for one in actions)
            ]
            sending = [one.partition(":")[0] for one in SENDING if one in actions]
            each.add_statements(*to_use(key, services, sending))


def to_use(
    key: str, through: Sequence[str], sending: Sequence[str], of: str = ""
) -> Iterator[iam.PolicyStatement]:
    """Say that a key may be used through services, and for what is sent through some of them.

    `of` tells keys apart in the ids of the statements.
    """
    for sid, action, services in (
        (f"Use{of}Key", "kms:Decrypt", through),
        (f"SendUnder{of}Key", "kms:GenerateDataKey", sending),
    ):
        if services:
            hosts = [f"{each}.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}" for each in services]
            yield iam.PolicyStatement(
                sid=sid,
                actions=[action],
                resources=[key],
                conditions={"StringEquals": {"kms:ViaService": hosts}},
            )


def _actions(policy: iam.Policy) -> Iterator[str]:
    for statement in policy.document.to_json()["Statement"]:
        found = statement["Action"]
        yield from [found] if isinstance(found, str) else found


def any_key(scope: Construct) -> str:
    """Give the ARN of every key in the stack's region, whoever's it is."""
    return cdk.Stack.of(scope).format_arn(
        service="kms", account="*", resource="key", resource_name="*"
    )
