"""Starts MiniStack, put right where it asks for or does something else than AWS.

MiniStack's own Python, which alone has MiniStack, runs this file by its path; nothing imports it.

- SNS and SQS have no permission for batches: AWS asks for `sns:Publish`, `sqs:SendMessage`.
- The principal that a policy's conditions see is the role, where MiniStack has the role's session.
- Lambda has a permission of its own for reading a function's concurrency, the account's, and for
  listing a function's durable executions.
- SNS lists a subscription that nobody confirmed without its ARN.
- DynamoDB asks for DescribeExport on the export, not on `*`; so do Step Functions on a Map Run, ECS
  on a task, CodeBuild on the project of builds, Athena on the workgroup of queries, and Lambda on a
  durable execution, also where the id of its callback names it.
- Lambda reads the message groups of a FIFO queue side by side, each in order.
- Lambda reads a table's stream for each mapping at its own pace: one function delays no other.
- Lambda goes on with the first record of a stream that a function reports as failed.
- The scheduler fills in when a schedule was due.
- CloudWatch lists rules that mute alarms, of which there are none.
- CloudWatch has the metrics that functions print in its embedded format, as Logs takes them out.
- Lambda's link to the code of a function is to where MiniStack serves, by TLS.
- Lambda runs a function durably that has a `DurableConfig`, which takes no word `Enabled`.
- Lambda resumes a durable execution only when the invocation that began it has ended.
- Lambda takes a timeout of 0 of a callback for none.
- Lambda's workers share the code of a function, as it was unpacked and compiled for the first.
- Lambda keeps the process of a handler that has raised, with all that it has read.

Port 443, which MiniStack serves besides its own port wherever it may, is left alone.
"""
# ruff: noqa: SLF001  no setting of MiniStack's does what is done here

import hashlib
import json
import re
import tempfile
import threading
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from ministack import app  # type: ignore[import-not-found]
from ministack.core import (  # type: ignore[import-not-found]
    concurrency,
    iam_actions,
    iam_evaluator,
    lambda_runtime,
)
from ministack.services import (  # type: ignore[import-not-found]
    athena,
    cloudwatch,
    dynamodb,
    eventbridge,
    lambda_durable,
    lambda_svc,
    sns,
)

ASKED_AS = {"sns:PublishBatch": "sns:Publish", "sqs:SendMessageBatch": "sqs:SendMessage"}
TO_READ = {
    "concurrency": "lambda:GetFunctionConcurrency",
    "account-settings": "lambda:GetAccountSettings",
    "durable-executions": "lambda:ListDurableExecutionsByFunction",
}
"""What Lambda asks for, by the last word of a path."""
SESSION = re.compile(r"arn:(.+?):sts::(\d+):assumed-role/([^/]+)/.*")
CALLBACK = re.compile("/[0-9-]+/durable-execution-callbacks/(?P<id>.+)/[a-z]+")
EXECUTION = re.compile("/[0-9-]+/durable-executions/(?P<arn>arn:.+/durable-execution/[^/]+/[^/]+)")
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
PAUSE = 0.05
"""Seconds between two looks at a stream in which nothing new is."""

Answer = tuple[int, dict[str, str], bytes]

_reading: ContextVar[str | None] = ContextVar("reading", default=None)
"""The UUID of the mapping for which a thread reads a stream."""


def put_action_right(action_of: Callable[..., str | None]) -> Callable[..., str | None]:
    """Name the action that AWS asks for."""

    def action(service: str, method: str, path: str, *more: Any) -> str | None:
        found = action_of(service, method, path, *more)
        if (service, method) == ("lambda", "GET"):
            found = TO_READ.get(path.rstrip("/").rpartition("/")[2], found)
        return ASKED_AS.get(found, found) if found else None

    return action


def put_principal_right(value_of: Callable[..., Any]) -> Callable[..., Any]:
    """Name the role of whoever has taken one, as far as its name goes."""

    def value(key: str, *request: Any) -> Any:
        found = value_of(key, *request)
        if key.lower() == "aws:principalarn":
            found = SESSION.sub(r"arn:\1:iam::\2:role/\3", found)
        return found

    return value


def put_resource_right(resource_of: Callable[..., str]) -> Callable[..., str]:
    """Name the resource that AWS asks about."""

    def resource(service: str, *request: Any) -> str:
        _method, path, _headers, body, _query, region, account = request
        named = json.loads(body or b"{}") if service in NAMED_BY else {}
        found = NAMED_BY[service](named) if named else None
        if service == "lambda":
            found = _execution_of(unquote(path))
        if found and not found.startswith("arn:"):
            found = f"arn:aws:{service}:{region}:{account}:{found}"
        return found or resource_of(service, *request)

    return resource


def _execution_of(path: str) -> str | None:
    """Name the durable execution that a path of Lambda's is about."""
    if found := CALLBACK.match(path):
        execution, _ = lambda_durable._callback_index.get(found["id"]) or (None, None)
        return execution
    found = EXECUTION.match(path)
    return found["arn"] if found else None


def _project_of(named: Any) -> str | None:
    """Name the project of the first build of those that are asked for."""
    return next((f"project/{each.partition(':')[0]}" for each in named.get("ids", ())), None)


def _workgroup_of(named: Any) -> str | None:
    """Name the workgroup of the first query of those that are asked for."""
    known = (athena._executions.get(each) for each in named.get("QueryExecutionIds", ()))
    return next((f"workgroup/{each['WorkGroup']}" for each in known if each), None)


NAMED_BY: dict[str, Callable[[Any], str | None]] = {
    "athena": _workgroup_of,
    "codebuild": _project_of,
    "dynamodb": lambda named: named.get("ExportArn"),
    "ecs": lambda named: next(iter(named.get("tasks", ())), None),
    "states": lambda named: named.get("mapRunArn"),
}
"""What a call names by something else than MiniStack looks at, by service."""


def put_concurrency_right(concurrency_of: Callable[..., int]) -> Callable[..., int]:
    """Let several batches be on their way where each is one message, so that no order is lost."""

    def concurrency_right(mapping: Any, function: Any, config: Any, queue: Any = None) -> int:
        alone = mapping.get("BatchSize") == 1
        return concurrency_of(mapping, function, config, None if alone else queue)

    return concurrency_right


def put_mappings_right(mappings: Callable[[], Iterable[Any]]) -> Callable[[], Iterable[Any]]:
    """Give a thread that reads for one mapping that one only."""

    def own() -> Iterable[Any]:
        return [m for m in mappings() if _reading.get() in (None, m[2]["UUID"])]

    return own


def put_streams_right(
    poll: Callable[[], bool], mappings: Callable[[], Iterable[Any]]
) -> Callable[[], bool]:
    """Give each mapping of a stream a thread of its own, which polls for it only."""
    known = set()

    def read(uuid: str) -> None:
        _reading.set(uuid)
        while mappings():
            if not poll():
                time.sleep(PAUSE)

    def start() -> bool:
        for *_, mapping in mappings():
            uuid = mapping["UUID"]
            if ":dynamodb:" in mapping["EventSourceArn"] and uuid not in known:
                known.add(uuid)
                concurrency.spawn_background(read, uuid)
        return False

    return start


def put_failures_right(
    execute: Callable[..., dict[str, Any]], positions: Any
) -> Callable[..., dict[str, Any]]:
    """Leave the stream's position at the first record that is reported as failed."""

    def execute_right(function: Any, event: Any) -> dict[str, Any]:
        result, uuid = execute(function, event), _reading.get()
        body = result.get("body")
        failures = body.get("batchItemFailures") if isinstance(body, dict) else None
        if not uuid or not failures:
            return result
        first = min((failure["itemIdentifier"] for failure in failures), key=int)
        table = event["Records"][0]["eventSourceARN"].split("/")[1]
        for record in dynamodb.stream_records_since(table, positions[uuid], len(event["Records"])):
            if record["dynamodb"]["SequenceNumber"] == first:
                break
            positions[uuid] += 1
        return result | {"error": True}

    return execute_right


def put_input_right(invoke: Callable[..., None]) -> Callable[..., None]:
    """Fill in the time of a schedule's tick."""

    def invoke_right(target: Any, event: Any, *more: Any) -> None:
        if SCHEDULED_TIME in target.get("Input", ""):
            due = datetime.fromtimestamp(event["Time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            target = target | {"Input": target["Input"].replace(SCHEDULED_TIME, due)}
        invoke(target, event, *more)

    return invoke_right


def put_alarms_right(handle: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    """List the rules that mute alarms: nobody can make one here."""

    async def handle_right(method: str, path: str, headers: Any, *request: Any) -> Answer:
        if headers.get("x-amz-target", "").endswith(".ListAlarmMuteRules"):
            found: Answer = cloudwatch._json_ok({"AlarmMuteRuleSummaries": []})
            return found
        return await handle(method, path, headers, *request)

    return handle_right


def put_metrics_right(log: Callable[..., None]) -> Callable[..., None]:
    """Make metrics of what a function prints in the embedded metric format."""

    def log_right(function: Any, request: str, text: str, *more: Any, **given: Any) -> None:
        log(function, request, text, *more, **given)
        for line in (text or "").splitlines():
            if '"CloudWatchMetrics"' in line:
                for metric in _embedded(json.loads(line)):
                    cloudwatch.record_metric(*metric)

    return log_right


def _embedded(told: Any) -> Iterator[tuple[str, str, float, str, dict[str, str]]]:
    """Give of each value its namespace and name, itself, its unit and its dimensions."""
    for group in told["_aws"]["CloudWatchMetrics"]:
        for names, metric in product(group["Dimensions"], group["Metrics"]):
            dimensions = {name: told[name] for name in names}
            found = told[metric["Name"]]
            for value in found if isinstance(found, list) else [found]:
                yield group["Namespace"], metric["Name"], value, metric["Unit"], dimensions


def put_link_right(link_of: Callable[..., str]) -> Callable[..., str]:
    """Link to where the code of a function is served."""

    def link(*function: Any) -> str:
        return link_of(*function).replace("http://localhost:", "https://127.0.0.1:")

    return link


def put_durable_right(config_of: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Enable what a function says of its durable executions."""

    def config_right(*function: Any, **given: Any) -> dict[str, Any]:
        config = config_of(*function, **given)
        if "DurableConfig" in config:
            config["DurableConfig"] |= {"Enabled": True}
        return config

    return config_right


def put_resuming_right(durable: Any) -> None:
    """Leave an execution alone whose first invocation runs: its end looks what came meanwhile."""
    begin, end, resume = (
        durable.create_execution_for_invoke,
        durable.record_invocation_completed,
        durable._resume_execution,
    )
    running = set()

    def begin_right(*function: Any, **given: Any) -> Any:
        record = begin(*function, **given)
        running.add(record["DurableExecutionArn"])
        return record

    def end_right(execution: str, *invocation: Any, **given: Any) -> None:
        running.discard(execution)
        end(execution, *invocation, **given)

    def resume_right(execution: str, *scope: Any) -> None:
        if execution not in running:
            resume(execution, *scope)

    durable.create_execution_for_invoke = begin_right
    durable.record_invocation_completed = end_right
    durable._resume_execution = resume_right


def put_timeouts_right(update: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Leave out timeouts of 0, as those that were not set."""

    def update_right(record: Any, told: Any) -> None:
        options = told.get("CallbackOptions") or {}
        some = {name: seconds for name, seconds in options.items() if seconds}
        update(record, {**told, "CallbackOptions": some})

    return update_right


class Code(zipfile.ZipFile):
    """The zip of a function, which is unpacked once: all workers have links to that."""

    _unpacking = threading.Lock()

    def extractall(self, path: Any = None, *given: Any) -> None:
        """Let an empty folder have the code."""
        digest = hashlib.sha256(Path(str(self.filename)).read_bytes()).hexdigest()
        shared = Path(tempfile.gettempdir(), f"code-{digest}")
        with self._unpacking:
            if not shared.exists():
                super().extractall(shared, *given)
        Path(path).rmdir()
        Path(path).symlink_to(shared, target_is_directory=True)


RAISED = '{"status": "error", "error": str(e), "trace"'
"""What a worker answers where its handler has raised, after which it would be ended."""


def put_workers_right(runtime: Any) -> None:
    """Let a worker live on whose handler has raised."""
    script, invoke = runtime._PYTHON_WORKER_SCRIPT, runtime.Worker.invoke
    kept = RAISED.replace('"error",', '"ok", "raised": True,', 1)
    runtime._PYTHON_WORKER_SCRIPT = script.replace(RAISED, kept)

    def invoke_right(*invocation: Any, **given: Any) -> dict[str, Any]:
        answer: dict[str, Any] = invoke(*invocation, **given)
        return answer | {"status": "error"} if answer.get("raised") else answer

    runtime.Worker.invoke = invoke_right


def put_subscriptions_right(
    listed: Callable[[Any], Answer], topics: Any
) -> Callable[[Any], Answer]:
    """Leave out the ARN of each subscription that was not confirmed."""

    def list_right(params: Any) -> Answer:
        status, headers, body = listed(params)
        for topic in topics.values():
            for each in topic["subscriptions"]:
                if not each["confirmed"]:
                    body = body.replace(each["arn"].encode(), b"PendingConfirmation")
        return status, headers, body

    return list_right


def put_right() -> None:
    """Replace what does something else than AWS."""
    iam_actions.extract_iam_action = put_action_right(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = put_resource_right(iam_actions.extract_resource_arn)
    iam_evaluator._resolve_condition_key = put_principal_right(iam_evaluator._resolve_condition_key)
    own = put_mappings_right(lambda_svc._iter_all_esms)
    lambda_svc._iter_all_esms = own
    lambda_svc._poll_dynamodb_streams = put_streams_right(lambda_svc._poll_dynamodb_streams, own)
    lambda_svc._execute_function = put_failures_right(
        lambda_svc._execute_function, lambda_svc._dynamodb_stream_positions
    )
    lambda_svc._sqs_esm_concurrency = put_concurrency_right(lambda_svc._sqs_esm_concurrency)
    sns._list_subscriptions_by_topic = put_subscriptions_right(
        sns._list_subscriptions_by_topic, sns._topics
    )
    cloudwatch.handle_request = put_alarms_right(cloudwatch.handle_request)
    lambda_svc._emit_lambda_logs = put_metrics_right(lambda_svc._emit_lambda_logs)
    lambda_svc._presigned_code_url = put_link_right(lambda_svc._presigned_code_url)
    lambda_svc._build_config = put_durable_right(lambda_svc._build_config)
    put_resuming_right(lambda_durable)
    lambda_durable._apply_update = put_timeouts_right(lambda_durable._apply_update)
    put_workers_right(lambda_runtime)
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": Code})
    eventbridge._invoke_target = put_input_right(eventbridge._invoke_target)
    app._port_is_bindable = lambda *_: False


if __name__ == "__main__":
    put_right()
    app.main()
