"""Durable functions wait as state machines do, told by the ids of their callbacks."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.plan import Plan
from lambdas.wait.asked import NoTokenError
from lambdas.waits.callbacks import OVER, Callbacks
from lambdas.waits.calls import CallError, DeniedError
from lambdas.waits.settling import Outcome
from tests.flow import make_plan
from tests.waits import CALLBACK, JOB, SOURCE, TOKEN, Waiting, refusing, said


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(tmp_path_factory.mktemp("plan"), {"contact-imports": {"source": SOURCE}})


@pytest.fixture
def waiting(plan: Plan) -> Waiting:
    return Waiting(plan)


def test_a_callback_gets_a_heartbeat_and_in_the_end_the_events_detail(waiting: Waiting) -> None:
    assert waiting.wait_by() is Outcome.WAITS
    waiting.sweep()
    assert waiting.callbacks.heartbeats == [CALLBACK] * 2
    waiting.see("SUCCEEDED")
    assert waiting.answer() == {"Answered": 1}
    assert waiting.callbacks.told[CALLBACK] == ("success", said("SUCCEEDED", job_id=JOB))
    assert waiting.left == 0


def test_a_callback_fails_with_the_error_that_a_task_would_have(waiting: Waiting) -> None:
    waiting.wait_by()
    waiting.see("FAILED")
    waiting.answer()
    error = ("Jobwatch.FAILED", "The file has a malformed row")
    assert waiting.callbacks.told[CALLBACK] == error


def test_tasks_and_callbacks_that_wait_for_one_job_are_each_told_by_their_own(
    waiting: Waiting,
) -> None:
    waiting.wait()
    waiting.wait_by()
    waiting.see()
    assert waiting.answer() == {"Answered": 2}
    assert (*waiting.tasks.told, *waiting.callbacks.told) == (TOKEN, CALLBACK)


def test_what_is_wrong_fails_the_callback_at_once(waiting: Waiting) -> None:
    assert waiting.wait_by(source="sesv2.import-job") is Outcome.ANSWERED
    assert waiting.callbacks.told[CALLBACK][0] == "Jobwatch.NOT_WATCHED"


def test_a_callback_that_is_over_is_forgotten(waiting: Waiting) -> None:
    waiting.wait_by()
    waiting.callbacks.over.add(CALLBACK)
    assert waiting.sweep() == {"Over": 1}
    assert waiting.left == 0


def refuse_heartbeats(waiting: Waiting, code: str) -> None:
    waiting.faults.meddle = refusing("SendTaskHeartbeat", code)


def test_by_an_id_of_another_account_nothing_is_remembered(waiting: Waiting) -> None:
    """It was for a year, and failed in each look at all waits: of such, anybody can make many."""
    refuse_heartbeats(waiting, "AccessDeniedException")
    with pytest.raises(DeniedError, match=r"^AccessDeniedException: .* their own account only"):
        waiting.wait_by()
    assert waiting.left == 0


def test_what_is_wrong_and_another_accounts_fails_the_call_in_the_same_words(
    waiting: Waiting,
) -> None:
    waiting.faults.meddle = refusing("SendTaskFailure", "AccessDeniedException")
    with pytest.raises(DeniedError, match="their own account only"):
        waiting.wait_by(source="sesv2.import-job")


def test_a_wait_whose_first_heartbeat_is_not_taken_for_now_goes_on(waiting: Waiting) -> None:
    refuse_heartbeats(waiting, "TooManyRequestsException")
    assert waiting.wait_by() is Outcome.FAILED
    waiting.faults.meddle = lambda _: None
    waiting.see("SUCCEEDED")
    assert waiting.answer() == {"Answered": 1}


def test_an_item_of_before_callbacks_were_known_is_a_tasks(waiting: Waiting) -> None:
    waiting.wait()
    (item,) = waiting.waits.items.values()
    item["wait"]["S"] = item["wait"]["S"].replace(', "kind": "token"', "")
    assert "kind" not in item["wait"]["S"]
    waiting.see()
    waiting.answer()
    assert TOKEN in waiting.tasks.told


@pytest.mark.parametrize(
    "given",
    [
        *({"callback_id": each} for each in ("", None, 7, "a b", "a" * 1_025, "=", "a===")),
        {"callback_id": CALLBACK, "token": TOKEN},
        {"callback_id": "a b", "token": TOKEN},
    ],
)
def test_without_one_of_both_and_one_alone_the_call_itself_fails(
    waiting: Waiting, given: dict[str, Any]
) -> None:
    with pytest.raises(NoTokenError, match="gives the id of its callback as callback_id instead"):
        waiting.wait_by(**given)
    assert not waiting.faults.calls


@pytest.mark.parametrize("code", [*sorted(OVER), "TooManyRequestsException"])
def test_only_what_is_over_is_called_so_and_no_error_has_the_id(code: str) -> None:
    class Refusing:
        def send_durable_execution_callback_heartbeat(self, **_: Any) -> None:
            said = {"Code": code, "Message": f"none is {CALLBACK}"}
            raise ClientError({"Error": said}, "SendDurableExecutionCallbackHeartbeat")

    callbacks = Callbacks(Refusing())
    if code in OVER:
        assert not callbacks.tell(CALLBACK, None)
        return
    with pytest.raises(CallError) as raised:
        callbacks.tell(CALLBACK, None)
    assert CALLBACK not in repr(raised.value)
