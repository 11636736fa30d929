"""Starts the local AWS for tests of two accounts: MiniStack lets nothing go from one to another.

- A rule's event goes to a bus of another account or region where EventBridge may take the rule's
  role, that may put events there, and the bus's policy lets it in.
- `PutPermission` takes a whole policy, which MiniStack leaves out.
- A task with `Credentials` takes the role that is named there, where the state machine's own may
  and that lets it in, for this state machine; and does what that one may, in its account.

Who may what, MiniStack's own IAM says, of the policies that are deployed. MiniStack's own Python
runs this file by its path; nothing imports it.
"""

import json
import runpy
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator as iam  # type: ignore[import-not-found]
from ministack.core.responses import (  # type: ignore[import-not-found]
    get_account_id,
    get_region,
    request_scope,
)
from ministack.services import (  # type: ignore[import-not-found]
    eventbridge,
    stepfunctions,
)
from ministack.services import iam as roles

STARTER = Path(__file__).parents[2] / "demo" / "start_ministack.py"
EVENTS = "events.amazonaws.com"

_taken: ContextVar[str | None] = ContextVar("taken", default=None)
"""The role that a task has taken."""


def asked(who: str, action: str, resource: str, **context: str) -> Any:
    """Give a request as MiniStack's IAM takes it; `who` is a role's ARN, or empty for a service."""
    given = {name.replace("_", ":"): value for name, value in context.items()}
    account = who.split(":")[4] if who else ""
    return iam.EvalContext(
        who, "AssumedRole", account, action, resource, get_region(), service_context=given
    )


def may(role: str, action: str, resource: str) -> bool:
    """Tell whether a role's own policies let it do something."""
    _, name = role.split("/", 1)
    policies = iam._gather_role_policies(name, role.split(":")[4])
    return bool(iam.evaluate(asked(role, action, resource), policies).decision == "Allow")


def lets_in(policy: Any, request: Any, service: str | None = None) -> bool:
    """Tell whether a resource's policy, or a role's trust, lets somebody in."""
    return bool(iam.evaluate_resource_policy(policy, request, service).decision == "Allow")


def trust_of(role: str) -> Any:
    """Give the document that says who may take a role."""
    _, name = role.split("/", 1)
    return roles._roles.get_scoped(role.split(":")[4], None, name)["AssumeRolePolicyDocument"]


def far_events(invoke: Callable[..., None]) -> Callable[..., None]:
    """Put a rule's event on a bus elsewhere, if all three let it go there."""

    def invoke_far(target: Any, event: Any, *more: Any) -> None:
        arn, role = target["Arn"], target.get("RoleArn", "")
        _, _, service, region, account, name = arn.split(":", 5)
        if service != "events" or (account, region) == (get_account_id(), get_region()):
            invoke(target, event, *more)
            return
        taking = asked("", "sts:AssumeRole", role, aws_sourceaccount=get_account_id())
        if not lets_in(trust_of(role), taking, EVENTS) or not may(role, "events:PutEvents", arn):
            return
        with request_scope(account, region):
            bus = name.removeprefix("event-bus/")
            policy = eventbridge._event_bus_policies.get(bus)
            if lets_in(policy, asked(role, "events:PutEvents", arn)):
                eventbridge._dispatch_event({**event, "EventBusName": bus})

    return invoke_far


def whole_policy(put: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Take a bus's policy as it is written."""

    def put_whole(data: Any) -> Any:
        answer = put({"StatementId": "whole", **data})
        if "Policy" in data:
            bus = data.get("EventBusName", "default")
            eventbridge._event_bus_policies[bus] = json.loads(data["Policy"])
        return answer

    return put_whole


def far_tasks(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Have a task with `Credentials` take the role that is named there."""

    def execute_far(state: Any, given: Any, execution: Any, context: Any) -> Any:
        role = state.get("Credentials", {}).get("RoleArn")
        if role:
            machine = context["StateMachine"]["Id"]
            own = stepfunctions._state_machines[machine]["roleArn"]
            taking = asked(own, "sts:AssumeRole", role, sts_externalid=machine)
            if not may(own, "sts:AssumeRole", role) or not lets_in(trust_of(role), taking):
                raise stepfunctions._ExecutionError("States.TaskFailed", f"{own} may not take it")
        taken = _taken.set(role)
        try:
            return execute(state, given, execution, context)
        finally:
            _taken.reset(taken)

    return execute_far


def under_the_role(invoke: Callable[..., Any]) -> Callable[..., Any]:
    """Do what a task does in the account of the role that it has taken, as far as that one may."""

    def invoke_there(resource: str, given: Any) -> Any:
        if not (role := _taken.get()):
            return invoke(resource, given)
        machine = given["StateMachineArn"]
        runs = machine.replace(":stateMachine:", ":execution:") + ":any"
        needs = {"StartExecution": machine, "DescribeExecution": runs, "StopExecution": runs}
        for action, where in needs.items():
            if not may(role, f"states:{action}", where):
                raise stepfunctions._ExecutionError("States.TaskFailed", f"{role}: {action}")
        with request_scope(role.split(":")[4], machine.split(":")[3]):
            return invoke(resource, given)

    return invoke_there


if __name__ == "__main__":
    eventbridge._invoke_target = far_events(eventbridge._invoke_target)
    eventbridge._put_permission = whole_policy(eventbridge._put_permission)
    stepfunctions._execute_task = far_tasks(stepfunctions._execute_task)
    stepfunctions._invoke_resource = under_the_role(stepfunctions._invoke_resource)
    runpy.run_path(str(STARTER), run_name="__main__")
