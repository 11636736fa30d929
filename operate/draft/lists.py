"""Which operations of a service list jobs, and where their answers have them."""

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from infra.config.aws.paths import find
from infra.config.aws.services import TEXTS, inputs, operation_model, required_inputs, service_model
from infra.config.aws.shapes import items_of
from infra.config.completed import completed
from infra.config.files.mistakes import InvalidValueError
from infra.config.lint.calls import reads
from infra.config.lint.pages import TOKEN
from operate.draft.members import Member, members
from operate.draft.names import JOBS, LIKE_JOBS, several, thing, words
from operate.draft.statuses import place, told

_STATUS = re.compile(r"(.* )?(status|state)( code)?|lifecycle")
_ENDED, _GOING = {"SUCCEEDED", "FAILED", "PARTIAL", "CANCELLED"}, {"PENDING", "RUNNING"}
_MADE = re.compile(r"active|available|enabled", re.IGNORECASE)
_SURELY = frozenset({"execution", "job", "run", "task"})
"""What is a job even where its status tells that it is being deleted, as things that stay do."""


def job_lists(service: str) -> Iterator[str]:
    """Name the operations of a service that look like lists of jobs, by what they answer."""
    model = service_model(service)
    for name in model.operation_names if model else ():
        operation = operation_model(service, name)
        if operation and reads(name) and not operation.deprecated and _lists_jobs(service, name):
            yield name


def _lists_jobs(service: str, name: str) -> bool:
    noun = thing(name)
    shape = listed(service, name)
    if not several(name) or not isinstance(shape, StructureShape):
        return False
    called = {*noun[-1:], *thing(shape.name)[-1:]}
    if called & _SURELY:
        return any(map(_tells_ends, members(shape, noun)))
    return bool(called & (JOBS | LIKE_JOBS)) and any(map(ends, members(shape, noun)))


def ends(member: Member) -> bool:
    """Tell whether a member is the status of something that runs and ends by itself."""
    return _tells_ends(member) and not any(map(_MADE.match, member.statuses))


def _tells_ends(member: Member) -> bool:
    if not _STATUS.fullmatch(" ".join(words(member.path.rpartition(".")[2]))):
        return False
    ours = {*place(member.statuses or told(member.shape.documentation)).statuses}
    return bool(ours & _ENDED and ours & _GOING)


def listed(service: str, name: str, selector: str | None = None) -> Shape | None:
    """Give the shape of what an operation lists, None where the model leaves a doubt."""
    operation = operation_model(service, name)
    row = completed(service, {"list": {"operation": name}})["list"]
    path = selector or row.get("jobs") or next(iter(lists_in(service, name)), None)
    if operation is None or operation.output_shape is None or path is None:
        return None
    try:
        items = [
            each for kind in find(path, (operation.output_shape,)) for each in items_of(kind) or ()
        ]
    except InvalidValueError:
        return None
    return items[0] if items and isinstance(items[0], Shape) else None


def lists_in(service: str, name: str) -> tuple[str, ...]:
    """Name the lists of an answer: those of objects first, then those of its parts."""
    operation = operation_model(service, name)
    shape = operation.output_shape if operation else None
    found = [
        (not isinstance(each.member, StructureShape), path.count("."), path)
        for path, each in _lists(shape, "")
    ]
    return tuple(path for _, _, path in sorted(found))


def _lists(shape: Shape | None, above: str) -> Iterator[tuple[str, ListShape]]:
    for name, member in shape.members.items() if isinstance(shape, StructureShape) else ():
        if isinstance(member, ListShape):
            yield f"{above}{name}", member
        elif not above:
            yield from _lists(member, f"{name}.")


def paged(service: str, call: dict[str, Any], selector: str) -> dict[str, Any]:
    """Say of a list what its model leaves open: where its items are, and its page token."""
    whole = {"list": call} if selector == "jobs" else {"parents": [{**call, "service": service}]}
    known = completed(service, whole)
    known = known["list"] if selector == "jobs" else known["parents"][0]
    lists = lists_in(service, call["operation"])
    items = {} if selector in known or not lists else {selector: lists[0]}
    operation = operation_model(service, call["operation"])
    token = {} if "token" in known else _token(operation)
    account = dict.fromkeys(accounts_in(operation), "{account}")
    return {**call, **({"params": account} if account else {}), **items, **token}


def accounts_in(operation: OperationModel | None) -> tuple[str, ...]:
    """Name the inputs that an operation requires and that are the account's number."""
    required = required_inputs(operation) if operation else ()
    return tuple(name for name in required if name.lower() in {"accountid", "awsaccountid"})


def _token(operation: OperationModel | None) -> dict[str, Any]:
    """Find a page token that is not where it usually is: in a part of the answer, say."""
    sends = [name for name in (inputs(operation) if operation else ()) if TOKEN.search(name)]
    output = operation.output_shape if operation else None
    parts = [("", output), *((f"{n}.", s) for n, s in (output.members.items() if output else ()))]
    reads = [
        f"{above}{name}"
        for above, part in parts
        if isinstance(part, StructureShape)
        for name, member in part.members.items()
        if member.type_name in TEXTS and TOKEN.search(name)
    ]
    ahead = [each for each in reads if "next" in each.lower()] or reads
    return {"token": {"send": sends[0], "read": ahead[0]}} if sends and ahead else {}
