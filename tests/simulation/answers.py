"""What a service answers, shaped by a source's row and by botocore's model of its list."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from zlib import crc32

import botocore.session

from lambdas.plan import Listing, Source
from tests.simulation.clock import BEGAN
from tests.simulation.jobs import State

_IMPOSSIBLE = (
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(2999, 1, 1, tzinfo=UTC),
    "yesterday",
    float("nan"),
)


@cache
def _listed_members(service: str, operation: str, items: str) -> frozenset[str]:
    """Name what one entry of a list holds."""
    shape: Any = _session().get_service_model(service).operation_model(operation).output_shape
    for name in items.split("."):
        shape = shape.members[name]
    return frozenset(shape.member.members) if shape.member.type_name == "structure" else frozenset()


def listed_members(source: Source) -> frozenset[str]:
    """Name what the list tells of a job."""
    return _listed_members(source.service, source.listing.operation, source.listing.items)


@cache
def _session() -> Any:
    return botocore.session.Session()


def put(answer: dict[str, Any], path: str | None, value: Any) -> None:
    """Put a value where a path of a row finds it."""
    if path is None or path == "@":
        return
    *branches, leaf = path.split("[")[0].split(".")
    for branch in branches:
        answer = answer.setdefault(branch, {})
    answer[leaf] = [value] if "[" in path else value


def date_of(seconds: float, skew: float) -> datetime:
    """Give a time as a service writes it whose clock is off by `skew` seconds."""
    return (BEGAN + timedelta(seconds=seconds + skew)).replace(microsecond=0)


def job_answer(source: Source, job_id: str, state: State, skew: float) -> dict[str, Any]:
    """Write a job as the get operation knows it; the service's clock is off by `skew` seconds."""

    answer: dict[str, Any] = {}
    put(answer, source.status, state.raw)
    put(answer, source.created, date_of(state.created, skew))
    if state.ended is not None:
        put(answer, source.ended, date_of(state.ended, skew))
    for path in source.partial:
        put(answer, path, state.failed)
    for name, path in source.progress.items():
        put(answer, path, getattr(state, name))
    if "FAIL" in state.raw or "ERR" in state.raw:
        put(answer, source.failure["message"], f"broke at {state.processed}")
    put(answer, source.job_name, f"run-{crc32(job_id.encode()) % 3}")
    put(answer, source.arn, job_id)
    put(answer, source.id, job_id)
    return answer


def listed(source: Source, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Leave only what the list tells of a job."""
    members = listed_members(source)
    return {name: value for name, value in answer.items() if name in members}


def spoil(source: Source, answer: dict[str, Any], dice: Random) -> dict[str, Any]:
    """Make an answer wrong: without a status, with a number or a time that cannot be."""
    match dice.choice(("status", "number", "time", "time")):
        case "status":
            answer.pop(source.status, None)
        case "number":
            for path in (*source.progress.values(), *source.details[:1]):
                put(answer, path, dice.choice((float("nan"), float("inf"), "many", [])))
        case _:
            paths = [p for p in (source.created, source.ended) if p and p in answer]
            if paths:
                put(answer, dice.choice(paths), dice.choice(_IMPOSSIBLE))
    return answer


def blur(source: Source, answer: dict[str, Any], job_id: str) -> dict[str, Any]:
    """Put a time that cannot be where a job's times stand."""
    never = _IMPOSSIBLE[crc32(job_id.encode()) // 2 % len(_IMPOSSIBLE)]
    for path in (source.created, source.ended):
        if path and path in answer:
            put(answer, path, never)
    return answer


def page_answer(listing: Listing, items: list[Any], token: Any) -> dict[str, Any]:
    """Write a page of a list."""
    page: dict[str, Any] = {}
    put(page, listing.items, items)
    if listing.token and token:
        put(page, listing.token.read, token)
    return page
