"""Waiting for a job: whatever falls together, wherever a function is stopped, it is answered."""

import json
import logging
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError

from lambdas.answer.sweep import LOOKS_EVERY
from lambdas.deadline import Deadline
from lambdas.model import Scope
from lambdas.plan import Plan
from lambdas.store.batches import StoreError
from lambdas.wait.asked import NoTokenError
from lambdas.waits.answers import Failure, answer_of
from lambdas.waits.calls import CallError
from lambdas.waits.handling import Parts
from lambdas.waits.settling import Outcome
from lambdas.waits.wait import Wait
from tests.flow import make_plan
from tests.memory import Crash, Faults
from tests.values import DAY, HOUR, MINUTE, NOW, stored
from tests.waits import ACCOUNT, JOB, REGION, SOURCE, TOKEN, Waiting, ends_at, refusing, said

WATCHES: dict[str, Any] = {
    "contact-imports": {"source": SOURCE},
    "tuesdays": {"source": "dataexchange.jobs", "jobs": ["job-1", "job-2"]},
    "audience": {
        "source": "pinpoint.segment-import-jobs",
        "for": {"ApplicationId": "4f1c0a"},
    },
    "elsewhere": {"source": "sesv2.export-jobs", "regions": ["us-east-1", "eu-west-1"]},
    "tagged": {
        "source": "glue.job-runs",
        "for": {"JobName": "load"},
        "include": {"id": ["jr-*"]},
        "exclude": {"id": ["*-test"]},
    },
}
GIVEN_UP = "Jobwatch.GAVE_UP"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(tmp_path_factory.mktemp("plan"), WATCHES)


@pytest.fixture
def waiting(plan: Plan) -> Waiting:
    return Waiting(plan)


def with_hourly(plan: Plan, *, last: bool = False) -> Plan:
    """Add a watch of the same jobs that is due once an hour, as the first or the last."""
    hourly = replace(plan.watches["contact-imports"], name="hourly", every=3_600)
    watches = {"hourly": hourly, **plan.watches}
    return replace(plan, watches=plan.watches | {"hourly": hourly} if last else watches)


class TestAnswer:
    @pytest.mark.parametrize("status", ["SUCCEEDED", "PARTIAL"])
    def test_a_task_succeeds_with_the_events_detail(self, waiting: Waiting, status: str) -> None:
        waiting.wait()
        waiting.see(status)
        assert waiting.answer() == {"Answered": 1}
        assert waiting.tasks.told[TOKEN] == ("success", said(status, job_id=JOB))
        assert waiting.left == 0

    def test_a_job_that_succeeded_in_part_fails_the_task_that_asks_for_it(
        self, waiting: Waiting
    ) -> None:
        waiting.wait(partial="fail")
        waiting.see("PARTIAL")
        waiting.answer()
        assert waiting.tasks.told[TOKEN] == ("Jobwatch.PARTIAL", "The file has a malformed row")

    @pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
    def test_a_task_fails_with_the_failures_message_as_its_cause(
        self, waiting: Waiting, status: str
    ) -> None:
        waiting.wait()
        waiting.see(status)
        waiting.answer()
        error = f"Jobwatch.{status}"
        assert waiting.tasks.told[TOKEN] == (error, "The file has a malformed row")

    @pytest.mark.parametrize(
        ("failure", "cause"),
        [
            ({"code": "E42", "message": None, "details": []}, "E42"),
            ({"code": None, "message": None, "details": []}, "the service does not say why"),
        ],
    )
    def test_a_service_that_says_no_message_leaves_its_code_or_that_it_says_nothing(
        self, waiting: Waiting, failure: dict[str, Any], cause: str
    ) -> None:
        waiting.wait()
        waiting.see("FAILED", failure=failure)
        waiting.answer()
        assert waiting.tasks.told[TOKEN] == ("Jobwatch.FAILED", cause)

    def test_of_a_job_that_had_ended_before_the_first_look_no_service_is_said_to_be_silent(
        self, waiting: Waiting
    ) -> None:
        nothing = {"code": None, "message": None, "details": []}
        waiting.see("FAILED", failure=nothing, announce=None)
        waiting.wait()
        assert waiting.tasks.told[TOKEN] == (
            "Jobwatch.FAILED",
            "it is not known why: the job had ended before it was first looked at",
        )

    def test_a_job_that_is_gone_fails_the_task_as_not_found(self, waiting: Waiting) -> None:
        waiting.wait()
        waiting.see("UNKNOWN", "NOT_FOUND")
        waiting.answer()
        error, cause = waiting.tasks.told[TOKEN]
        assert (error, "gone" in cause) == ("Jobwatch.NOT_FOUND", True)

    def test_an_unknown_status_is_no_end(self, waiting: Waiting) -> None:
        waiting.wait()
        waiting.see("UNKNOWN", "SHINY_AND_NEW")
        assert waiting.answer() == {"Waits": 1}
        assert not waiting.tasks.told

    def test_a_job_that_has_ended_already_is_answered_at_once(self, waiting: Waiting) -> None:
        waiting.see("FAILED")
        assert waiting.wait() is Outcome.ANSWERED
        assert waiting.tasks.told[TOKEN][0] == "Jobwatch.FAILED"
        assert waiting.left == 0

    def test_an_event_that_the_table_does_not_bear_out_ends_nothing(self, waiting: Waiting) -> None:
        """Whoever may invoke the function could else make a job end."""
        waiting.see("RUNNING")
        waiting.wait()
        assert waiting.answer() == {"Waits": 1}
        assert not waiting.tasks.told

    def test_how_it_ended_counts_before_that_another_watch_lost_it(self, plan: Plan) -> None:
        other = replace(plan.watches["contact-imports"], name="another")
        waiting = Waiting(replace(plan, watches={"another": other, **plan.watches}))
        waiting.see("UNKNOWN", "NOT_FOUND", watch="another")
        waiting.see("SUCCEEDED", watch="contact-imports")
        waiting.wait()
        assert waiting.tasks.told[TOKEN][0] == "success"

    def test_a_job_that_one_watch_lost_and_another_still_follows_has_not_ended(
        self, plan: Plan
    ) -> None:
        other = replace(plan.watches["contact-imports"], name="another")
        waiting = Waiting(replace(plan, watches={"another": other, **plan.watches}))
        waiting.see("UNKNOWN", "NOT_FOUND", watch="another")
        waiting.see("RUNNING", watch="contact-imports")
        assert waiting.wait() is Outcome.WAITS
        assert waiting.answer() == {"Waits": 1}
        waiting.see("UNKNOWN", "NOT_FOUND", watch="contact-imports")
        assert waiting.answer() == {"Answered": 1}
        assert waiting.tasks.told[TOKEN][0] == "Jobwatch.NOT_FOUND"

    def test_of_two_runs_of_one_id_the_one_that_was_seen_last_counts(self, plan: Plan) -> None:
        """A watch that is due once an hour still has the end of the run before."""
        waiting = Waiting(with_hourly(plan))
        waiting.see("SUCCEEDED", watch="hourly")
        waiting.see("RUNNING", watch="contact-imports", moved_at=NOW + MINUTE)
        assert waiting.wait() is Outcome.WAITS
        waiting.see("FAILED", watch="contact-imports", moved_at=NOW + 2 * MINUTE)
        assert waiting.answer() == {"Answered": 1}
        assert waiting.tasks.told[TOKEN][0] == "Jobwatch.FAILED"

    def test_an_end_of_one_watch_waits_for_what_another_saw_since(self, plan: Plan) -> None:
        waiting = Waiting(with_hourly(plan, last=True))
        waiting.see("SUCCEEDED", watch="hourly")
        waiting.see("RUNNING", watch="contact-imports", moved_at=NOW + MINUTE)
        refuse(waiting, "JobsBatchGetItem", client_error("InternalServerError"), times=1)
        assert waiting.wait() is Outcome.FAILED
        assert waiting.wait() is Outcome.WAITS

    def test_a_slow_watch_that_has_not_seen_the_end_holds_up_no_answer(self, plan: Plan) -> None:
        waiting = Waiting(with_hourly(plan))
        waiting.see("RUNNING", watch="hourly")
        waiting.see("SUCCEEDED", watch="contact-imports", moved_at=NOW + MINUTE)
        assert waiting.wait() is Outcome.ANSWERED

    @pytest.mark.parametrize("message", ["x" * 40_000, "ü" * 40_000])
    def test_a_cause_is_no_longer_than_step_functions_takes(
        self, waiting: Waiting, message: str
    ) -> None:
        waiting.see("FAILED", failure={"code": None, "message": message, "details": []})
        waiting.wait()
        assert 10_000 < len(waiting.tasks.told[TOKEN][1]) <= 32_768


class TestGivingUp:
    @pytest.mark.parametrize("seconds", [120, 120.0])
    def test_a_job_that_still_runs_is_given_up_when_the_wait_says(
        self, waiting: Waiting, seconds: float
    ) -> None:
        waiting.see("RUNNING")
        waiting.wait(give_up_after=seconds)
        assert waiting.sweep() == {"Waits": 1}
        assert waiting.sweep() == {"Answered": 1}
        cause = "the job has not ended after 120 seconds: it was last seen RUNNING"
        assert waiting.tasks.told[TOKEN] == (GIVEN_UP, cause)
        assert waiting.left == 0

    def test_a_job_that_never_appears_is_given_up_when_the_wait_says(
        self, waiting: Waiting
    ) -> None:
        waiting.wait(give_up_after=60)
        waiting.sweep()
        cause = "the job has not ended after 60 seconds: no poll sees it"
        assert waiting.tasks.told[TOKEN] == (GIVEN_UP, cause)

    def test_a_job_that_never_appears_is_given_up_after_a_day_and_two_polls(
        self, waiting: Waiting
    ) -> None:
        waiting.wait()
        waiting.now += DAY - 10 * MINUTE
        waiting.repair()
        assert not waiting.tasks.told
        waiting.now += 11 * MINUTE
        waiting.repair()
        assert waiting.tasks.told[TOKEN][0] == GIVEN_UP

    def test_not_while_its_watch_may_not_have_looked_yet(self, plan: Plan) -> None:
        daily = replace(plan.watches["contact-imports"], every=86_400)
        waiting = Waiting(replace(plan, watches={"contact-imports": daily}))
        waiting.wait()
        waiting.now += 2 * DAY
        waiting.repair()
        assert not waiting.tasks.told

    @pytest.mark.parametrize("key", ["idle_every", "discover_every"])
    def test_nor_while_a_place_that_was_idle_or_is_new_may_not_have_been_looked_at(
        self, plan: Plan, key: str
    ) -> None:
        """Its next poll is a day later and takes some time: the job was given up before."""
        rare = replace(plan.watches["contact-imports"], **{key: 86_400})  # type: ignore[arg-type]
        waiting = Waiting(replace(plan, watches={"contact-imports": rare}))
        waiting.wait()
        waiting.now += DAY + 10 * MINUTE
        waiting.repair()
        assert not waiting.tasks.told

    def test_a_job_that_runs_is_waited_for_as_long_as_a_state_machine_may(
        self, waiting: Waiting
    ) -> None:
        waiting.wait()
        waiting.see("RUNNING")
        waiting.now += 364 * DAY
        waiting.repair()
        assert not waiting.tasks.told
        waiting.now += DAY
        waiting.repair()
        assert waiting.tasks.told[TOKEN][0] == GIVEN_UP

    @pytest.mark.parametrize("every", [60, 86_400], ids=["each minute", "each day"])
    def test_one_that_was_seen_goes_on_until_the_watch_that_took_the_place_may_have_looked(
        self, plan: Plan, every: int
    ) -> None:
        """Of a watch that was renamed after more than a day, what still ran was given up."""
        watch = replace(plan.watches["contact-imports"], every=every)
        waiting = Waiting(replace(plan, watches={"contact-imports": watch}))
        waiting.wait()
        waiting.see("RUNNING")
        for _ in range(60):
            waiting.now += 2 * HOUR
            waiting.repair()
        renamed = {"imports": replace(watch, name="imports")}
        waiting.settler = replace(waiting.settler, plan=replace(plan, watches=renamed))
        waiting.now += timedelta(seconds=watch.every)
        waiting.repair()
        assert not waiting.tasks.told
        waiting.now += timedelta(seconds=2 * watch.every) + DAY
        waiting.repair()
        assert waiting.tasks.told[TOKEN][0] == GIVEN_UP

    def test_one_that_is_left_out_by_now_is_given_up_as_one_that_no_poll_sees(
        self, waiting: Waiting
    ) -> None:
        """It is closed then, and had heartbeats for as long as the table remembers it: a month."""
        waiting.wait()
        waiting.see("RUNNING")
        waiting.repair()
        waiting.see("RUNNING", expires_at=waiting.now + 30 * DAY)
        waiting.repair()
        assert not waiting.tasks.told
        waiting.now += DAY
        waiting.repair()
        error, cause = waiting.tasks.told[TOKEN]
        assert error == GIVEN_UP
        assert cause.endswith("it was last seen RUNNING, and is followed no more")

    def test_that_it_was_seen_is_written_down_twice_a_day_at_most(self, waiting: Waiting) -> None:
        waiting.wait()
        waiting.see("RUNNING")
        waiting.sweep(minutes=3 * 24 * 60)
        assert waiting.faults.calls.count("PutWait") <= 1 + 2 * 3

    def test_one_with_an_end_of_its_own_is_written_once(self, waiting: Waiting) -> None:
        waiting.wait(give_up_after=3 * 86_400)
        waiting.see("RUNNING")
        waiting.now += 2 * DAY
        waiting.repair()
        assert waiting.faults.calls.count("PutWait") == 1

    def test_one_that_ended_as_it_is_given_up_has_ended(self, waiting: Waiting) -> None:
        waiting.wait(give_up_after=60)
        waiting.see("SUCCEEDED")
        waiting.sweep()
        assert waiting.tasks.told[TOKEN][0] == "success"

    def test_dynamodb_forgets_a_wait_a_day_after_its_end(self, waiting: Waiting) -> None:
        waiting.wait(give_up_after=3_600)
        (item,) = waiting.waits.items.values()
        assert int(item["expires_at"]["N"]) == int((waiting.now + HOUR + DAY).timestamp())


class TestUntold:
    """An answer that is not taken, for now or ever, as by a state machine under its own key."""

    CODE = "KmsAccessDeniedException"

    @pytest.fixture
    def untold(self, waiting: Waiting) -> Waiting:
        waiting.wait()
        waiting.see("SUCCEEDED")
        waiting.faults.meddle = refusing("SendTaskSuccess", self.CODE)
        assert waiting.answer() == {"Failed": 1}
        return waiting

    def test_gets_no_heartbeat_so_that_its_task_can_notice(self, untold: Waiting) -> None:
        """It got one in four of five minutes, for a year."""
        before = len(untold.tasks.heartbeats)
        assert untold.sweep(minutes=30) == {"Failed": 1}
        assert len(untold.tasks.heartbeats) == before

    def test_is_told_by_the_next_look_once_it_is_taken(self, untold: Waiting) -> None:
        untold.faults.meddle = lambda _: None
        assert untold.sweep() == {"Answered": 1}
        assert untold.left == 0

    def test_is_forgotten_once_its_task_ran_out_of_heartbeats(self, untold: Waiting) -> None:
        untold.faults.meddle = lambda _: None
        untold.tasks.over.add(TOKEN)
        assert untold.sweep() == {"Over": 1}
        assert untold.left == 0

    def test_of_a_job_that_runs_again_has_its_heartbeats_again(self, untold: Waiting) -> None:
        untold.see("RUNNING")
        before = len(untold.tasks.heartbeats)
        assert untold.sweep() == {"Waits": 1}
        assert len(untold.tasks.heartbeats) == before + 1

    def test_that_can_not_be_noted_is_tried_again_all_the_same(self, waiting: Waiting) -> None:
        waiting.wait()
        waiting.see("SUCCEEDED")

        def refuse(called: str) -> None:
            for each in ("SendTaskSuccess", "PutWait"):
                refusing(each, self.CODE)(called)

        waiting.faults.meddle = refuse
        assert waiting.answer() == {"Failed": 1}
        waiting.faults.meddle = lambda _: None
        waiting.repair()
        assert waiting.tasks.told[TOKEN][0] == "success"


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchGetItem"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        StoreError("DynamoDB left out all 1 items 7 times in a row"),
    ],
)
def test_where_it_can_not_be_read_who_is_in_organizations_the_error_is_that_of_any_call(
    waiting: Waiting, error: Exception
) -> None:
    """On which state machines try again: there was another one for each of these."""

    def know(_: object) -> Any:
        raise error

    it = waiting.settler
    parts = Parts(it.plan, know, it.find, it.memory, it.tasks, it.pool, it.logger)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:wait"
    with pytest.raises(CallError):
        parts.settler(SimpleNamespace(invoked_function_arn=arn))


class TestRefusal:
    @pytest.mark.parametrize(
        ("given", "error", "words"),
        [
            ({"source": "sesv2.import-job"}, "NOT_WATCHED", "did you mean sesv2.import-jobs?"),
            ({"source": "glue.x"}, "NOT_WATCHED", "watched are dataexchange.jobs"),
            (
                {"source": "glue.job-runs", "job_id": "j1"},
                *("NOT_WATCHED", "job_id: j1 is left out by the globs of watch tagged"),
            ),
            (
                {"source": "glue.job-runs", "job_id": "jr-1-test"},
                *("NOT_WATCHED", "job_id: jr-1-test is left out by the globs of watch tagged"),
            ),
            ({"region": "eu-central-1"}, "NOT_WATCHED", "in region eu-central-1"),
            ({"account": "999900001111"}, "NOT_WATCHED", "account 999900001111"),
            (
                {"source": "dataexchange.jobs", "job_id": "job-3"},
                *("NOT_WATCHED", "job-3 is not among the `jobs` of watch tuesdays"),
            ),
            (
                {
                    "source": "pinpoint.segment-import-jobs",
                    "parameters": {"ApplicationId": "other", "SegmentId": "s"},
                },
                *("NOT_WATCHED", "ApplicationId=4f1c0a"),
            ),
            (
                {"source": "pinpoint.segment-import-jobs"},
                *("WRONG_INPUT", "found no SegmentId"),
            ),
            ({"parameters": {"AppId": "x"}}, "WRONG_INPUT", "found AppId, expected none"),
            ({"parameters": ["x"]}, "WRONG_INPUT", "expected an object of texts"),
            ({"job_id": ""}, "WRONG_INPUT", "job_id: found nothing, expected a text"),
            ({"job_id": 12}, "WRONG_INPUT", "job_id: found a int, expected a text"),
            ({"job_id": "\ud800"}, "WRONG_INPUT", "job_id: found \ufffd, expected a text of whole"),
            ({"job_id": "é" * 1_025}, "WRONG_INPUT", "expected a text of whole characters, 2048"),
            ({"region": "\udfff"}, "WRONG_INPUT", "region: found \ufffd, expected"),
            (
                {"source": "pinpoint.segment-import-jobs", "parameters": {"SegmentId": "\ud800"}},
                *("WRONG_INPUT", "parameters: found \ufffd, expected"),
            ),
            ({"source": None}, "WRONG_INPUT", "source: found nothing"),
            ({"give_up_after": 0}, "WRONG_INPUT", "give_up_after: found 0, expected whole seconds"),
            ({"give_up_after": 1.5}, "WRONG_INPUT", "found 1.5"),
            ({"give_up_after": True}, "WRONG_INPUT", "found True"),
            ({"give_up_after": 31_536_001}, "WRONG_INPUT", "to 31536000 (a year)"),
            ({"give_up_after": "600"}, "WRONG_INPUT", "found str"),
            ({"partial": "ignore"}, "WRONG_INPUT", "found ignore, expected 'fail'"),
            ({"give_up_aftr": 60}, "WRONG_INPUT", "is none of its keys, expected give_up_after?"),
        ],
    )
    def test_what_is_wrong_fails_the_task_at_once_and_in_words(
        self, waiting: Waiting, given: dict[str, Any], error: str, words: str
    ) -> None:
        assert waiting.wait(**given) is Outcome.ANSWERED
        told, cause = waiting.tasks.told[TOKEN]
        assert (told, words in cause) == (f"Jobwatch.{error}", True), cause
        assert TOKEN not in cause
        assert waiting.faults.calls == ["SendTaskFailure"], "nothing is remembered of it"

    @pytest.mark.parametrize("token", ["", None, 7, "x" * 2_049, "x\ud800"])
    def test_without_a_token_no_task_can_be_told_and_the_call_itself_fails(
        self, waiting: Waiting, token: Any
    ) -> None:
        with pytest.raises(NoTokenError, match=r"expected the task token: .*waitForTaskToken"):
            waiting.wait(token)
        assert not waiting.faults.calls

    def test_an_id_that_nothing_can_hold_keeps_no_other_from_its_answer(
        self, waiting: Waiting
    ) -> None:
        """They would be looked up together, whichever minute the other's turn is in."""
        waiting.wait()
        for number in range(100):
            waiting.wait(f"token {number}", job_id=f"{number}\ud800")
        waiting.see()
        waiting.repair()
        assert waiting.tasks.told[TOKEN][0] == "success"

    def test_a_job_that_the_globs_of_a_watch_take_in_is_waited_for(self, waiting: Waiting) -> None:
        assert waiting.wait(source="glue.job-runs", job_id="jr-1") is Outcome.WAITS

    def test_keys_that_are_null_are_left_out(self, waiting: Waiting) -> None:
        """So writes a state machine that passes on what it may have been given."""
        null = dict.fromkeys(("account", "region", "parameters", "give_up_after", "partial"))
        assert waiting.wait(**null) is Outcome.WAITS

    def test_a_watch_that_is_removed_fails_who_waits_for_its_jobs(self, plan: Plan) -> None:
        waiting = Waiting(plan)
        waiting.wait()
        others = {n: each for n, each in plan.watches.items() if n != "contact-imports"}
        waiting.settler = replace(waiting.settler, plan=replace(plan, watches=others))
        waiting.repair()
        assert waiting.tasks.told[TOKEN][0] == "Jobwatch.NOT_WATCHED"


class TestPlaces:
    def test_a_parent_that_the_watch_names_may_be_left_out(self, waiting: Waiting) -> None:
        source = "pinpoint.segment-import-jobs"
        parents = {"ApplicationId": "4f1c0a", "SegmentId": "9be201"}
        waiting.see("SUCCEEDED", watch="audience", source=source, parameters=parents)
        for token, given in {"a": {"SegmentId": "9be201"}, "b": parents}.items():
            assert waiting.wait(token, source=source, parameters=given) is Outcome.ANSWERED

    def test_another_parents_job_of_that_id_is_another_job(self, waiting: Waiting) -> None:
        source = "pinpoint.segment-import-jobs"
        parents = {"ApplicationId": "4f1c0a", "SegmentId": "9be201"}
        waiting.see("SUCCEEDED", watch="audience", source=source, parameters=parents)
        given = {"SegmentId": "other"}
        assert waiting.wait(source=source, parameters=given) is Outcome.WAITS

    def test_another_regions_job_is_looked_up_there(self, waiting: Waiting) -> None:
        source = "sesv2.export-jobs"
        waiting.see("SUCCEEDED", watch="elsewhere", source=source, region="us-east-1")
        assert waiting.wait("a", source=source) is Outcome.WAITS
        assert waiting.wait("b", source=source, region="us-east-1") is Outcome.ANSWERED

    @pytest.mark.parametrize("given", [{}, {"give_up_after": 3 * 86_400}])
    def test_a_watch_that_names_the_parents_no_more_goes_on_with_who_waits_there(
        self, plan: Plan, given: dict[str, Any]
    ) -> None:
        """It sees more than before; who had left out what it named was failed for that."""
        source, parents = "glue.job-runs", {"JobName": "load"}
        waiting = Waiting(plan)
        waiting.wait(source=source, job_id="jr-1", **given)
        waiting.see("RUNNING", source=source, job_id="jr-1", parameters=parents)
        waiting.repair()
        wider = replace(plan.watches["tagged"], parameters={})
        watches = {**plan.watches, "tagged": wider}
        waiting.settler = replace(waiting.settler, plan=replace(plan, watches=watches))
        waiting.repair()
        assert not waiting.tasks.told
        waiting.see("SUCCEEDED", source=source, job_id="jr-1", parameters=parents)
        waiting.repair()
        assert waiting.tasks.told[TOKEN][0] == "success"

    def test_a_watch_that_names_other_parents_fails_who_waits_where_it_looked(
        self, plan: Plan
    ) -> None:
        """It was looked for with the others, and given up a day later."""
        source, parents = "glue.job-runs", {"JobName": "load"}
        waiting = Waiting(plan)
        waiting.wait(source=source, job_id="jr-1")
        waiting.see("RUNNING", source=source, job_id="jr-1", parameters=parents)
        waiting.repair()
        other = replace(plan.watches["tagged"], parameters={"JobName": "another"})
        watches = {**plan.watches, "tagged": other}
        waiting.settler = replace(waiting.settler, plan=replace(plan, watches=watches))
        waiting.repair()
        assert waiting.tasks.told[TOKEN][0] == "Jobwatch.NOT_WATCHED"

    def test_of_one_id_in_two_places_it_is_noted_of_neither(self, plan: Plan) -> None:
        source = "glue.job-runs"
        other = replace(plan.watches["tagged"], name="other", parameters={"JobName": "other"})
        waiting = Waiting(replace(plan, watches={**plan.watches, "other": other}))
        for watch in ("tagged", "other"):
            waiting.see("RUNNING", source=source, job_id="jr-1", watch=watch)
        waiting.wait(source=source, job_id="jr-1")
        ((wait,),) = waiting.settler.memory.all(None)
        assert wait.parameters == {}


class TestTasksThatAreOver:
    def test_a_wait_whose_task_was_stopped_is_forgotten_with_the_next_heartbeat(
        self, waiting: Waiting
    ) -> None:
        waiting.wait()
        waiting.tasks.over.add(TOKEN)
        assert waiting.sweep() == {"Over": 1}
        assert waiting.left == 0

    def test_a_token_that_step_functions_does_not_take_is_said_at_once(
        self, waiting: Waiting
    ) -> None:
        """Such as another account's: no answer would ever reach its task."""
        waiting.tasks.over.add(TOKEN)
        assert waiting.wait() is Outcome.OVER
        assert waiting.left == 0


def stopped(
    plan: Plan, begin: Callable[[Waiting], None], act: Callable[[Waiting], object]
) -> Iterator[tuple[Waiting, int, bool]]:
    """Stop what comes after a beginning at each of its calls; give what is started again then."""

    def whole(faults: Faults) -> None:
        waiting = Waiting(plan, faults)
        begin(waiting)
        act(waiting)

    for call, after in every_stop(whole):
        waiting = Waiting(plan)
        begin(waiting)
        waiting.faults.stop_at, waiting.faults.after = call, after
        with pytest.raises(Crash):
            act(waiting)
        waiting.faults.restart()
        yield waiting, call, after


def every_stop(run: Callable[[Faults], None]) -> Iterator[tuple[int, bool]]:
    """Give each call at which `run` may be stopped, before and after its effect."""
    counted = Faults()
    run(counted)
    assert counted.calls
    return ((call, after) for call in range(len(counted.calls)) for after in (False, True))


def again(waiting: Waiting) -> None:
    """Let the state machine retry the task: the failed call ended the one before."""
    waiting.faults.restart()
    waiting.tasks.over.add(TOKEN)
    waiting.wait("second")


def answered(waiting: Waiting) -> tuple[str, ...]:
    """Give what the task that was not ended by a failed call was told; nothing is left."""
    assert waiting.left == 0
    ((_, told),) = ((t, w) for t, w in waiting.tasks.told.items() if t not in waiting.tasks.over)
    return told


SUCCESS = ("success", said("SUCCEEDED", job_id=JOB))


class TestRaces:
    @pytest.mark.parametrize(
        ("ends", "event_comes"), [(end, event) for end in range(4) for event in range(end, 4)]
    )
    def test_the_job_ends_at_any_call_of_wait_and_its_event_comes_at_any(
        self, waiting: Waiting, ends: int, event_comes: int
    ) -> None:
        """Each is before the call of that number: heartbeat, put, look up; or after the last."""

        def meddle(_: str) -> None:
            at = len(waiting.faults.calls) - 1
            waiting.faults.meddle = lambda _: None
            _happen(waiting, ends=at == ends, event_comes=at == event_comes)
            waiting.faults.calls[at + 1 :] = []
            waiting.faults.meddle = meddle

        waiting.faults.meddle = meddle
        waiting.wait()
        calls = len(waiting.faults.calls)
        waiting.faults.meddle = lambda _: None
        _happen(waiting, ends=ends >= calls, event_comes=event_comes >= calls)
        assert answered(waiting) == SUCCESS

    def test_wait_is_stopped_at_any_call_before_the_end(self, plan: Plan) -> None:
        for call, after in every_stop(lambda faults: _wait(Waiting(plan, faults))):
            waiting = Waiting(plan, Faults(stop_at=call, after=after))
            with pytest.raises(Crash):
                waiting.wait()
            again(waiting)
            waiting.see()
            waiting.answer()
            waiting.repair()
            assert answered(waiting) == SUCCESS, (call, after)

    def test_wait_is_stopped_at_any_call_after_the_end(self, plan: Plan) -> None:
        def at_once(faults: Faults) -> None:
            waiting = Waiting(plan, faults)
            waiting.see()
            waiting.wait()

        for call, after in every_stop(at_once):
            waiting = Waiting(plan, Faults(stop_at=call, after=after))
            waiting.see()
            with pytest.raises(Crash):
                waiting.wait()
            if TOKEN in waiting.tasks.told:  # the answer came before the failed call's end
                waiting.faults.restart()
            else:
                again(waiting)
            waiting.repair()
            assert answered(waiting) == SUCCESS, (call, after)

    @pytest.mark.parametrize("comes_again", [True, False])
    def test_answer_is_stopped_at_any_call(self, plan: Plan, comes_again: bool) -> None:
        """Its event comes again, or is lost: the look at all waits finds the end then."""

        def wait_and_end(waiting: Waiting) -> None:
            waiting.wait()
            waiting.wait("second")
            waiting.see()
            waiting.faults.calls.clear()

        for waiting, call, after in stopped(plan, wait_and_end, Waiting.answer):
            if comes_again:
                waiting.answer()
            else:
                waiting.repair()
            assert waiting.tasks.told == {TOKEN: SUCCESS, "second": SUCCESS}, (call, after)
            waiting.repair()
            assert waiting.left == 0

    def test_a_look_at_all_waits_is_stopped_at_any_call(self, plan: Plan) -> None:
        def wait_and_end(waiting: Waiting) -> None:
            waiting.waits.page = 2
            for number in range(5):
                waiting.wait(f"t{number}", give_up_after=60)
            waiting.see()
            waiting.faults.calls.clear()

        for waiting, call, after in stopped(plan, wait_and_end, Waiting.sweep):
            waiting.sweep(minutes=2)
            assert waiting.tasks.told == {f"t{n}": SUCCESS for n in range(5)}, (call, after)
            assert waiting.left == 0


def _wait(waiting: Waiting) -> None:
    waiting.wait()


def _happen(waiting: Waiting, *, ends: bool, event_comes: bool) -> None:
    if ends:
        waiting.see()
    if event_comes:
        waiting.answer()


class TestMany:
    def test_a_thousand_waiters_for_one_job_are_all_answered(self, plan: Plan) -> None:
        with ThreadPoolExecutor(8) as pool:
            waiting = Waiting(plan, pool=pool)
            for number in range(1_000):
                waiting.wait(f"t{number}")
            waiting.see()
            assert waiting.answer() == {"Answered": 1_000}
        assert len(waiting.tasks.told) == 1_000
        assert waiting.left == 0

    def test_what_there_is_no_time_for_is_answered_when_the_event_comes_again(
        self, waiting: Waiting
    ) -> None:
        for number in range(250):
            waiting.wait(f"t{number}")
        waiting.see()
        counts = waiting.answer(ends_at(200))
        assert 0 < counts["Answered"] < 250
        assert counts["Unreached"] > 0
        waiting.answer()
        assert len(waiting.tasks.told) == 250

    def test_a_look_at_all_waits_goes_on_where_it_stopped(self, waiting: Waiting) -> None:
        tokens = [f"t{number}" for number in range(400)]
        for token in tokens:
            waiting.wait(token)
        waiting.tasks.heartbeats.clear()
        sweeps = 0
        while {*waiting.tasks.heartbeats} < {*tokens}:
            waiting.sweep(ends_at(200))
            sweeps += 1
            assert sweeps < 10
        assert sweeps > 1
        waiting.sweep()
        waiting.sweep()
        assert waiting.left == 400, "where it stopped is forgotten once it came to the end"

    def test_where_a_look_at_all_takes_minutes_each_end_that_was_not_told_is_found(
        self, waiting: Waiting
    ) -> None:
        """A wait has its turn every five minutes then: always or never when it is looked up."""
        waiting.waits.page, tokens = 10, {f"t{number}" for number in range(6)}
        for number in range(84):
            waiting.wait(f"other {number}", job_id="runs on")
        for token in tokens:
            waiting.wait(token)
        waiting.see("RUNNING", job_id="runs on")
        waiting.see()
        calls = waiting.faults.calls
        two_pages = Deadline(94.0, lambda: 20.0 * calls.count("ScanWaits"))
        invocations = 5
        for _ in range(LOOKS_EVERY * invocations + invocations):
            calls.clear()
            waiting.sweep(two_pages)
            assert calls.count("ScanWaits") <= 2
        assert waiting.tasks.told.keys() == tokens
        waiting.sweep(minutes=3)
        assert waiting.left == 84, "once one invocation reaches all, no place is remembered"

    def test_however_much_is_waited_for_by_one_task_it_takes_the_time_of_one_heartbeat(
        self, waiting: Waiting
    ) -> None:
        """Who has a single task could have others' tasks hear nothing for as long as they like."""
        for number in range(500):
            waiting.wait("theirs", job_id=f"no{number}")
        waiting.wait("ours")
        waiting.tasks.heartbeats.clear()
        waiting.sweep(minutes=2)
        assert sorted(waiting.tasks.heartbeats) == ["ours"] * 2 + ["theirs"] * 2
        waiting.tasks.over.add("theirs")
        waiting.sweep()
        assert waiting.left == 1

    def test_however_much_is_waited_for_by_one_task_that_takes_nothing_it_is_told_once(
        self, waiting: Waiting
    ) -> None:
        """Each of its waits was told in vain, each minute, and so was each answer to one."""
        for number in range(500):
            waiting.wait("theirs", job_id=f"no{number}", give_up_after=90)
        waiting.waits.page = 50
        calls = waiting.faults.calls

        def deny(called: str) -> None:
            if called in ("SendTaskHeartbeat", "SendTaskFailure"):
                raise client_error("KmsAccessDeniedException")

        waiting.faults.meddle = deny
        for _ in range(3):
            calls.clear()
            assert waiting.sweep() == {"Failed": 500}
            told = calls.count("SendTaskHeartbeat") + calls.count("SendTaskFailure")
            assert told == 1
            assert calls.count("JobsBatchGetItem") < 10, "those of one page"

    def test_each_wait_has_a_heartbeat_a_minute_and_is_looked_up_in_one_of_five(
        self, waiting: Waiting
    ) -> None:
        for number in range(50):
            waiting.wait(f"t{number}", job_id=f"j{number}")
        waiting.tasks.heartbeats.clear()
        looked_up, asked, find = [], list[str](), waiting.settler.find

        def noted(scope: Scope, jobs: Collection[str], deadline: Deadline) -> Any:
            asked.extend(jobs)
            return find(scope, jobs, deadline)

        waiting.settler = replace(waiting.settler, find=noted)
        for _ in range(LOOKS_EVERY):
            waiting.faults.calls.clear()
            waiting.sweep()
            looked_up.append(waiting.faults.calls.count("JobsBatchGetItem"))
        assert sorted(waiting.tasks.heartbeats) == sorted([f"t{n}" for n in range(50)] * 5)
        assert all(looked_up), "not all in the same minute"
        assert sorted(asked) == sorted(f"j{number}" for number in range(50)), "each once"

    def test_that_nobody_waits_costs_two_reads(self, waiting: Waiting) -> None:
        assert waiting.sweep() == {}
        assert waiting.faults.calls == ["GetWait", "ScanWaits"]


def refuse(waiting: Waiting, name: str, error: Exception, *, times: int = 1_000) -> None:
    """Let a call fail so often."""
    left = [times]

    def meddle(called: str) -> None:
        if called == name and left[0]:
            left[0] -= 1
            raise error

    waiting.faults.meddle = meddle


def client_error(code: str, operation: str = "SendTaskSuccess") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"about '{TOKEN}'"}}, operation)


class TestTrouble:
    @pytest.mark.parametrize("name", ["SendTaskSuccess", "DeleteWait"])
    def test_what_is_not_taken_for_now_is_tried_again(self, waiting: Waiting, name: str) -> None:
        waiting.wait()
        waiting.see()
        refuse(waiting, name, client_error("ThrottlingException"), times=1)
        assert waiting.answer() == {"Failed": 1}
        waiting.repair()
        assert waiting.tasks.told == {TOKEN: SUCCESS}
        assert waiting.left == 0

    def test_jobs_that_cannot_be_looked_up_keep_no_other_waiting(self, waiting: Waiting) -> None:
        waiting.wait("a", give_up_after=60)
        waiting.wait("b", source="sesv2.export-jobs", give_up_after=60)
        refuse(waiting, "JobsBatchGetItem", client_error("InternalServerError"), times=1)
        counts = waiting.sweep()
        assert counts == {"Failed": 1, "Answered": 1}

    def test_a_job_that_one_watch_lost_waits_for_what_another_knows(self, plan: Plan) -> None:
        other = replace(plan.watches["contact-imports"], name="another")
        waiting = Waiting(replace(plan, watches={"another": other, **plan.watches}))
        waiting.wait()
        waiting.see("SUCCEEDED", watch="another")
        waiting.see("UNKNOWN", "NOT_FOUND", watch="contact-imports")
        refuse(waiting, "JobsBatchGetItem", client_error("InternalServerError"), times=1)
        assert waiting.answer() == {"Failed": 1}
        assert waiting.answer() == {"Answered": 1}
        assert waiting.tasks.told[TOKEN][0] == "success"

    def test_no_call_is_begun_that_could_outlast_the_invocation(self, waiting: Waiting) -> None:
        waiting.see()
        over = Deadline(0, lambda: 0.0)
        assert waiting.wait(deadline=over) is Outcome.UNREACHED
        assert waiting.faults.calls == ["PutWait"]
        waiting.repair()
        assert waiting.tasks.told == {TOKEN: SUCCESS}

    def test_a_wait_that_is_not_stored_fails_the_call(self, waiting: Waiting) -> None:
        refuse(waiting, "PutWait", client_error("ThrottlingException", "PutItem"))
        with pytest.raises(CallError, match=r"^ThrottlingException$"):
            waiting.wait()


class TestToken:
    """The token is in no log, no error and no answer, whatever AWS says of it."""

    @pytest.mark.parametrize(
        "error",
        [
            client_error("AccessDeniedException"),
            client_error("TaskTimedOut"),
            ParamValidationError(report=f"Invalid length for {TOKEN}"),
            ConnectTimeoutError(endpoint_url=f"https://{TOKEN}"),
        ],
    )
    @pytest.mark.parametrize(
        "name",
        ["PutWait", "JobsBatchGetItem", "SendTaskSuccess", "SendTaskHeartbeat", "DeleteWait"],
    )
    def test_errors_do_not_quote_it(
        self, plan: Plan, name: str, error: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        if name == "JobsBatchGetItem":
            error = ClientError({"Error": {"Code": "X", "Message": "no"}}, "BatchGetItem")
        caplog.set_level(logging.DEBUG)
        waiting = Waiting(plan)
        refuse(waiting, name, error)
        said_by = [str(_raised(waiting.wait))]
        waiting.see()
        said_by += [str(_raised(waiting.answer)), str(_raised(waiting.repair))]
        logged = [LambdaPowertoolsFormatter().format(record) for record in caplog.records]
        assert TOKEN not in json.dumps([said_by, logged])

    def test_it_is_not_in_what_a_wait_looks_like(self, waiting: Waiting) -> None:
        waiting.wait()
        ((wait,),) = waiting.settler.memory.all(None)
        assert wait.token == TOKEN
        assert TOKEN not in repr(wait)

    def test_it_is_in_one_attribute_of_its_item(self, waiting: Waiting) -> None:
        waiting.wait()
        (item,) = waiting.waits.items.values()
        assert [name for name, value in item.items() if TOKEN in str(value)] == ["token"]


def _raised(call: Callable[[], object]) -> object:
    """Give what a call answers, or its error with all that it came from."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  whatever it is
        found: list[BaseException] = [error]
        while (cause := found[-1].__cause__ or found[-1].__context__) is not None:
            found.append(cause)
        return [repr(each) for each in found]


def test_a_job_that_its_watch_leaves_out_by_now_is_given_up_as_one_that_nobody_saw() -> None:
    """Nobody follows it any more: its task would wait for as long as the table has it."""
    place = ("sesv2.import-jobs", "111122223333", "eu-west-1", "j1")
    wait = Wait(*place, "token", NOW, until=NOW + 300 * DAY, unseen_until=NOW + DAY)
    followed = stored()
    left_out = replace(followed, expires_at=NOW + 30 * DAY)
    assert answer_of(wait, [left_out], NOW + DAY - MINUTE) is None
    given_up = answer_of(wait, [left_out], NOW + DAY)
    assert isinstance(given_up, Failure)
    assert given_up.error == GIVEN_UP
    assert given_up.cause.endswith("it was last seen RUNNING, and is followed no more")
    assert answer_of(wait, [left_out, followed], NOW + DAY) is None
