"""The true history of a job, as far as it is a matter of events: its statuses and its runs."""

from dataclasses import dataclass

from lambdas.model import NOT_FOUND, PARTIAL, SUCCEEDED, TERMINAL, UNKNOWN
from lambdas.plan import Source
from tests.simulation.answers import listed_members
from tests.simulation.apis import Service
from tests.simulation.jobs import State, TrueJob


@dataclass(frozen=True, slots=True)
class Moment:
    """What a job was from a time on; `run` are the times of creation and end that tell runs apart.

    A job that is not there has the raw status NOT_FOUND and no run.
    """

    at: float
    raw: str
    status: str
    run: tuple[float, float | None] | None

    @property
    def key(self) -> tuple[object, ...]:
        return self.raw, self.status, self.run

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL


def moment(source: Source, at: float, state: State | None) -> Moment:
    """Give a state as events tell it."""
    if state is None:
        return Moment(at, NOT_FOUND, UNKNOWN, None)
    status = source.statuses.get(state.raw, UNKNOWN)
    if status == SUCCEEDED and source.partial and state.failed:
        status = PARTIAL
    return Moment(at, state.raw, status, (state.created, state.ended))


def history(service: Service, job: TrueJob) -> list[Moment]:
    """Give all that a job was, without what changes no status; gone while what it lives in is."""
    found: list[Moment] = []
    moves = (at for at in service.moves(job.place) if at > job.began)
    for at in sorted({*job.times, *moves}):
        state = None if service.lacks(job.place, at) else job.at(at)
        here = moment(service.source, at, state)
        if not found or here.key != found[-1].key:
            found.append(here)
    return found


def list_tells_run(service: Service, job_id: str, before: Moment, after: Moment) -> bool:
    """Whether the list alone shows that two moments of one status are two runs."""
    source = service.source
    members = listed_members(source)
    if before.run is None or after.run is None or service.is_blurred(job_id):
        return False
    created = bool(source.created) and source.created in members
    ended = list_tells_end(source)
    return (created and abs(before.run[0] - after.run[0]) > 2) or (
        ended and before.run[1] != after.run[1]
    )


def list_tells_end(source: Source) -> bool:
    """Whether the list alone tells when a job ended."""
    return bool(source.ended) and source.ended in listed_members(source)


def list_tells_partial(source: Source) -> bool:
    """Whether the list alone shows that some of a finished job failed."""
    return any(path.split(".")[0] in listed_members(source) for path in source.partial)
