"""The models of `watches.yaml`."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict

from infra.config.files.durations import DAY, HOUR, MINUTE
from infra.config.files.wording import Model, expected
from infra.config.values import (
    AccountId,
    Concurrency,
    Cron,
    Dollars,
    Email,
    Every,
    ExternalId,
    Glob,
    Identifier,
    Longest,
    Name,
    Region,
    Retention,
    Role,
    Seldom,
    Sources,
    Stall,
    Status,
    Within,
    Zone,
)

MOST_JOBS = 1_000
"""That one watch may name: each is read by itself."""

MOST_WATCHES = 5_000
"""Their names stand in the input of a schedule, which may have 256 KB."""
MOST_PLACES = 200
"""Sources, accounts and regions in which one watch may expect a run: one item notes all of them."""
MOST_EMAILS = 100
"""Each is two resources of the stack, which may have 500."""

MOST_DOLLARS = 100
"""A month, where the file does not say it: what a pattern means may be more than was thought of."""

ONCE: JsonDict = {"uniqueItems": True}


class Account(Model):
    """Another account, and the role that lets Jobwatch read there."""

    id: AccountId = Field(description="the account's 12 digits")
    role: Role = Field(description="the name of a role in that account")
    external_id: ExternalId | None = Field(
        default=None, description="the external id that the role asks for; left out: none"
    )


NARROWING = ("name", "type", "id")
"""What globs are held against."""
MOST_GLOBS = 100


class Narrowing(Model):
    """Globs over what jobs are called, of which type they are and over their ids."""

    name: tuple[Glob, ...] = Field(
        default=(),
        min_length=1,
        max_length=MOST_GLOBS,
        description="globs over the names of jobs, such as prod-*",
        json_schema_extra=ONCE,
    )
    type: tuple[Glob, ...] = Field(
        default=(),
        min_length=1,
        max_length=MOST_GLOBS,
        description="globs over the types of jobs",
        json_schema_extra=ONCE,
    )
    id: tuple[Glob, ...] = Field(
        default=(),
        min_length=1,
        max_length=MOST_GLOBS,
        description="globs over the ids of jobs",
        json_schema_extra=ONCE,
    )

    def globs(self) -> dict[str, tuple[str, ...]]:
        """Give the globs that there are, by what they are held against."""
        return {name: getattr(self, name) for name in NARROWING if getattr(self, name)}


def _some(narrowing: Narrowing) -> Narrowing:
    if not narrowing.globs():
        raise expected("globs over name, type or id")
    return narrowing


Some = Annotated[Narrowing, AfterValidator(_some)]


class Expect(Model):
    """The run that is to succeed, or it is told."""

    at: Cron = Field(
        default=None,
        description='when it begins, as a cron of five fields such as "0 3 * * *"; left out: at '
        "any time",
    )
    zone: Zone = Field(
        default=None, description="the time zone of `at`, such as Europe/Berlin; left out: UTC"
    )
    within: Within = Field(
        default=None,
        description="how long after `at` it is to have succeeded; left out: 1 hour. Without `at`: "
        "how long after the run before, always",
    )

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.at is None and self.within is None:
            raise expected("`at`, `within` or both")
        if self.at is None and self.zone is not None:
            raise expected("no `zone` without `at`")
        return self

    @property
    def seconds(self) -> int:
        """Give within how many seconds it is to succeed."""
        return HOUR if self.within is None else self.within


class Selection(Model):
    """What to look at."""

    source: Sources = Field(
        description="a source of the catalogue, a pattern such as comprehend.*, or a list of both"
    )
    except_: Sources = Field(
        default=(),
        alias="except",
        description="what is not meant of that: a source, a pattern, or a list of both",
    )
    for_: dict[str, Identifier] = Field(
        default_factory=dict,
        alias="for",
        description="the ids to look in, by parameter; left out: all are discovered",
    )
    jobs: tuple[Identifier, ...] = Field(
        default=(),
        min_length=1,
        max_length=MOST_JOBS,
        description="the ids of the only jobs to watch, at most 1,000; left out: all are listed",
        json_schema_extra=ONCE,
    )


class Defaults(Model):
    """Where and how often to look: what each watch says that does not say otherwise."""

    regions: tuple[Region, ...] = Field(
        default=(),
        min_length=1,
        description="where to look; left out: the region of the stack",
        json_schema_extra=ONCE,
    )
    accounts: tuple[Account, ...] = Field(
        default=(),
        min_length=1,
        description="whose jobs to look at; left out: the account of the stack",
        json_schema_extra=ONCE,
    )
    every: Every = Field(
        default=MINUTE,
        description="how often to look: 10, 15, 20 or 30 seconds, or whole minutes; "
        "left out: 1 minute",
    )
    idle_every: Seldom = Field(
        default=None,
        description="how often to look where no job is unfinished; left out: as often as else",
    )
    discover_every: Seldom = Field(
        default=None,
        description="how often to list what the jobs live in, such as applications, where that is "
        "discovered; left out: as the source's row says",
    )
    stalled_after: Stall = Field(
        default=None, description="how long a job may show no change; left out: for ever"
    )
    max_duration: Longest = Field(
        default=None,
        description="how long after its creation a job may be unfinished; left out: for ever",
    )
    include: Some = Field(
        default=Narrowing(),
        description="the jobs to look at: what fits a glob of each word that is given; "
        "left out: all",
    )
    exclude: Some = Field(
        default=Narrowing(),
        description="the jobs not to look at: what fits a glob of any word; left out: none",
    )
    expect: Expect | None = Field(
        default=None,
        description="the run that is to succeed, or it is told; left out: none is expected",
    )


class Watch(Defaults, Selection):
    """What to look at, where and how often."""


class Alerts(Model):
    """When to alert, and whom."""

    on: tuple[Status, ...] = Field(
        default=("FAILED", "PARTIAL"),
        description="the statuses that send an alert; left out: FAILED and PARTIAL",
        json_schema_extra=ONCE,
    )
    email: tuple[Email, ...] = Field(
        default=(),
        max_length=MOST_EMAILS,
        description="the addresses to subscribe, at most 100; left out: nobody",
        json_schema_extra=ONCE,
    )


class WatchesFile(Model):
    """The whole file."""

    watches: dict[Name, Watch] = Field(
        min_length=1,
        description="the watches, each by a name of your choice, at most 5,000",
        json_schema_extra={"maxProperties": MOST_WATCHES},
    )
    defaults: Defaults = Field(
        default=Defaults(), description="what each watch says that does not say otherwise"
    )
    alerts: Alerts = Field(default=Alerts(), description="when to alert, and whom")
    retention: Retention = Field(
        default=30 * DAY, description="how long a finished job is remembered; left out: 30 days"
    )
    concurrency: Concurrency = Field(
        default=5,
        description="how many lanes are polled side by side, a lane being a service in an account "
        "and a region: 2 to 1,000; left out: 5",
    )
    most_dollars: Dollars = Field(
        default=MOST_DOLLARS,
        description="what a month may cost at list prices, as reckoned before a deployment, in "
        "whole dollars; left out: 100",
    )
