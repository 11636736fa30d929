"""A state machine that waits for an SES import to end, without a loop."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

FOR_NOW = [
    *("CallError", "Lambda.TooManyRequestsException", "Lambda.Unknown"),
    "Sandbox.Timedout",
]
"""Errors of the call itself beside those that the CDK has a task try again."""


def build(app: cdk.App, wait: str) -> cdk.Stack:
    """Add a state machine whose input has the `job_id` of the import, and its output the end."""
    stack = cdk.Stack(app, "Waiting")
    task = tasks.LambdaInvoke(
        stack,
        "WaitForTheImport",
        lambda_function=lambda_.Function.from_function_name(stack, "Wait", wait),
        integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
        payload=sfn.TaskInput.from_object(
            {
                "source": "sesv2.import-jobs",
                "job_id": sfn.JsonPath.string_at("$.job_id"),
                "token": sfn.JsonPath.task_token,
                "give_up_after": 7200,
            }
        ),
        heartbeat_timeout=sfn.Timeout.duration(cdk.Duration.minutes(10)),
    )
    task.add_retry(errors=FOR_NOW, max_attempts=6)
    use = sfn.Pass(
        stack,
        "UseContacts",
        parameters={
            "job.$": "$.job_id",
            "status.$": "$.status",
            "records.$": "$.progress.processed",
        },
    )
    tell = sfn.Fail(stack, "Tell", error_path="$.Error", cause_path="$.Cause")
    task.add_catch(tell, errors=["Jobwatch.FAILED", "Jobwatch.CANCELLED"])
    machine = sfn.StateMachine(
        stack, "Import", definition_body=sfn.DefinitionBody.from_chainable(task.next(use))
    )
    cdk.CfnOutput(stack, "StateMachineArn", value=machine.state_machine_arn)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    wait = app.node.try_get_context("wait") or sys.exit("say who waits: -c wait=FUNCTION")
    build(app, wait)
    app.synth()
