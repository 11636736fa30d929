"""The plan: what to watch and how, compiled from `watches.yaml` and the catalogue at synth.

Its document is JSON: each dataclass is an object of its fields, and a watch names its sources.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

VERSION = 10
"""Of the document. Whoever changes a field of a dataclass below counts it up."""

ID_SEPARATOR = "|"
"""Between the parts of a job's id where it has several."""


EMAIL = "email"
"""A recipient that is subscribed to the topic of alerts."""
PAGER = "pagerduty"
OWN_TOPIC = "topic"


class PlanVersionError(ValueError):
    """The document was written by another version of this module."""


@dataclass(frozen=True, slots=True)
class Token:
    """Where a page token goes into a call and where it comes out of the answer."""

    send: str
    read: str


@dataclass(frozen=True, slots=True)
class Listing:
    """An operation that lists something in pages.

    `parameters` are as `apis.parameters` fills them in; `since` is the dotted path of the input
    that takes the time since which jobs were created that are listed, None where none does;
    `service` is whose operation it is, None for that of the jobs.
    """

    operation: str
    items: str
    token: Token | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    since: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Get:
    """The operation that reads one job; `missing` are the error codes for no such job.

    `parameters` are as those of a listing, with the job's id or the parts of it among the names.
    `names_job` is false where its answer does not repeat the job's id, `found_in` the path of the
    list in which it answers the job, where it does so: an empty one means that there is none. So
    many jobs as `batch` can be asked for in one call.
    """

    operation: str
    item: str
    parameters: Mapping[str, Any]
    missing: tuple[str, ...] = ()
    names_job: bool = True
    found_in: str | None = None
    batch: int = 1


@dataclass(frozen=True, slots=True)
class Parent:
    """What a source's jobs live in: the parameter that names one, and how to list them."""

    parameter: str
    id: str
    listing: Listing


@dataclass(frozen=True, slots=True)
class Source:
    """One job API, as its catalogue row says; `id` and what follows are JMESPath into one job.

    `newest_first` tells whether the service documents that order of the list, `get_completes`
    whether the get's answer has what the list's lacks, `list_tells_age` whether the list's says
    when a job was created or ended, `list_tells_progress` whether it says how far a job is,
    `list_tells_status` whether it says more than that there is a job.
    `discover_every` is in how many seconds it is listed what they live in, unless a watch says it;
    0: in each turn.
    `id_parts` names what an id is made up of where that is several members, `get` is None where no
    operation reads one job. `job_name` is the path of what a person calls the job, `unit` what its
    progress counts. `statuses` maps the service's to ours; `calls_per_second` is what the service
    takes of one account in one region, None where that is not known.
    """

    name: str
    service: str
    label: str
    console: str | None
    listing: Listing
    get: Get | None
    parents: tuple[Parent, ...]
    newest_first: bool
    get_completes: bool
    list_tells_age: bool
    list_tells_progress: bool
    list_tells_status: bool
    id: str
    id_parts: tuple[str, ...]
    arn: str | None
    job_name: str | None
    type: str | None
    status: str
    statuses: Mapping[str, str]
    partial: tuple[str, ...]
    created: str | None
    ended: str | None
    progress: Mapping[str, str | None]
    unit: str | None
    failure: Mapping[str, str | None]
    details: tuple[str, ...]
    calls_per_second: float | None = None
    discover_every: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Another account, and the name of the role that lets us read there.

    `external_id` is what the role asks for, if anything; `name` is what people call the account.
    """

    id: str
    role: str
    external_id: str | None = field(default=None, repr=False)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """The accounts of an organization in which a watch looks, and the role that each offers.

    `units` are the ids of organizational units, or of the root: the accounts of each and of all
    below it, but for those of `without`. Of more than `most`, those are left out that came last.
    """

    units: tuple[str, ...]
    role: str
    without: tuple[str, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Expect:
    """The run that is to succeed: `within` so many seconds after each time of the cron `at`.

    The cron's times are those of the `zone`, by its IANA name. Without a cron, a run is to succeed
    within so many seconds after the one before, always.
    """

    at: str | None
    zone: str
    within: int


@dataclass(frozen=True, slots=True)
class Policy:
    """When a watch alerts, whom and how.

    `on` are the statuses of jobs that ask for an alert, `to` the names of recipients. `severity` is
    that of all but good news; None: as the status says. `owner` is whose it is, `runbook` a URL.
    Of so many failures of one name in a row as `after`, the last one is the first that is told.
    """

    on: frozenset[str]
    to: tuple[str, ...] = ()
    severity: str | None = None
    owner: str | None = None
    runbook: str | None = None
    after: int = 1


@dataclass(frozen=True, slots=True)
class Watch:
    """One entry of `watches.yaml`; `jobs` is None where the sources' lists are read.

    `sources` are the regions by the ids of what is looked at there, none where that is the stack's.
    `every`, `idle_every`, `discover_every`, `stalled_after` and `max_duration` are in seconds. A
    scope without unfinished jobs is asked only each `idle_every`, None: each time. What a parent
    holds is listed only each `discover_every`, None: as the source says. `include` and `exclude`
    are globs over the `name`, `type` and `id` of jobs, by these words. `expect` is None where no
    run is expected. The accounts of an `organization` are beside the others (`lambdas.members`).
    """

    name: str
    sources: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, str]
    jobs: tuple[str, ...] | None
    accounts: tuple[Account, ...]
    every: int
    idle_every: int | None
    discover_every: int | None
    stalled_after: int | None
    max_duration: int | None
    expect: Expect | None
    alerts: Policy
    include: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    organization: Organization | None = None

    @property
    def is_elsewhere(self) -> bool:
        """Whether it looks into other accounts than the stack's."""
        return bool(self.accounts) or self.organization is not None

    def accounts_in(self, own: str) -> tuple[str, ...]:
        """Give the accounts in which it looks; `own` is the stack's.

        Of one that has an organization, those of which nothing is known are none.
        """
        named = tuple(each.id for each in self.accounts)
        return named if self.is_elsewhere else (own,)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the functions know about what to watch.

    `watches` and `sources` are by name; `alerts` is the policy for watches that are in it no more;
    `retention` is in seconds; so many lanes as `concurrency` are polled side by side. `not_offered`
    says of sources in which regions AWS does not have them; a region that it does not name may be
    newer than the plan, and counts as one that has them.
    `consoles` are the hosts of AWS's consoles by the pattern of their partition's regions;
    `session_policies` say by service what may be done with a role of another account at most.
    `recipients` says of those that `to` may name what they are: email, slack, teams, pagerduty or
    topic.
    """

    watches: Mapping[str, Watch]
    sources: Mapping[str, Source]
    alerts: Policy
    retention: int
    concurrency: int
    not_offered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    consoles: Mapping[str, str] = field(default_factory=dict)
    session_policies: Mapping[str, str] = field(default_factory=dict)
    recipients: Mapping[str, str] = field(default_factory=dict)

    @property
    def behind_bus(self) -> frozenset[str]:
        """The recipients that EventBridge brings alerts to, and not the topic."""
        return frozenset(name for name, kind in self.recipients.items() if kind != EMAIL)

    @property
    def pagers(self) -> frozenset[str]:
        """The recipients that have an incident for what is open, until it is resolved."""
        return frozenset(name for name, kind in self.recipients.items() if kind == PAGER)

    @property
    def machines(self) -> frozenset[str]:
        """The recipients behind the bus that are no people: pagers, and users' topics."""
        machines = (PAGER, OWN_TOPIC)
        return frozenset(name for name, kind in self.recipients.items() if kind in machines)

    @property
    def units(self) -> frozenset[tuple[str, ...]]:
        """The units of organizations in which watches look, of each watch together."""
        each = (watch.organization for watch in self.watches.values())
        return frozenset(organization.units for organization in each if organization)

    @property
    def account_names(self) -> dict[str, str]:
        """What people call accounts, by their ids."""
        each = (account for watch in self.watches.values() for account in watch.accounts)
        return {account.id: account.name for account in each if account.name}

    @property
    def budgets(self) -> dict[str, float]:
        """How many calls a second each service takes, where that is known."""
        rates = ((source.service, source.calls_per_second) for source in self.sources.values())
        return {service: rate for service, rate in rates if rate is not None}

    def policy_of(self, watch: str) -> Policy:
        """Give when a watch alerts; one that the plan no longer has may still have changes."""
        return self.watches[watch].alerts if watch in self.watches else self.alerts

    @property
    def alerting(self) -> frozenset[str]:
        """The statuses that ask for an alert in some watch."""
        each = (watch.alerts.on for watch in self.watches.values())
        return self.alerts.on.union(*each)

    def regions_of(self, watch: Watch, source: str, own: str) -> tuple[str, ...]:
        """Give the regions in which a watch looks at one of its sources; `own` is the stack's.

        There is none where the watch names none and AWS does not offer the source in the stack's.
        """
        here = () if own in self.not_offered.get(source, ()) else (own,)
        return watch.sources[source] or here

    def discover_every(self, watch: Watch, source: str) -> int | None:
        """Give how often it is listed what a source's jobs live in; None: each time."""
        seconds = watch.discover_every or self.sources[source].discover_every
        return seconds if seconds > watch.every else None

    def console_of(self, region: str) -> str | None:
        """Give the host of the console in a region, None where none is known."""
        hosts = (host for pattern, host in self.consoles.items() if re.match(pattern, region))
        host = next(hosts, None)
        return host and f"{region}.{host}"


def read_plan(file: Path) -> Plan:
    """Read the plan that was put beside the functions' code; raises PlanVersionError."""
    return parse_plan(json.loads(file.read_text(encoding="utf-8")))


def write_plan(plan: Plan) -> dict[str, Any]:
    """Give the plan's JSON document."""
    return {"version": VERSION, **_write(plan)}


def parse_plan(document: Mapping[str, Any]) -> Plan:
    """Turn the plan's JSON document into values.

    :raises PlanVersionError: when it is of another version.
    :raises LookupError, TypeError: when it lacks something, or has what is of another type.
    """
    found = document.get("version")
    if found != VERSION:
        raise PlanVersionError(f"found a plan of version {found!r}, expected version {VERSION}")
    plan: Plan = _read(Plan, document)
    return plan


def _write(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _write(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {name: _write(each) for name, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_write(each) for each in value] if isinstance(value, tuple | list) else value


def _read(hint: Any, value: Any) -> Any:
    """Turn JSON into what a type hint says."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _read_fields(hint, value)
    origin, inner = get_origin(hint), get_args(hint)
    if NoneType in inner:
        return None if value is None else _read(inner[0], value)
    if origin in (tuple, frozenset):
        return origin(_read(inner[0], each) for each in _of_type(list, value))
    if origin in (dict, Mapping):
        return {name: _read(inner[1], each) for name, each in _of_type(dict, value).items()}
    return value if hint is Any else _of_type(hint, value)


def _of_type(kind: type, value: Any) -> Any:
    """Give a value as it is; raises TypeError for one of another type, which it does not tell."""
    if not isinstance(value, (int, float) if kind is float else kind):
        found = type(value).__name__
        raise TypeError(f"found a value of type {found} in a plan, expected {kind.__name__}")
    return value


def _read_fields(cls: Any, value: Mapping[str, Any]) -> Any:
    return cls(**{name: _read(hint, value[name]) for name, hint in _hints(cls).items()})


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)
