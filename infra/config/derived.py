"""What a row does not say because the service's model already does."""

from typing import Any

from infra.config.aws import regions
from infra.config.aws.constants import typed
from infra.config.aws.paths import find, leads_somewhere
from infra.config.aws.services import inputs, operation_model
from infra.config.aws.shapes import Kinds, items_of
from infra.config.catalogue import Call, Get, Paged, Parent
from infra.config.files.mistakes import InvalidValueError, shown
from infra.config.job_paths import job_paths
from infra.config.rows import Row


def needs(row: Row, call: Call) -> tuple[str, ...]:
    """Name the parents' parameters that an operation takes; a parent's own only those before it."""
    operation = operation_model(row.service, call.operation)
    members = {} if operation is None else inputs(operation)
    return tuple(
        parent.parameter for parent in parents_above(row, call) if parent.parameter in members
    )


def parents_above(row: Row, call: Call) -> tuple[Parent, ...]:
    """Give the parents whose ids are known when an operation is called."""
    parents = row.source.parents
    return parents[: parents.index(call)] if isinstance(call, Parent) else parents


def listed_job(row: Row) -> Kinds:
    """Give the kinds of one job as the list operation answers it; raises InvalidValueError."""
    return _items(find(row.source.list.jobs, _output(row, row.source.list)))


def got_job(row: Row) -> Kinds:
    """Give the kinds of one job as the get operation answers it; raises InvalidValueError."""
    return find(row.source.get.job, _output(row, row.source.get))


def get_completes(row: Row) -> bool:
    """Tell whether the get operation's answer has something that the list's lacks."""
    listed, got = listed_job(row), got_job(row)
    return any(
        leads_somewhere(path, got) and not leads_somewhere(path, listed)
        for _, path, _ in job_paths(row.source)
    )


def names_job(row: Row) -> bool:
    """Tell whether the get operation's answer repeats the id of the job."""
    return leads_somewhere(row.source.id, got_job(row))


def found_in(get: Get) -> str | None:
    """Give the path of the list whose first item is the job that the get operation answers."""
    return get.job.removesuffix("[0]") if get.job.endswith("[0]") else None


def list_tells_age(row: Row) -> bool:
    """Tell whether the list says when a job was created or ended."""
    listed = listed_job(row)
    return any(leads_somewhere(path, listed) for path in (row.source.created, row.source.ended))


def list_tells_progress(row: Row) -> bool:
    """Tell whether the list says all that the row knows of how far a job is."""
    listed, progress = listed_job(row), row.source.progress
    paths = (progress.total, progress.processed, progress.failed)
    return all(leads_somewhere(path, listed) for path in paths if path is not None)


def constants(row: Row, call: Paged) -> dict[str, Any]:
    """Give an operation's constant parameters in its input's types; raises InvalidValueError."""
    operation = operation_model(row.service, call.operation)
    members = {} if operation is None else inputs(operation)
    return {name: typed(members[name], value) for name, value in call.page.items()}


def offered_in(row: Row) -> tuple[str, ...]:
    """Name the regions in which AWS offers a source: all of them where nobody knows."""
    if row.source.offered:
        return row.source.offered
    known = regions.offered_in(row.service)
    return tuple(
        region
        for region in regions.regions()
        if known is None or region in known or region in row.also_in
    )


def _output(row: Row, call: Call) -> Kinds:
    operation = operation_model(row.service, call.operation)
    if operation is None or operation.output_shape is None:
        raise InvalidValueError(shown(call.operation), "an operation with an answer")
    return (operation.output_shape,)


def _items(kinds: Kinds) -> Kinds:
    found = [items_of(kind) for kind in kinds]
    if any(items is None for items in found):
        raise InvalidValueError("a path to no list", "the path of a list")
    return tuple(kind for items in found for kind in items or ())
