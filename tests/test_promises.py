"""The promises of the events, each through the whole flow: poll, table, stream, publish, bus."""

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lambdas.apis.reader import LONGEST_TOKEN
from tests.api import refused
from tests.flow import Flow, flow_of
from tests.values import DAY, HOUR, MINUTE, NOW

SES = {"imports": {"source": "sesv2.import-jobs"}}
SEGMENTS = {"segments": {"source": "pinpoint.segment-import-jobs"}}


@pytest.fixture
def ses(tmp_path: Path) -> Iterator[Flow]:
    with flow_of(tmp_path, SES) as flow:
        yield flow


def statuses(events: list[dict[str, Any]]) -> list[tuple[str, str | None, str]]:
    return [
        (e["detail"]["job_id"], e["detail"]["previous_status"], e["detail"]["status"])
        for e in events
    ]


def put_ses(flow: Flow, job_id: str, raw: str, processed: int = 0, failed: int = 0) -> None:
    flow.api.put(
        job_id,
        raw,
        CreatedTimestamp=NOW - HOUR,
        ProcessedRecordsCount=processed,
        FailedRecordsCount=failed,
    )
    flow.api.fuller[job_id] = {"CompletedTimestamp": NOW} if raw == "COMPLETED" else {}


def test_a_life_of_a_job_is_told_status_by_status(ses: Flow) -> None:
    assert ses.tell() == []
    told = []
    for raw, processed in [("CREATED", 0), ("PROCESSING", 5), ("PROCESSING", 9), ("COMPLETED", 9)]:
        put_ses(ses, "j1", raw, processed)
        told += statuses(ses.tell())
    assert told == [
        ("j1", None, "PENDING"),
        ("j1", "PENDING", "RUNNING"),
        ("j1", "RUNNING", "SUCCEEDED"),
    ]
    assert ses.tell() == []


def test_quiet_at_first_and_every_later_change_is_an_event(ses: Flow) -> None:
    for number in range(5):
        put_ses(ses, f"old-{number}", "PROCESSING")
    assert ses.tell() == []
    put_ses(ses, "old-3", "FAILED")
    put_ses(ses, "new", "FAILED")
    assert sorted(statuses(ses.tell()), key=str) == [
        ("new", None, "FAILED"),
        ("old-3", "RUNNING", "FAILED"),
    ]


def test_the_final_state_is_never_skipped_though_others_may_be(ses: Flow) -> None:
    """P6: what came and went between two polls can't be seen."""
    ses.tell()
    put_ses(ses, "quick", "COMPLETED", processed=3, failed=1)
    assert statuses(ses.tell()) == [("quick", None, "PARTIAL")]


def test_every_page_of_the_list_is_read(ses: Flow) -> None:
    """P2: all pages, always."""
    ses.tell()
    for number in range(7):
        put_ses(ses, f"j{number}", "CREATED")
    assert len(ses.tell()) == 7
    assert ses.api.made("ListImportJobs") == 1 + 4


def test_a_page_token_that_repeats_is_a_failed_read(ses: Flow) -> None:
    """P2: a list that goes in circles ends."""
    ses.tell()
    list_jobs = {"ImportJobs": [], "NextToken": "again"}
    ses.api.list_import_jobs = lambda **_: list_jobs  # type: ignore[attr-defined]
    assert [place["error"] for place in ses.poll().unread] == ["RepeatedToken"]


@pytest.mark.parametrize(
    ("character", "most"), [("x", LONGEST_TOKEN), ("🚀", LONGEST_TOKEN // 12 + 1)]
)
def test_a_page_token_that_no_item_could_keep_is_a_failed_read(
    ses: Flow, character: str, most: int
) -> None:
    ses.tell()
    tokens = (f"{n}".ljust(most + n % 2, character) for n in itertools.count())
    ses.api.list_import_jobs = lambda **_: {  # type: ignore[attr-defined]
        "ImportJobs": [],
        "NextToken": next(tokens),
    }
    assert [place["error"] for place in ses.poll().unread] == ["UnexpectedAnswer"]
    assert next(tokens).startswith("2")


def test_what_stands_on_a_page_whose_token_repeats_is_told(ses: Flow) -> None:
    """P2: a list that goes in circles at its last page fails for good, and that page was seen."""
    ses.tell()
    put_ses(ses, "new", "CREATED")

    def page(**parameters: Any) -> dict[str, Any]:
        jobs = [*ses.api.jobs.values()] if "NextToken" in parameters else []
        return {"ImportJobs": jobs, "NextToken": "again"}

    ses.api.list_import_jobs = page  # type: ignore[attr-defined]
    assert statuses(ses.tell()) == [("new", None, "PENDING")]
    assert [place["error"] for place in ses.poll().unread] == ["RepeatedToken"]


def test_a_failed_read_is_not_an_empty_list(ses: Flow) -> None:
    for number in range(5):
        put_ses(ses, f"j{number}", "PROCESSING")
    ses.tell()
    put_ses(ses, "j0", "FAILED")
    put_ses(ses, "j4", "FAILED")

    def fail_on_page_two(_: str, parameters: Mapping[str, Any]) -> None:
        if "NextToken" in parameters:
            raise refused("TooManyRequestsException")

    ses.api.fail = fail_on_page_two
    assert statuses(ses.tell()) == [("j0", "RUNNING", "FAILED")], "what was surely seen is told"
    assert [ses.tell(), ses.tell()][0] == [], "and nothing is called gone"
    ses.api.fail = lambda *_: None
    told = [event for event in ses.tell() if event["detail-type"] == "Job Status Change"]
    assert statuses(told) == [("j4", "RUNNING", "FAILED")]


def test_one_get_for_a_job_that_turned_terminal_and_none_for_others(ses: Flow) -> None:
    """P20: the reason is asked for once."""
    for number in range(3):
        put_ses(ses, f"j{number}", "PROCESSING")
    ses.tell()
    put_ses(ses, "j1", "FAILED")
    ses.api.fuller["j1"] = {
        "CompletedTimestamp": NOW,
        "FailureInfo": {"ErrorMessage": "The file has a malformed row"},
    }
    (event,) = ses.tell()
    assert event["detail"]["failure"]["message"] == "The file has a malformed row"
    assert event["detail"]["duration_seconds"] == 3600
    ses.tell()
    assert ses.api.made("GetImportJob") == 1


def test_unchanged_jobs_cost_no_get_and_no_write(ses: Flow) -> None:
    """P19: one list call a page, and nothing else."""
    for number in range(6):
        put_ses(ses, f"j{number}", "COMPLETED" if number % 2 else "PROCESSING")
    ses.tell()
    ses.records()
    ses.poll()
    assert ses.records() == []
    assert ses.api.made("GetImportJob") == 0


def test_an_unfinished_job_that_vanished_becomes_unknown_and_terminal(ses: Flow) -> None:
    """P7: services forget their jobs."""
    put_ses(ses, "j1", "PROCESSING", processed=4)
    ses.tell()
    del ses.api.jobs["j1"]
    assert ses.tell() == [], "once not found may be a list and a get that are behind"
    (event,) = ses.tell()
    detail = event["detail"]
    assert (detail["status"], detail["raw_status"], detail["terminal"]) == (
        "UNKNOWN",
        "NOT_FOUND",
        True,
    )
    assert detail["previous_raw_status"] == "PROCESSING"
    assert detail["progress"]["processed"] == 4
    assert detail["created_at"] == "2026-11-22T11:00:00Z"
    assert ses.tell() == []


def test_a_job_that_only_left_the_list_is_not_gone(ses: Flow) -> None:
    put_ses(ses, "j1", "PROCESSING")
    ses.tell()
    ses.api.hidden.add("j1")
    assert ses.tell() == []
    put_ses(ses, "j1", "CANCELLED")
    assert statuses(ses.tell()) == [("j1", "RUNNING", "CANCELLED")]


def test_a_change_waits_two_polls_for_a_get_that_fails_and_is_then_told_without(
    ses: Flow,
) -> None:
    put_ses(ses, "j1", "PROCESSING")
    ses.tell()
    put_ses(ses, "j1", "FAILED")

    def fail_gets(operation: str, _: Mapping[str, Any]) -> None:
        if operation == "GetImportJob":
            raise refused("InternalServiceErrorException")

    ses.api.fail = fail_gets
    assert ses.tell() == []
    assert ses.tell() == []
    assert statuses(ses.tell()) == [("j1", "RUNNING", "FAILED")]


def test_a_status_that_is_not_listed_is_unknown_and_travels_raw(ses: Flow) -> None:
    """P17: services invent statuses."""
    ses.tell()
    put_ses(ses, "j1", "PAUSED")
    (event,) = ses.tell()
    detail = event["detail"]
    assert (detail["status"], detail["raw_status"], detail["terminal"]) == (
        "UNKNOWN",
        "PAUSED",
        False,
    )


def test_a_repeat_carries_the_same_id_and_other_changes_other_ids(ses: Flow) -> None:
    ses.tell()
    put_ses(ses, "j1", "CREATED")
    ses.poll()
    put_ses(ses, "j1", "PROCESSING")
    ses.poll()
    records = ses.records()
    ses.publish(records)
    ses.publish(records)
    ids = [event["detail"]["id"] for event in ses.events()]
    assert len(ids) == 4
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]


def test_a_job_that_ended_longer_ago_than_the_retention_is_never_stored(ses: Flow) -> None:
    old = {"CreatedTimestamp": NOW - 40 * DAY}
    ses.api.put("first", "COMPLETED", **old)
    ses.tell()
    ses.api.put("later", "COMPLETED", **old)
    assert ses.tell() == []
    assert [item["sk"]["S"] for item in ses.items()] == ["scope"]


def test_a_finished_job_is_forgotten_after_the_retention_and_does_not_look_new_then(
    ses: Flow,
) -> None:
    """P7: forgetting must not make old jobs look new."""
    put_ses(ses, "j1", "PROCESSING")
    ses.tell()
    put_ses(ses, "j1", "COMPLETED")
    ses.tell()
    (item,) = [item for item in ses.items() if item["sk"]["S"] == "job#j1"]
    assert int(item["expires_at"]["N"]) == (NOW + 30 * DAY).timestamp()
    key = {"pk": item["pk"], "sk": item["sk"]}
    ses.dynamodb.delete_item(TableName="seen", Key=key)
    ses.now += 30 * DAY
    assert ses.tell() == []


def test_an_unfinished_job_is_never_forgotten(ses: Flow) -> None:
    put_ses(ses, "j1", "PROCESSING")
    ses.tell()
    assert not any("expires_at" in item for item in ses.items())


class TestUnreachable:
    """A scope that can't be read: told after three polls in a row, once, and when it is back."""

    @staticmethod
    def deny(_: str, __: Mapping[str, Any]) -> None:
        raise refused("AccessDeniedException", message="not allowed to ses:ListImportJobs")

    def test_is_told_once_and_so_is_the_recovery(self, ses: Flow) -> None:
        ses.tell()
        healthy = ses.api.fail
        ses.api.fail = self.deny
        told = [ses.tell() for _ in range(6)]
        assert [len(events) for events in told] == [0, 0, 1, 0, 0, 0]
        event = told[2][0]
        assert event["detail-type"] == "Watch Unreachable"
        detail = event["detail"]
        assert detail["status"] == "UNREACHABLE"
        assert detail["error"] == {
            "code": "AccessDeniedException",
            "message": "not allowed to ses:ListImportJobs",
        }
        assert detail["since"] == "2026-11-22T12:02:00Z"
        assert detail["observed_at"] == "2026-11-22T12:04:00Z"
        ses.api.fail = healthy
        (event,) = ses.tell()
        assert event["detail-type"] == "Watch Recovered"
        assert (event["detail"]["status"], event["detail"]["error"]) == ("OK", None)
        assert ses.tell() == []

    def test_two_failures_and_a_success_are_no_news(self, ses: Flow) -> None:
        healthy = ses.api.fail
        for _ in range(2):
            ses.api.fail = self.deny
            assert ses.tell() + ses.tell() == []
            ses.api.fail = healthy
            assert ses.tell() == []

    def test_costs_one_impatient_call_and_no_write_while_it_stays_so(self, ses: Flow) -> None:
        ses.api.fail = self.deny
        for _ in range(3):
            ses.poll()
        ses.records()
        ses.clients.patience.clear()
        ses.poll()
        assert ses.records() == []
        assert ses.clients.patience == [False]
        ses.api.fail = lambda *_: None
        ses.poll()
        ses.poll()
        assert ses.clients.patience == [False, False, True]

    def test_what_happened_meanwhile_is_told_afterwards(self, ses: Flow) -> None:
        put_ses(ses, "j1", "PROCESSING")
        ses.tell()
        healthy = ses.api.fail
        ses.api.fail = self.deny
        for _ in range(4):
            ses.tell()
        put_ses(ses, "j1", "FAILED")
        ses.api.fail = healthy
        assert {event["detail-type"] for event in ses.tell()} == {
            "Job Status Change",
            "Watch Recovered",
        }


def test_a_stalled_job_is_told_once_until_it_moves_again(tmp_path: Path) -> None:
    watches = {"imports": {"source": "sesv2.import-jobs", "stalled_after": "2 hours"}}
    with flow_of(tmp_path, watches) as flow:
        put_ses(flow, "j1", "PROCESSING", processed=1)
        flow.tell()
        assert flow.tell(later=HOUR) == []
        (event,) = flow.tell(later=HOUR)
        assert event["detail-type"] == "Job Stalled"
        assert (event["detail"]["status"], event["detail"]["previous_status"]) == (
            "RUNNING",
            "RUNNING",
        )
        assert flow.tell(later=3 * HOUR) == []
        put_ses(flow, "j1", "PROCESSING", processed=2)
        assert flow.tell() == []
        assert [e["detail-type"] for e in flow.tell(later=2 * HOUR)] == ["Job Stalled"]


def states(flow: Flow) -> list[tuple[str, str]]:
    """What was alerted of since the last look: states and statuses."""
    found = []
    for message in flow.alerts():
        said = json.loads(message["Message"])["detail"]
        found += [(alert["state"], alert["status"]) for alert in said["alerts"]]
    return found


@pytest.mark.parametrize("raw", ["PROCESSING", "CREATED", "COMPLETED"])
def test_a_stalled_job_that_moves_is_told_to_be_over_by_progress_as_by_its_status(
    tmp_path: Path, raw: str
) -> None:
    """No event tells of progress; the stream's record of it does, to who alerts."""
    watches = {"imports": {"source": "sesv2.import-jobs", "stalled_after": "2 hours"}}
    with flow_of(tmp_path, watches) as flow:
        put_ses(flow, "j1", "PROCESSING", processed=1)
        flow.tell()
        flow.tell(later=2 * HOUR)
        assert states(flow) == [("open", "RUNNING")]
        put_ses(flow, "j1", raw, processed=2)
        events = flow.tell()
        assert len(events) == (raw != "PROCESSING")
        ((state, status),) = states(flow)
        assert state == "resolved"
        assert status == {"CREATED": "PENDING", "COMPLETED": "SUCCEEDED"}.get(raw, "RUNNING")
        put_ses(flow, "j1", raw, processed=3)
        flow.tell()
        assert states(flow) == []


def test_a_job_that_overran_and_ended_is_told_to_be_over(tmp_path: Path) -> None:
    watches = {"imports": {"source": "sesv2.import-jobs", "max_duration": "2 hours"}}
    with flow_of(tmp_path, watches) as flow:
        put_ses(flow, "j1", "PROCESSING")
        flow.tell()
        flow.tell(later=2 * HOUR)
        assert states(flow) == [("open", "RUNNING")]
        put_ses(flow, "j1", "COMPLETED")
        flow.tell()
        assert states(flow) == [("resolved", "SUCCEEDED")]


def test_a_job_that_failed_and_came_back_is_told_to_be_over(ses: Flow) -> None:
    put_ses(ses, "j1", "PROCESSING")
    ses.tell()
    put_ses(ses, "j1", "FAILED")
    ses.tell()
    put_ses(ses, "j1", "PROCESSING")
    ses.tell()
    assert states(ses) == [("open", "FAILED")]
    put_ses(ses, "j1", "COMPLETED")
    ses.tell()
    assert states(ses) == [("resolved", "SUCCEEDED")]


def test_one_scope_that_fails_delays_no_other(tmp_path: Path) -> None:
    """P15: each has threads of its own."""
    watches = {
        "broken": {"source": "sesv2.export-jobs"},
        "fine": {"source": "sesv2.import-jobs"},
    }
    with flow_of(tmp_path, watches) as flow:

        def fail(*_: object) -> None:
            raise ConnectionResetError

        flow.apis["sesv2.export-jobs"].fail = fail
        flow.tell()
        flow.apis["sesv2.import-jobs"].put("j1", "FAILED")
        assert statuses(flow.tell()) == [("j1", None, "FAILED")]


class TestJobsById:
    """A watch that names its jobs: read one by one, waited for, asked for no more at the end."""

    @pytest.fixture
    def flow(self, tmp_path: Path) -> Iterator[Flow]:
        watches = {"nightly": {"source": "sesv2.import-jobs", "jobs": ["a", "b"]}}
        with flow_of(tmp_path, watches) as flow:
            yield flow

    def test_never_lists(self, flow: Flow) -> None:
        put_ses(flow, "a", "PROCESSING")
        put_ses(flow, "c", "PROCESSING")
        flow.tell()
        assert [operation for operation, _ in flow.api.calls] == ["GetImportJob"] * 2

    def test_what_exists_is_quiet_and_what_comes_later_is_news(self, flow: Flow) -> None:
        put_ses(flow, "a", "PROCESSING")
        assert flow.tell() == []
        put_ses(flow, "b", "CREATED")
        assert statuses(flow.tell()) == [("b", None, "PENDING")]

    def test_a_job_that_ended_is_asked_for_no_more(self, flow: Flow) -> None:
        put_ses(flow, "a", "FAILED")
        put_ses(flow, "b", "PROCESSING")
        flow.tell()
        flow.api.calls.clear()
        flow.tell()
        assert [parameters["JobId"] for _, parameters in flow.api.calls] == ["b"]

    def test_a_job_that_ended_before_the_retention_is_not_stored_nor_asked_for_again(
        self, flow: Flow
    ) -> None:
        flow.api.put("a", "FAILED", CompletedTimestamp=NOW - 40 * DAY)
        flow.tell()
        flow.api.calls.clear()
        flow.tell()
        assert [parameters["JobId"] for _, parameters in flow.api.calls] == ["b"]
        assert [item["sk"]["S"] for item in flow.items()] == ["scope"]

    def test_one_that_cannot_be_read_delays_no_other(self, flow: Flow) -> None:
        def fail_a(_: str, parameters: Mapping[str, Any]) -> None:
            if parameters["JobId"] == "a":
                raise refused("AccessDeniedException")

        flow.api.fail = fail_a
        put_ses(flow, "a", "PROCESSING")
        flow.tell()
        put_ses(flow, "b", "FAILED")
        assert statuses(flow.tell()) == [("b", None, "FAILED")]
        flow.api.fail = lambda *_: None
        assert flow.tell() == []
        put_ses(flow, "a", "FAILED")
        assert statuses(flow.tell()) == [("a", "RUNNING", "FAILED")]

    def test_one_that_stays_unreadable_is_told_once_whatever_the_others_do(
        self, flow: Flow
    ) -> None:
        def fail_a(_: str, parameters: Mapping[str, Any]) -> None:
            if parameters["JobId"] == "a":
                raise refused("AccessDeniedException")

        flow.api.fail = fail_a
        put_ses(flow, "b", "PROCESSING")
        told = [event["detail-type"] for _ in range(4) for event in flow.tell()]
        assert told == ["Watch Unreachable"]
        put_ses(flow, "b", "FAILED")
        assert [event["detail-type"] for event in flow.tell()] == ["Job Status Change"]
        assert flow.tell() == []

    def test_a_job_that_vanished_is_told(self, flow: Flow) -> None:
        put_ses(flow, "a", "PROCESSING")
        flow.tell()
        del flow.api.jobs["a"]
        assert flow.tell() == []
        assert statuses(flow.tell()) == [("a", "RUNNING", "UNKNOWN")]
        assert flow.tell() == []


class TestDiscovery:
    """A watch without `for`: applications and segments are found, with all their pages.

    They are visited in one invocation, or each of them in another one.
    """

    @pytest.fixture(params=[100, 0])
    def flow(self, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flow]:
        with flow_of(tmp_path, SEGMENTS) as flow:
            flow.most = request.param
            flow.api.children = {"ApplicationId": ["app"], "SegmentId": ["s1", "s2", "s3"]}
            yield flow

    def test_reads_every_scope(self, flow: Flow) -> None:
        flow.api.put("j1", "PROCESSING")
        assert flow.tell() == []
        flow.api.put("j1", "FAILED")
        events = flow.tell()
        assert sorted(event["detail"]["parameters"]["SegmentId"] for event in events) == [
            "s1",
            "s2",
            "s3",
        ]
        assert {event["detail"]["parameters"]["ApplicationId"] for event in events} == {"app"}

    def test_in_a_scope_that_appears_later_only_younger_jobs_are_news(self, flow: Flow) -> None:
        flow.tell()
        flow.api.children["SegmentId"].append("s4")
        flow.api.put("before", "PROCESSING", CreationDate="2026-11-21T12:00:00.000Z")
        flow.api.put("after", "PROCESSING", CreationDate="2026-11-22T12:30:00.000Z")
        told = flow.tell(later=HOUR)
        assert [
            e["detail"]["job_id"] for e in told if e["detail"]["parameters"]["SegmentId"] == "s4"
        ] == ["after"]

    def test_jobs_of_the_first_scopes_stay_quiet_even_when_the_first_read_fails(
        self, flow: Flow
    ) -> None:
        flow.api.put("j1", "PROCESSING", CreationDate="2026-11-22T12:00:30.000Z")

        def fail_s2(_: str, parameters: Mapping[str, Any]) -> None:
            if parameters.get("SegmentId") == "s2":
                raise refused("TooManyRequestsException")

        flow.api.fail = fail_s2
        assert flow.tell() == []
        flow.api.fail = lambda *_: None
        assert flow.tell() == []

    def test_a_discovery_that_fails_is_told_for_the_scope_that_it_reads(self, flow: Flow) -> None:
        flow.tell()

        def fail_apps(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "GetApps":
                raise refused("ForbiddenException")

        flow.api.fail = fail_apps
        told = [event for _ in range(4) for event in flow.tell()]
        assert [(e["detail-type"], e["detail"]["parameters"]) for e in told] == [
            ("Watch Unreachable", {})
        ]

    def test_fixed_parents_are_not_discovered(self, tmp_path: Path) -> None:
        fixed = {"ApplicationId": "4f1c0a", "SegmentId": "9be201"}
        watches = {"one": {"source": "pinpoint.segment-import-jobs", "for": fixed}}
        with flow_of(tmp_path, watches) as flow:
            flow.tell()
            assert [operation for operation, _ in flow.api.calls] == ["GetSegmentImportJobs"]


def test_accounts_times_regions_are_scopes(tmp_path: Path) -> None:
    watches = {
        "many": {
            "source": "sesv2.import-jobs",
            "regions": ["us-east-1", "eu-west-1"],
            "accounts": [
                {"id": "111122223333", "role": "reader"},
                {"id": "444455556666", "role": "guest", "external_id": "word"},
            ],
        }
    }
    with flow_of(tmp_path, watches) as flow:
        flow.tell()
        asked = [scope for _, scope in flow.clients.asked]
        assert {(s.account, s.region, s.role, s.external_id) for s in asked} == {
            ("111122223333", "us-east-1", "reader", None),
            ("111122223333", "eu-west-1", "reader", None),
            ("444455556666", "us-east-1", "guest", "word"),
            ("444455556666", "eu-west-1", "guest", "word"),
        }


def test_a_list_that_tells_no_age_is_asked_for_no_old_job_twice(tmp_path: Path) -> None:
    with flow_of(tmp_path, {"exports": {"source": "dynamodb.exports"}}) as flow:
        flow.tell()
        flow.api.put("arn:old", "COMPLETED")
        flow.api.fuller["arn:old"] = {"StartTime": NOW - 41 * DAY, "EndTime": NOW - 40 * DAY}
        assert flow.tell() == []
        assert flow.tell() == []
        assert flow.api.made("DescribeExport") == 1


@pytest.mark.parametrize("job_id", ["a/b#c%d e", "💥" * 250, "x" * 1000, "sha256:short"])
def test_ids_of_any_shape_are_told_apart_and_travel_whole(ses: Flow, job_id: str) -> None:
    ses.tell()
    put_ses(ses, job_id, "CREATED")
    put_ses(ses, job_id + "!", "CREATED")
    assert sorted(e["detail"]["job_id"] for e in ses.tell()) == sorted([job_id, job_id + "!"])
    put_ses(ses, job_id, "FAILED")
    assert [e["detail"]["job_id"] for e in ses.tell(later=MINUTE)] == [job_id]
