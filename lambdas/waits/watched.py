"""Where the job of a wait would be seen: the scopes of the watches that look there."""

from collections.abc import Collection
from datetime import timedelta

from lambdas.globs import fits
from lambdas.members import members_are_unknown
from lambdas.model import Scope
from lambdas.plan import Plan, Watch
from lambdas.scopes import is_parent, scope_of, sources_there
from lambdas.waits.wait import NOT_WATCHED, UNSEEN, WRONG_INPUT, RefusedError, Wait
from lambdas.words import listed, nearest, shown


def scopes_of(plan: Plan, wait: Wait, own: tuple[str, str]) -> list[Scope]:
    """Give the scopes in which the job would be seen; `own` are the stack's account and region.

    There is none yet where it may be in an account of an organization of which nothing is known.

    :raises RefusedError: where there is none, with what is wrong.
    """
    if not any(wait.source in watch.sources for watch in plan.watches.values()):
        raise _refused(_no_source(plan, wait.source))
    _check_names(plan, wait)
    looking = [
        watch
        for watch in plan.watches.values()
        if wait.source in sources_there(plan, watch, wait.account, wait.region, own)
    ]
    naming = [watch for watch in looking if watch.jobs is None or wait.job_id in watch.jobs]
    taking = [watch for watch in naming if not _leaves_out(watch, wait.job_id)]
    scopes = [scope for watch in taking if (scope := _scope(plan, watch, wait)) is not None]
    if not scopes and any(_may_look(plan, watch, wait, own) for watch in plan.watches.values()):
        return []
    if not looking:
        place = f"account {shown(wait.account)} in region {shown(wait.region)}"
        raise _refused(f"account, region: no watch of {wait.source} looks into {place}")
    if not naming:
        names = listed(watch.name for watch in looking)
        raise _refused(f"job_id: {shown(wait.job_id)} is not among the `jobs` of watch {names}")
    if not taking:
        names = listed(watch.name for watch in naming)
        raise _refused(f"job_id: {shown(wait.job_id)} is left out by the globs of watch {names}")
    if not scopes:
        fixed = listed(f"{n}={v}" for watch in taking for n, v in watch.parameters.items())
        raise _refused(f"parameters: they are others than those that are watched: {fixed}")
    if left_open := _open(plan, wait, scopes):
        lives = f"a job of {wait.source} lives in one, and no watch names which"
        raise RefusedError(WRONG_INPUT, f"parameters: found no {listed(left_open)}: {lives}")
    return scopes


def unseen_for(plan: Plan, source: str) -> timedelta:
    """Give how long a job is waited for that no poll sees: a day and two polls of the slowest.

    A new job is seen by the poll of a place that was idle, or of one that has yet to be discovered.
    """
    looking = [watch for watch in plan.watches.values() if source in watch.sources]
    each = [
        (watch.every, watch.idle_every or 0, plan.discover_every(watch, source) or 0)
        for watch in looking
    ]
    return UNSEEN + timedelta(seconds=2 * max((max(every) for every in each), default=0))


def scopes_left(plan: Plan, wait: Wait, own: tuple[str, str]) -> list[Scope]:
    """Give the scopes of a job whose account may have left an organization for now, as a list says.

    One that is moved to another unit may be left out once, and goes on where it was. What is known
    of its jobs still tells how they ended.
    """
    left = [
        watch
        for watch in plan.watches.values()
        if wait.account not in watch.accounts_in(own[0]) and _is_of(plan, watch, wait, own)
    ]
    return [scope for watch in left if (scope := _scope(plan, watch, wait)) is not None]


def _may_look(plan: Plan, watch: Watch, wait: Wait, own: tuple[str, str]) -> bool:
    """Tell whether a watch may look there, once the accounts of its organization are listed."""
    return members_are_unknown(watch) and _is_of(plan, watch, wait, own)


def _is_of(plan: Plan, watch: Watch, wait: Wait, own: tuple[str, str]) -> bool:
    """Tell whether a watch would look there, were the account of its organization."""
    return (
        watch.organization is not None
        and wait.account not in watch.organization.without
        and wait.source in watch.sources
        and wait.region in plan.regions_of(watch, wait.source, own[1])
    )


def _leaves_out(watch: Watch, job_id: str) -> bool:
    """Tell whether a watch leaves a job out by its id; its name and type are not known here."""
    include, exclude = watch.include.get("id"), watch.exclude.get("id")
    return bool(include and not fits(include, job_id)) or bool(exclude and fits(exclude, job_id))


def _scope(plan: Plan, watch: Watch, wait: Wait) -> Scope | None:
    """Give the scope of a watch; None where its `for` and the wait name different parents.

    One that names its jobs looks at them where its `for` leads to, and no deeper.
    """
    fixed = watch.parameters
    if any(fixed.get(name, value) != value for name, value in wait.parameters.items()):
        return None
    names = (parent.parameter for parent in plan.sources[wait.source].parents)
    given = {**({} if watch.jobs else wait.parameters), **fixed}
    parameters = {name: given[name] for name in names if name in given}
    return scope_of(watch, wait.source, wait.account, wait.region, parameters)


def _open(plan: Plan, wait: Wait, scopes: Collection[Scope]) -> list[str]:
    """Name the parents that are left open, where each of the scopes would hold others."""
    source = plan.sources[wait.source]
    if not all(is_parent(scope, plan.watches[scope.watch], source) for scope in scopes):
        return []
    names = [parent.parameter for parent in source.parents]
    return [name for name in names if not all(name in scope.parameters for scope in scopes)]


def _check_names(plan: Plan, wait: Wait) -> None:
    expected = [parent.parameter for parent in plan.sources[wait.source].parents]
    unknown = sorted({*wait.parameters} - {*expected})
    if unknown:
        words = f"expected {listed(expected)}" if expected else "expected none"
        found = f"parameters: found {listed(map(shown, unknown))}"
        raise RefusedError(WRONG_INPUT, f"{found}, {words}: so it is for {wait.source}")


def _no_source(plan: Plan, found: str) -> str:
    watched = sorted({name for watch in plan.watches.values() for name in watch.sources})
    near = nearest(found, watched)
    meant = f"did you mean {near}?" if near else f"watched are {listed(watched)}"
    return f"source: no watch sees {shown(found)}; {meant}"


def _refused(why: str) -> RefusedError:
    return RefusedError(NOT_WATCHED, why)
