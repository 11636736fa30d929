"""The function that alerts: it sends alerts of what the table's stream carries.

Environment: `ALERT_TOPIC_ARN`; `ALERT_BUS_NAME`, where the plan has recipients behind that bus;
`TABLE_ARN`, of whose stream a record must be; `ALERTS_TABLE_NAME`, where it remembers what is
open; `DEAD_LETTERS_QUEUE_URL`, where it puts what topic or bus never take.

The event is a batch of DynamoDB stream records. The answer names the first record whose alert could
not be sent for now, and the stream comes back with it and all behind it::

    {"batchItemFailures": [{"itemIdentifier": "49590338271490256608559692538361571095"}]}

What people ask for, to mute or a test, has other events: `asked` says which.

With `"keep_refused": true` in the event, as a replay has it for what was put aside before, it
names what topic or bus never take as well, instead of putting it aside once more.

Metric, in the namespace `Jobwatch` and by `service`, the stack: `AlertLag`, for each change that
asks for an alert how many seconds after it was observed the alert was sent.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger, Metrics

from lambdas.alert.again import Again
from lambdas.alert.alerter import Alerter
from lambdas.alert.asked import Asked
from lambdas.alert.bus import AlertBus
from lambdas.alert.memory import WRITERS, Memory
from lambdas.alert.muting import Muting
from lambdas.alert.outlets import Outlets
from lambdas.alert.terms import limit_of
from lambdas.alert.trial import Trial
from lambdas.deadline import Deadline
from lambdas.legible import write_line
from lambdas.outbox.dead_letters import put_in
from lambdas.outbox.handling import CONFIG, end_of, handle, keep, note_lag
from lambdas.plan import Plan, read_plan
from lambdas.settings import plan_file, setting
from lambdas.unquoted import unquoted

PLAN = Path(__file__).parents[2] / "plan.json"


@unquoted
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send the alerts of a batch of stream records, or do what somebody asks for."""
    alerter, metrics, plan = _parts()
    if "Records" not in event:
        deadline = Deadline(end_of(context))
        return _asked(alerter, plan, context).answer(event, context.aws_request_id, deadline)
    if event.get("keep_refused"):
        alerter = replace(alerter, put_aside=keep)
    return handle(event, context, alerter.send, metrics)


@cache
def _parts() -> tuple[Alerter, Metrics, Plan]:
    session, metrics, plan = botocore.session.Session(), Metrics(), read_plan(plan_file(PLAN))
    alerter = Alerter(
        sns=session.create_client("sns", config=CONFIG),
        topic=setting("ALERT_TOPIC_ARN"),
        table=setting("TABLE_ARN"),
        policy_of=plan.policy_of,
        labels={name: source.label for name, source in plan.sources.items()},
        units={name: source.unit for name, source in plan.sources.items()},
        limit_of=partial(limit_of, plan.watches),
        account_names=plan.account_names,
        put_aside=put_in(
            session.create_client("sqs", config=CONFIG), setting("DEAD_LETTERS_QUEUE_URL")
        ),
        logger=Logger(json_serializer=write_line),
        on_sent=partial(note_lag, metrics, "AlertLag"),
        bus=_bus(session, plan) if plan.behind_bus else None,
        memory=Memory(
            client=session.create_client("dynamodb", config=CONFIG),
            name=setting("ALERTS_TABLE_NAME"),
            pool=ThreadPoolExecutor(WRITERS),
            retention=timedelta(seconds=plan.retention),
        ),
    )
    return alerter, metrics, plan


def _asked(alerter: Alerter, plan: Plan, context: Any) -> Asked:
    # arn:aws:lambda:<region>:<account>:function:<name>
    region, account = context.invoked_function_arn.split(":")[3:5]
    memory = alerter.memory
    outlets = Outlets(alerter.sns, alerter.topic, alerter.bus, set(), alerter.logger)
    return Asked(
        muting=Muting(memory.mutes, plan.watches.keys(), memory.clock),
        trial=Trial(outlets, plan.recipients, (account, region), memory.clock),
        again=Again(alerter.bus, memory),
        logger=alerter.logger,
    )


def _bus(session: Any, plan: Plan) -> AlertBus:
    events = session.create_client("events", config=CONFIG)
    return AlertBus(events, setting("ALERT_BUS_NAME"), plan.behind_bus, plan.pagers, plan.machines)
