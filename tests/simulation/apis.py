"""A job API in one account and region, as a botocore client, with every trouble that one can be.

Lists are newest first where the source says so, else in an order of their own. A token names the
last job of its page, or a place in the list, which jobs that come and go shift. What is `behind`
shows everything as it was some minutes ago, but never older than it showed before.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy as copy
from datetime import datetime
from math import ceil
from operator import itemgetter
from typing import Any
from zlib import crc32

from botocore import xform_name

from lambdas.model import Scope
from lambdas.plan import Get, Listing, Source
from tests.simulation.answers import (
    blur,
    date_of,
    job_answer,
    listed,
    listed_members,
    page_answer,
    spoil,
)
from tests.simulation.calls import Calls, refusal
from tests.simulation.clock import Clock
from tests.simulation.dice import Dice
from tests.simulation.jobs import Place, Stamp, State, TrueJob
from tests.simulation.pace import pace_of
from tests.simulation.weather import ANSWERS, CALLS, Weather
from tests.simulation.witness import Read, Witness
from tests.values import id_parameter, since_of

Row = tuple[tuple[float, int], str, TrueJob, State]
"""Where a job stands in a list, its id, the job and what it was."""
BEHIND = 400.0
EXPIRED = 900.0
KILLS_FROM = (0.0, 3600.0)
KILLS_FOR = (1200.0, 5400.0, float("inf"))
"""From when on and for how long a place kills who lists it, in seconds."""
SLOW_FROM = 600.0
"""How long after its beginning a slow service is slow, in seconds."""
_CODES = {
    "throttled": "ThrottlingException",
    "denied": "AccessDeniedException",
    "broken": "InternalServerError",
}


class Service:
    """The truth of one source in one account and region, and how it answers."""

    def __init__(
        self, source: Source, where: tuple[str, str], clock: Clock, dice: Dice, calls: Calls
    ) -> None:
        self.source, self.account, self.region = source, *where
        self.name = f"{source.name}@{self.account}/{self.region}"
        self._clock, self._dice, self._calls = clock, dice.of(self.name), calls
        self.dice = dice
        self.jobs: dict[Place, dict[str, TrueJob]] = {}
        self.stamps: dict[Place, Stamp] = defaultdict(Stamp)
        self.parents: dict[Place, dict[str, TrueJob]] = {(): {}}
        self.weather = Weather(clock, dice, self.name)
        self.skew = self._dice.uniform(-240, 240) if "clocks that differ" in dice.on else 0.0
        self.is_slow = dice.has("slow services", self.name, 0.1)
        self._slow_from = clock.now + SLOW_FROM if self.is_slow else float("inf")
        self._slowness = self._dice.uniform(3, 8)
        self.page_size = self._dice.choice((7, 25, 100) if self.is_slow else pace_of(dice.on).pages)
        if dice.has("long lists", self.name, 0.05):
            self.page_size = 3
        self._blurs = dice.has("times that cannot be", self.name, 0.3)
        self.shifting = "shifting pages" in dice.on and self._dice.random() < 0.5
        self.refuses: Callable[[], bool] = lambda: False
        """Tells whether nobody may read here, as there is no role for it."""
        self._kills = dice.has("places that kill", self.name, 0.0)
        self._deadly: Place | None = None
        self.kills_from = clock.now + dice.of("places that kill").uniform(*KILLS_FROM)
        self._kills_until = self.kills_from + dice.of("places that kill").choice(KILLS_FOR)
        self._views: dict[Any, float] = {}
        self._rows: dict[Place, tuple[int, list[Row]]] = {}
        self._answers: dict[int, tuple[State, dict[str, Any]]] = {}

    @property
    def missing(self) -> tuple[str, ...]:
        """The codes by which a call tells that something is not there."""
        return self.source.get.missing if self.source.get else ()

    @property
    def seconds(self) -> float:
        """How long a call takes: quick at first, so that it is known what is there."""
        return self._slowness if self._clock.now >= self._slow_from else 0.12

    @property
    def lap(self) -> float:
        """How long it takes about to read all lists once, as far as each poll reads them."""
        return 0.0 if self.source.newest_first else self.whole_lap

    @property
    def whole_lap(self) -> float:
        """How long it takes about to read all lists to their end once."""
        lengths = (len(self.rows(place, self._clock.now)) for place in self.places())
        return self.seconds * sum(max(1, ceil(length / self.page_size)) for length in lengths)

    @property
    def asking(self) -> float:
        """How long it takes about to ask for each job once, where its end needs that."""
        if self.source.newest_first or not self.source.get_completes:
            return 0.0
        return self.seconds * sum(map(len, self.jobs.values()))

    def listed_answer(self, job_id: str, state: State) -> dict[str, Any]:
        """Write what the list tells of a job."""
        known = self._answers.get(id(state))
        if known is None or known[0] is not state:
            answer = listed(self.source, self.answer(job_id, state))
            known = self._answers[id(state)] = (state, answer)
        return known[1]

    def answer(self, job_id: str, state: State) -> dict[str, Any]:
        """Write what the get operation tells of a job."""
        answer = job_answer(self.source, job_id, state, self.skew)
        return blur(self.source, answer, job_id) if self.is_blurred(job_id) else answer

    def is_blurred(self, job_id: str) -> bool:
        """Whether the service tells a time of a job that cannot be, each time."""
        return self._blurs and crc32(job_id.encode()) % 2 == 0

    def view(self, call: str, place: Place) -> float:
        """Tell as of when a call sees things: now, or a while ago; never earlier than before."""
        late = BEHIND if self.weather.hits(call, ("behind",)) else 0
        seen = max(self._clock.now - late, self._views.get((call, place), float("-inf")))
        self._views[call, place] = seen
        return seen

    def rows(self, place: Place, when: float) -> list[Row]:
        """Give the jobs of a place as they were at a time, in the list's order."""
        jobs = self.jobs.get(place, {})
        stamp = self.stamps[place]
        if when < stamp.last:
            return self._sorted(jobs.values(), when)
        known = self._rows.get(place)
        if known is None or known[0] != stamp.count:
            known = self._rows[place] = (stamp.count, self._sorted(jobs.values(), when))
        return known[1]

    def _sorted(self, jobs: Iterable[TrueJob], when: float) -> list[Row]:
        there = [(job, job.at(when)) for job in jobs]
        rows = [(self._rank(job, s), job.id, job, s) for job, s in there if s is not None]
        return sorted(rows, key=itemgetter(0, 1))

    def places(self) -> list[Place]:
        """Give every place that jobs can be in now."""
        found: list[Place] = [()]
        for _ in self.source.parents:
            found = [
                (*above, name)
                for above in found
                for name, parent in self.parents.get(above, {}).items()
                if parent.state is not None
            ]
        return found

    def _rank(self, job: TrueJob, state: State) -> tuple[float, int]:
        order = crc32(job.id.encode())
        return (-state.created if self.source.newest_first else 0.0, order)

    def kills(self, place: Place) -> bool:
        """Tell whether who lists a place now is killed: one place, that is listed first then."""
        if not self._kills or not self.kills_from <= self._clock.now < self._kills_until:
            return False
        if self._deadly is None and len(place) == len(self.source.parents):
            self._deadly = place
        return place == self._deadly

    def is_listed(self, state: State, since: datetime | None) -> bool:
        """Tell whether a list that is asked for what was created since then shows a job."""
        return since is None or date_of(state.created, self.skew) > since

    def there(self, place: Place, when: float) -> bool:
        """Tell whether all parents of a place exist."""
        for depth in range(len(place)):
            parent = self.parents.get(place[:depth], {}).get(place[depth])
            if parent is None or parent.at(when) is None:
                return False
        return True

    def lacks(self, place: Place, when: float) -> bool:
        """Tell whether a parent of a place was there and is missing."""
        return any(p.began <= when and p.at(when) is None for p in self._above(place))

    def moves(self, place: Place) -> set[float]:
        """Tell when parents of a place came or went."""
        return {at for parent in self._above(place) for at in parent.times}

    def _above(self, place: Place) -> list[TrueJob]:
        return [self.parents[place[:depth]][name] for depth, name in enumerate(place)]


class Client:
    """The client of one scope; `seconds` is how long a call hangs at most."""

    def __init__(self, service: Service, scope: Scope, witness: Witness, seconds: float) -> None:
        self._service, self._watch, self._witness = service, scope.watch, witness
        self._seconds = seconds
        names = [parent.parameter for parent in service.source.parents]
        self._scope = tuple(scope.parameters[name] for name in names if name in scope.parameters)

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        source = self._service.source
        if method == xform_name(source.listing.operation):
            return lambda **parameters: self._list(parameters)
        if source.get and method == xform_name(source.get.operation):
            get = source.get
            return lambda **parameters: self._get(get, parameters)
        for depth, parent in enumerate(source.parents):
            if method == xform_name(parent.listing.operation):
                return lambda d=depth, **parameters: self._parents(d, parameters)
        raise AttributeError(method)

    def _list(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        service, place = self._service, self._place(parameters)
        read = self._witness.read(self._watch, service, place)

        if service.kills(place):
            service._calls.die()

        def answer() -> dict[str, Any]:
            when = service.view("list", place)
            if not service.there(place, service._clock.now):
                raise refusal(service.missing[0], "List")
            since = since_of(service.source.listing, parameters)
            rows = [row for row in service.rows(place, when) if service.is_listed(row[3], since)]
            page, token = self._page(service.source.listing, rows, parameters, read)
            items = [self._item(job, state, read) for _, _, job, state in page]
            read.page(token, when)
            if token is None and service.source.get is None:
                read.lacks_others()
            return page_answer(service.source.listing, items, token)

        return self._call("list", service.source.listing.operation, answer, read, place)

    def _item(self, job: TrueJob, state: State, read: Read) -> Any:
        source = self._service.source
        if not listed_members(source):
            read.lists(job)
            return job.id
        full = self._service.listed_answer(job.id, state)
        if self._service.weather.hits("list", ANSWERS):
            full = spoil(source, copy(full), self._service._dice)
            read.doubt(job.id)
        read.saw(job, state)
        return full

    def _get(self, get: Get, parameters: Mapping[str, Any]) -> dict[str, Any]:
        service, place = self._service, self._place(parameters)
        asked = parameters[id_parameter(get)]
        job_ids = asked if isinstance(asked, list) else [asked]
        read = self._witness.read(self._watch, service, self._scope)
        for job_id in job_ids:
            read.asked(job_id)

        def answer() -> dict[str, Any]:
            when = service.view("get", place)
            if get.found_in is not None:
                return {get.found_in: self._several(job_ids, when, read)}
            item = self._single(job_ids[0], place, when, read)
            if item is None:
                raise refusal(get.missing[0], get.operation)
            return item if get.item == "@" else {get.item: item}

        return self._call("get", get.operation, answer, read, place)

    def _several(self, job_ids: list[str], when: float, read: Read) -> list[dict[str, Any]]:
        """Answer for several jobs; of more than one, some may be left out though they are there."""
        happens = self._service.dice.happens
        if len(job_ids) > 1:
            job_ids = [i for i in job_ids if not happens("left out of batches", 0.02)]
            job_ids = [i for i in job_ids if self._found(i, (), when)]
        items = (self._single(job_id, (), when, read) for job_id in job_ids)
        return [item for item in items if item is not None]

    def _found(self, job_id: str, place: Place, when: float) -> list[tuple[TrueJob, State]]:
        service = self._service
        places = [p for p in service.jobs if p[: len(place)] == place]
        jobs = [service.jobs[p][job_id] for p in places if job_id in service.jobs[p]]
        states = [(job, job.at(when)) for job in jobs if service.there(job.place, when)]
        return [(job, state) for job, state in states if state is not None]

    def _single(self, job_id: str, place: Place, when: float, read: Read) -> dict[str, Any] | None:
        service = self._service
        found = self._found(job_id, place, when)
        if not found:
            read.missed(job_id)
            return None
        job, state = found[0]
        item = service.answer(job_id, state)
        if service.weather.hits("get", ANSWERS):
            item = spoil(service.source, item, service._dice)
            read.doubt(job_id)
        read.saw(job, state)
        return item

    def _parents(self, depth: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
        service, parent = self._service, self._service.source.parents[depth]
        place = self._place(parameters)[:depth]
        read = self._witness.read(self._watch, service, place)

        def answer() -> dict[str, Any]:
            when = service.view("parents", place)
            if not service.there(place, service._clock.now):
                raise refusal(service.missing[0], "List")
            found = [p for p in service.parents.get(place, {}).values() if p.at(when)]
            rows = sorted(((crc32(p.id.encode()), 0), p.id, p, None) for p in found)
            page, token = self._page(parent.listing, rows, parameters, read)
            read.page(token, when)
            for _, _, child, _ in page:
                read.child(child.id)
            return page_answer(parent.listing, [{parent.id: row[1]} for row in page], token)

        return self._call("parents", parent.listing.operation, answer, read, place)

    def _page(
        self, listing: Listing, rows: list[Any], parameters: Mapping[str, Any], read: Read
    ) -> tuple[list[Any], str | None]:
        """Cut the page that a token asks for out of the rows; give it and the next token."""
        service = self._service
        assert listing.token is not None
        token = parameters.get(listing.token.send)
        start, now = 0, service._clock.now
        if token:
            chain, _, began, place = str(token).split("~", 3)
            read.goes_on(int(chain))
            if service.weather.hits("list", ("refused pages",)):
                raise refusal("ValidationException", listing.operation)
            if now - float(began) > EXPIRED and service.weather.hits("list", ("expired tokens",)):
                raise refusal("InvalidNextTokenException", listing.operation)
            start = int(place) if place.isdigit() else _after(rows, place)
            if service.weather.hits("list", ("repeated tokens",)):
                # A list that is read from its front may need no page behind this one.
                read.failed("page" if service.source.newest_first else "list")
                return rows[start : start + service.page_size], str(token)
        else:
            read.begins()
        if service.weather.hits("list", ("endless",)):
            read.turned()
            return rows[:1], f"{read.chain}~{now}~{now}~0"
        end = start + service.page_size
        if end >= len(rows):
            return rows[start:], None
        rank, name = rows[end - 1][0], rows[end - 1][1]
        at = str(end) if service.shifting else f"{rank[0]!r}/{rank[1]}/{name}"
        return rows[start:end], f"{read.chain}~{now}~{now}~{at}"

    def _place(self, parameters: Mapping[str, Any]) -> Place:
        names = [parent.parameter for parent in self._service.source.parents]
        return tuple(str(parameters[name]) for name in names if name in parameters)

    def _call(
        self,
        call: str,
        operation: str,
        answer: Callable[[], dict[str, Any]],
        read: Read,
        place: Place,
    ) -> dict[str, Any]:
        calls = self._service._calls
        trouble = "denied" if self._service.refuses() else None
        trouble = trouble or self._service.weather.hits(call, CALLS, place)
        if call == "get":
            read.answered(trouble not in ("hanging", "cut off"))
        if trouble in ("hanging", "cut off", *_CODES):
            read.failed(call)
        if trouble == "hanging":
            return calls.hang(operation, self._seconds)
        if trouble == "cut off":
            return calls.lose(operation, 1)
        if trouble in _CODES:
            return calls.make(lambda: _raise(_CODES[trouble], operation), 3)
        try:
            return calls.make(answer, 8 if trouble == "slow" else self._service.seconds)
        except Exception as error:
            missing = self._service.missing
            if error.response["Error"]["Code"] not in missing or call != "get":  # type: ignore[attr-defined]
                read.failed(call)
            raise


def _after(rows: list[Any], token: str) -> int:
    """Find where a list goes on behind the job that a token names."""
    first, second, name = token.split("/", 2)
    last = (float(first), int(second)), name
    return bisect_right(rows, last, key=itemgetter(0, 1))


def _raise(code: str, operation: str) -> Any:
    raise refusal(code, operation)
