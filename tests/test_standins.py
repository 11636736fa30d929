"""The stand-ins answer as the services do: real clients, real HTTP, botocore's own models."""

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from demo import records, standins
from demo.operations import OPERATIONS
from demo.records import job_id
from demo.wire import listed
from demo.world import Place, World, every, no_fault
from tests.standin_cases import (
    APP,
    GETS,
    IN_APP,
    IN_SEGMENT,
    JOB_LISTS,
    LISTS,
    MODELS,
    NOW,
    Case,
    body_of,
    faults_of,
    fill,
    import_of,
    items_of,
    moment,
    pages_of,
    paging_of,
    show_parents,
)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, dict[str, str]]]:
    """One server for all tests: a client takes longer to make than a test to run."""
    world = World()
    with standins.serve(world) as endpoints:
        yield world, endpoints


@pytest.fixture(autouse=True)
def world(served: tuple[World, dict[str, str]]) -> World:
    """A world with one application and one segment in it, and nothing else."""
    world, _ = served
    kinds = {(service, row.kind) for service in OPERATIONS for row in OPERATIONS[service].values()}
    regions = "us-east-1", "eu-west-1"
    world.show({Place(*kind, region): [] for kind in kinds for region in regions})
    show_parents(world)
    world.fault, world.page_limit = no_fault, 100
    return world


@pytest.fixture(scope="module")
def client(served: tuple[World, dict[str, str]]) -> Callable[[str, str], Any]:
    """Make a real client that does not retry, once a service and region."""

    @cache
    def make(service: str, region: str) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=served[1][service],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    return make


@pytest.fixture
def call(client: Callable[[str, str], Any]) -> Callable[..., dict[str, Any]]:
    """Call an operation by its AWS name; answer its output."""

    def run(service: str, operation: str, region: str = "us-east-1", **given: Any) -> Any:
        output = getattr(client(service, region), xform_name(operation))(**given)
        del output["ResponseMetadata"]
        return output

    return run


@pytest.mark.parametrize("case", LISTS, ids="{0.service}:{0.operation}".format)
def test_a_list_tells_of_each_record_what_the_model_has(
    world: World, call: Callable[..., Any], case: Case
) -> None:
    service, operation, given = case
    row, model = OPERATIONS[service][operation], MODELS[service].operation_model(operation)
    _, shape = listed(model)
    expected = {
        wanted: {name: held for name, held in record.items() if name in shape.members}
        for wanted, record in fill(world, service, operation, 3).items()
    }
    output = call(service, operation, **given)
    assert faults_of(model.output_shape, output) == []
    items = items_of(service, operation, output)
    assert {item[row.id]: item for item in items} == expected


@pytest.mark.parametrize("case", GETS, ids="{0.service}:{0.operation}".format)
def test_a_get_tells_all_of_a_record_as_the_model_has_it(
    world: World, call: Callable[..., Any], case: Case
) -> None:
    service, operation, given = case
    model = MODELS[service].operation_model(operation)
    for wanted, record in fill(world, service, operation, 3).items():
        output = call(service, operation, **given, JobId=wanted)
        assert faults_of(model.output_shape, output) == []
        assert body_of(service, operation, output) == record


@pytest.mark.parametrize("case", [*JOB_LISTS, *GETS], ids="{0.service}:{0.operation}".format)
def test_every_status_of_the_model_can_be_served(
    world: World, call: Callable[..., Any], case: Case
) -> None:
    service, operation, given = case
    row = OPERATIONS[service][operation]
    member = "State" if service == "dataexchange" else "JobStatus"
    shape = MODELS[service].shape_for(member)
    for status in shape.enum:
        (wanted,) = fill(world, service, operation, 1, status)
        if row.takes:
            output = call(service, operation, **given, JobId=wanted)
            assert body_of(service, operation, output)[member] == status
        else:
            (item,) = items_of(service, operation, call(service, operation, **given))
            assert item[member] == status


@pytest.mark.parametrize("case", LISTS, ids="{0.service}:{0.operation}".format)
def test_following_the_tokens_gives_everything_once(
    world: World, call: Callable[..., Any], case: Case
) -> None:
    service, operation, given = case
    ids = fill(world, service, operation, 7)
    pages = pages_of(call, service, operation, given, size=2)
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert sorted(itertools.chain(*pages)) == sorted(ids)


def test_a_page_never_holds_more_than_the_service_gives(
    world: World, call: Callable[..., Any]
) -> None:
    fill(world, "sesv2", "ListImportJobs", 5)
    world.page_limit = 2
    assert [len(page) for page in pages_of(call, "sesv2", "ListImportJobs", {}, 100)] == [2, 2, 1]


def test_what_appears_between_two_pages_neither_hides_nor_repeats_anything(
    world: World, call: Callable[..., Any]
) -> None:
    before = fill(world, "sesv2", "ListImportJobs", 6)
    first = call("sesv2", "ListImportJobs", PageSize=3)
    fill(world, "sesv2", "ListImportJobs", 12)
    rest = call("sesv2", "ListImportJobs", PageSize=100, NextToken=first["NextToken"])
    seen = [job["JobId"] for page in (first, rest) for job in page["ImportJobs"]]
    assert len(seen) == len(set(seen))
    assert before.keys() <= set(seen)


def test_data_exchange_lists_newest_first(world: World, call: Callable[..., Any]) -> None:
    fill(world, "dataexchange", "ListJobs", 5)
    times = [job["CreatedAt"] for job in call("dataexchange", "ListJobs")["Jobs"]]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) > 1


@pytest.mark.parametrize("case", LISTS, ids="{0.service}:{0.operation}".format)
@pytest.mark.parametrize("token", ["nonsense", "WzEsIDJd", ""])
def test_a_token_that_was_never_given_is_refused(
    call: Callable[..., Any], case: Case, token: str
) -> None:
    service, operation, given = case
    token_member, _, _ = paging_of(service, operation)
    with pytest.raises(ClientError) as error:
        call(service, operation, **given, **{token_member: token})
    code = "ValidationException" if service == "dataexchange" else "BadRequestException"
    assert error.value.response["Error"]["Code"] == code


def test_a_token_of_another_list_is_refused(world: World, call: Callable[..., Any]) -> None:
    fill(world, "sesv2", "ListImportJobs", 2)
    token = call("sesv2", "ListImportJobs", PageSize=1)["NextToken"]
    with pytest.raises(ClientError, match="BadRequestException"):
        call("sesv2", "ListExportJobs", NextToken=token)


@pytest.mark.parametrize("case", GETS, ids="{0.service}:{0.operation}".format)
def test_an_unknown_job_is_the_services_own_error(call: Callable[..., Any], case: Case) -> None:
    service, operation, given = case
    with pytest.raises(ClientError) as error:
        call(service, operation, **given, JobId="f" * 32)
    response = error.value.response
    expected = "ResourceNotFoundException" if service == "dataexchange" else "NotFoundException"
    assert response["Error"]["Code"] == expected
    assert response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("GetSegments", {"ApplicationId": "gone"}),
        ("GetImportJobs", {"ApplicationId": "gone"}),
        ("GetSegmentExportJobs", {**IN_APP, "SegmentId": "gone"}),
    ],
)
def test_an_unknown_parent_is_not_an_empty_list(
    call: Callable[..., Any], operation: str, given: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        call("pinpoint", operation, **given)


def test_a_segment_lists_only_its_own_jobs(world: World, call: Callable[..., Any]) -> None:
    of_the_segment = import_of("one", moment("COMPLETED", 0))
    of_the_app = records.pinpoint_import("two", moment("COMPLETED", 0), APP, None)
    world.show({Place("pinpoint", "import-jobs"): [of_the_segment, of_the_app]})
    listed = call("pinpoint", "GetSegmentImportJobs", **IN_SEGMENT)["ImportJobsResponse"]["Item"]
    assert [job["Id"] for job in listed] == [job_id("one")]


def _outcome(call: Callable[..., Any], service: str, operation: str, given: Any) -> str:
    try:
        call(service, operation, **given)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{status} {error.response['Error']['Code']}"
    return "answered"


@pytest.mark.parametrize("case", [*LISTS, *GETS], ids="{0.service}:{0.operation}".format)
def test_throttling_is_the_services_own_error(
    world: World, call: Callable[..., Any], case: Case
) -> None:
    service, operation, given = case
    (wanted,) = fill(world, service, operation, 1)
    if OPERATIONS[service][operation].takes:
        given = {**given, "JobId": wanted}
    show_parents(world)
    world.fault = every(3)
    outcomes = [_outcome(call, service, operation, given) for _ in range(6)]
    code = "ThrottlingException" if service == "dataexchange" else "TooManyRequestsException"
    code = f"429 {code}"
    assert sorted(outcomes) == sorted([code, code] + ["answered"] * 4)
    assert outcomes[:3] == outcomes[3:]


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("pinpoint", "GetApps", "ForbiddenException"),
        ("sesv2", "ListImportJobs", "AccessDeniedException"),
        ("dataexchange", "ListJobs", "AccessDeniedException"),
    ],
)
def test_a_call_may_be_forbidden(
    world: World, call: Callable[..., Any], service: str, operation: str, code: str
) -> None:
    world.fault = every(1, 403)
    with pytest.raises(ClientError, match=code):
        call(service, operation)


@pytest.mark.parametrize("size", ["0", "-1", "many"])
def test_a_page_size_that_is_none_is_refused(call: Callable[..., Any], size: str) -> None:
    with pytest.raises(ClientError, match="BadRequestException"):
        call("pinpoint", "GetApps", PageSize=size)


def test_ses_tells_only_in_the_get_why_a_job_failed(world: World, call: Callable[..., Any]) -> None:
    (wanted,) = fill(world, "sesv2", "ListImportJobs", 1)
    (listed,) = call("sesv2", "ListImportJobs")["ImportJobs"]
    assert not listed.keys() & {"FailureInfo", "CompletedTimestamp", "ImportDataSource"}
    job = call("sesv2", "GetImportJob", JobId=wanted)
    assert job["FailureInfo"]["ErrorMessage"] == "It would not open"
    assert job["CompletedTimestamp"] == NOW


def test_the_answers_hold_the_secrets_that_the_services_give_away(
    world: World, call: Callable[..., Any]
) -> None:
    answers = ""
    for service, operation, given in [*LISTS, *GETS]:
        ids = fill(world, service, operation, 3)
        wanted = {"JobId": min(ids)} if OPERATIONS[service][operation].takes else {}
        answers += str(call(service, operation, **given, **wanted))
        show_parents(world)
    assert [secret for secret in records.SECRETS if secret not in answers] == []


@pytest.mark.parametrize(
    ("matching", "other"),
    [
        (
            Case("sesv2", "ListExportJobs", {"JobStatus": "FAILED"}),
            {"JobStatus": "CREATED"},
        ),
        (
            Case("sesv2", "ListExportJobs", {"ExportSourceType": "MESSAGE_INSIGHTS"}),
            {"ExportSourceType": "METRICS_DATA"},
        ),
        (
            Case("sesv2", "ListImportJobs", {"ImportDestinationType": "CONTACT_LIST"}),
            {"ImportDestinationType": "SUPPRESSION_LIST"},
        ),
        (
            Case("dataexchange", "ListJobs", {"DataSetId": job_id("data set")}),
            {"DataSetId": job_id("another")},
        ),
    ],
)
def test_a_filter_narrows_a_list(
    world: World, call: Callable[..., Any], matching: Case, other: dict[str, str]
) -> None:
    service, operation, given = matching
    fill(world, service, operation, 2)
    assert len(items_of(service, operation, call(service, operation, **given))) == 2
    assert items_of(service, operation, call(service, operation, **other)) == []


def test_regions_are_apart(world: World, call: Callable[..., Any]) -> None:
    there = Place("sesv2", "import-jobs", "eu-west-1")
    world.show({there: [records.ses_import("there", moment("COMPLETED", 0))]})
    assert call("sesv2", "ListImportJobs")["ImportJobs"] == []
    assert len(call("sesv2", "ListImportJobs", region="eu-west-1")["ImportJobs"]) == 1


def test_an_operation_that_nobody_plays_is_unknown(call: Callable[..., Any]) -> None:
    with pytest.raises(ClientError, match="UnknownOperationException"):
        call("sesv2", "GetAccount")
