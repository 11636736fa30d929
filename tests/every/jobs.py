"""Jobs of a source as its list and its get tell them, out of its row and its service's model."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from botocore.model import Shape

from infra.config.aws.paths import find, leads_somewhere
from infra.config.aws.services import NUMBERS, inputs, operation_model
from infra.config.aws.shapes import Kinds
from infra.config.derived import got_job, listed_job, model_of
from infra.config.rows import Row
from lambdas.plan import ID_SEPARATOR
from tests.every.samples import put
from tests.every.standin import StandIn

BECAUSE = "because of a full disk"


class Jobs:
    """Makes a row's jobs be there, and be gone."""

    def __init__(self, row: Row, standin: StandIn) -> None:
        self._row, self._standin = row, standin
        self._listed, self._got = listed_job(row), got_job(row)

    def put(
        self, number: int, raw: str, now: datetime, *, failed: int = 0, bare: bool = False
    ) -> str:
        """Let a job be there, in the list and for the get; give its id.

        Of one that is `bare` nothing is chosen but its id and its status.
        """
        source = self._row.source
        ended = now if self.is_terminal(raw) else None
        parts = [self._part(path, number) for path in source.id]
        identity = [(source.status, raw), *zip(source.id, parts, strict=True)]
        told: list[tuple[str | None, Any]] = [
            (source.created, now - timedelta(minutes=10)),
            (source.ended, ended),
            (source.failure.message, BECAUSE),
            *((path, failed) for path in source.partial),
        ]
        values = [*([] if bare else told), *identity]
        job_id = ID_SEPARATOR.join(map(str, parts))
        standin = self._standin
        standin.listed[job_id] = self._job(self._listed, values, now)
        standin.got[job_id] = self._job(self._got, values, now)
        return job_id

    def raws(self) -> list[str]:
        """Name the statuses that the service has."""
        return [raw for each in self._row.source.statuses.values() for raw in each]

    def is_terminal(self, raw: str) -> bool:
        """Tell whether a status of the service's is an end."""
        ends = {"SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"}
        return any(raw in each for ours, each in self._row.source.statuses.items() if ours in ends)

    def remove(self, job_id: str) -> None:
        """Let a job be gone."""
        del self._standin.listed[job_id], self._standin.got[job_id]

    def _part(self, path: str, number: int) -> Any:
        (kind, *_) = find(path, self._listed)
        assert isinstance(kind, Shape)
        if kind.type_name in NUMBERS:
            return 100 + number
        return f"job-{number}".ljust(self._least(kind), "x")

    def _least(self, kind: Shape) -> int:
        get = self._row.source.get
        operation = model_of(self._row, get) if get else None
        taken = (
            (shape.metadata.get("min", 0) for shape in inputs(operation).values())
            if operation
            else ()
        )
        lengths = (least for least in taken if least < 100)
        return max(kind.metadata.get("min", 0), *lengths, 0)

    def _job(self, kinds: Kinds, values: Iterable[tuple[str | None, Any]], now: datetime) -> Any:
        if not kinds:
            return {}
        (kind, *_) = kinds
        job: Any = self._standin.make(kind, now) if isinstance(kind, Shape) else {}
        for path, value in values:
            if value is None and path is not None and leads_somewhere(path, kinds):
                job = _without(job, path)
            elif path is not None and leads_somewhere(path, kinds):
                job = put(job, path, _as(find(path, kinds), value))
        alone = kinds is self._listed and self._is_bare()
        return job[self._row.source.id[0]] if alone else job

    def _is_bare(self) -> bool:
        operation = operation_model(self._row.service, self._row.source.list.operation)
        assert operation is not None
        (found, *_) = find(self._row.source.list.jobs, (operation.output_shape,))
        return (
            isinstance(found, Shape)
            and found.type_name == "list"
            and not hasattr(found.member, "members")
        )


def parents_of(row: Row) -> dict[str, str]:
    """Give an id for each of what the jobs live in, as long as the operations ask."""
    return {
        each.parameter: "parent".ljust(_longest(row, each.parameter), "x")
        for each in row.source.parents
    }


def _longest(row: Row, parameter: str) -> int:
    calls = [row.source.list, *([row.source.get] if row.source.get else []), *row.source.parents]
    found = [0]
    for call in calls:
        operation = model_of(row, call)
        shape = inputs(operation).get(parameter) if operation else None
        found.append(shape.metadata.get("min", 0) if shape else 0)
    return max(found)


def _as(kinds: Kinds, value: Any) -> Any:
    """Write a value as its shape wants it."""
    (kind, *_) = kinds
    name = kind.type_name if isinstance(kind, Shape) else ""
    if isinstance(value, datetime) and name != "timestamp":
        return int(value.timestamp()) if name in NUMBERS else value.isoformat()
    if isinstance(value, str) and value == BECAUSE and getattr(kind, "enum", None):
        return kind.enum[0]
    return value


def _without(job: Any, path: str) -> Any:
    name, _, rest = path.partition(".")
    if not isinstance(job, dict) or name not in job:
        return job
    if rest:
        return {**job, name: _without(job[name], rest)}
    return {key: value for key, value in job.items() if key != name}
