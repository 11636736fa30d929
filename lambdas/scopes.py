"""The scopes of a watch: where it begins to look, and what is below that."""

from collections.abc import Mapping
from dataclasses import replace

from lambdas.model import Scope
from lambdas.plan import Plan, Source, Watch


def scope_of(
    watch: Watch, source: str, account: str, region: str, parameters: Mapping[str, str]
) -> Scope:
    """Give a scope of a watch, with the role that lets us read there."""
    member = next((each for each in watch.accounts if each.id == account), None)
    return Scope(
        watch=watch.name,
        source=source,
        account=account,
        region=region,
        parameters=dict(parameters),
        role=member.role if member else None,
        external_id=member.external_id if member else None,
    )


def is_parent(scope: Scope, watch: Watch, source: Source) -> bool:
    """Tell whether a scope holds other scopes rather than jobs."""
    return watch.jobs is None and missing_parameter(scope, source) is not None


def child_of(scope: Scope, source: Source, name: str) -> Scope:
    """Give the scope one level below a parent scope, by the id of what the jobs live in."""
    parameter = missing_parameter(scope, source)
    assert parameter is not None, "a leaf has no children"  # noqa: S101  for the type checker
    return replace(scope, parameters={**scope.parameters, parameter: name})


def missing_parameter(scope: Scope, source: Source) -> str | None:
    """Name the outermost parameter that a scope leaves open."""
    names = (parent.parameter for parent in source.parents)
    return next((name for name in names if name not in scope.parameters), None)


def sources_there(
    plan: Plan, watch: Watch, account: str, region: str, own: tuple[str, str]
) -> list[str]:
    """Name what a watch looks at in an account and a region; `own` are the stack's."""
    if account not in watch.accounts_in(own[0]):
        return []
    return [
        name for name in sorted(watch.sources) if region in plan.regions_of(watch, name, own[1])
    ]


def sources_in(
    plan: Plan, watch: Watch, lane: tuple[str, str, str], own: tuple[str, str]
) -> list[str]:
    """Name what a watch looks at in a lane: a service, an account and a region."""
    service, account, region = lane
    there = sources_there(plan, watch, account, region, own)
    return [name for name in there if plan.sources[name].service == service]
