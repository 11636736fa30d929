"""The tables: what was last seen, with the outbox; what is open; and who waits for jobs."""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.nag import suppress_recovery
from lambdas.alert import memory
from lambdas.store.layout import CARRIED, INDEX, INDEX_KEYS, KEYS, RECENT, RECENT_KEYS
from lambdas.waits.memory import KEYS as WAITS_KEYS

OF_A_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
"""All that can be done to a stream, and stand in its policy."""


class Storage(Construct):
    """One table; every change of it that is to be announced is in its stream.

    One index holds the unfinished jobs of each scope, and the health of those that can't be read;
    the other one all jobs of a watch by status and time, for people.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.table = _table(self, KEYS, stream=dynamodb.StreamViewType.NEW_IMAGE)
        self._read_stream_by_tls()
        # Sparse: an item without `open`, as that of a finished job, is not in it, so that what a
        # poll reads grows with the jobs that run and not with those that once ran.
        opened, sort = map(_text, INDEX_KEYS)
        self.table.add_global_secondary_index(
            index_name=INDEX,
            partition_key=opened,
            sort_key=sort,
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*CARRIED],
        )
        # No more than keys: a write that changes neither status nor time is no write to it.
        listed, at = map(_text, RECENT_KEYS)
        self.table.add_global_secondary_index(
            index_name=RECENT,
            partition_key=listed,
            sort_key=at,
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.index_arn = f"{self.table.table_arn}/index/{INDEX}"
        self.recent_arn = f"{self.table.table_arn}/index/{RECENT}"

    def _read_stream_by_tls(self) -> None:
        """Give the stream a policy of its own: that of the table does not hold for it."""
        plain = self.table.node.default_child
        assert isinstance(plain, dynamodb.CfnTable)  # noqa: S101  for the type checker
        policy = _only_tls(*OF_A_STREAM)
        plain.stream_specification = dynamodb.CfnTable.StreamSpecificationProperty(
            stream_view_type=dynamodb.StreamViewType.NEW_IMAGE.value,
            resource_policy=dynamodb.CfnTable.ResourcePolicyProperty(policy_document=policy),
        )


class Standing(Construct):
    """The table of what was alerted of and is not over yet, and of mutes: the alert function's own.

    Its index holds what mutes kept back.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.table = _table(self, memory.KEYS)
        # Sparse: what a mute kept back is in it, and nothing else.
        muted, sort = map(_text, memory.INDEX_KEYS)
        self.table.add_global_secondary_index(
            index_name=memory.INDEX,
            partition_key=muted,
            sort_key=sort,
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*memory.CARRIED],
        )
        self.index_arn = f"{self.table.table_arn}/index/{memory.INDEX}"


class Waits(Construct):
    """The table of who waits, which holds the tokens of tasks and the ids of callbacks.

    It is encrypted under the account's own key of DynamoDB, which costs nothing a month and whose
    use CloudTrail shows. It can't be restored: no policy of a table holds for what is made of it,
    and who restored it could read the tokens there.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.table = _table(
            self, WAITS_KEYS, encryption=dynamodb.TableEncryption.AWS_MANAGED, restorable=False
        )
        suppress_recovery(self.table)


def _table(
    scope: Construct,
    keys: Iterable[str],
    stream: dynamodb.StreamViewType | None = None,
    encryption: dynamodb.TableEncryption | None = None,
    *,
    restorable: bool = True,
) -> dynamodb.Table:
    """Add a table by its two keys.

    Nothing of it is left behind with the stack: what jobs there are can be read again from the
    services; without what is open now, that is told to be over never; and who waits then is told
    by no heartbeat that nobody answers.
    """
    partition, sort = map(_text, keys)
    return dynamodb.Table(
        scope,
        "Table",
        partition_key=partition,
        sort_key=sort,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        time_to_live_attribute="expires_at",
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=restorable
        ),
        # Encrypted at rest under a key of AWS's, as every table is of which nothing is said.
        encryption=encryption,
        resource_policy=_only_tls("dynamodb:*"),
        stream=stream,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _only_tls(*actions: str) -> iam.PolicyDocument:
    """Refuse plain HTTP, which DynamoDB's endpoints speak as well."""
    statement = iam.PolicyStatement(
        sid="OnlyTls",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=[*actions],
        resources=["*"],  # its own ARN would be a circle
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
    return iam.PolicyDocument(statements=[statement])
