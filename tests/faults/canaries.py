"""Answers in which every leaf is a canary: a text, number or time that stands nowhere else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from lambdas.plan import Listing, Source
from lambdas.times import iso
from tests.values import id_parameter

_DEEPEST = 8
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
            self.looks.add(str(iso(moment)))
            return moment
        if kind == "boolean":
            return True
        return self._text().encode() if kind == "blob" else self._text()

    def _text(self) -> str:
        self.count += 1
        return self._caged(f"canary-{self.count:05}-")

    def _caged(self, value: Any) -> Any:
        self.looks.add(str(value))
        return value


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

    def __init__(self, source: Source, cage: Cage) -> None:
        self.source = source
        self.cage = cage
        self.jobs: dict[str, str] = {}
        self.allowed: set[str] = set()
        self.secret: Any = None
        self._made: dict[tuple[str, str], Any] = {}
        self._model = _SESSION.get_service_model(source.service)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        source = self.source
        listings = {
            xform_name(p.listing.operation): (p.listing, [{p.id: "parent"}]) for p in source.parents
        }
        if method == xform_name(source.get.operation):
            return self._get
        if method == xform_name(source.listing.operation):
            return lambda **given: self._page(source.listing, self._listed(), given)
        listing, items = listings[method]
        return lambda **given: self._page(listing, items, given)

    def _listed(self) -> list[Any]:
        return [self._job(self.source.listing.operation, job_id) for job_id in self.jobs]

    def _page(self, listing: Listing, items: list[Any], given: Mapping[str, Any]) -> Any:
        """Answer all on the second page; the first has none and a canary for its token."""
        assert listing.token is not None
        page = self._output(listing.operation)
        first = listing.token.send not in given
        _put(page, listing.items, [] if first else items)
        if not first:
            _put(page, listing.token.read, None)
        return page

    def _get(self, **given: Any) -> Any:
        get = self.source.get
        if given[id_parameter(get)] not in self.jobs:
            error = self.cage.fill(self._model.operation_model(get.operation).output_shape)
            raise ClientError({"Error": {"Code": get.missing[0], "Message": str(error)}}, "Get")
        job = self._job(get.operation, given[id_parameter(get)])
        answer = self._output(get.operation)
        return {**answer, **job} if get.item == "@" else answer | {get.item: job}

    def _output(self, operation: str) -> Any:
        shape = self._model.operation_model(operation).output_shape
        return self.cage.fill(shape) | {"ResponseMetadata": {"HTTPHeaders": self.cage.fill(shape)}}

    def _job(self, operation: str, job_id: str) -> Any:
        """Make a job once for each operation; its id and status are no canaries."""
        source, key = self.source, (operation, job_id)
        if key not in self._made:
            path = source.get.item if operation == source.get.operation else source.listing.items
            whole = self.cage.fill(self._model.operation_model(operation).output_shape)
            found = whole if path == "@" else jmespath.search(path, whole)
            job = found[0] if isinstance(found, list) else found
            _put(job, source.id, job_id)
            self._made[key] = job
            paths = [source.arn, source.type, source.created, source.ended, *source.details]
            paths += [*source.progress.values(), *source.failure.values()]
            for each in filter(None, paths):
                self.allowed |= leaves(jmespath.search(each, job))
        job = self._made[key]
        _put(job, source.status, self.jobs[job_id])
        return job


def _put(value: dict[str, Any], dotted: str, given: Any) -> None:
    *branches, leaf = dotted.split(".")
    for branch in branches:
        value = value.setdefault(branch, {})
    value[leaf] = given
