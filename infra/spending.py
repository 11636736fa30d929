"""What the stack spends as it goes, reckoned from metrics that AWS writes for nothing.

These are the parts that follow what is watched; docs/cost.md has the others, such as alarms.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from infra.cost.prices import read_prices
from lambdas.store.layout import INDEX, RECENT

HOUR = cdk.Duration.hours(1)
SUM = cloudwatch.Stats.SUM
_MILLISECONDS = 1_000
Part = tuple[cloudwatch.IMetric, str, float]
"""A metric, the id of a price, and how many of the price's units one of the metric is."""


def dollars_an_hour(
    functions: Iterable[tuple[lambda_.IFunction, float]], table: dynamodb.ITable, lanes: sqs.IQueue
) -> Sequence[cloudwatch.IMetric]:
    """Give what an hour costs at list prices, service by service; each function has so many GB."""
    prices = {name: price.of(1) for name, price in read_prices().items()}
    parts = {
        "Lambda": [*_of_functions(functions)],
        "DynamoDB": [*_of_table(table)],
        "SQS": [*_of_lanes(lanes)],
    }
    return [_sum(label, some, prices) for label, some in parts.items()]


def _sum(
    label: str, parts: Sequence[Part], prices: Mapping[str, float]
) -> cloudwatch.MathExpression:
    """Add up what is bought; CloudWatch has no word for a number as small as 1e-9."""
    names = [f"{label.lower()}{number}" for number in range(len(parts))]
    terms = (
        f"FILL({name},0)*{prices[price] * units:.15f}"
        for name, (_, price, units) in zip(names, parts, strict=True)
    )
    metrics = {name: metric for name, (metric, *_) in zip(names, parts, strict=True)}
    return cloudwatch.MathExpression(
        expression="+".join(terms), using_metrics=metrics, label=label, period=HOUR
    )


def _of_functions(functions: Iterable[tuple[lambda_.IFunction, float]]) -> Iterator[Part]:
    for each, memory in functions:
        lasted = each.metric_duration(period=HOUR, statistic=SUM)
        yield lasted, "lambda-duration", memory / _MILLISECONDS
        yield each.metric_invocations(period=HOUR, statistic=SUM), "lambda-requests", 1


def _of_table(table: dynamodb.ITable) -> Iterator[Part]:
    indexes: list[dict[str, str]] = [{"GlobalSecondaryIndexName": name} for name in (INDEX, RECENT)]
    for dimensions in ({}, *indexes):
        for kind, price in (("Read", "dynamodb-reads"), ("Write", "dynamodb-writes")):
            metric = cloudwatch.Metric(
                namespace="AWS/DynamoDB",
                metric_name=f"Consumed{kind}CapacityUnits",
                dimensions_map={"TableName": table.table_name, **dimensions},
                period=HOUR,
                statistic=SUM,
            )
            yield metric, price, 1


def _of_lanes(lanes: sqs.IQueue) -> Iterator[Part]:
    for counted in (
        *(lanes.metric_number_of_messages_sent, lanes.metric_number_of_messages_received),
        *(lanes.metric_number_of_messages_deleted, lanes.metric_number_of_empty_receives),
    ):
        yield counted(period=HOUR, statistic=SUM), "sqs-fifo", 1
