"""The plan that the functions read, compiled from the watches and the catalogue."""

import json
import re
from pathlib import Path

import pytest

from infra.config.plan import compile_plan
from lambdas.plan import parse_plan

ROOT = Path(__file__).parents[1]
EVERY_SOURCE = (
    "dataexchange.jobs",
    "dynamodb.exports",
    "pinpoint.export-jobs",
    "pinpoint.import-jobs",
    "pinpoint.segment-export-jobs",
    "pinpoint.segment-import-jobs",
    "sesv2.export-jobs",
    "sesv2.import-jobs",
    "translate.text-translation-jobs",
)


@pytest.fixture
def compiled(tmp_path):
    """Compile the watches that a test writes down."""

    def compile_text(text):
        (tmp_path / "watches.yaml").write_text(text, encoding="utf-8")
        return compile_plan(tmp_path / "watches.yaml", ROOT / "catalogue")

    return compile_text


@pytest.fixture
def everything(compiled):
    """Compile a watch of every source."""
    rows = (f"  w{number}: {{source: {source}}}" for number, source in enumerate(EVERY_SOURCE))
    return compiled("\n".join(["watches:", *rows]))


def test_a_source_becomes_the_row_that_the_functions_read(compiled):
    document = compiled("watches: {contact-imports: {source: sesv2.import-jobs}}").document
    assert document == {
        "version": 1,
        "retention": 30 * 86_400,
        "alerts": {"on": ["FAILED", "PARTIAL"]},
        "sources": {
            "sesv2.import-jobs": {
                "service": "sesv2",
                "calls_per_second": 1.0,
                "label": "SES import job",
                "console": "https://{console}/ses/home?region={region}",
                "list": {
                    "operation": "ListImportJobs",
                    "items": "ImportJobs",
                    "token": {"send": "NextToken", "read": "NextToken"},
                    "parameters": {"PageSize": 100},
                    "takes": [],
                    "newest_first": False,
                },
                "get": {
                    "operation": "GetImportJob",
                    "item": "@",
                    "id": "JobId",
                    "missing": ["NotFoundException"],
                    "takes": [],
                },
                "parents": [],
                "get_completes": True,
                "list_tells_age": True,
                "id": "JobId",
                "arn": None,
                "type": None,
                "status": "JobStatus",
                "statuses": {
                    "CREATED": "PENDING",
                    "PROCESSING": "RUNNING",
                    "COMPLETED": "SUCCEEDED",
                    "FAILED": "FAILED",
                    "CANCELLED": "CANCELLED",
                },
                "partial": ["FailedRecordsCount"],
                "created": "CreatedTimestamp",
                "ended": "CompletedTimestamp",
                "progress": {
                    "total": None,
                    "processed": "ProcessedRecordsCount",
                    "failed": "FailedRecordsCount",
                },
                "failure": {"code": None, "message": "FailureInfo.ErrorMessage", "details": None},
                "details": [
                    "ImportDataSource.S3Url",
                    "ImportDataSource.DataFormat",
                    "ImportDestination.ContactListDestination.ContactListName",
                    "ImportDestination.ContactListDestination.ContactListImportAction",
                    "ImportDestination.SuppressionListDestination.SuppressionListImportAction",
                ],
            }
        },
        "watches": {
            "contact-imports": {
                "source": "sesv2.import-jobs",
                "for": {},
                "jobs": None,
                "regions": [],
                "accounts": [],
                "every": 60,
                "idle_every": None,
                "stalled_after": None,
            }
        },
    }


def test_a_watch_becomes_what_it_says_in_seconds(compiled):
    document = compiled("""
        watches:
          a:
            source: pinpoint.import-jobs
            for: {ApplicationId: 0123}
            jobs: [1, 007]
            regions: [us-east-1, eu-west-1]
            accounts: [{id: 011122223333, role: team/reader, external_id: 007}]
            every: 5 minutes
            idle_every: 1 hour
            stalled_after: 2 hours
        alerts: {on: [UNKNOWN, CANCELLED]}
        retention: 1 week
    """).document
    assert document["watches"]["a"] == {
        "source": "pinpoint.import-jobs",
        "for": {"ApplicationId": "0123"},
        "jobs": ["1", "007"],
        "regions": ["us-east-1", "eu-west-1"],
        "accounts": [{"id": "011122223333", "role": "team/reader", "external_id": "007"}],
        "every": 300,
        "idle_every": 3_600,
        "stalled_after": 7_200,
    }
    assert document["alerts"] == {"on": ["CANCELLED", "UNKNOWN"]}
    assert document["retention"] == 604_800


def test_parents_come_outermost_first_and_each_call_names_what_it_takes(everything):
    source = everything.document["sources"]["pinpoint.segment-import-jobs"]
    assert [(p["parameter"], p["takes"]) for p in source["parents"]] == [
        ("ApplicationId", []),
        ("SegmentId", ["ApplicationId"]),
    ]
    assert source["list"]["takes"] == ["ApplicationId", "SegmentId"]
    assert source["get"]["takes"] == ["ApplicationId"]


def test_a_constant_has_the_type_that_the_model_says(everything):
    sources = everything.document["sources"]
    assert sources["sesv2.import-jobs"]["list"]["parameters"] == {"PageSize": 100}
    assert sources["pinpoint.import-jobs"]["list"]["parameters"] == {"PageSize": "100"}
    assert sources["pinpoint.import-jobs"]["parents"][0]["parameters"] == {"PageSize": "100"}


def test_a_get_completes_where_the_list_lacks_what_the_row_names(everything):
    completed = {
        name for name, source in everything.document["sources"].items() if source["get_completes"]
    }
    assert completed == {"dynamodb.exports", "sesv2.export-jobs", "sesv2.import-jobs"}


def test_a_list_tells_the_age_unless_it_has_neither_time(everything):
    ageless = {
        name
        for name, source in everything.document["sources"].items()
        if not source["list_tells_age"]
    }
    assert ageless == {"dynamodb.exports"}


def test_only_documented_orders_are_relied_on(everything):
    ordered = {
        name for name, row in everything.document["sources"].items() if row["list"]["newest_first"]
    }
    assert ordered == {"dataexchange.jobs"}


def test_only_the_sources_that_are_watched_are_in_the_plan(compiled):
    plan = compiled("watches: {a: {source: sesv2.import-jobs}, b: {source: sesv2.import-jobs}}")
    assert list(plan.document["sources"]) == ["sesv2.import-jobs"]
    assert plan.services == ("sesv2",)


def test_the_same_watches_make_the_same_bytes_in_any_order(compiled):
    one = compiled("watches: {a: {source: sesv2.import-jobs}, b: {source: dataexchange.jobs}}")
    two = compiled("watches: {b: {source: dataexchange.jobs}, a: {source: sesv2.import-jobs}}")
    assert json.dumps(one.document) == json.dumps(two.document)
    assert (one.permissions, one.cadences, one.services) == (
        two.permissions,
        two.cadences,
        two.services,
    )


def test_watches_of_the_same_cadence_share_a_tick(compiled):
    plan = compiled("""
        watches:
          b: {source: sesv2.import-jobs}
          a: {source: sesv2.export-jobs, every: 60 seconds}
          c: {source: dataexchange.jobs, every: 1 hour}
    """)
    assert plan.cadences == {60: ("a", "b"), 3_600: ("c",)}


def test_a_service_whose_rate_is_known_has_a_budget(everything):
    assert parse_plan(everything.document).budgets == {"sesv2": 1}


def test_emails_and_roles_are_for_the_stack_and_not_in_the_plan(compiled):
    plan = compiled("""
        watches:
          a:
            source: sesv2.import-jobs
            accounts: [{id: "111122223333", role: x}, {id: "444455556666", role: team/y}]
          b: {source: sesv2.export-jobs, accounts: [{id: "111122223333", role: x}]}
        alerts: {email: [ops@example.com]}
    """)
    assert plan.emails == ("ops@example.com",)
    assert "ops@example.com" not in json.dumps(plan.document)
    assert plan.roles == (
        "arn:{partition}:iam::111122223333:role/x",
        "arn:{partition}:iam::444455556666:role/team/y",
    )


def test_the_functions_can_read_the_plan_of_every_source(everything):
    assert sorted(parse_plan(everything.document).sources) == sorted(EVERY_SOURCE)


def test_the_functions_read_how_often_a_watch_is_due(compiled):
    watches = parse_plan(
        compiled("""
            watches:
              busy: {source: sesv2.import-jobs, every: 15 seconds, stalled_after: 2 hours}
              calm: {source: sesv2.export-jobs, every: 5 minutes, idle_every: 1 hour}
        """).document
    ).watches
    due = {name: (w.every, w.idle_every, w.stalled_after) for name, w in watches.items()}
    assert due == {"busy": (15, None, 7_200), "calm": (300, 3_600, None)}


def test_what_ships_watches_ses_and_data_exchange():
    plan = compile_plan(ROOT / "watches.yaml", ROOT / "catalogue").document
    assert {name: watch["source"] for name, watch in plan["watches"].items()} == {
        "ses-imports": "sesv2.import-jobs",
        "ses-exports": "sesv2.export-jobs",
        "data-exchange-jobs": "dataexchange.jobs",
    }


def test_what_ships_has_the_pinpoint_watches_and_examples_commented_out(compiled):
    """They are right too: without the `# ` before them they compile."""
    lines = (ROOT / "watches.yaml").read_text(encoding="utf-8").splitlines()
    block = [line.replace("# ", "", 1) for line in lines if re.match(r"  # ([a-z-]+:$|  )", line)]
    watches = compiled("\n".join(["watches:", *block])).document["watches"]
    assert {name: watch["source"] for name, watch in watches.items()} == {
        "pinpoint-imports": "pinpoint.import-jobs",
        "pinpoint-exports": "pinpoint.export-jobs",
        "pinpoint-segment-imports": "pinpoint.segment-import-jobs",
        "pinpoint-segment-exports": "pinpoint.segment-export-jobs",
        "audience-imports": "pinpoint.segment-import-jobs",
        "nightly-exports": "dataexchange.jobs",
    }
