"""The plan's values, made of what the files say and of what the services' models add."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from infra.config import catalogue, organization, watches
from infra.config.aws.regions import consoles, regions
from infra.config.derived import (
    batch,
    found_in,
    get_completes,
    id_names,
    list_tells_age,
    list_tells_progress,
    list_tells_status,
    names_job,
    offered_in,
    parameters,
    service_of,
)
from infra.config.permissions import actions_of
from infra.config.policies import session_policy
from infra.config.rows import Row
from infra.config.sources import Chosen
from lambdas.plan import (
    ID_SEPARATOR,
    Account,
    Expect,
    Get,
    Listing,
    Organization,
    Parent,
    Plan,
    Policy,
    Source,
    Token,
    Watch,
)

UTC = "UTC"
"""The zone of a cron that names none."""
ALERTS_ON = ("FAILED", "PARTIAL")
"""The statuses that ask for an alert, unless the file says others."""

_AS_WRITTEN = {each.name for each in fields(Source)} & set(catalogue.Source.model_fields) - {
    *("id", "name", "console", "get", "parents", "statuses", "progress")
}
"""What a source has as its row says it; the other fields of that name mean something else."""


def build_plan(
    file: watches.WatchesFile, chosen: Mapping[str, Chosen], rows: Mapping[str, Row]
) -> Plan:
    """Make the plan; it is the same in whatever order the file names its watches."""
    names = sorted({source for each in chosen.values() for source in each})
    return Plan(
        watches={
            name: _watch(name, file.watches[name], chosen[name], file)
            for name in sorted(file.watches)
        },
        sources={name: source_of(rows[name]) for name in names},
        alerts=policy(file.alerts),
        retention=file.retention,
        concurrency=file.concurrency,
        not_offered=_not_offered(chosen, rows),
        consoles=consoles(),
        session_policies=_session_policies(file, chosen, rows),
        recipients={name: each.kind for name, each in sorted(file.recipients.items())},
    )


def policy(*layers: watches.Policy | None) -> Policy:
    """Lay policies over each other, the first one on top.

    A key without a value is as if none of the layers had it.
    """
    said: dict[str, Any] = {}
    for layer in filter(None, layers):
        names = layer.model_fields_set & watches.Policy.model_fields.keys()
        said = {name: getattr(layer, name) for name in names} | said
    on = said.get("on")
    return Policy(
        on=frozenset(ALERTS_ON if on is None else on),
        to=tuple(sorted(said.get("to") or ())),
        severity=said.get("severity"),
        owner=said.get("owner"),
        runbook=said.get("runbook"),
        after=said.get("after") or 1,
    )


def policy_of(watch: watches.Watch, file: watches.WatchesFile) -> Policy:
    """Give when a watch alerts: as it says itself, or else the defaults, or else the file.

    One whose `alerts` has no value is as if there were no defaults.
    """
    undone = "alerts" in watch.model_fields_set and watch.alerts is None
    return policy(watch.alerts, None if undone else file.defaults.alerts, file.alerts)


def _watch(name: str, watch: watches.Watch, sources: Chosen, file: watches.WatchesFile) -> Watch:
    return Watch(
        name=name,
        sources=sources,
        parameters=watch.for_,
        jobs=watch.jobs or None,
        accounts=tuple(Account(**account.model_dump()) for account in watch.accounts),
        every=watch.every,
        idle_every=watch.idle_every,
        discover_every=watch.discover_every,
        stalled_after=watch.stalled_after,
        max_duration=watch.max_duration,
        include=watch.include.globs(),
        exclude=watch.exclude.globs(),
        expect=_expect(watch.expect),
        alerts=policy_of(watch, file),
        organization=_organization(watch.organization),
    )


def _organization(said: organization.Organization | None) -> Organization | None:
    """Write units in one order, so that those who name the same have one list of accounts."""
    if said is None:
        return None
    units, without = tuple(sorted(said.units)), tuple(sorted(said.except_))
    return Organization(units, said.role, without, said.most)


def _expect(said: watches.Expect | None) -> Expect | None:
    return None if said is None else Expect(said.at, said.zone or UTC, said.seconds)


def _not_offered(
    chosen: Mapping[str, Chosen], rows: Mapping[str, Row]
) -> dict[str, tuple[str, ...]]:
    """Say where AWS does not offer what is watched wherever the stack will be."""
    anywhere = sorted({s for each in chosen.values() for s, named in each.items() if not named})
    lacking = {name: {*regions()} - {*offered_in(rows[name])} for name in anywhere}
    return {name: tuple(sorted(found)) for name, found in lacking.items() if found}


def _session_policies(
    file: watches.WatchesFile, chosen: Mapping[str, Chosen], rows: Mapping[str, Row]
) -> dict[str, str]:
    """Write what may be done with roles of other accounts, by service."""
    abroad = [
        (watch, rows[source])
        for name, watch in file.watches.items()
        if watch.is_elsewhere
        for source in chosen[name]
    ]
    return {name: session_policy(actions) for name, actions in actions_of(abroad).items()}


def source_of(row: Row) -> Source:
    """Give a row as the functions know it."""
    source = row.source
    return Source(
        **source.model_dump(include=_AS_WRITTEN),
        name=row.id,
        service=row.service,
        console=row.link,
        calls_per_second=row.calls_per_second,
        listing=_listing(row, source.list, source.list.jobs),
        get=None if source.get is None else _get(row, source.get),
        parents=tuple(
            Parent(parent.parameter, parent.id, _listing(row, parent, parent.items))
            for parent in source.parents
        ),
        id=_id(source.id),
        id_parts=id_names(row) if len(source.id) > 1 else (),
        newest_first=source.list.order == "newest-first",
        get_completes=get_completes(row),
        list_tells_age=list_tells_age(row),
        list_tells_progress=list_tells_progress(row),
        list_tells_status=list_tells_status(row),
        job_name=source.name,
        discover_every=catalogue.DISCOVER_EVERY.get(source.fan_out, 0),
        progress=source.progress.model_dump(exclude={"unit"}),
        unit=source.progress.unit,
        statuses={raw: ours for ours, each in source.statuses.items() for raw in each},
    )


def _listing(row: Row, call: catalogue.Paged, items: str) -> Listing:
    return Listing(
        operation=call.operation,
        items=items,
        token=None if call.token is None else Token(**call.token.model_dump()),
        parameters=parameters(row, call),
        since=call.since if isinstance(call, catalogue.Listing) else None,
        service=None if service_of(row, call) == row.service else service_of(row, call),
    )


def _get(row: Row, call: catalogue.Get) -> Get:
    return Get(
        operation=call.operation,
        item=call.job,
        parameters=parameters(row, call),
        missing=call.missing,
        names_job=names_job(row),
        found_in=found_in(call),
        batch=batch(row, call),
    )


def _id(paths: tuple[str, ...]) -> str:
    """Give the path of a job's id, which joins the parts that it is made up of."""
    if len(paths) == 1:
        return paths[0]
    parts = ", ".join(f"to_string(not_null({path}, ''))" for path in paths)
    return f"join('{ID_SEPARATOR}', [{parts}])"
