"""Answers in which every leaf is a canary: a text, number or time that stands nowhere else."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from infra.config.rows import Row
from lambdas.plan import Source
from lambdas.times import iso
from tests.every.jobs import Jobs, parents_of
from tests.every.standin import NoSuchError, StandIn

_DEEPEST = 8
_LOOK = r"canary-\d{5}-|731\d{7}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_NUMBERS = {"integer", "long", "float", "double"}
_SESSION = botocore.session.Session()


@dataclass
class Cage:
    """Makes canaries, and knows how each would look if it got out."""

    moment: datetime
    count: int = 0
    looks: set[str] = field(default_factory=set)

    def fill(self, shape: Shape, depth: int = 0) -> Any:
        """Make a value of a shape in which every leaf is a new canary."""
        if depth > _DEEPEST:
            return None
        if isinstance(shape, StructureShape):
            return {name: self.fill(each, depth + 1) for name, each in shape.members.items()}
        if isinstance(shape, ListShape):
            return [self.fill(shape.member, depth + 1) for _ in range(2)]
        if isinstance(shape, MapShape):
            return {self._text(): self.fill(shape.value, depth + 1) for _ in range(2)}
        return self._leaf(shape.type_name)

    def _leaf(self, kind: str) -> Any:
        if kind in _NUMBERS:
            self.count += 1
            return self._caged(7_310_000_000 + self.count)
        if kind == "timestamp":
            self.count += 1
            moment = self.moment - timedelta(seconds=self.count)
            self._caged(iso(moment))
            return moment
        if kind == "boolean":
            return True
        return self._text().encode() if kind == "blob" else self._text()

    def _text(self) -> str:
        self.count += 1
        return self._caged(f"canary-{self.count:05}-")

    def _caged(self, value: Any) -> Any:
        assert re.fullmatch(_LOOK, str(value))
        self.looks.add(str(value))
        return value


def looks_in(text: str) -> set[str]:
    """Find all that looks as a canary does, wherever it begins: there are thousands of them."""
    return set(re.findall(f"(?=({_LOOK}))", text))


def leaves(value: Any) -> set[str]:
    """How each leaf of a value would look."""
    if isinstance(value, Mapping):
        return {look for each in value.items() for part in each for look in leaves(part)}
    if isinstance(value, list):
        return {look for each in value for look in leaves(each)}
    return {str(iso(value)) if isinstance(value, datetime) else str(value)}


class CanaryApi:
    """Answers a source's operations with canaries; `jobs` are the raw statuses by number.

    `allowed` gathers how everything looks that the row lets through.
    """

    def __init__(self, row: Row, source: Source, cage: Cage) -> None:
        self.source = source
        self.cage = cage
        self.allowed: set[str] = set()
        self._standin = StandIn(source, parents_of(row), cage.moment)
        self._standin.make = lambda shape, _: cage.fill(shape)
        self._jobs = Jobs(row, self._standin)
        calls = [(each.listing.service, each.listing.operation) for each in source.parents]
        calls += [(None, source.listing.operation)]
        calls += [(None, source.get.operation)] if source.get else []
        models = [(_SESSION.get_service_model(of or source.service), name) for of, name in calls]
        self._operations = {xform_name(name): of.operation_model(name) for of, name in models}

    def put(self, number: int, raw: str) -> str:
        """Let a job be there, in which all but its id and its status are canaries; give its id."""
        return self._jobs.put(number, raw, self.cage.moment, bare=True)

    def remove(self, job_id: str) -> None:
        """Let a job be gone."""
        self._jobs.remove(job_id)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = self._operations[method]

        def call(**given: Any) -> Any:
            answer = self.cage.fill(operation.output_shape)
            try:
                said = self._standin.answer(operation, given)
            except NoSuchError as error:
                code = {"Code": type(error).__name__, "Message": str(answer)}
                raise ClientError({"Error": code}, operation.name) from None
            self._allow(said)
            return {**said, "ResponseMetadata": {"HTTPHeaders": answer}}

        return call

    def _allow(self, answer: Any) -> None:
        """Note how everything looks that the row lets through of the jobs in an answer."""
        source = self.source
        paths = [source.arn, source.job_name, source.type, source.created, source.ended]
        paths += [*source.details, *source.progress.values(), *source.failure.values()]
        selectors = [source.listing.items]
        if source.get:
            selectors += filter(None, (source.get.item, source.get.found_in))
        for selector in selectors:
            found = jmespath.search(selector, answer)
            for job in found if isinstance(found, list) else [found]:
                for path in filter(None, paths):
                    self.allowed |= leaves(jmespath.search(path, job))
