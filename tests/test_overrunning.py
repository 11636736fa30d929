"""`max_duration`: what is told of jobs that run for too long, through the whole flow."""

from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.flow import Flow, flow_of
from tests.values import HOUR, MINUTE, NOW


class TestOverrunning:
    """An unfinished job that is older than `max_duration` is told once."""

    LIMIT: ClassVar = {"max_duration": "2 hours"}

    @staticmethod
    def kinds(events: Any) -> list[tuple[str, str]]:
        return [(event["detail"]["job_id"], event["detail-type"]) for event in events]

    @pytest.mark.parametrize(
        "source", ["sesv2.import-jobs", "dataexchange.jobs", "translate.text-translation-jobs"]
    )
    def test_it_is_told_once_whatever_it_does_then(self, tmp_path: Path, source: str) -> None:
        watches = {"w": {"source": source, **self.LIMIT}}
        with flow_of(tmp_path, watches) as flow:
            put(flow, source, "first", NOW)
            flow.tell()
            put(flow, source, "second", NOW + HOUR)
            assert self.kinds(flow.tell(later=HOUR)) == [("second", "Job Status Change")]
            (event,) = flow.tell(later=HOUR)
            assert event["detail-type"] == "Job Overrunning"
            detail = event["detail"]
            assert (detail["job_id"], detail["status"]) == ("first", "RUNNING")
            assert (detail["previous_status"], detail["duration_seconds"]) == ("RUNNING", None)
            assert flow.tell(later=30 * MINUTE) == []
            assert self.kinds(flow.tell(later=30 * MINUTE)) == [("second", "Job Overrunning")]
            assert flow.tell(later=9 * HOUR) == []

    def test_one_that_was_too_old_when_its_watch_began_is_told_by_the_second_reading(
        self, tmp_path: Path
    ) -> None:
        with flow_of(tmp_path, {"w": {"source": "sesv2.import-jobs", **self.LIMIT}}) as flow:
            put(flow, "sesv2.import-jobs", "old", NOW - 9 * HOUR)
            put(flow, "sesv2.import-jobs", "young", NOW)
            assert flow.tell() == []
            assert self.kinds(flow.tell()) == [("old", "Job Overrunning")]
            assert flow.tell() == []

    def test_one_of_which_it_is_told_late_when_it_was_created_is_told_as_well(
        self, tmp_path: Path
    ) -> None:
        """Nothing else of it changes: its age was known to nobody until it ended."""
        with flow_of(tmp_path, {"w": {"source": "sesv2.import-jobs", **self.LIMIT}}) as flow:
            flow.tell()
            flow.api.put("late", "PROCESSING")
            (event,) = flow.tell()
            assert event["detail"]["created_at"] is None
            put(flow, "sesv2.import-jobs", "late", flow.now)
            assert flow.tell() == []
            (event,) = flow.tell(later=2 * HOUR)
            assert event["detail-type"] == "Job Overrunning"
            assert flow.tell(later=2 * HOUR) == []

    def test_a_list_that_fails_tells_of_none(self, tmp_path: Path) -> None:
        """Promise 4."""
        with flow_of(tmp_path, {"w": {"source": "sesv2.import-jobs", **self.LIMIT}}) as flow:
            for name in "abc":
                put(flow, "sesv2.import-jobs", name, NOW)
            flow.api.page_size = 1
            flow.tell()

            def refuse(_: str, parameters: dict[str, Any]) -> None:
                if parameters.get("NextToken"):
                    raise ConnectionResetError

            healthy, flow.api.fail = flow.api.fail, refuse
            assert flow.tell(later=3 * HOUR) == []
            flow.api.fail = healthy
            told = self.kinds(flow.tell())
            assert told == [(name, "Job Overrunning") for name in "abc"]

    def test_jobs_that_are_asked_for_by_id_are_told_as_well(self, tmp_path: Path) -> None:
        watches = {"w": {"source": "sesv2.import-jobs", "jobs": ["a", "b"], **self.LIMIT}}
        with flow_of(tmp_path, watches) as flow:
            put(flow, "sesv2.import-jobs", "a", NOW)
            flow.tell()
            assert self.kinds(flow.tell(later=2 * HOUR)) == [("a", "Job Overrunning")]
            assert flow.tell(later=2 * HOUR) == []


def put(flow: Flow, source: str, job_id: str, at: datetime) -> None:
    raw = "PROCESSING" if source.startswith("sesv2") else "IN_PROGRESS"
    times = {"CreatedTimestamp": at, "CreatedAt": at, "UpdatedAt": at, "SubmittedTime": at}
    flow.apis[source].put(job_id, raw, **times)
