"""A function that sends what the table's stream carries: publish and alert, each for itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.dead_letters import DeadLetters
from infra.function import Function
from infra.stream import add_alarm_on_age, read_stream


class Outlet(Construct):
    """The function, what connects it with the stream, and the queue of what it could not send."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        code: lambda_.Code,
        timeout: int,
        environment: Mapping[str, str],
        table: dynamodb.ITable,
        patterns: Iterable[Mapping[str, Any]],
        batch: int,
        window: int,
        waits: str,
        letters: str,
        holds: str,
    ) -> None:
        """`name` is the function's, and that of its folder; `timeout` is in seconds.

        An item that fits one of the patterns wakes the function, at most `batch` at once and those
        of `window` seconds together. `waits` says for what changes wait
        that come late; `letters` names the dead ones, `holds` says what they are.
        """
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetters(self, letters, entry=letters.lower(), holds=holds)
        queue = self.dead_letters.queue
        self.sender = Function(
            self,
            name,
            code=code,
            handler=f"lambdas.{name.lower()}.handler.handler",
            description=description,
            memory_size=256,
            timeout=timeout,
            environment={
                **environment,
                "TABLE_ARN": table.table_arn,
                "DEAD_LETTERS_QUEUE_URL": queue.queue_url,
            },
        )
        function = self.sender.function
        read_stream(
            self,
            function=function,
            table=table,
            patterns=patterns,
            batch=batch,
            window=window,
            dead_letters=queue,
        )
        entry = f"{name.lower()}-late"
        add_alarm_on_age(self, f"{name}Late", function, entry=entry, says=waits)
