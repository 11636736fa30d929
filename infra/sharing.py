"""Who may listen: this account, and with it an organization where `watches.yaml` names one.

The policies of a bus and a topic of the user's own are theirs, and nothing here changes them.

What lets an organization in leaves out this account, which may be of it: within an account it is
enough that a policy of the thing itself allows, and whoever may do nothing there could do this.
"""

from collections.abc import Iterator

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from lambdas.alert.message import PROTOCOLS

NOT_THIS_ACCOUNT = {"aws:PrincipalAccount": cdk.Aws.ACCOUNT_ID}
TO_LISTEN = ("sns:Subscribe",)
SUBSCRIBED_BY = ("email", "email-json", *PROTOCOLS)
"""By what an organization may subscribe: of text messages, who has the topic pays each."""
TO_KEEP_RULES = (
    *("events:PutRule", "events:DeleteRule", "events:EnableRule", "events:DisableRule"),
    *("events:PutTargets", "events:RemoveTargets"),
    *("events:DescribeRule", "events:ListTargetsByRule"),
)


def who_may_listen(topic: sns.ITopic, organization: str | None) -> Iterator[iam.PolicyStatement]:
    """Say who may subscribe and publish: whom this account's own policies allow, nobody else.

    But for an organization's accounts, which may subscribe.
    The alarms' topic does without: AWS does not say whether CloudWatch counts as a service there.
    """
    publish = ("sns:Publish",)
    if organization is None:
        yield _refuse("OnlyThisAccount", topic, publish + TO_LISTEN)
        return
    yield _refuse("OnlyThisAccount", topic, publish)
    yield _refuse("OnlyOrganization", topic, TO_LISTEN, organization)
    yield iam.PolicyStatement(
        sid="Organization",
        principals=[iam.AnyPrincipal()],
        actions=[*TO_LISTEN],
        resources=[topic.topic_arn],
        conditions={
            "StringEquals": {"aws:PrincipalOrgID": organization, "sns:Protocol": [*SUBSCRIBED_BY]},
            "StringNotEquals": NOT_THIS_ACCOUNT,
        },
    )


def let_keep_rules(bus: str, organization: str) -> iam.PolicyStatement:
    """Let an organization's accounts put rules on a bus, by its ARN, and change their own alone.

    Whoever puts a rule here, its ARN is one of the bus's account, where policies may let any such
    rule send; and what a target gets, its rule may make up. So each account's targets are its own.
    """
    rules = bus.replace(":event-bus/", ":rule/") + "/*"
    theirs = f"arn:{cdk.Aws.PARTITION}:*:*:${{aws:PrincipalAccount}}:*"
    return iam.PolicyStatement(
        sid="Organization",
        principals=[iam.AnyPrincipal()],
        actions=[*TO_KEEP_RULES],
        resources=[rules],
        conditions={
            "StringEquals": {"aws:PrincipalOrgID": organization},
            "StringNotEquals": NOT_THIS_ACCOUNT,
            # A rule that is new has nobody yet who made it.
            "StringEqualsIfExists": {"events:creatorAccount": "${aws:PrincipalAccount}"},
            # Of what names no target, all are.
            "ForAllValues:ArnLike": {"events:TargetArn": theirs},
        },
    )


def _refuse(
    sid: str, topic: sns.ITopic, actions: tuple[str, ...], organization: str | None = None
) -> iam.PolicyStatement:
    theirs = {"aws:PrincipalOrgID": organization} if organization else {}
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=[*actions],
        resources=[topic.topic_arn],
        conditions={
            "StringNotEquals": {**NOT_THIS_ACCOUNT, **theirs},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        },
    )
