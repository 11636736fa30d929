"""The plan: what to watch and how, compiled from `watches.yaml` and the catalogue at synth."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Token:
    """Where a page token goes into a call and where it comes out of the answer."""

    send: str
    read: str


@dataclass(frozen=True, slots=True)
class Listing:
    """An operation that lists something in pages.

    `takes` names the parents' parameters that it needs; `parameters` are constant ones.
    """

    operation: str
    items: str
    token: Token | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Get:
    """The operation that reads one job; `missing` are the error codes for no such job."""

    operation: str
    item: str
    id: str
    missing: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parent:
    """What a source's jobs live in: the parameter that names one, and how to list them."""

    parameter: str
    id: str
    listing: Listing


@dataclass(frozen=True, slots=True)
class Source:
    """One job API, as its catalogue row says; the fields are JMESPath into one job's answer.

    `newest_first` tells whether the service documents that order of the list.
    `job_name` is where a person's name for the job stands; None where the service has none.
    `calls_per_second` is what its service takes of one account in one region; None: not known.
    """

    name: str
    service: str
    label: str
    console: str | None
    listing: Listing
    get: Get
    parents: tuple[Parent, ...]
    newest_first: bool
    get_completes: bool
    list_tells_age: bool
    id: str
    arn: str | None
    type: str | None
    status: str
    statuses: Mapping[str, str]
    partial: tuple[str, ...]
    created: str | None
    ended: str | None
    progress: Mapping[str, str | None]
    failure: Mapping[str, str | None]
    details: tuple[str, ...]
    calls_per_second: float | None = None
    job_name: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Another account, the name of the role that lets us read there, and its external id if any."""

    id: str
    role: str
    external_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Watch:
    """One entry of `watches.yaml`; `jobs` is None where the source's list is read.

    `every`, `idle_every` and `stalled_after` are in seconds; a scope without unfinished jobs is
    asked only each `idle_every`, None where it is asked as often as the others.
    """

    name: str
    source: Source
    parameters: Mapping[str, str]
    jobs: tuple[str, ...] | None
    regions: tuple[str, ...]
    accounts: tuple[Account, ...]
    every: int
    idle_every: int | None
    stalled_after: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the functions know about what to watch; `retention` is in seconds."""

    watches: Mapping[str, Watch]
    sources: Mapping[str, Source]
    alerts_on: frozenset[str]
    retention: int

    @property
    def budgets(self) -> dict[str, float]:
        """How many calls a second each service takes, where that is known."""
        rates = ((source.service, source.calls_per_second) for source in self.sources.values())
        return {service: rate for service, rate in rates if rate is not None}


def read_plan(file: Path) -> Plan:
    """Read the plan that was put beside the functions' code."""
    return parse_plan(json.loads(file.read_text(encoding="utf-8")))


def parse_plan(document: Mapping[str, Any]) -> Plan:
    """Turn the plan's JSON document into values."""
    sources = {name: _source(name, row) for name, row in document["sources"].items()}
    return Plan(
        watches={name: _watch(name, row, sources) for name, row in document["watches"].items()},
        sources=sources,
        alerts_on=frozenset(document["alerts"]["on"]),
        retention=document["retention"],
    )


def _watch(name: str, row: Mapping[str, Any], sources: Mapping[str, Source]) -> Watch:
    return Watch(
        name=name,
        source=sources[row["source"]],
        parameters=row["for"],
        jobs=None if row["jobs"] is None else tuple(row["jobs"]),
        regions=tuple(row["regions"]),
        accounts=tuple(Account(**account) for account in row["accounts"]),
        every=row["every"],
        idle_every=row["idle_every"],
        stalled_after=row["stalled_after"],
    )


def _source(name: str, row: Mapping[str, Any]) -> Source:
    get = row["get"]
    plain = ("service", "label", "console", "get_completes", "list_tells_age", "id", "arn", "type")
    more = ("status", "statuses", "created", "ended", "progress", "failure")
    return Source(
        name=name,
        listing=_listing(row["list"]),
        get=Get(
            operation=get["operation"],
            item=get["item"],
            id=get["id"],
            missing=tuple(get["missing"]),
            takes=tuple(get["takes"]),
        ),
        parents=tuple(
            Parent(parent["parameter"], parent["id"], _listing(parent)) for parent in row["parents"]
        ),
        newest_first=row["list"]["newest_first"],
        partial=tuple(row["partial"]),
        details=tuple(row["details"]),
        calls_per_second=row.get("calls_per_second"),
        **{field: row[field] for field in plain + more},
    )


def _listing(row: Mapping[str, Any]) -> Listing:
    return Listing(
        operation=row["operation"],
        items=row["items"],
        token=Token(**row["token"]) if row["token"] else None,
        parameters=row["parameters"],
        takes=tuple(row["takes"]),
    )
