"""How watches and lanes stand: when each was last read, what can't be, and what is left out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.words import counted, listed
from lambdas.members import Members
from lambdas.model import UNKNOWN
from lambdas.plan import Organization, Watch
from lambdas.store.listing import Count
from lambdas.store.places import MOST_SCOPES, Place, read_places
from operate.aws import Clients, in_a_line
from operate.remembered.deployed import Deployed, read
from operate.remembered.words import FAILED, UNFINISHED, is_unfinished

DAY = timedelta(days=1)
MISSED, AT_LEAST = 3, 300
"""After so many turns, of so many seconds at least, a watch of which no poll was completed is late:
by then, the alarm on silence rings."""
LOOKED_BACK = timedelta(hours=3)
"""How far back it is looked for a poll that was completed, at least: three turns of a watch."""
MOST_COUNTED = 500
ENDED = ("SUCCEEDED", *FAILED)


@dataclass(frozen=True, slots=True)
class Lane:
    """A service in an account and a region, with the places of all watches there.

    `behind` is since when not all of it was reached in one turn; None where the last turn did.
    """

    service: str
    account: str
    region: str
    places: tuple[Place, ...]

    @property
    def watches(self) -> list[str]:
        """The watches that look there."""
        return sorted({place.scope.watch for place in self.places})

    @property
    def unreachable(self) -> list[Place]:
        """The places that can't be read."""
        return _unreachable(self.places)

    @property
    def never_read(self) -> list[Place]:
        """The places of which no reading was complete yet."""
        return _never_read(self.places)

    @property
    def unread_since(self) -> datetime | None:
        """Since when no reading of one of its places was complete; None: all were, of late."""
        return _unread_since(self.places)

    @property
    def behind(self) -> datetime | None:
        """Since when it takes more than one turn to read all of it."""
        rounds = (place.health.round for place in self.places if place.health)
        began = [each.previous_began or each.began for each in rounds]
        return min((each for each in began if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class WatchStanding:
    """A watch, its places, how many of its jobs are in each status, and what it leaves out.

    `polled_at` is when polls of its cadence were last completed, to the minute; None where none
    was, of late. Of jobs that ended, those of the last day are counted, and of UNKNOWN ones those
    that have not ended. `members` is what is known of the accounts of its organization, None where
    it looks into none.
    """

    watch: Watch
    polled_at: datetime | None
    places: tuple[Place, ...]
    counts: Mapping[str, Count]
    left_out: tuple[str, ...]
    members: Members | None = None

    @property
    def unlisted_since(self) -> datetime | None:
        """Since when the accounts of its organization can't be listed; None: they can."""
        return self.members.failed_since if self.members else None

    @property
    def unread_since(self) -> datetime | None:
        """Since when no reading of one of its places was complete; None: all were, of late."""
        return _unread_since(self.places)

    @property
    def read_at(self) -> datetime | None:
        """When all of it was read, or later: None where some was never.

        The table notes it at first and once a day: a reading that finds nothing new writes nothing.
        """
        times = [each.health.read_at for each in self.places if each.health]
        known = [each for each in times if each is not None]
        return None if self.never_read else min(known, default=None)

    @property
    def unreachable(self) -> list[Place]:
        """The places that can't be read."""
        return _unreachable(self.places)

    @property
    def never_read(self) -> list[Place]:
        """The places of which no reading was complete yet."""
        return _never_read(self.places)

    def last_read(self, now: datetime) -> datetime | None:
        """When all of it was read last, as the table or a metric tells; None: not of late."""
        late = now - timedelta(seconds=MISSED * max(self.watch.every, AT_LEAST))
        known = [each for each in (self.polled_at, self.read_at) if each is not None]
        return max((each for each in known if each >= late), default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is asked about; `untold` is why nothing is known of when polls were completed."""

    watches: tuple[WatchStanding, ...]
    lanes: tuple[Lane, ...]
    untold: str | None


def look(deployed: Deployed, watches: Sequence[str], now: datetime) -> Standing:
    """Look at some watches.

    :raises Trouble: when the table is one of before.
    """
    plan = deployed.plan
    cadences = sorted({plan.watches[name].every for name in watches})
    polled, untold = _polled(deployed.clients, deployed.name, cadences, now)
    found = [_standing(deployed, plan.watches[name], polled, now) for name in watches]
    lanes = _lanes(deployed, (place for each in found for place in each.places))
    return Standing(tuple(found), lanes, untold)


def _standing(
    deployed: Deployed, watch: Watch, polled: Mapping[int, datetime | None], now: datetime
) -> WatchStanding:
    def count() -> dict[str, Count]:
        ask = deployed.listing.counts
        return {
            **ask(watch.name, UNFINISHED, most=MOST_COUNTED),
            UNKNOWN: _strange(deployed, watch),
            **ask(watch.name, ENDED, since=now - DAY, most=MOST_COUNTED),
        }

    scopes = deployed.scopes([watch.name])
    places = read_places(deployed.listing, scopes)
    beyond = [f"places beyond the first {MOST_SCOPES:,}"] if next(scopes, None) else []
    units = watch.organization.units if watch.organization else None
    return WatchStanding(
        watch,
        polled[watch.every],
        tuple(places),
        read(deployed, count),
        (*_left_out(deployed, watch), *beyond),
        deployed.members[units] if units else None,
    )


def _strange(deployed: Deployed, watch: Watch) -> Count:
    """Count the jobs in a status that nobody knew; those that are gone have that status, too."""
    found = deployed.listing.jobs(
        [watch.name], [UNKNOWN], limit=MOST_COUNTED, keep=is_unfinished, most_read=MOST_COUNTED
    )
    return Count(len(found.jobs), more=found.token is not None)


def _left_out(deployed: Deployed, watch: Watch) -> Iterator[str]:
    for which, globs in (("only", watch.include), ("all but", watch.exclude)):
        for field, each in globs.items():
            yield f"{which} jobs whose {field} fits {listed([*each])}"
    if said := watch.organization:
        yield from _accounts_left_out(said, watch, deployed.members[said.units])
    region = deployed.own[1]
    nowhere = [name for name in watch.sources if not deployed.plan.regions_of(watch, name, region)]
    if nowhere:
        yield f"{listed(sorted(nowhere))}, which AWS does not offer in {region}"


def _accounts_left_out(said: Organization, watch: Watch, members: Members) -> Iterator[str]:
    """Say which; the watch has those of its organization that are looked at among its own."""
    if said.without:
        yield f"accounts of its organization: {listed(said.without)}"
    there = {*said.without, *(each.id for each in watch.accounts)}
    if more := len({*members.accounts} - there):
        yield f"{counted(more, 'account')} of its organization, beyond `most: {said.most}`"


def _lanes(deployed: Deployed, places: Iterable[Place]) -> tuple[Lane, ...]:
    found: defaultdict[tuple[str, str, str], list[Place]] = defaultdict(list)
    for place in places:
        scope = place.scope
        service = deployed.plan.sources[scope.source].service
        found[service, scope.account, scope.region].append(place)
    return tuple(Lane(*lane, tuple(there)) for lane, there in sorted(found.items()))


def _unreachable(places: Iterable[Place]) -> list[Place]:
    return [each for each in places if each.health and each.health.unreachable]


def _never_read(places: Iterable[Place]) -> list[Place]:
    return [each for each in places if not _was_read(each)]


def _unread_since(places: Iterable[Place]) -> datetime | None:
    return min((each.unread_since for each in places if each.unread_since), default=None)


def _was_read(place: Place) -> bool:
    """Tell whether all of a place was read once: what holds others is read as it is listed."""
    health = place.health
    if health is None:
        return False
    return health.read_at is not None or health.ids_checksum is not None


def _polled(
    clients: Clients, stack: str, cadences: Sequence[int], now: datetime
) -> tuple[dict[int, datetime | None], str | None]:
    """Read when polls of each cadence were last completed: a quiet one leaves nothing in the table.

    Who may not read metrics is told all else.
    """
    queries = [_query(stack, every) for every in cadences]
    try:
        answer = clients("cloudwatch").get_metric_data(
            MetricDataQueries=queries,
            StartTime=now - max(LOOKED_BACK, MISSED * timedelta(seconds=max(cadences))),
            EndTime=now + timedelta(minutes=1),
            ScanBy="TimestampDescending",
        )
    except (BotoCoreError, ClientError) as error:
        return dict.fromkeys(cadences), in_a_line(error)
    by_id = {each["Id"]: each for each in answer["MetricDataResults"]}
    return {every: _latest(by_id[f"every{every}"]) for every in cadences}, None


def _query(stack: str, every: int) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": stack}, {"Name": "every", "Value": str(every)}]
    metric = {"Namespace": "Jobwatch", "MetricName": "AgeOfLastRead", "Dimensions": dimensions}
    stat = {"Metric": metric, "Period": 60, "Stat": "Maximum"}
    return {"Id": f"every{every}", "MetricStat": stat}


def _latest(found: Mapping[str, Any]) -> datetime | None:
    return max(found["Timestamps"], default=None)
