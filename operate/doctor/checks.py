"""The list of all checks, and how one is run: what it may not look at does not keep the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.store.batches import StoreError
from operate.aws import DENIED, in_a_line
from operate.doctor import (
    account,
    deployment,
    mutes,
    offers,
    organizations,
    permissions,
    polling,
    reading,
    telling,
    template,
)
from operate.doctor.findings import Finding, unknown
from operate.doctor.here import Here, Missing
from operate.doctor.ring import ring

Look = Callable[[Here], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check by the name under which its lines stand; `needs` are the actions that it takes."""

    name: str
    look: Look
    needs: tuple[str, ...] = ()


RESOURCES = "cloudformation:ListStackResources"
ALARMS = (RESOURCES, "cloudwatch:DescribeAlarms")
MAPPINGS = "lambda:ListEventSourceMappings"

CHECKS: dict[str, tuple[Check, ...]] = {
    "The account": (
        Check("bootstrap", account.bootstrap, ("ssm:GetParameter",)),
        Check(
            "concurrency",
            account.concurrency,
            ("lambda:GetAccountSettings", "dynamodb:DescribeTable", "dynamodb:DescribeStream"),
        ),
        Check("regions", account.regions, ("ec2:DescribeRegions",)),
        Check("sources", account.sources),
        Check("offers", offers.offers, ("cloudformation:DescribeType",)),
        Check("members", account.members),
    ),
    "The deployment": (
        Check("stack", deployment.status),
        Check(
            "functions",
            deployment.functions,
            (RESOURCES, "lambda:GetFunctionConfiguration", "lambda:GetFunctionConcurrency"),
        ),
        Check(
            "plan",
            deployment.plan,
            (RESOURCES, "lambda:GetFunction", "lambda:GetLayerVersion"),
        ),
        Check(
            "template",
            template.template,
            (
                *(*ALARMS, "lambda:GetFunctionConfiguration", MAPPINGS),
                *("events:DescribeApiDestination", "events:DescribeRule"),
                *("events:ListTargetsByRule", "sns:GetSubscriptionAttributes"),
            ),
        ),
        Check(
            "permissions",
            permissions.permissions,
            ("lambda:GetFunctionConfiguration", "iam:SimulatePrincipalPolicy"),
        ),
    ),
    "Polling": (
        Check("schedules", polling.schedules, (RESOURCES, "scheduler:GetSchedule")),
        Check("mappings", polling.mappings, (MAPPINGS,)),
        Check("table", polling.table, ("dynamodb:DescribeTable", MAPPINGS)),
        Check("expiry", polling.expiry, (RESOURCES, "dynamodb:DescribeTimeToLive")),
        Check("queues", polling.queues, ("sqs:GetQueueAttributes",)),
        Check("polls", reading.ages, (RESOURCES, "cloudwatch:GetMetricData")),
        Check("organizations", organizations.organizations, ("dynamodb:BatchGetItem",)),
        Check("scopes", reading.scopes, ("dynamodb:Query", "dynamodb:GetItem")),
    ),
    "Telling": (
        Check("encryption", telling.encryption, ("sns:GetTopicAttributes", "kms:DescribeKey")),
        Check("subscribers", telling.subscriptions, ("sns:ListSubscriptionsByTopic",)),
        Check(
            "deliveries",
            telling.deliveries,
            ("sns:ListSubscriptionsByTopic", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
        ),
        Check("archives", telling.archives, ("events:ListArchives",)),
        Check("alarms", telling.alarms, ALARMS),
        Check("mutes", mutes.of_alerts, (RESOURCES, "dynamodb:Query")),
        Check("mute rules", mutes.mutes, (RESOURCES, "cloudwatch:ListAlarmMuteRules")),
    ),
}
"""What is looked at, by what it is about, in the order in which it is told."""

RING = Check("ring", ring, (*ALARMS, "cloudwatch:SetAlarmState"))
"""Only where it is asked for, as it sends a mail."""


def run(check: Check, here: Here) -> Iterator[Finding]:
    """Give what a check finds; what keeps it from looking is a finding, too."""
    try:
        yield from check.look(here)
    except Missing:
        return
    except ClientError as error:
        yield refused(error, check.needs)
    except (BotoCoreError, OSError, StoreError) as error:
        yield unknown(in_a_line(error))
    except (LookupError, ValueError) as error:
        yield unknown(
            f"an answer is not as it should be ({type(error).__name__}: {in_a_line(error)})"
        )


def refused(error: ClientError, needs: tuple[str, ...]) -> Finding:
    """Say which action is missing, or else what a service answered."""
    if error.response.get("Error", {}).get("Code") not in DENIED:
        return unknown(in_a_line(error))
    called = [need for need in needs if need.endswith(f":{error.operation_name}")]
    return unknown(f"needs {', '.join(called or needs)}")
