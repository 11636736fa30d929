"""The alarms: visible in the console, without an action of their own.

CloudWatch cannot publish to a topic under AWS's own key, and who is to be woken is not ours to say.
"""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

PERIOD = cdk.Duration.minutes(5)


def add_alarm(
    scope: Construct, construct_id: str, metric: cloudwatch.IMetric, *, above: int, says: str
) -> None:
    """Add an alarm that rings while the metric is above the number; no data is no alarm."""
    cloudwatch.Alarm(
        scope,
        construct_id,
        metric=metric,
        alarm_description=f"Jobwatch: {says}",
        threshold=above,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
