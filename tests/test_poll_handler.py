"""The function that polls, as Lambda calls it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lambdas.messages import Turn, write_turn
from lambdas.poll.worker import STORING_SECONDS
from lambdas.queues import QueueError
from tests.flow import ACCOUNT, REGION
from tests.functions import Context, Functions, functions_of
from tests.measured import Measured
from tests.metrics import POLLED
from tests.template import of_type

WATCHES: dict[str, Any] = {
    "exports": {"source": "sesv2.export-jobs", "every": "5 minutes"},
    "imports": {"source": "sesv2.import-jobs"},
    "jobs": {"source": "dataexchange.jobs"},
}
RUNS = {"ImportJobs": [{"JobId": "j1", "JobStatus": "PROCESSING"}]}
REFUSED = (403, {"code": "AccessDeniedException", "message": "not allowed"})


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Staging")
    with functions_of(tmp_path, monkeypatch, WATCHES) as functions:
        yield functions


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: Measured(capsys.readouterr().out)


def turn(*watches: str, service: str = "sesv2", **waited: float) -> dict[str, Any]:
    """A message of the queue of lanes, which waited for so long."""
    tick = datetime.now(UTC) - timedelta(**waited)
    body = write_turn(Turn(service, ACCOUNT, REGION, watches, tick, due=tick))
    return {"Records": [{"body": body}]}


def test_a_turn_is_taken_and_what_was_done_is_counted(functions: Functions) -> None:
    functions.apis.answers["ListImportJobs"] = RUNS
    assert functions.start("poll")(turn("imports"), Context()) == {
        "Scopes": 1,
        "Jobs": 1,
        "Changes": 1,
        "ListCalls": 1,
        "GetCalls": 0,
        "FailedGets": 0,
        "Dropped": 0,
        "Unread": [],
    }
    assert functions.apis.calls == ["ListImportJobs"]
    assert functions.waiting(functions.lost) == []


def test_what_changed_is_in_the_table_when_the_function_ends(functions: Functions) -> None:
    poll = functions.start("poll")
    poll(turn("imports"), Context())
    functions.apis.answers["ListImportJobs"] = RUNS
    poll(turn("imports"), Context())
    assert functions.flow.publish() is None
    (event,) = functions.flow.events()
    assert (event["detail"]["job_id"], event["detail"]["status"]) == ("j1", "RUNNING")


def foreign() -> str:
    return write_turn(Turn("sesv2", "999999999999", REGION, ("imports",), datetime.now(UTC)))


def of_2999() -> str:
    due = datetime(2999, 1, 1, tzinfo=UTC)
    return write_turn(Turn("sesv2", ACCOUNT, REGION, ("imports",), due))


@pytest.mark.parametrize(
    "body",
    ["{}", "no json", foreign, of_2999, "[" * 100_000, "9" * 500_000],
    ids=["empty", "no json", "foreign", "of 2999", "deep", "long"],
)
def test_a_message_that_is_no_turn_of_ours_is_dropped_and_counted(
    functions: Functions, measured: Any, body: str | Callable[[], str]
) -> None:
    """An error would bring it back, and hold its lane up meanwhile."""
    event = {"Records": [{"body": body if isinstance(body, str) else body()}]}
    answer = functions.start("poll")(event, Context())
    assert (answer["Dropped"], functions.apis.calls) == (1, [])
    assert measured().values[("Dropped",)] == [1]
    assert functions.flow.items() == functions.waiting(functions.lost) == []


def test_of_a_message_that_is_dropped_the_log_has_the_length_and_not_the_text(
    functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    group = {"MessageGroupId": "g\u202e" + "g" * 500}
    body = '{"watches": ["\u202e\x1b[31m", "' + "x" * 10_000 + '"]}'
    functions.start("poll")({"Records": [{"body": body, "attributes": group}]}, Context())
    (logged,) = [record for record in caplog.records if record.levelname == "WARNING"]
    found = logged.__dict__["message_found"]
    assert found["characters"] == len(body)
    assert (len(found["group"]) <= 128, found["group"].isprintable()) == (True, True)
    assert "xxx" not in str(vars(logged))


def test_a_turn_in_the_group_of_another_lane_is_dropped(functions: Functions) -> None:
    """Else two invocations could work on one lane at a time."""
    event, poll = turn("imports"), functions.start("poll")
    event["Records"][0]["attributes"] = {"MessageGroupId": "dataexchange:1:eu-west-1"}
    assert poll(event, Context())["Dropped"] == 1
    event["Records"][0]["attributes"] = {"MessageGroupId": f"sesv2:{ACCOUNT}:{REGION}"}
    assert poll(event, Context())["Scopes"] == 1


def test_a_message_that_was_received_before_has_the_lane_note_where_it_is(
    functions: Functions,
) -> None:
    """The invocation that had it may have been stopped: the next one is to know amid what."""
    event = turn("imports")
    for receives, expected in (("1", None), ("2", [])):
        event["Records"][0]["attributes"] = {
            "MessageGroupId": f"sesv2:{ACCOUNT}:{REGION}",
            "ApproximateReceiveCount": receives,
        }
        functions.start("poll")(event, Context(STORING_SECONDS))
        (item,) = functions.flow.items()
        assert json.loads(item["health"]["S"])["round"].get("amid") == expected


def test_a_turn_older_than_the_cadence_is_dropped_and_its_age_is_told(
    functions: Functions, measured: Any
) -> None:
    answer = functions.start("poll")(turn("imports", minutes=2), Context())
    assert (answer["Dropped"], answer["Scopes"], functions.apis.calls) == (1, 0, [])
    assert 120 <= measured().values[("AgeOfLastRead", "60")][0] < 180
    functions.start("poll")(turn("imports", minutes=2), Context())
    assert ("AgeOfLastRead", "60") in measured().values


def test_the_log_names_the_lane_whose_turn_was_dropped(
    functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    functions.start("poll")(turn("imports"), Context())
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    functions.start("poll")(turn("imports", minutes=2), Context())
    (logged,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert logged.__dict__["lane"] == {"service": "sesv2", "account": ACCOUNT, "region": REGION}


@pytest.mark.parametrize("due", [True, False], ids=["a schedule's", "a person's"])
def test_a_turn_that_the_queue_may_forget_is_dropped_without_a_look_at_the_table(
    functions: Functions, due: bool
) -> None:
    event = turn("imports", minutes=5 + 10, seconds=1)  # the longest cadence, and what is borne
    if not due:
        record = event["Records"][0]
        record["body"] = json.dumps({**json.loads(record["body"]), "due": None})
    answer = functions.start("poll")(event, Context())
    assert (answer["Dropped"], answer["Scopes"], functions.apis.calls) == (1, 0, [])
    assert functions.flow.items() == []


def test_of_a_turn_only_the_watches_that_wait_too_long_are_dropped(functions: Functions) -> None:
    answer = functions.start("poll")(turn("imports", "exports", minutes=2), Context())
    assert (answer["Dropped"], answer["Scopes"]) == (1, 1)
    assert functions.apis.calls == ["ListExportJobs"]


def test_scopes_that_could_not_be_read_are_named(functions: Functions) -> None:
    functions.apis.answers["ListImportJobs"] = REFUSED
    answer = functions.start("poll")(turn("imports", "exports"), Context())
    assert answer["Scopes"] == 2
    assert answer["Unread"] == [
        {
            "watch": "imports",
            "source": "sesv2.import-jobs",
            "account": ACCOUNT,
            "region": REGION,
            "parameters": {},
            "error": "AccessDeniedException",
            "message": "not allowed",
        }
    ]
    assert functions.waiting(functions.lost) == [], "it is no fault of ours"


def test_what_a_stranger_wrote_turns_no_line_of_the_log_round(
    functions: Functions, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """S14: whoever reads the log in a terminal."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "ALogOfItsOwn")
    message = "no\u202e \u2066way\U000e0041\x1b[2J, été 🚀"
    functions.apis.answers["ListImportJobs"] = (403, {"code": "Denied", "message": message})
    functions.start("poll")(turn("imports"), Context())
    printed = capsys.readouterr()
    (line,) = [line for line in printed.out.splitlines() if "could not be read" in line]
    assert line.isprintable()
    assert "été 🚀" in line
    assert json.loads(line)["scope"]["message"].startswith("no")


def test_a_scope_of_which_something_can_never_be_stored_is_unread_and_grows_older(
    functions: Functions, measured: Any
) -> None:
    """Nothing told its age, so that only the dead letters rang."""
    job = {"JobId": "x" * 420_000, "JobStatus": "FAILED", "CreatedTimestamp": 1_795_000_000}
    functions.apis.answers["ListImportJobs"] = (200, {"ImportJobs": [job]})
    for _ in range(2):
        answer = functions.start("poll")(turn("imports"), Context())
        assert [each["error"] for each in answer["Unread"]] == ["UnexpectedAnswer"]
    assert measured().values[("AgeOfLastRead", "60")][0] > 0
    assert functions.waiting(functions.lost)


class TestATableThatFails:
    @pytest.fixture(autouse=True)
    def no_table(self, functions: Functions) -> None:
        functions.flow.dynamodb.delete_table(TableName="seen")

    def test_puts_the_turn_into_the_dead_letters_and_holds_its_lane_up_no_longer(
        self, functions: Functions
    ) -> None:
        """The message is done with: the lane's next one finds what this one could not store."""
        event = turn("exports", "imports")
        functions.start("poll")(event, Context())
        (letter,) = functions.waiting(functions.lost)
        assert letter["Body"] == event["Records"][0]["body"]
        assert letter["Attributes"]["MessageGroupId"] == f"sesv2:{ACCOUNT}:{REGION}"

    def test_puts_aside_the_turn_and_not_what_else_the_message_said(
        self, functions: Functions
    ) -> None:
        event = turn("imports")
        (record,) = event["Records"]
        written = record["body"]
        record["body"] = json.dumps(json.loads(written) | {"more": "x" * 100_000})
        functions.start("poll")(event, Context())
        (letter,) = functions.waiting(functions.lost)
        assert letter["Body"] == written

    def test_tells_no_age_so_that_its_silence_rings(
        self, functions: Functions, measured: Any
    ) -> None:
        functions.start("poll")(turn("imports"), Context())
        assert not [name for name, *_ in measured().values if name == "AgeOfLastRead"]

    def test_whose_dead_letters_fail_as_well_is_an_error_that_quotes_no_request(
        self, functions: Functions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DEAD_LETTERS_QUEUE_URL", functions.lost + "-none")
        with pytest.raises(QueueError, match="QueueDoesNotExist") as raised:
            functions.start("poll")(turn("imports"), Context())
        assert raised.value.__context__ is None

    def test_is_logged_without_a_traceback(
        self, functions: Functions, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An error of AWS's may quote the request and its session token."""
        functions.start("poll")(turn("imports"), Context())
        (logged,) = [record for record in caplog.records if record.levelname == "ERROR"]
        assert "ResourceNotFoundException" in logged.__dict__["error"]
        assert logged.exc_info is None


class TestMetrics:
    def test_a_poll_measures_jobs_changes_calls_throttles_and_what_it_dropped(
        self, functions: Functions, measured: Any
    ) -> None:
        functions.apis.answers["ListImportJobs"] = RUNS
        functions.start("poll")(turn("imports"), Context())
        found = measured().values
        assert found == {
            ("Jobs",): [1],
            ("Changes",): [1],
            ("Calls",): [1],
            ("Throttles",): [0],
            ("Dropped",): [0],
            ("AgeOfLastRead", "60"): [0],
        }
        assert {name for name, *_ in found} == POLLED

    def test_throttled_answers_are_counted_though_a_retry_may_have_helped(
        self, functions: Functions, measured: Any
    ) -> None:
        functions.apis.answers["ListJobs"] = (429, {"code": "ThrottlingException"})
        functions.start("poll")(turn("jobs", service="dataexchange"), Context())
        assert measured().values[("Throttles",)] == [3]

    def test_each_cadence_of_the_turn_has_an_age_and_no_other(
        self, functions: Functions, measured: Any
    ) -> None:
        poll = functions.start("poll")
        poll(turn("exports", "imports"), Context())
        assert ages(measured()) == {"60": 0, "300": 0}
        poll(turn("imports"), Context())
        assert ages(measured()) == {"60": 0}

    def test_the_alarms_hear_what_the_functions_measure(
        self, functions: Functions, measured: Any
    ) -> None:
        """Namespace, name and dimensions: an alarm on a metric that nobody writes never rings."""
        functions.start("poll")(turn("imports"), Context())
        heard = {
            (alarm["Namespace"], alarm["MetricName"], *sorted(d["Name"] for d in dimensions))
            for alarm in of_type("AWS::CloudWatch::Alarm").values()
            if (dimensions := alarm["Dimensions"]) and not alarm["Namespace"].startswith("AWS/")
        }
        assert heard == {
            ("Jobwatch", "AgeOfLastRead", "every", "service"),
            ("Jobwatch", "Dropped", "service"),
        }
        assert heard <= measured().kinds


def ages(found: Measured) -> dict[str, float]:
    """The ages by cadence."""
    return {k[1]: max(v) for k, v in found.values.items() if k[0] == "AgeOfLastRead"}


def test_a_function_with_no_time_left_begins_nothing_and_remembers_where_it_is(
    functions: Functions,
) -> None:
    answer = functions.start("poll")(turn("imports"), Context(STORING_SECONDS))
    assert (answer["Scopes"], functions.apis.calls) == (0, [])
    (item,) = functions.flow.items()
    assert json.loads(item["health"]["S"])["round"]["hand"] == ["imports"]
