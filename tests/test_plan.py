"""The plan: what the compiler makes of the watches and the catalogue, and what functions read."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.config.aws.regions import consoles
from lambdas.plan import (
    VERSION,
    Account,
    Get,
    Listing,
    Parent,
    Plan,
    PlanVersionError,
    Policy,
    Source,
    Token,
    Watch,
    parse_plan,
    read_plan,
    write_plan,
)
from tests.catalogue import compile_plan

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
    """The plan of a watch of every source."""
    rows = (f"  w{number}: {{source: {source}}}" for number, source in enumerate(EVERY_SOURCE))
    return compiled("\n".join(["watches:", *rows])).plan


def test_recipients_are_told_apart_by_how_an_alert_reaches_them(compiled):
    """Behind the bus are all but emails; a pager has incidents, and is no person, as a topic is."""
    kinds = ("email", "slack", "teams", "pagerduty", "topic")
    bare = compiled("watches: {contact-imports: {source: sesv2.import-jobs}}").plan
    plan = replace(bare, recipients={f"by-{kind}": kind for kind in kinds})
    assert plan.behind_bus == {"by-slack", "by-teams", "by-pagerduty", "by-topic"}
    assert plan.pagers == {"by-pagerduty"}
    assert plan.machines == {"by-pagerduty", "by-topic"}
    assert (bare.behind_bus, bare.pagers, bare.machines) == (set(), set(), set())


def test_a_row_becomes_the_source_that_the_functions_read(compiled):
    plan = compiled("watches: {contact-imports: {source: sesv2.import-jobs}}").plan
    source = Source(
        name="sesv2.import-jobs",
        service="sesv2",
        label="SES import job",
        console="https://{console}/ses/home?region={region}",
        listing=Listing(
            operation="ListImportJobs",
            items="ImportJobs",
            token=Token(send="NextToken", read="NextToken"),
            parameters={"PageSize": 100},
        ),
        get=Get(
            operation="GetImportJob",
            item="@",
            parameters={"JobId": "{id}"},
            missing=("NotFoundException",),
        ),
        parents=(),
        newest_first=False,
        get_completes=True,
        list_tells_age=True,
        list_tells_progress=True,
        list_tells_status=True,
        id="JobId",
        id_parts=(),
        arn=None,
        job_name=None,
        type=None,
        status="JobStatus",
        statuses={
            "CREATED": "PENDING",
            "PROCESSING": "RUNNING",
            "COMPLETED": "SUCCEEDED",
            "FAILED": "FAILED",
            "CANCELLED": "CANCELLED",
        },
        partial=("FailedRecordsCount",),
        created="CreatedTimestamp",
        ended="CompletedTimestamp",
        progress={
            "total": None,
            "processed": "ProcessedRecordsCount",
            "failed": "FailedRecordsCount",
        },
        unit="records",
        failure={"code": None, "message": "FailureInfo.ErrorMessage", "details": None},
        details=(
            "ImportDataSource.S3Url",
            "ImportDataSource.DataFormat",
            "ImportDestination.ContactListDestination.ContactListName",
            "ImportDestination.ContactListDestination.ContactListImportAction",
            "ImportDestination.SuppressionListDestination.SuppressionListImportAction",
        ),
        calls_per_second=1.0,
    )
    watch = Watch(
        name="contact-imports",
        sources={"sesv2.import-jobs": ()},
        parameters={},
        jobs=None,
        accounts=(),
        every=60,
        idle_every=None,
        discover_every=None,
        stalled_after=None,
        max_duration=None,
        expect=None,
        alerts=Policy(frozenset({"FAILED", "PARTIAL"})),
    )
    assert plan == Plan(
        watches={"contact-imports": watch},
        sources={"sesv2.import-jobs": source},
        alerts=Policy(frozenset({"FAILED", "PARTIAL"})),
        retention=30 * 86_400,
        concurrency=5,
        not_offered={"sesv2.import-jobs": plan.not_offered["sesv2.import-jobs"]},
        consoles=consoles(),
    )


def test_a_watch_becomes_what_it_says_in_seconds(compiled):
    plan = compiled("""
        watches:
          a:
            source: pinpoint.import-jobs
            for: {ApplicationId: 0123}
            jobs: [1, 007]
            regions: [us-east-1, eu-west-1]
            accounts: [{id: 011122223333, role: team/reader, external_id: 007}]
            every: 5 minutes
            idle_every: 1 hour
            discover_every: 30 minutes
            stalled_after: 2 hours
            max_duration: 3 hours
        alerts: {on: [UNKNOWN, CANCELLED]}
        retention: 1 week
        concurrency: 10
    """).plan
    assert plan.watches["a"] == Watch(
        name="a",
        sources={"pinpoint.import-jobs": ("us-east-1", "eu-west-1")},
        parameters={"ApplicationId": "0123"},
        jobs=("1", "007"),
        accounts=(Account(id="011122223333", role="team/reader", external_id="007"),),
        every=300,
        idle_every=3_600,
        discover_every=1_800,
        stalled_after=7_200,
        max_duration=10_800,
        expect=None,
        alerts=Policy(frozenset({"CANCELLED", "UNKNOWN"})),
    )
    assert plan.alerts.on == {"CANCELLED", "UNKNOWN"}
    assert (plan.retention, plan.concurrency) == (604_800, 10)


@pytest.mark.parametrize(
    ("source", "said", "found"),
    [
        ("pinpoint.import-jobs", "", None),
        ("pinpoint.import-jobs", "discover_every: 5 minutes", 300),
        ("codepipeline.pipeline-executions", "", 900),
        ("codepipeline.pipeline-executions", "discover_every: 1 minute", None),
        ("codepipeline.pipeline-executions", "every: 1 hour", None),
        ("athena.calculation-executions", "for: {WorkGroup: w}", None),
        ("sesv2.import-jobs", "", None),
    ],
)
def test_parents_are_listed_as_often_as_the_watch_says_or_else_as_the_row(
    compiled, source, said, found
):
    plan = compiled(f"""
        watches:
          a:
            source: {source}
            {said}
    """).plan
    assert plan.discover_every(plan.watches["a"], source) == found


def test_parents_come_outermost_first_and_each_call_names_what_it_needs(everything):
    source = everything.sources["pinpoint.segment-import-jobs"]
    applications, segments = source.parents
    application, segment = {"ApplicationId": "{ApplicationId}"}, {"SegmentId": "{SegmentId}"}
    assert applications.listing.parameters == {"PageSize": "100"}
    assert segments.listing.parameters == {**application, "PageSize": "100"}
    assert source.listing.parameters == {**application, **segment, "PageSize": "100"}
    assert source.get.parameters == {**application, "JobId": "{id}"}


def test_a_constant_has_the_type_that_the_model_says(everything):
    sources = everything.sources
    assert sources["sesv2.import-jobs"].listing.parameters == {"PageSize": 100}
    assert sources["pinpoint.import-jobs"].listing.parameters["PageSize"] == "100"
    assert sources["pinpoint.import-jobs"].parents[0].listing.parameters == {"PageSize": "100"}


def named(plan, fits):
    return {name for name, source in plan.sources.items() if fits(source)}


def test_a_get_completes_where_the_list_lacks_what_the_row_names(everything):
    assert named(everything, lambda source: source.get_completes) == {
        "dynamodb.exports",
        "sesv2.export-jobs",
        "sesv2.import-jobs",
    }


def test_a_list_tells_the_age_unless_it_has_neither_time(everything):
    assert named(everything, lambda source: not source.list_tells_age) == {"dynamodb.exports"}


def test_a_list_tells_how_far_a_job_is_unless_only_the_get_does(everything):
    lacking = named(everything, lambda source: not source.list_tells_progress)
    assert lacking == {"dynamodb.exports", "sesv2.export-jobs"}


def test_only_documented_orders_are_relied_on(everything):
    assert named(everything, lambda source: source.newest_first) == {"dataexchange.jobs"}


def test_a_job_has_the_name_that_a_person_gave_it_where_the_service_has_one(everything):
    names = {n: source.job_name for n, source in everything.sources.items() if source.job_name}
    assert names == {"translate.text-translation-jobs": "JobName"}


def test_a_session_elsewhere_may_do_what_the_service_is_watched_with_and_no_more(compiled):
    plan = compiled("""
        watches:
          a: {source: sesv2.import-jobs, accounts: [{id: "111122223333", role: x}]}
          b: {source: sesv2.export-jobs, jobs: [j], accounts: [{id: "111122223333", role: x}]}
          c: {source: dataexchange.jobs}
    """).plan
    ((service, written),) = plan.session_policies.items()
    assert service == "sesv2"
    assert json.loads(written)["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["ses:GetExportJob", "ses:GetImportJob", "ses:ListImportJobs"],
            "Resource": ["*"],
        }
    ]


def test_only_the_sources_that_are_watched_are_in_the_plan(compiled):
    watched = compiled("watches: {a: {source: sesv2.import-jobs}, b: {source: sesv2.import-jobs}}")
    assert list(watched.plan.sources) == ["sesv2.import-jobs"]
    assert watched.operations == {"sesv2": ("GetImportJob", "ListImportJobs")}


def test_the_same_watches_make_the_same_bytes_in_any_order(compiled):
    one = compiled("watches: {a: {source: sesv2.import-jobs}, b: {source: dataexchange.jobs}}")
    two = compiled("watches: {b: {source: dataexchange.jobs}, a: {source: sesv2.import-jobs}}")
    assert json.dumps(write_plan(one.plan)) == json.dumps(write_plan(two.plan))
    assert (one.permissions, one.cadences, one.operations) == (
        two.permissions,
        two.cadences,
        two.operations,
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
    assert everything.budgets == {"sesv2": 1}


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
    assert "ops@example.com" not in json.dumps(write_plan(plan.plan))
    assert plan.roles == (
        "arn:{partition}:iam::111122223333:role/x",
        "arn:{partition}:iam::444455556666:role/team/y",
    )


def test_what_ships_watches_ses_and_data_exchange():
    plan = compile_plan(ROOT / "watches.yaml", ROOT / "catalogue").plan
    assert {name: source for name, watch in plan.watches.items() for source in watch.sources} == {
        "ses-imports": "sesv2.import-jobs",
        "ses-exports": "sesv2.export-jobs",
        "data-exchange-jobs": "dataexchange.jobs",
    }


def test_what_ships_has_the_pinpoint_watches_and_examples_commented_out(compiled):
    """They are right too: without the `# ` before them they compile."""
    lines = (ROOT / "watches.yaml").read_text(encoding="utf-8").splitlines()
    block = [line.replace("# ", "", 1) for line in lines if re.match(r"  # ([a-z-]+:$|  )", line)]
    team = "recipients: {data-team: {email: [data@example.com]}}"
    watches = dict(compiled("\n".join(["watches:", *block, team])).plan.watches)
    assert watches["text-analysis"].alerts.to == ("data-team",)
    assert "translate.text-translation-jobs" in watches.pop("text-analysis").sources
    assert {name: source for name, watch in watches.items() for source in watch.sources} == {
        "pinpoint-imports": "pinpoint.import-jobs",
        "pinpoint-exports": "pinpoint.export-jobs",
        "pinpoint-segment-imports": "pinpoint.segment-import-jobs",
        "weekly-exports": "dynamodb.exports",
        "pinpoint-segment-exports": "pinpoint.segment-export-jobs",
        "audience-imports": "pinpoint.segment-import-jobs",
        "nightly-exports": "dataexchange.jobs",
        "nightly-imports": "sesv2.import-jobs",
    }


TEXT = st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=3,
)
LISTINGS = st.builds(Listing, token=..., parameters=st.dictionaries(TEXT, JSON, max_size=2))
SOURCES = st.builds(
    Source,
    listing=LISTINGS,
    get=st.builds(Get, parameters=st.dictionaries(TEXT, JSON, max_size=2), missing=...),
    parents=st.lists(st.builds(Parent, listing=LISTINGS), max_size=2).map(tuple),
    calls_per_second=st.none() | st.floats(0.1, 100),
)
ACCOUNTS = st.lists(st.builds(Account, external_id=...), max_size=2).map(tuple)


@st.composite
def plans(draw):
    """Any plan; a watch stands under its name, and so does a source."""
    sources = {source.name: source for source in draw(st.lists(SOURCES, min_size=1, max_size=2))}
    watch = st.builds(Watch, accounts=ACCOUNTS)
    watches = {watch.name: watch for watch in draw(st.lists(watch, max_size=3))}
    return draw(
        st.builds(
            Plan,
            watches=st.just(watches),
            sources=st.just(sources),
            not_offered=...,
            consoles=...,
        )
    )


@given(plans())
@settings(max_examples=100, deadline=None)
def test_whatever_is_written_is_read_as_the_same_values(plan):
    assert parse_plan(json.loads(json.dumps(write_plan(plan)))) == plan


def test_a_source_is_stored_once_however_many_watch_it(compiled):
    plan = compiled(
        "watches: {a: {source: sesv2.import-jobs}, b: {source: sesv2.import-jobs}}"
    ).plan
    document = write_plan(plan)
    assert [*document["sources"]] == ["sesv2.import-jobs"]
    assert [watch["sources"] for watch in document["watches"].values()] == [
        {"sesv2.import-jobs": []}
    ] * 2


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1, None])
def test_a_plan_of_another_version_is_an_error_that_says_so(everything, tmp_path, version):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(write_plan(everything) | {"version": version}), encoding="utf-8")
    with pytest.raises(PlanVersionError) as raised:
        read_plan(file)
    assert str(raised.value) == f"found a plan of version {version}, expected version {VERSION}"


def test_the_functions_read_the_plan_of_every_source_from_its_file(everything, tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(write_plan(everything)), encoding="utf-8")
    assert read_plan(file) == everything
    assert sorted(read_plan(file).sources) == sorted(EVERY_SOURCE)
