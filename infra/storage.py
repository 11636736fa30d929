"""The table: what was last seen, and the outbox of what is to be announced."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct


class Storage(Construct):
    """One table; every change of it that is to be announced is in its stream."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            # Encrypted at rest under a key of AWS's, as every table is of which nothing is said.
            resource_policy=iam.PolicyDocument(statements=[_only_tls()]),
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            # What it holds can be read again from the services: nothing is left behind.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )


def _only_tls() -> iam.PolicyStatement:
    """Refuse plain HTTP, which DynamoDB's endpoints speak as well."""
    return iam.PolicyStatement(
        sid="OnlyTls",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["dynamodb:*"],
        resources=["*"],  # its own ARN would be a circle
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
