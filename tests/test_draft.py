"""Rows drafted out of a service's model: what they say, how good they are, where they go."""

import json
import shutil
from functools import cache
from pathlib import Path

import pytest
import yaml

from infra.config.files.documents import read_document
from infra.config.rows import Row, read_catalogue
from operate.draft.lists import job_lists
from operate.draft.measure import COMPILES, PAGE, Figure, measure, written
from operate.draft.names import source_name, thing, words
from operate.draft.row import draft
from operate.draft.statuses import place, told
from tests.catalogue import ours
from tests.command import call

CATALOGUE = Path(__file__).parents[1] / "catalogue"
SENTIMENT = ["comprehend", "ListSentimentDetectionJobs"]
LEAST = {
    "id": 94,
    "status": 90,  # no draft looks into a second member for what a status alone does not tell
    "statuses": 86,
    "created": 92,
    "ended": 92,
    "name": 77,
    "arn": 92,
    "type": 75,
    "failure": 89,
    "progress": 64,
    "unit": 40,
    "partial": 46,  # a fifth of them are the exit codes of ECS, which no draft takes for counters
    "get": 87,
    "since": 95,
    "parents": 82,
    COMPILES: 78,
}
"""Hundredths of what people wrote that a draft says as well."""


@cache
def rows() -> tuple[Row, ...]:
    return tuple(ours().rows.values())


@cache
def figures() -> dict[str, Figure]:
    return dict(measure(rows()))


@pytest.mark.parametrize("heading", LEAST)
def test_drafts_are_as_good_as_they_were(heading):
    figure = figures()[heading]
    assert figure.same * 100 >= LEAST[heading] * figure.written


def test_the_page_says_how_good_drafts_are():
    assert [*figures()] == [*LEAST]
    page = PAGE.read_text(encoding="utf-8")
    assert written(page, figures()) == page, "run `make docs`"


def test_a_draft_says_what_the_model_does_not_derive_anyway():
    made = draft(*SENTIMENT)
    assert made.name == "sentiment-detection-jobs"
    assert made.row == {
        "label": "Comprehend sentiment detection job",
        "list": {"operation": "ListSentimentDetectionJobs", "since": "Filter.SubmitTimeAfter"},
        "get": {"operation": "DescribeSentimentDetectionJob"},
        "id": "JobId",
        "arn": "JobArn",
        "name": "JobName",
        "status": "JobStatus",
        "statuses": {
            "PENDING": ["SUBMITTED"],
            "RUNNING": ["IN_PROGRESS", "STOP_REQUESTED"],
            "SUCCEEDED": ["COMPLETED"],
            "FAILED": ["FAILED"],
            "CANCELLED": ["STOPPED"],
        },
        "partial": [],
        "created": "SubmitTime",
        "ended": "EndTime",
        "failure": {"message": "Message"},
    }


def test_a_draft_names_the_parents_and_their_own():
    made = draft("pinpoint", "GetSegmentImportJobs").row["parents"]
    assert [(each["parameter"], each["operation"], each["items"]) for each in made] == [
        ("ApplicationId", "GetApps", "ApplicationsResponse.Item"),
        ("SegmentId", "GetSegments", "SegmentsResponse.Item"),
    ]


def test_a_parent_may_be_of_a_service_beside():
    (made,) = draft("bedrock-agent-runtime", "ListFlowExecutions").row["parents"]
    assert (made["service"], made["operation"]) == ("bedrock-agent", "ListFlows")


def test_the_newest_are_asked_for_first_where_the_list_can_sort():
    made = draft("sagemaker", "ListCompilationJobs").row["list"]
    assert made["params"] == {"SortBy": "CreationTime", "SortOrder": "Descending"}
    assert made["order"] == "newest-first"


def test_a_draft_asks_with_the_list_where_nothing_else_reads_one_job():
    made = draft("mgn", "DescribeJobs").row["get"]
    assert made == {"operation": "DescribeJobs", "params": {"filters": {"jobIDs": ["{id}"]}}}


def test_what_is_secret_is_not_drafted():
    """The signed URLs, among what an operation is given and answers."""
    offered = draft("dataexchange", "ListJobs").offered["details"]
    last = {path.rpartition(".")[2] for path in offered}
    assert last
    assert not {"SignedUrl", "SignedUrlExpiresAt"} & last


@pytest.mark.parametrize(
    ("service", "operation", "free"),
    [
        ("sagemaker", "ListProcessingJobs", "AppSpecification.ContainerArguments"),
        ("sagemaker", "ListProcessingJobs", "AppSpecification.ContainerEntrypoint"),
        ("glue", "GetJobRuns", "Arguments"),
        ("athena", "ListQueryExecutions", "Query"),
    ],
)
def test_what_people_write_as_they_like_is_not_even_offered(service, operation, free):
    made = draft(service, operation)
    assert not [path for path in made.offered.get("details", ()) if path.startswith(free)]


def test_nothing_travels_of_a_draft_before_a_person_takes_it_in(tmp_path):
    call("draft", "sagemaker", "ListProcessingJobs", "--write", "--catalogue", str(tmp_path))
    row = read_catalogue(tmp_path).rows["sagemaker.processing-jobs"]
    assert row.source.details == ()
    written_ = (tmp_path / "sagemaker.yaml").read_text(encoding="utf-8")
    assert "\n    # details:\n    #   - " in written_
    taken = written_.replace("    # details:", "    details:").replace("    #   - ", "      - ")
    (tmp_path / "sagemaker.yaml").write_text(taken, encoding="utf-8")
    assert read_catalogue(tmp_path).rows["sagemaker.processing-jobs"].source.details


@pytest.mark.parametrize(
    ("service", "operation", "since"),
    [
        ("backup", "ListBackupJobs", "ByCreatedAfter"),
        ("ecs", "ListServiceDeployments", "createdAt.after"),
        ("sagemaker", "ListTrainingJobs", None),  # lists the newest first
        ("backup", "ListScanJobs", None),  # ByCompleteAfter
        ("glue", "ListDataQualityRulesetEvaluationRuns", None),  # StartedAfter
    ],
)
def test_a_list_is_asked_for_what_was_created_since_where_a_name_says_so(service, operation, since):
    assert draft(service, operation).row["list"].get("since") == since


@pytest.mark.parametrize(
    ("statuses", "ours"),
    [
        (["CREATING", "ACTIVE", "FAILED"], "SUCCEEDED"),
        (["PENDING", "ACTIVE", "COMPLETED"], "RUNNING"),
    ],
)
def test_what_is_there_has_ended_well_where_nothing_else_does(statuses, ours):
    assert "ACTIVE" in place(statuses).statuses[ours]


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("IN_PROGRESS", "RUNNING"),
        ("INPROGRESS", "RUNNING"),
        ("StopRequested", "RUNNING"),
        ("CANCEL_FAILED", "FAILED"),
        ("CompletedWithErrors", "PARTIAL"),
        ("ROLLBACK_COMPLETE", "FAILED"),
        ("timed-out", "FAILED"),
        ("not_started", "PENDING"),
        ("DELETE_PENDING", "CANCELLED"),
        ("DeleteFailed", "CANCELLED"),
        ("DeletePartialSuccess", "CANCELLED"),
    ],
)
def test_a_status_is_placed_by_its_words(status, ours):
    assert place([status]).statuses == {ours: [status]}


def test_a_status_that_no_word_tells_is_placed_nowhere():
    assert place(["WithCustomer", "Done"]) == ({"SUCCEEDED": ["Done"]}, (), ("WithCustomer",))


def test_where_the_model_has_no_values_the_text_may():
    text = "<p>One of: CREATE PENDING &gt; CREATE IN_PROGRESS &gt; ACTIVE -or- CREATE FAILED</p>"
    assert told(text) == ("CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE", "CREATE FAILED")
    assert told("<ul><li><code>running</code></li><li><code>failed</code> - why</li></ul>") == (
        "running",
        "failed",
    )


def test_names_fall_into_words():
    assert words("AIBenchmarkJobs") == ("ai", "benchmark", "jobs")
    assert words("taskIDs") == ("task", "ids")
    assert words("JOB_STATUS") == ("job", "status")
    assert thing("ListFlywheelIterationHistory") == ("flywheel", "iteration")
    assert thing("ListNetworkInsightsAnalyses") == ("network", "insights", "analysis")
    assert source_name("ListAutoMLJobs") == "auto-ml-jobs"


def test_a_row_is_written_with_what_is_to_be_looked_at(capsys):
    assert call("draft", "snowball", "ListJobs") == 1
    shown, wrong = capsys.readouterr()
    row = yaml.safe_load(shown)["sources"]["jobs"]
    assert row["id"] == "JobId"
    mapped = {each for some in row["statuses"].values() for each in some}
    assert "WithCustomer" not in mapped
    assert "# ? statuses: no word tells what InTransitToCustomer, WithCustomer," in shown
    number = shown.splitlines().index("    statuses:") + 1
    assert wrong.startswith(
        f"snowball.yaml:{number}: sources.jobs.statuses: found no InTransitToCustomer"
    )


def test_a_row_without_a_mistake_is_told_by_the_exit_code(capsys):
    assert call("draft", *SENTIMENT) == 0
    assert capsys.readouterr().err == ""


def test_a_row_is_added_to_its_file_and_nothing_else_changes(tmp_path, capsys):
    file = tmp_path / "comprehend.yaml"
    shutil.copy(CATALOGUE / file.name, file)
    before = f"# A comment.\n{file.read_text(encoding='utf-8')}".replace(
        "sentiment-detection-jobs:", "renamed-jobs:", 1
    )
    file.write_text(before, encoding="utf-8")
    given = [*SENTIMENT, "--write", "--catalogue", str(tmp_path)]
    assert call("draft", *given) == 0
    assert f"Wrote comprehend.sentiment-detection-jobs to {file}.\n" in capsys.readouterr().out
    assert file.read_text(encoding="utf-8").startswith(before)
    assert "comprehend.sentiment-detection-jobs" in read_catalogue(tmp_path).rows
    assert call("draft", *given) == 1
    assert "comprehend.sentiment-detection-jobs is there already\n" in capsys.readouterr().err


def test_a_row_stands_before_what_comes_behind_the_sources(tmp_path):
    file = tmp_path / "comprehend.yaml"
    text = "service: comprehend\nsources:\n    jobs: {}   # ours\nconsole: https://{console}/comprehend\n"
    file.write_text(text, encoding="utf-8")
    call("draft", *SENTIMENT, "--write", "--catalogue", str(tmp_path))
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert [*found] == ["service", "sources", "console"]
    assert [*found["sources"]] == ["jobs", "sentiment-detection-jobs"]


@pytest.mark.parametrize("text", ["service: comprehend\nsources: {jobs: {}}\n", "- a\n", "a: [\n"])
def test_a_file_with_no_place_for_a_row_is_left_as_it_is(tmp_path, capsys, text):
    file = tmp_path / "comprehend.yaml"
    file.write_text(text, encoding="utf-8")
    assert call("draft", *SENTIMENT, "--write", "--catalogue", str(tmp_path)) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert file.read_text(encoding="utf-8") == text


def test_a_new_service_has_a_new_file(tmp_path):
    call("draft", *SENTIMENT, "--write", "--catalogue", str(tmp_path))
    catalogue = read_catalogue(tmp_path)
    assert ([*catalogue.rows], catalogue.mistakes) == (["comprehend.sentiment-detection-jobs"], ())


@pytest.mark.parametrize(
    ("service", "operation", "link"),
    [("comprehend", "ListSentimentDetectionJobs", False), ("codeartifact", "ListDomains", True)],
)
def test_a_new_file_has_a_link_where_none_is_known_here(tmp_path, service, operation, link):
    assert link is not (CATALOGUE / f"{service}.yaml").exists()
    call("draft", service, operation, "--write", "--catalogue", str(tmp_path))
    assert ("console" in read_document(tmp_path / f"{service}.yaml").content) is link


def test_the_lists_of_jobs_of_a_service_are_listed(tmp_path, capsys):
    call("draft", *SENTIMENT, "--write", "--catalogue", str(tmp_path))
    capsys.readouterr()
    assert call("draft", "comprehend", "--catalogue", str(tmp_path)) == 0
    shown = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert "comprehend.sentiment-detection-jobs" in shown["ListSentimentDetectionJobs"]
    assert shown["ListTargetedSentimentDetectionJobs"] == "no row yet"
    assert not {"ListTagsForResource", "ListEndpoints"} & {*shown}


def test_a_draft_is_printed_for_programs(capsys):
    assert call("draft", *SENTIMENT, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert "sentiment-detection-jobs" in yaml.safe_load(printed["text"])["sources"]
    assert printed["mistakes"] == []
    assert call("draft", "snowball", "ListJobs", "--json") == 1
    assert json.loads(capsys.readouterr().out)["mistakes"][0].startswith("snowball.yaml:")


def test_the_lists_of_jobs_are_printed_for_programs(tmp_path, capsys):
    assert call("draft", "comprehend", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["ListSentimentDetectionJobs"] == "comprehend.sentiment-detection-jobs"
    assert call("draft", "comprehend", "--catalogue", str(tmp_path), "--json") == 0
    assert {*json.loads(capsys.readouterr().out).values()} == {None}


def test_most_lists_of_jobs_look_like_them():
    known = {(row.service, row.source.list.operation) for row in rows()}
    found = {(service, name) for service, _ in known for name in job_lists(service)}
    assert len(known & found) * 100 >= 88 * len(known)


def test_a_service_without_jobs_says_so(capsys):
    assert call("draft", "sts") == 0
    assert capsys.readouterr().out == "No operation of sts looks like a list of jobs.\n"


@pytest.mark.parametrize(
    ("given", "told_"),
    [
        (
            ["comprehen"],
            'found "comprehen", expected a service that botocore knows; did you mean comprehend?',
        ),
        (
            ["comprehend", "ListSentimentJobs"],
            (
                'found "ListSentimentJobs", expected an operation of comprehend; did you mean '
                "ListSentimentDetectionJobs?"
            ),
        ),
        (
            ["comprehend", "DescribeSentimentDetectionJob"],
            (
                'found "DescribeSentimentDetectionJob", expected an operation that lists '
                "something; did you mean ListSentimentDetectionJobs?"
            ),
        ),
        (
            ["comprehend", "--catalogue", "nowhere"],
            'found "nowhere", expected a folder',
        ),
    ],
)
def test_a_wrong_word_is_told_with_the_right_one(given, told_, capsys):
    assert call("draft", *given) == 2
    assert capsys.readouterr().err == f"./jobwatch draft: {told_} → ./jobwatch draft --help\n"
