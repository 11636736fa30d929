"""Which operation reads one job, what takes the id, and where the answer has the job."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from infra.config.aws.services import TEXTS, inputs, operation_model, required_inputs, service_model
from infra.config.lint.calls import reads
from infra.config.lint.credentials import gives_away
from operate.draft.lists import ends
from operate.draft.members import DEEPEST, Member, members
from operate.draft.names import Words, singular, words

_IDS = frozenset({"id", "ids", "arn", "arns", "identifier", "identifiers", "name", "names"})
_ASKED = (("status",), ("detail",), ("summary",))
"""What the name of a get operation may end in beside the job's."""
_VERSION = re.compile("V[0-9]+$")


def get_for(service: str, name: str, nouns: tuple[Words, ...]) -> OperationModel | None:
    """Find the operation that reads one of what another lists: it is named for the same thing."""
    model = service_model(service)
    found = [
        ((not _tells_status(operation), *rank), operation)
        for other in (model.operation_names if model else ())
        if other != name
        and reads(other)
        and not gives_away(service, other)
        and (rank := _rank(other, nouns)) is not None
        and (operation := operation_model(service, other))
        and inputs(operation)
    ]
    return min(found, key=lambda one: one[0], default=(None, None))[1]


def _tells_status(operation: OperationModel) -> bool:
    output = operation.output_shape
    inner = [output, *(output.members.values() if output else ())]
    parts = [each.member if isinstance(each, ListShape) else each for each in inner]
    return any(ends(each) for part in parts for each in members(part, ()))


def _rank(other: str, nouns: tuple[Words, ...]) -> tuple[int, int, int, int] | None:
    said = words(_VERSION.sub("", other))
    order = ("Get", "Describe", "BatchGet", "BatchDescribe", "List", "Search")
    verb = next(at for at, verb in enumerate(order) if other.startswith(verb))
    about = (*said[:-1], singular(said[-1]))[len(words(order[verb])) :]
    asked = about[-1:] in _ASKED and about not in nouns
    about = about[:-1] if asked else about
    return (asked, nouns.index(about), verb, len(other)) if about in nouns else None


def ids_in(operation: OperationModel, given: tuple[str, ...]) -> tuple[str, ...]:
    """Name the inputs of a get operation that can take a job's id: what nothing else gives."""
    found = required_inputs(operation) or (
        name for name in inputs(operation) if words(name)[-1] in _IDS
    )
    return tuple(
        name for name in found if name not in given and _takes_ids(inputs(operation)[name])
    )


def _takes_ids(shape: Shape) -> bool:
    inner = shape.member if isinstance(shape, ListShape) else shape
    return inner.type_name in TEXTS and not getattr(inner, "enum", ())


def place_of(operation: OperationModel, noun: Words, one: Shape | None) -> Shape | None:
    """Find the job in an answer: the part that has a status and is most like one of the list."""
    output = operation.output_shape
    if output is None:
        return None
    inner = [
        each.member if isinstance(each, ListShape) else each for each in output.members.values()
    ]
    parts = [output, *(each for each in inner if isinstance(each, StructureShape))]
    known = {each.path for each in members(one, noun)}

    def fits(part: Shape) -> tuple[int, int, int]:
        found = members(part, noun)
        same = len(known & {each.path for each in found})
        return same, _depth(filter(ends, found)), _depth(filter(_is_status, found))

    return max(parts, key=fits)


def _depth(found: Iterable[Member]) -> int:
    """Tell how near to the top the first of some members is: the more, the nearer."""
    return -min((each.depth for each in found), default=DEEPEST + 1)


def _is_status(member: Member) -> bool:
    return words(member.path)[-1] in {"status", "state"}


def id_in(members_: Mapping[str, Shape], id_: str) -> dict[str, Any] | None:
    """Give the parameter that asks a list for one id, which may stand among its filters."""
    for name, shape in members_.items():
        if _same_name(name, id_):
            return {name: ["{id}"] if isinstance(shape, ListShape) else "{id}"}
        if isinstance(shape, StructureShape) and (inner := id_in(shape.members, id_)):
            return {name: inner}
    return None


def _same_name(name: str, id_: str) -> bool:
    return name.lower().removesuffix("s") == id_.lower()
