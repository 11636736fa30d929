"""What the tests of the stand-ins call and show, and how an answer is held against its model."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from botocore.model import ListShape, Shape, StructureShape
from botocore.session import Session
from botocore.validate import ParamValidator

from demo import records
from demo.operations import OPERATIONS
from demo.records import Moment, job_id
from demo.wire import present
from demo.world import Place, World

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
APP, SEGMENT = "app", "segment"
IN_APP = {"ApplicationId": job_id(APP)}
IN_SEGMENT = {**IN_APP, "SegmentId": job_id(SEGMENT)}
Make = Callable[[str, Moment], dict[str, Any]]


def import_of(name: str, moment: Moment) -> dict[str, Any]:
    return records.pinpoint_import(name, moment, APP, SEGMENT)


def export_of(name: str, moment: Moment) -> dict[str, Any]:
    return records.pinpoint_export(name, moment, APP, SEGMENT)


def _data_job(name: str, moment: Moment) -> dict[str, Any]:
    kinds = itertools.cycle(records.DATA_EXCHANGE)
    details = next(itertools.islice(kinds, len(name) % 3, None))
    return records.data_exchange(name, moment, details)


MAKERS: dict[tuple[str, str], Make] = {
    ("pinpoint", "import-jobs"): import_of,
    ("pinpoint", "export-jobs"): export_of,
    ("sesv2", "import-jobs"): records.ses_import,
    ("sesv2", "export-jobs"): records.ses_export,
    ("dataexchange", "jobs"): _data_job,
}


class Case(NamedTuple):
    """One operation, and the parents that it needs."""

    service: str
    operation: str
    given: dict[str, Any]


JOB_LISTS = [
    Case("pinpoint", "GetImportJobs", IN_APP),
    Case("pinpoint", "GetExportJobs", IN_APP),
    Case("pinpoint", "GetSegmentImportJobs", IN_SEGMENT),
    Case("pinpoint", "GetSegmentExportJobs", IN_SEGMENT),
    Case("sesv2", "ListImportJobs", {}),
    Case("sesv2", "ListExportJobs", {}),
    Case("dataexchange", "ListJobs", {}),
]
LISTS = [*JOB_LISTS, Case("pinpoint", "GetApps", {}), Case("pinpoint", "GetSegments", IN_APP)]
GETS = [
    Case("pinpoint", "GetImportJob", IN_APP),
    Case("pinpoint", "GetExportJob", IN_APP),
    Case("sesv2", "GetImportJob", {}),
    Case("sesv2", "GetExportJob", {}),
    Case("dataexchange", "GetJob", {}),
]
MODELS = {service: Session().get_service_model(service) for service in OPERATIONS}


def show_parents(world: World) -> None:
    apps, segments = Place("pinpoint", "apps"), Place("pinpoint", "segments")
    world.show(
        {apps: [records.application(APP, NOW)], segments: [records.segment(APP, SEGMENT, NOW)]}
    )


def fill(
    world: World, service: str, operation: str, count: int, status: str = ""
) -> dict[str, Any]:
    """Show `count` records where the operation looks; return them by id."""
    row = OPERATIONS[service][operation]
    names = [f"{'n' * (number % 3)}{number}" for number in range(count)]
    if row.kind == "apps":
        shown = [records.application(name, NOW) for name in names]
    elif row.kind == "segments":
        shown = [records.segment(APP, name, NOW) for name in names]
    else:
        make, word = MAKERS[service, row.kind], status or _any(service)
        shown = [make(name, moment(word, age)) for age, name in enumerate(names)]
    world.show({Place(service, row.kind): shown})
    return {record[row.id]: present(record) for record in shown}


def _any(service: str) -> str:
    return "ERROR" if service == "dataexchange" else "FAILED"


def moment(status: str, age: int) -> Moment:
    created = NOW - timedelta(minutes=age * 7 % 5)
    code = "MALWARE_DETECTED"
    return Moment(status, created, NOW, NOW, 100, 90, 10, code, "It would not open")


def body_of(service: str, operation: str, output: dict[str, Any]) -> dict[str, Any]:
    """Return an answer's body, whatever it is wrapped in."""
    payload = MODELS[service].operation_model(operation).output_shape.serialization.get("payload")
    return output[payload] if payload else output


def items_of(service: str, operation: str, output: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the listed items of an answer."""
    body = body_of(service, operation, output)
    return next(value for value in body.values() if isinstance(value, list))


def paging_of(service: str, operation: str) -> tuple[str, str, Any]:
    """Return the members for the token and the page size, and the type of the latter."""
    members = MODELS[service].operation_model(operation).input_shape.members
    size = "PageSize" if "PageSize" in members else "MaxResults"
    kind = str if members[size].type_name == "string" else int
    return ("Token" if "Token" in members else "NextToken"), size, kind


def pages_of(
    call: Callable[..., Any], service: str, operation: str, given: dict[str, Any], size: int
) -> list[list[str]]:
    """Follow an operation's tokens; return the ids on each page."""
    token_member, size_member, kind = paging_of(service, operation)
    id_member = OPERATIONS[service][operation].id
    pages, token = [], {}
    while True:
        output = call(service, operation, **given, **{size_member: kind(size)}, **token)
        pages.append([item[id_member] for item in items_of(service, operation, output)])
        following = body_of(service, operation, output).get("NextToken")
        if following is None:
            return pages
        token = {token_member: following}


def faults_of(shape: Shape, value: Any) -> list[str]:
    """Say where an answer, as a client reads it, is not what the model has."""
    report = ParamValidator().validate(value, shape).generate_report()
    return [*report.splitlines(), *_enum_faults(shape, value)]


def _enum_faults(shape: Shape, value: Any) -> list[str]:
    if isinstance(shape, StructureShape):
        return [f for name in value for f in _enum_faults(shape.members[name], value[name])]
    if isinstance(shape, ListShape):
        return [fault for item in value for fault in _enum_faults(shape.member, item)]
    allowed = getattr(shape, "enum", None)
    return [f"{value!r} is none of {allowed}"] if allowed and value not in allowed else []
