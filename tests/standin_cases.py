"""What the tests of the stand-ins call and show, and how an answer is held against its model."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import urllib3
from botocore.model import ListShape, Shape, StructureShape
from botocore.session import Session

from demo import records
from demo.operations import OPERATIONS
from demo.records import Moment, job_id
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


def fill(world: World, service: str, operation: str, count: int, status: str = "") -> set[str]:
    """Show `count` records where the operation looks; return their ids."""
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
    return {record[row.id] for record in shown}


def _any(service: str) -> str:
    return "ERROR" if service == "dataexchange" else "FAILED"


def moment(status: str, age: int) -> Moment:
    created = NOW - timedelta(minutes=age * 7 % 5)
    code = "MALWARE_DETECTED"
    return Moment(status, created, NOW, NOW, 100, 90, 10, code, "It would not open")


def items_of(service: str, operation: str, output: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the listed items of an answer, whatever it wraps them in."""
    output.pop("ResponseMetadata", None)
    payload = MODELS[service].operation_model(operation).output_shape.serialization.get("payload")
    body = output[payload] if payload else output
    return next(value for value in body.values() if isinstance(value, list))


def token_of(service: str, operation: str, output: dict[str, Any]) -> str | None:
    model = MODELS[service].operation_model(operation)
    payload = model.output_shape.serialization.get("payload")
    token: str | None = (output[payload] if payload else output).get("NextToken")
    return token


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
        following = token_of(service, operation, output)
        if following is None:
            return pages
        token = {token_member: following}


def faults_of(shape: Shape, value: Any, path: str = "$") -> list[str]:
    """Say where a JSON value has a member that the shape lacks, or lacks a required one."""
    if isinstance(shape, StructureShape):
        wire_names = {s.serialization.get("name", n): (n, s) for n, s in shape.members.items()}
        found = [f"{path}: unknown {name}" for name in value if name not in wire_names]
        present = {wire_names[name][0] for name in value if name in wire_names}
        found += [f"{path}: no {name}" for name in shape.required_members if name not in present]
        for name in value.keys() & wire_names.keys():
            found += faults_of(wire_names[name][1], value[name], f"{path}.{name}")
        return found
    if isinstance(shape, ListShape):
        return [line for item in value for line in faults_of(shape.member, item, f"{path}[]")]
    return [*_enum_faults(shape, value, path), *_type_faults(shape, value, path)]


def _enum_faults(shape: Shape, value: Any, path: str) -> list[str]:
    allowed = getattr(shape, "enum", None)
    return [f"{path}: {value!r} is none of {allowed}"] if allowed and value not in allowed else []


def _type_faults(shape: Shape, value: Any, path: str) -> list[str]:
    iso = shape.serialization.get("timestampFormat") == "iso8601"
    types: dict[str, Any] = {
        "string": str,
        "integer": int,
        "boolean": bool,
        "double": (int, float),
        "timestamp": str if iso else (int, float),
        "map": dict,
    }
    if isinstance(value, types[shape.type_name]):
        return []
    return [f"{path}: {value!r} is no {shape.type_name}"]


def raw_answer(
    endpoints: dict[str, str], service: str, operation: str, given: dict[str, Any]
) -> Any:
    """Fetch the JSON of an answer past botocore's parser, which drops what it does not know."""
    model = MODELS[service].operation_model(operation)
    uri = model.http["requestUri"]
    for name, shape in model.input_shape.members.items():
        if shape.serialization.get("location") == "uri":
            uri = uri.replace(f"{{{shape.serialization.get('name', name)}}}", given[name])
    scope = f"Credential=test/20261122/us-east-1/{MODELS[service].signing_name}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}"}
    return urllib3.request(model.http["method"], endpoints[service] + uri, headers=headers).json()
