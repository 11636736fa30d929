"""What the board reads: counts by watch and status, and the newest jobs, however many there are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lambdas.board.asked import STATUSES, Asked
from lambdas.model import PENDING, RUNNING, UNKNOWN
from lambdas.store.listing import Count, Listing, Page
from lambdas.store.remembered import Remembered
from lambdas.times import iso

DAY = timedelta(days=1)
UNFINISHED = (PENDING, RUNNING)
"""These are shown whatever their age is; of all others, those that came to it in the last
day, and UNKNOWN ones that are not terminal."""
MOST_WATCHES = 50
"""Each is a query for each status; the first by name, or the one that is asked for."""
MOST_JOBS = 300
"""Unfinished ones, as many others, and as many in a status that nobody knew."""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is: `counts` by watch and status, and jobs of what is asked for, newest first.

    `whole` says whether these are all of the jobs, `ended_from` since when all that ended are among
    them, None for the whole day; so many watches as are `left_out` were not looked at.
    """

    jobs: Sequence[Remembered]
    counts: Mapping[str, Mapping[str, Count]] = field(default_factory=dict)
    whole: bool = True
    ended_from: datetime | None = None
    left_out: int = 0


def look(listing: Listing, watches: Iterable[str], asked: Asked, now: datetime) -> Found:
    """Read what is asked for of what is remembered of the watches."""
    names = sorted(watches)
    some = names[:MOST_WATCHES]
    if asked.watch and asked.watch not in some:
        some = [asked.watch]
    of = [asked.watch] if asked.watch else some
    running, ended = (
        _as_shown(listing.jobs(of, asked.those_of(statuses), since=since, limit=MOST_JOBS))
        for statuses, since in _kinds(now)
    )
    strange = _as_shown(_strange(listing, of, asked, now))
    return Found(
        jobs=sorted((*running.jobs, *strange.jobs, *ended.jobs), key=_newest_first),
        counts={watch: _counts(listing, watch, now) for watch in some},
        whole=running.token is None and len(strange.jobs) < MOST_JOBS and ended.token is None,
        ended_from=ended.jobs[-1].since if ended.token and ended.jobs else None,
        left_out=len(names) - len(some),
    )


def _strange(listing: Listing, of: Collection[str], asked: Asked, now: datetime) -> Page:
    """Read those in a status that nobody knew, for longer than a day: they may be unfinished.

    Behind very many that are gone, which have that status too, some may be missed.
    """

    def keep(job: Remembered) -> bool:
        return not job.detail["terminal"]

    before = f"{iso(now - DAY)} {'0' * 12}"  # where those of the last day end
    return listing.jobs(of, asked.those_of([UNKNOWN]), token=before, limit=MOST_JOBS, keep=keep)


def _kinds(now: datetime) -> Iterable[tuple[Sequence[str], datetime | None]]:
    """Give the statuses that are looked at together, and since when."""
    return (
        (UNFINISHED, None),
        ([each for each in STATUSES if each not in UNFINISHED], now - DAY),
    )


def _counts(listing: Listing, watch: str, now: datetime) -> dict[str, Count]:
    found: dict[str, Count] = {}
    for statuses, since in _kinds(now):
        found |= listing.counts(watch, statuses, since=since)
    return found


def _as_shown(page: Page) -> Page:
    """Let go of what the board does not show of jobs: of hundreds, it may take all memory."""
    return replace(page, jobs=(*map(_small, page.jobs),))


def _small(job: Remembered) -> Remembered:
    failure = {**(job.detail["failure"] or {}), "details": []}
    return replace(job, detail={**job.detail, "details": {}, "failure": failure})


def _newest_first(job: Remembered) -> tuple[float, str]:
    return -job.since.timestamp(), job.job_id
