"""The function behind the dashboard's table of jobs: it reads the table, and writes HTML."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import timeouts
from infra.function import Function


class Boarding(Construct):
    """The board function. Nothing feeds it: CloudWatch invokes it as whoever looks."""

    def __init__(
        self, scope: Construct, construct_id: str, *, code: lambda_.Code, table: dynamodb.ITable
    ) -> None:
        super().__init__(scope, construct_id)
        self.board = Function(
            self,
            "Board",
            code=code,
            handler="lambdas.board.handler.handler",
            description="Shows jobs on the dashboard.",
            memory_size=256,
            timeout=timeouts.BOARD,
            environment={"TABLE_NAME": table.table_name},
        )
