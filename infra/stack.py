"""The stack: composes the constructs, grants what they need, and prints where users listen."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import grants
from infra.alarms import send_alarms
from infra.alerting import Alerting
from infra.boarding import Boarding
from infra.config.plan import Compiled
from infra.dashboard import Dashboard, Shown
from infra.heartbeat import Heartbeat
from infra.lanes import Lanes
from infra.messaging import Messaging
from infra.nag import suppress_types
from infra.own import lay_over
from infra.polling import Polling
from infra.publishing import Publishing
from infra.recipients import Recipients
from infra.schemas import Schemas
from infra.storage import Standing, Storage
from infra.ticking import Ticking
from infra.waiting import Waiting
from lambdas.plan import EMAIL


class JobwatchStack(cdk.Stack):
    """Watches jobs and announces every change of them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, compiled: Compiled, bundle: Path
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Jobwatch: watches AWS jobs and announces their changes.",
        )
        code = lambda_.Code.from_asset(str(bundle))
        self._compose(compiled, code)
        self._grant(compiled)
        self._print()
        if compiled.dashboard:
            self._show(code)
        if compiled.schemas:
            self._register()
        send_alarms(self, self.messaging.alarms)
        lay_over(self, compiled.own)
        suppress_types(self, compiled.own)

    def _compose(self, compiled: Compiled, code: lambda_.Code) -> None:
        cadences = compiled.cadences
        self.storage = Storage(self, "Storage")
        self.heartbeat = Heartbeat(self, "Heartbeat", table=self.storage.table)
        self.messaging = Messaging(
            self,
            "Messaging",
            emails=compiled.emails,
            recipients=compiled.recipients,
            own=compiled.own,
        )
        self.lanes = Lanes(self, "Lanes", longest=max(cadences))
        table, lanes = self.storage.table, self.lanes
        self.ticking = Ticking(self, "Ticking", code=code, lanes=lanes, cadences=cadences)
        self.polling = Polling(
            self,
            "Polling",
            code=code,
            table=table,
            lanes=lanes,
            cadences=cadences,
            concurrency=compiled.plan.concurrency,
            spreads=bool(compiled.plan.units),
        )
        self.publishing = Publishing(
            self, "Publishing", code=code, table=table, bus=self.messaging.bus
        )
        behind = {n: each for n, each in compiled.recipients.items() if each.kind != EMAIL}
        self.recipients = Recipients(self, "Recipients", recipients=behind) if behind else None
        self.standing = Standing(self, "Standing")
        self.alerting = Alerting(
            self,
            "Alerting",
            code=code,
            table=table,
            topic=self.messaging.topic,
            bus=self.recipients.bus if self.recipients else None,
            standing=self.standing.table,
            statuses=sorted(compiled.plan.alerting),
        )
        self.waiting = Waiting(self, "Waiting", code=code, table=table, bus=self.messaging.bus)

    def _grant(self, compiled: Compiled) -> None:
        grants.let_tick(self.ticking, self.lanes)
        grants.let_queue(self.ticking, self.polling, self.lanes, compiled)
        grants.let_poll(self.polling, self.lanes, self.storage, self.heartbeat, compiled)
        grants.let_publish(self.publishing, self.storage, self.messaging)
        grants.let_alert(self.alerting, self.storage, self.messaging, self.recipients)
        grants.let_remember(self.alerting, self.standing)
        grants.let_wait(self.waiting, self.storage)

    def _show(self, code: lambda_.Code) -> None:
        boarding = Boarding(self, "Boarding", code=code, table=self.storage.table)
        grants.let_board(boarding, self.storage)
        shown = Shown(
            board=boarding.board,
            tick=self.ticking.tick,
            poll=self.polling.poll,
            publish=self.publishing.sender,
            alert=self.alerting.sender,
            wait=self.waiting.wait,
            answer=self.waiting.answer,
            table=self.storage.table,
            waits=self.waiting.waits.table,
            lanes=self.lanes.queue,
            dead_letters={
                "lanes": self.lanes.lost.queue,
                "events": self.publishing.dead_letters.queue,
                "alerts": self.alerting.dead_letters.queue,
            },
        )
        dashboard = Dashboard(self, "Dashboard", shown=shown)
        says = "Shows jobs, alarms and how Jobwatch does"
        cdk.CfnOutput(self, "DashboardUrl", value=dashboard.url, description=says)

    def _register(self) -> None:
        name = Schemas(self, "Schemas").registry.attr_registry_name
        says = "Holds the schemas of events and alerts"
        cdk.CfnOutput(self, "SchemaRegistryName", value=name, description=says)

    def _print(self) -> None:
        tick, poll = self.ticking.tick.function, self.polling.poll.function
        publish, alert = self.publishing.sender.function, self.alerting.sender.function
        unpublished, unsent = self.publishing.dead_letters.queue, self.alerting.dead_letters.queue
        lanes = self.lanes
        outputs = {
            "EventBusName": (self.messaging.bus_name, "The bus that carries every event"),
            "AlertTopicArn": (self.messaging.topic.topic_arn, "The topic to subscribe to"),
            "TableName": (self.storage.table.table_name, "What was last seen"),
            "TickFunctionName": (tick.function_name, "Invoke it with {} to poll every watch now"),
            "PollFunctionName": (poll.function_name, "Polls the lanes that are queued"),
            "PollRoleArn": (
                self.polling.poll.role.role_arn,
                "The role that other accounts trust: ./jobwatch member",
            ),
            "PublishFunctionName": (publish.function_name, "Puts events on the bus"),
            "AlertFunctionName": (alert.function_name, "Sends alerts to the topic"),
            "WaitFunctionName": (
                self.waiting.wait.function.function_name,
                "Invoke it with .waitForTaskToken to wait for a job",
            ),
            "AnswerFunctionName": (
                self.waiting.answer.function.function_name,
                "Tells who waits for jobs how they ended",
            ),
            "AlarmTopicArn": (
                self.messaging.alarms.topic_arn,
                "Notifies when Jobwatch itself is in trouble",
            ),
            "LanesQueueUrl": (lanes.queue.queue_url, "Holds the lanes that wait for their turn"),
            "LostLanesQueueUrl": (lanes.lost.queue.queue_url, "Holds lanes that were not polled"),
            "UnpublishedQueueUrl": (
                unpublished.queue_url,
                "Holds what could not be published: ./jobwatch replay",
            ),
            "UnsentQueueUrl": (
                unsent.queue_url,
                "Holds alerts that could not be sent: ./jobwatch replay",
            ),
        }
        for name, (value, description) in outputs.items():
            cdk.CfnOutput(self, name, value=value, description=description)
