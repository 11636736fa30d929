"""What a row does not say because the service's model already does."""

from typing import Any

from botocore.model import OperationModel

from infra.config.aws import regions
from infra.config.aws.constants import typed
from infra.config.aws.paths import find, leads_somewhere
from infra.config.aws.services import NUMBERS, TEXTS, iam_prefix, inputs, operation_model
from infra.config.aws.shapes import Kinds, MultiSelect, is_scalar, items_of
from infra.config.catalogue import Call, Get, Parent
from infra.config.completed import names_in
from infra.config.files.mistakes import InvalidValueError, shown
from infra.config.job_paths import job_paths
from infra.config.rows import Row
from lambdas.apis.parameters import Mark

ALONE = ["{id}"]
"""How a row gives the id of a job to an operation that takes several."""


def service_of(row: Row, call: Call) -> str:
    """Name the service whose operation it is: a parent may be another's than the jobs'."""
    return (call.service if isinstance(call, Parent) else None) or row.service


def prefix_of(row: Row, call: Call) -> str:
    """Give what IAM calls the service of an operation."""
    return iam_prefix(service_of(row, call))


def model_of(row: Row, call: Call) -> OperationModel | None:
    """Give the model of a call's operation, None where there is no such one."""
    return operation_model(service_of(row, call), call.operation)


def needs(row: Row, call: Call) -> tuple[str, ...]:
    """Name the parents' parameters that an operation takes; a parent's own only those before it."""
    operation = model_of(row, call)
    taken = {*({} if operation is None else inputs(operation)), *names_in(call.params)}
    names = (parent.parameter for parent in parents_above(row, call))
    return tuple(name for name in names if name in taken)


def names_known(row: Row, call: Call) -> tuple[str, ...]:
    """Name what the parameters of a call may be composed of."""
    parents = (parent.parameter for parent in parents_above(row, call))
    ids = id_names(row) if isinstance(call, Get) else ()
    return (*ids, "account", "region", *parents)


def id_names(row: Row) -> tuple[str, ...]:
    """Name a job's id, or the parts of it where it has several: as the members they are in."""
    ids = row.source.id
    return tuple(path.rpartition(".")[2] for path in ids) if len(ids) > 1 else ("id",)


def parents_above(row: Row, call: Call) -> tuple[Parent, ...]:
    """Give the parents whose ids are known when an operation is called."""
    parents = row.source.parents
    return parents[: parents.index(call)] if isinstance(call, Parent) else parents


def listed_job(row: Row) -> Kinds:
    """Give the kinds of one job as the list operation answers it; raises InvalidValueError.

    Where a list has ids alone, each counts as an object that has nothing else.
    """
    items = _items(find(row.source.list.jobs, _output(row, row.source.list)))
    alone, id_ = is_scalar(TEXTS | NUMBERS), row.source.id[0]
    return tuple(MultiSelect({id_: (each,)}) if alone(each) else each for each in items)


def lists_jobs(row: Row) -> bool:
    """Tell whether the list operation answers jobs where the row says."""
    try:
        return bool(listed_job(row))
    except InvalidValueError:
        return False


def got_job(row: Row) -> Kinds:
    """Give the kinds of one job as the get operation answers it; raises InvalidValueError.

    There are none where a source has no such operation.
    """
    get = row.source.get
    return () if get is None else find(get.job, _output(row, get))


def get_completes(row: Row) -> bool:
    """Tell whether the get operation's answer has something that the list's lacks."""
    listed, got = listed_job(row), got_job(row)
    return any(
        leads_somewhere(path, got) and not leads_somewhere(path, listed)
        for _, path, _ in job_paths(row.source)
    )


def names_job(row: Row) -> bool:
    """Tell whether the get operation's answer repeats the id of the job."""
    return all(leads_somewhere(path, got_job(row)) for path in row.source.id)


def found_in(get: Get) -> str | None:
    """Give the path of the list whose first item is the job that the get operation answers."""
    return get.job.removesuffix("[0]") if get.job.endswith("[0]") else None


def list_tells_age(row: Row) -> bool:
    """Tell whether the list says when a job was created or ended."""
    listed = listed_job(row)
    return any(leads_somewhere(path, listed) for path in (row.source.created, row.source.ended))


def tells_creation(row: Row, *, by_id: bool = False) -> bool:
    """Tell whether each reading of a job says when it was created: its list's, or a get of each."""
    return row.source.created is not None and (
        by_id or not list_tells_status(row) or leads_somewhere(row.source.created, listed_job(row))
    )


def list_tells_status(row: Row) -> bool:
    """Tell whether the list says more of a job than that it is there."""
    return leads_somewhere(row.source.status, listed_job(row))


def batch(row: Row, call: Get) -> int:
    """Tell how many jobs one call reads: as many as the list that takes their ids can hold."""
    operation = model_of(row, call)
    lists = [name for name, value in call.params.items() if value == ALONE]
    if operation is None or len(lists) != 1 or found_in(call) is None or not names_job(row):
        return 1
    return int(inputs(operation)[lists[0]].metadata.get("max", call.batch))


def list_tells_progress(row: Row) -> bool:
    """Tell whether the list says all that the row knows of how far a job is."""
    listed, progress = listed_job(row), row.source.progress
    paths = (progress.total, progress.processed, progress.failed)
    return all(leads_somewhere(path, listed) for path in paths if path is not None)


def parameters(row: Row, call: Call) -> dict[str, Any]:
    """Give what a call gives, in its input's types and with names in braces for what is not known.

    :raises InvalidValueError: where a value does not fit.
    """
    operation = model_of(row, call)
    members = {} if operation is None else inputs(operation)
    named = names_in(call.params)
    composed = {name: f"{{{name}}}" for name in needs(row, call) if name not in named}
    if isinstance(call, Get) and call.id is not None:
        composed[call.id] = "{id}"
    given = {**composed, **call.params}
    several = isinstance(call, Get) and batch(row, call) > 1
    each = {Mark.EACH.value: ALONE[0]}
    return {
        name: each if several and value == ALONE else typed(members[name], value)
        for name, value in given.items()
    }


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
    operation = model_of(row, call)
    if operation is None or operation.output_shape is None:
        raise InvalidValueError(shown(call.operation), "an operation with an answer")
    return (operation.output_shape,)


def _items(kinds: Kinds) -> Kinds:
    found = [items_of(kind) for kind in kinds]
    if any(items is None for items in found):
        raise InvalidValueError("a path to no list", "the path of a list")
    return tuple(kind for items in found for kind in items or ())
