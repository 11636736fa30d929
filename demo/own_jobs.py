"""Jobs of the local AWS itself: nobody plays them, and nothing but the catalogue knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.local_aws import LocalAws
from demo.records import ROLE
from demo.timeline import Expected

BUCKET, TABLE = "shop-archive", "orders"


@dataclass(frozen=True)
class Action:
    """At so many seconds something is done; what is to be expected of a new job is known then."""

    at: float
    do: Callable[[LocalAws], Expected | None]


def prepare(aws: LocalAws) -> None:
    """Create a bucket with a document and a table with an order, for jobs to work on."""
    s3, dynamodb = aws.client("s3"), aws.client("dynamodb")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="texts/terms.txt", Body=b"Delivery takes two days.")
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "order-1"}})


def export_table(aws: LocalAws) -> Expected:
    """Start a DynamoDB export."""
    dynamodb = aws.client("dynamodb")
    arn = dynamodb.describe_table(TableName=TABLE)["Table"]["TableArn"]
    answer: dict[str, Any] = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket=BUCKET)
    job_id = answer["ExportDescription"]["ExportArn"]
    statuses = ("IN_PROGRESS", "COMPLETED")
    return Expected("table-exports", job_id, "Orders, to S3", statuses, "SUCCEEDED")


def describe_exports(aws: LocalAws) -> None:
    """Describe each export, for MiniStack ends one only when somebody asks about it."""
    dynamodb = aws.client("dynamodb")
    for export in dynamodb.list_exports()["ExportSummaries"]:
        dynamodb.describe_export(ExportArn=export["ExportArn"])


def translate(aws: LocalAws) -> Expected:
    """Start a Translate job."""
    answer: dict[str, Any] = aws.client("translate").start_text_translation_job(
        JobName="terms",
        InputDataConfig={"S3Uri": f"s3://{BUCKET}/texts/", "ContentType": "text/plain"},
        OutputDataConfig={"S3Uri": f"s3://{BUCKET}/translated/"},
        DataAccessRoleArn=ROLE,
        SourceLanguageCode="en",
        TargetLanguageCodes=["fr"],
        ClientToken="jobwatch-demo",
    )
    statuses = ("SUBMITTED", "IN_PROGRESS", "COMPLETED")
    return Expected("translations", answer["JobId"], "Terms, in French", statuses, "SUCCEEDED")


ACTIONS = (Action(6, export_table), Action(14, translate), Action(20, describe_exports))
