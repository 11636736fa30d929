"""What the handlers of wait and answer share: their settings, their clients and their time."""

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger

from lambdas.deadline import Deadline
from lambdas.legible import write_line
from lambdas.members import Members, Units, with_members
from lambdas.plan import Plan
from lambdas.settings import setting
from lambdas.store.batches import StoreError
from lambdas.store.members import read_members
from lambdas.store.table import Table
from lambdas.waits.answers import Tell
from lambdas.waits.callbacks import Callbacks
from lambdas.waits.calls import CONFIG, CallError, call
from lambdas.waits.memory import Memory
from lambdas.waits.settling import Find, Settler
from lambdas.waits.tasks import Tasks
from lambdas.waits.wait import CALLBACK_ID, TOKEN

Know = Callable[[Collection[Units]], Mapping[Units, Members]]
LAST_SECONDS = 1
"""Seconds of an invocation that are left for its answer."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a function needs, made once; it is as `Settler` has it.

    `know` gives the accounts that are in organizations now, of which the plan names the units.
    """

    plan: Plan
    know: Know
    find: Find
    memory: Memory
    tasks: Mapping[str, Tell]
    pool: Executor
    logger: Logger

    def settler(self, context: Any) -> Settler:
        """Give what settles waits, in the place of an invocation.

        :raises CallError: where it could not be read who is in organizations.
        """
        # arn:aws:lambda:<region>:<account>:function:<name>
        region, account = context.invoked_function_arn.split(":")[3:5]
        return Settler(
            plan=with_members(self.plan, self._known()),
            own=(account, region),
            find=self.find,
            memory=self.memory,
            tasks=self.tasks,
            pool=self.pool,
            clock=partial(datetime.now, UTC),
            logger=self.logger,
        )

    def _known(self) -> Mapping[Units, Members]:
        try:
            known: Mapping[Units, Members] = call(partial(self.know, self.plan.units))
        except StoreError as error:
            raise CallError(type(error).__name__) from None
        return known


def make_parts(plan: Plan, tellers: int) -> Parts:
    """Make the clients, and what tells so many tasks side by side."""
    session = botocore.session.Session()
    dynamodb = session.create_client("dynamodb", config=CONFIG)
    pool = ThreadPoolExecutor(tellers)
    return Parts(
        plan=plan,
        know=partial(read_members, dynamodb, setting("TABLE_NAME")),
        find=Table(dynamodb, setting("TABLE_NAME"), pool).find,
        memory=Memory(dynamodb, setting("WAITS_TABLE_NAME")),
        tasks={
            TOKEN: Tasks(session.create_client("stepfunctions", config=CONFIG)),
            CALLBACK_ID: Callbacks(session.create_client("lambda", config=CONFIG)),
        },
        pool=pool,
        logger=Logger(json_serializer=write_line),
    )


def deadline_of(context: Any) -> Deadline:
    """Give when the last call of an invocation must be over."""
    left: float = context.get_remaining_time_in_millis() / 1000
    return Deadline(time.monotonic() + left - LAST_SECONDS)
