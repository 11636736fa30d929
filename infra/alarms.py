"""The alarms: each names its entry of docs/runbook.md, and all of them notify one topic.

Here are those over what poll measures. Those over errors, dead letters and the stream's age are
added beside what they are about: in `polling`, `dead_letters` and `stream`.
"""

import math

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

NAMESPACE = "Jobwatch"
PERIOD = cdk.Duration.minutes(5)
MISSED = 3
"""How many polls in a row may be missing or failing before it is an alarm: one may get lost."""
Compare = cloudwatch.ComparisonOperator
Missing = cloudwatch.TreatMissingData


def add_alarm(
    scope: Construct,
    construct_id: str,
    metric: cloudwatch.IMetric,
    *,
    above: float,
    entry: str,
    says: str,
    periods: int = 1,
    on_silence: bool = False,
) -> None:
    """Add an alarm that rings while the metric is above the number, so many periods in a row.

    No data is no alarm, but for one `on_silence`, which rings when so many periods have none, and
    at the first that is above the number. (CloudWatch looks at some more periods than it needs, and
    takes missing ones for breaching only where less than these have data.) `entry` is the anchor in
    the runbook, `says` what is wrong, in words.
    """
    cloudwatch.Alarm(
        scope,
        construct_id,
        metric=metric,
        alarm_description=_description(says, entry),
        threshold=above,
        comparison_operator=Compare.GREATER_THAN_THRESHOLD,
        evaluation_periods=periods,
        datapoints_to_alarm=1 if on_silence else None,
        treat_missing_data=Missing.BREACHING if on_silence else Missing.NOT_BREACHING,
    )


def add_alarm_on_drops(scope: Construct) -> None:
    """Add the alarm that rings when lanes are dropped time and again: one drop is made good."""
    minutes = PERIOD.to_minutes() * MISSED
    add_alarm(
        scope,
        "Dropped",
        own_metric(scope, "Dropped", PERIOD, cloudwatch.Stats.SUM),
        above=0,
        entry="dropped",
        says=f"lanes waited longer than their cadence and were dropped for {minutes:.0f} minutes.",
        periods=MISSED,
    )


def add_alarms_of_cadence(scope: Construct, every: int) -> None:
    """Add the alarms over the watches that are due every so many seconds.

    One rings when no poll of them was completed, also when none was begun: no data is the alarm.
    The other one rings when polls are completed, but a scope could not be read in them for long.
    """
    seconds = max(every, int(PERIOD.to_seconds()))
    period = cdk.Duration.seconds(seconds)
    cloudwatch.Alarm(
        scope,
        f"Silent{every}",
        metric=_age(scope, every, period, cloudwatch.Stats.SAMPLE_COUNT),
        alarm_description=_description(
            f"no poll of the watches that are due every {every} seconds was completed for "
            f"{math.ceil(seconds * MISSED / 60)} minutes.",
            "silent",
        ),
        threshold=1,
        comparison_operator=Compare.LESS_THAN_THRESHOLD,
        evaluation_periods=MISSED,
        treat_missing_data=Missing.BREACHING,
    )
    add_alarm(
        scope,
        f"Unread{every}",
        _age(scope, every, period, cloudwatch.Stats.MAXIMUM),
        above=seconds * MISSED,
        entry="unread",
        says=f"a scope of the watches that are due every {every} seconds, or single jobs of it, "
        f"could not be read for {math.ceil(seconds * MISSED / 60)} minutes.",
    )


def send_alarms(scope: Construct, topic: sns.ITopic) -> None:
    """Let every alarm in the scope notify the topic when it begins to ring and when it ends."""
    for each in scope.node.find_all():
        if isinstance(each, cloudwatch.Alarm):
            each.add_alarm_action(actions.SnsAction(topic))
            each.add_ok_action(actions.SnsAction(topic))


def _age(scope: Construct, every: int, period: cdk.Duration, statistic: str) -> cloudwatch.IMetric:
    return own_metric(scope, "AgeOfLastRead", period, statistic, every=str(every))


def own_metric(
    scope: Construct,
    name: str,
    period: cdk.Duration,
    statistic: str,
    label: str | None = None,
    **dimensions: str,
) -> cloudwatch.IMetric:
    """Give a metric that the functions of this stack write; `label` is what a graph calls it."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": cdk.Stack.of(scope).stack_name, **dimensions},
        period=period,
        statistic=statistic,
        label=label,
    )


def _description(says: str, entry: str) -> str:
    return f"Jobwatch: {says} See docs/runbook.md#{entry}"
