"""From what is asked for to a wait that is stored, and answered where it can be."""

from typing import Any

from lambdas.deadline import Deadline
from lambdas.wait.asked import read_wait, token_in
from lambdas.waits.answers import refusal
from lambdas.waits.settling import Outcome, Settler
from lambdas.waits.wait import RefusedError


def begin(settler: Settler, event: Any, deadline: Deadline) -> Outcome:
    """Remember a wait before its job is looked up (`waits.settling` says why); answer if it can be.

    :raises NoTokenError: where no task can be told.
    :raises CallError: where the wait could not be remembered for now.
    """
    kind, token = token_in(event)
    try:
        wait = read_wait(event, settler.plan, settler.own, settler.clock())
    except RefusedError as error:
        is_there = settler.tasks[kind].tell(token, refusal(error))
        return Outcome.ANSWERED if is_there else Outcome.OVER
    settler.memory.put(wait)
    (outcome,) = settler.settle([wait], deadline)
    return outcome
