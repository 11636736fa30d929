"""The dashboard: jobs as they are, the alarms, and how Jobwatch itself does.

Its graphs are of metrics that are there anyway: those that the functions write, and those that AWS
writes for nothing. Three dashboards are free in an account, of up to 50 metrics each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import timeouts
from infra.alarms import NAMESPACE, PERIOD, own_metric
from infra.config.aws.regions import CONSOLES
from infra.function import Function
from infra.spending import dollars_an_hour

WIDTH, THIRD = 24, 8
"""Of a dashboard, in its own units, and of what stands three in a row."""
_OF = ", ".join(f"scope.{each}" for each in ("watch", "source", "account", "region", "error"))
UNREAD = (
    "filter ispresent(scope.error)",
    f"stats count(*) as times, latest(@timestamp) as last by {_OF}, scope.message",
    "sort last desc",
    "limit 20",
)
"""What the poll function's log has of scopes and jobs that could not be read."""
Stats = cloudwatch.Stats
Metrics = Sequence[cloudwatch.IMetric]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the stack is shown: its functions, and the queues of dead letters by what it is.

    `waits` is the table of who waits for a job.
    """

    board: Function
    tick: Function
    poll: Function
    publish: Function
    alert: Function
    wait: Function
    answer: Function
    table: dynamodb.ITable
    waits: dynamodb.ITable
    lanes: sqs.IQueue
    dead_letters: Mapping[str, sqs.IQueue]

    @property
    def working(self) -> Mapping[str, Function]:
        """The functions that do what there is to do of what is watched, by name."""
        names = ("tick", "poll", "publish", "alert")
        return {name: getattr(self, name) for name in names}

    @property
    def waiting(self) -> Mapping[str, Function]:
        """Those that keep and answer waits, by name."""
        return {"wait": self.wait, "answer": self.answer}


class Dashboard(Construct):
    """The dashboard, and where a browser finds it."""

    def __init__(self, scope: Construct, construct_id: str, *, shown: Shown) -> None:
        super().__init__(scope, construct_id)
        alarms = [each for each in scope.node.find_all() if isinstance(each, cloudwatch.Alarm)]
        # It is the account's, in whatever region, and another of its name would be written over.
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"{cdk.Stack.of(self).stack_name}-{cdk.Aws.REGION}",
            default_interval=cdk.Duration.days(1),
        )
        dashboard.add_widgets(_jobs(shown.board))
        dashboard.add_widgets(_alarms(alarms))
        dashboard.add_widgets(*_changes(self), *_lanes(self, shown), *_functions(shown))
        dashboard.add_widgets(_waits(shown.waits), _unread(shown.poll))
        self.url = cdk.Fn.join(
            "",
            [
                *("https://", cdk.Aws.REGION, ".", _console(self), "/cloudwatch/home?region="),
                *(cdk.Aws.REGION, "#dashboards/dashboard/", dashboard.dashboard_name),
            ],
        )


def _jobs(board: Function) -> cloudwatch.IWidget:
    return cloudwatch.CustomWidget(
        title="Jobs",
        function_arn=board.function.function_arn,
        update_on_refresh=True,
        update_on_resize=False,
        update_on_time_range_change=False,
        width=WIDTH,
        height=16,
    )


def _alarms(alarms: Sequence[cloudwatch.Alarm]) -> cloudwatch.IWidget:
    return cloudwatch.AlarmStatusWidget(
        title="Alarms: docs/runbook.md says what each means and what to do",
        alarms=alarms,  # a widget takes 100, more than the largest file makes
        width=WIDTH,
        height=4,
    )


def _changes(scope: Construct) -> Iterable[cloudwatch.IWidget]:
    def own(name: str, statistic: str, label: str) -> cloudwatch.IMetric:
        return own_metric(scope, name, PERIOD, statistic, label=label)

    counted, half, most = Stats.SAMPLE_COUNT, Stats.percentile(50), Stats.percentile(99)
    yield _graph(
        "Changes of jobs",
        [
            own("Changes", Stats.SUM, "found"),
            own("PublishLag", counted, "on the bus"),
            own("AlertLag", counted, "alerted of"),
        ],
    )
    yield _graph(
        "Seconds from a change that was seen to its event and alert",
        [
            *(own("PublishLag", half, "event, half"), own("PublishLag", most, "event, 99 %")),
            *(own("AlertLag", half, "alert, half"), own("AlertLag", most, "alert, 99 %")),
        ],
    )
    yield _graph("Seconds since the last whole read, by cadence", [_ages(scope)])


def _ages(scope: Construct) -> cloudwatch.IMetric:
    """Search for the metrics, one a cadence: there may be more than anybody wants to list."""
    stack, seconds = cdk.Stack.of(scope).stack_name, PERIOD.to_seconds()
    found = f'{{{NAMESPACE},every,service}} MetricName="AgeOfLastRead" service="{stack}"'
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{found}', '{Stats.MAXIMUM}', {seconds:.0f})",
        label="every ${PROP('Dim.every')} s",
        using_metrics={},
        period=PERIOD,
    )


def _lanes(scope: Construct, shown: Shown) -> Iterable[cloudwatch.IWidget]:
    yield _graph(
        "Lanes",
        [
            _held(shown.lanes, "ApproximateNumberOfMessagesVisible", "waiting"),
            _held(shown.lanes, "ApproximateNumberOfMessagesNotVisible", "being polled"),
            own_metric(scope, "Dropped", PERIOD, Stats.SUM, label="dropped"),
        ],
    )
    yield _graph(
        "Calls of job APIs",
        [
            own_metric(scope, "Calls", PERIOD, Stats.SUM, label="calls"),
            own_metric(scope, "Throttles", PERIOD, Stats.SUM, label="throttled"),
        ],
    )
    yield _graph(
        "Dead letters: ./jobwatch replay",
        [
            _held(queue, "ApproximateNumberOfMessagesVisible", name)
            for name, queue in shown.dead_letters.items()
        ],
    )


def _held(queue: sqs.IQueue, name: str, label: str) -> cloudwatch.IMetric:
    return queue.metric(name, period=PERIOD, statistic=Stats.MAXIMUM, label=label)


def _functions(shown: Shown) -> Iterable[cloudwatch.IWidget]:
    def of_each(name: str, statistic: str) -> Metrics:
        return [
            each.function.metric(name, period=PERIOD, statistic=statistic, label=label)
            for label, each in {**shown.working, **shown.waiting}.items()
        ]

    yield _graph("Errors of the functions", of_each("Errors", Stats.SUM))
    yield _graph("Milliseconds that functions take, at most", of_each("Duration", Stats.MAXIMUM))
    functions = [(each.function, each.gigabytes) for each in shown.working.values()]
    spent = dollars_an_hour(functions, shown.table, shown.lanes)
    yield _graph("Dollars an hour, at list prices (./jobwatch cost)", spent, stacked=True)


def _waits(table: dynamodb.ITable) -> cloudwatch.IWidget:
    """Show how many wait: the look at all waits, which comes so often, reads each of them once."""
    read = cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name="ReturnedItemCount",
        dimensions_map={"TableName": table.table_name, "Operation": "Scan"},
        period=cdk.Duration.seconds(timeouts.SWEEP),
        statistic=Stats.SUM,
        label="waits",
    )
    return _graph("Waits for a job", [read])


def _graph(title: str, metrics: Metrics, *, stacked: bool = False) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=metrics,
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        stacked=stacked,
        width=THIRD,
        height=6,
    )


def _unread(poll: Function) -> cloudwatch.IWidget:
    return cloudwatch.LogQueryWidget(
        title="What could not be read",
        log_group_names=[poll.function.log_group.log_group_name],
        query_lines=[*UNREAD],
        width=WIDTH - THIRD,
        height=6,
    )


def _console(scope: Construct) -> str:
    """Give the console's host in the partition of the stack, which is known when it is deployed."""
    host, *others = CONSOLES.items()
    found = host[1]
    for partition, name in others:
        here = cdk.Fn.condition_equals(cdk.Aws.PARTITION, partition)
        condition = cdk.CfnCondition(scope, f"In-{partition}", expression=here)
        found = cdk.Fn.condition_if(condition.logical_id, name, found).to_string()
    return found
