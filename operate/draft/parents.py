"""What jobs live in: which list, of the service or one beside it, gives the ids that it takes."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.model import Shape, StructureShape

from infra.config.aws.services import (
    TEXTS,
    inputs,
    operation_model,
    required_inputs,
    service_model,
    service_names,
)
from infra.config.lint.calls import reads
from operate.draft.lists import accounts_in, listed
from operate.draft.names import Words, singular, thing, words

DEEPEST = 3
SHORT = 3
"""Letters that a word must have to stand for a longer one."""
_KINDS = ("id", "arn", "identifier", "name")
Parents = list[dict[str, Any]]


def parents_of(
    service: str, operation: str, above: tuple[str, ...] = ()
) -> tuple[Parents, Parents]:
    """Give the parents that an operation requires, outermost first, and those that none lists."""
    found: Parents = []
    lacking: Parents = []
    model = operation_model(service, operation)
    if model is None:
        return found, lacking
    for name in required_inputs(model):
        if name in accounts_in(model) or name in {*above, *(each["parameter"] for each in found)}:
            continue
        parent = _listing(service, name, thing(operation), (*above, name))
        if parent is None:
            lacking.append({"parameter": name, "choices": _choices(inputs(model)[name])})
            continue
        outer, unknown = parents_of(
            parent.get("service", service), parent["operation"], (*above, name)
        )
        found += [*(each for each in outer if each not in found), parent]
        lacking += unknown
    return found, lacking


def _choices(shape: Shape) -> list[str]:
    return list(getattr(shape, "enum", ()))


def _listing(
    service: str, parameter: str, noun: Words, above: tuple[str, ...]
) -> dict[str, Any] | None:
    if len(above) > DEEPEST:
        return None
    said = words(parameter)
    stem = tuple(map(singular, said[:-1] if said[-1] in _KINDS else said))
    # Where it is Name alone, it is that of what the jobs are named after: ListJobRuns, of jobs.
    stems = [stem] if stem else [noun[:end] for end in range(len(noun) - 1, 0, -1)]
    for other in (service, *_beside(service)):
        for each in stems:
            for operation in _lists_of(other, each):
                if id_ := _id(listed(other, operation), parameter, each):
                    own = {} if other == service else {"service": other}
                    return {"parameter": parameter, **own, "operation": operation, "id": id_}
    return None


def _beside(service: str) -> Iterator[str]:
    """Name the services that are parts of the same one: bedrock-agent of bedrock-agent-runtime."""
    first = service.partition("-")[0]
    for other in service_names():
        alike = other.partition("-")[0] == first
        if other != service and (alike or service.startswith(other)) and len(first) >= SHORT:
            yield other


def _lists_of(service: str, stem: Words) -> Iterator[str]:
    """Name the lists of a thing: those that say all of its words, then those that say the last."""
    model = service_model(service)
    named = model.operation_names if model else ()
    names = [each for each in named if _is_list(each) and _about(thing(each), stem)]
    verbs = ("List", "Describe", "Get", "Search")
    names.sort(key=lambda each: (_asks(service, each), _verb(each, verbs), len(each)))
    for alike in (_same, _shortened, _ends):
        yield from (each for each in names if alike(thing(each), stem))


def _asks(service: str, name: str) -> tuple[int, bool]:
    """Tell how much a list has to be given, and whether it answers ids alone."""
    operation = operation_model(service, name)
    shape = listed(service, name)
    return len(required_inputs(operation)) if operation else 0, not isinstance(
        shape, StructureShape
    )


def _verb(name: str, verbs: Sequence[str]) -> int:
    return next((at for at, verb in enumerate(verbs) if name.startswith(verb)), len(verbs))


def _is_list(name: str) -> bool:
    last = words(name)[-1]
    return reads(name) and (singular(last) != last or last in {"list", "v2", "summary"})


def _same(about: Words, stem: Words) -> bool:
    return about == stem


def _shortened(about: Words, stem: Words) -> bool:
    """Tell whether a list says it shortly: GetApps, of applications."""
    return len(about) == len(stem) == 1 and stem[0].startswith(about[0]) and len(about[0]) >= SHORT


def _ends(about: Words, stem: Words) -> bool:
    return about[-len(stem) :] == stem or stem[-len(about) :] == about


def _id(shape: Shape | None, parameter: str, stem: Words) -> str | None:
    """Give the member that has the ids which a parameter takes."""
    if shape is not None and shape.type_name in TEXTS:
        return "@"
    if not isinstance(shape, StructureShape):
        return None
    texts = [name for name, member in shape.members.items() if member.type_name in TEXTS]
    kind = words(parameter)[-1]
    kinds = (kind, *_KINDS) if kind in _KINDS else ("arn", *_KINDS)
    if same := next((each for each in texts if each.lower() == parameter.lower()), None):
        return same
    for wanted in kinds:
        for each in texts:
            said = words(each)
            if said[-1] == wanted and (
                len(said) == 1 or {*said[:-1]} <= {*stem, *thing(shape.name)}
            ):
                return each
    return None


def _about(about: Words, stem: Words) -> bool:
    return any(alike(about, stem) for alike in (_same, _shortened, _ends))
