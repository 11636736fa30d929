"""From what is asked for to a wait that is stored, and answered where it can be."""

from typing import Any

from lambdas.deadline import Deadline
from lambdas.wait.asked import read_wait, token_in
from lambdas.waits.answers import refusal
from lambdas.waits.settling import Outcome, Settler
from lambdas.waits.wait import RefusedError
from lambdas.waits.watched import scopes_of


def begin(settler: Settler, event: Any, deadline: Deadline) -> Outcome:
    """Remember a wait before its job is looked up (`waits.settling` says why); answer if it can be.

    One that cannot come to an end is not remembered, nor one whose first heartbeat is denied: it
    could be told nothing, and would have its turn in each look at all waits for a year.

    :raises NoTokenError: where no task can be told.
    :raises CallError: where its task can never be told (DeniedError), or the wait not be remembered
        for now.
    """
    kind, token = token_in(event)
    try:
        wait = read_wait(event, settler.plan, settler.own, settler.clock())
        scopes_of(settler.plan, wait, settler.own)
    except RefusedError as error:
        is_there = settler.tasks[kind].tell(token, refusal(error))
        return Outcome.ANSWERED if is_there else Outcome.OVER
    if not settler.hears(wait, deadline):
        return Outcome.OVER
    settler.memory.put(wait)
    (outcome,) = settler.settle([wait], deadline)
    return outcome
