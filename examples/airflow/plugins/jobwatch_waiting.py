"""Waits in Airflow 3 until a job has ended, on a queue behind Jobwatch's bus; no job API is asked.

Airflow's own `SqsSensor` takes a message off the queue before its task has gone on, so that a task
which is tried again finds none; hides what it leaves to others; and succeeds whatever a message
says. Here nothing is taken off: each wait looks for the message of its own job, leaves the others
to others, and fails as the job did. The queue forgets by itself.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.sqs import SqsHook
from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowFailException
from airflow.triggers.base import BaseTrigger, TriggerEvent

MOST = 10
"""Messages that SQS gives in one call."""
LISTENS = 20
"""Seconds that SQS waits for a message before it says that there is none."""
FRESH = 60
"""Seconds for which a message is given back at once: all who wait shall see it. After that, whoever
looks at it leaves it hidden for as long, so that it is in nobody's way."""


class JobEndedTrigger(BaseTrigger):
    """Fires with the event that tells the end of a job.

    `job` has fields of the event's detail that must be so, such as `source` and `job_id`. `pause`
    is how many seconds others have to find theirs before the queue is looked at again.
    """

    def __init__(
        self,
        sqs_queue: str,
        job: Mapping[str, Any],
        pause: float,
        aws_conn_id: str | None,
        region_name: str | None,
    ) -> None:
        super().__init__()
        self.sqs_queue = sqs_queue
        self.job = job
        self.pause = pause
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give what the triggerer makes the trigger of."""
        names = ("sqs_queue", "job", "pause", "aws_conn_id", "region_name")
        return f"{__name__}.{type(self).__name__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look at the queue until the job's message is there, which stays there."""
        hook = SqsHook(aws_conn_id=self.aws_conn_id, region_name=self.region_name)
        async with await hook.get_async_conn() as sqs:
            while True:
                found = await self._receive(sqs)
                own = [each for each in found if self._is_own(each)]
                fresh = [each for each in found if each not in own and _age(each) < FRESH]
                if fresh:
                    await self._give_back(sqs, fresh)
                if own:
                    yield TriggerEvent(_detail(own[0]))
                    return
                if fresh:
                    await asyncio.sleep(self.pause)

    def _is_own(self, message: Mapping[str, Any]) -> bool:
        return self.job.items() <= _detail(message).items()

    async def _receive(self, sqs: Any) -> Sequence[Any]:
        found = await sqs.receive_message(
            QueueUrl=self.sqs_queue,
            MaxNumberOfMessages=MOST,
            MessageSystemAttributeNames=["SentTimestamp"],
            WaitTimeSeconds=LISTENS,
            VisibilityTimeout=FRESH,
        )
        messages: Sequence[Any] = found.get("Messages", ())
        return messages

    async def _give_back(self, sqs: Any, messages: Sequence[Any]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"], "VisibilityTimeout": 0}
            for number, each in enumerate(messages)
        ]
        await sqs.change_message_visibility_batch(QueueUrl=self.sqs_queue, Entries=entries)


class JobSensor(BaseSensorOperator):
    """Waits for the end of a job without a slot of a worker; gives the detail of an event of that.

    It fails where the job failed, was cancelled or is gone, and with `partial="fail"` where the job
    succeeded in part; trying it again would change nothing, so that is not done. `timeout` says how
    many seconds it waits at most.
    """

    template_fields: Sequence[str] = ("sqs_queue", "job")

    def __init__(
        self,
        *,
        sqs_queue: str,
        job: Mapping[str, Any],
        partial: str | None = None,
        aws_conn_id: str | None = "aws_default",
        region_name: str | None = None,
        poke_interval: float = 10,
        **given: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **given)
        self.sqs_queue = sqs_queue
        self.job = job
        self.partial = partial
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name

    def execute(self, context: Context) -> None:  # noqa: ARG002  Airflow gives it
        """Leave the waiting to the triggerer."""
        self.defer(
            trigger=JobEndedTrigger(
                self.sqs_queue, self.job, self.poke_interval, self.aws_conn_id, self.region_name
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )

    def execute_complete(
        self,
        context: Context,  # noqa: ARG002  likewise
        event: Mapping[str, Any],
    ) -> Mapping[str, Any]:
        """End as the job did.

        :raises AirflowFailException: with what the event says of the failure.
        """
        good = {"SUCCEEDED"} if self.partial == "fail" else {"SUCCEEDED", "PARTIAL"}
        if event["status"] not in good:
            raise AirflowFailException(_why(event))
        return event


def _detail(message: Mapping[str, Any]) -> dict[str, Any]:
    """Give an event's detail, which is empty where somebody put something else into the queue."""
    try:
        detail = json.loads(message["Body"])["detail"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return detail if isinstance(detail, dict) else {}


def _age(message: Mapping[str, Any]) -> float:
    return time.time() - int(message["Attributes"]["SentTimestamp"]) / 1000


def _why(detail: Mapping[str, Any]) -> str:
    status = detail["raw_status"] if detail["status"] == "UNKNOWN" else detail["status"]
    said = detail["failure"]["message"]
    return f"Jobwatch.{status}: job {detail['job_id']}" + (f": {said}" if said else "")
