"""The models of `watches.yaml`."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict

from infra.config.files.durations import DAY, HOUR, MINUTE
from infra.config.files.wording import Model, expected
from infra.config.organization import Organization
from infra.config.own import Own
from infra.config.receivers import PagerDuty, Slack, Teams, Topic
from infra.config.values import (
    AccountId,
    AccountName,
    After,
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
    Owner,
    Region,
    Retention,
    Role,
    Runbook,
    Seldom,
    Sources,
    Stall,
    Within,
    Yes,
    Zone,
)
from lambdas.details import Severity, Status
from lambdas.plan import EMAIL

MOST_JOBS = 1_000
"""That one watch may name: each is read by itself."""

MOST_WATCHES = 5_000
"""Their names stand in the input of a schedule, which may have 256 KB."""
MOST_PLACES = 200
"""Sources, accounts and regions in which one watch may expect a run: one item notes all of them."""
MOST_EMAILS = 100
"""Those of `alerts.email` are two resources each of the stack, which may have 500."""
MOST_RECIPIENTS = 50
"""Each email address of theirs is a resource, too, and a subscription to the alerts' topic."""
MOST_BEHIND_BUS = 10
"""Recipients that are not of email: each is up to eight resources of the stack."""
KINDS = (EMAIL, "slack", "teams", "pagerduty", "topic")
"""What a recipient may be."""

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
    name: AccountName | None = Field(
        default=None, description="what people call the account, such as prod: it is in alerts"
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


class Policy(Model):
    """When to alert, whom and how; each key counts by itself."""

    on: tuple[Status, ...] | None = Field(
        default=None,
        description="the statuses that send an alert; left out: FAILED and PARTIAL",
        json_schema_extra=ONCE,
    )
    to: tuple[Name, ...] | None = Field(
        default=None,
        description="the names of the recipients whom to tell; left out: only alerts.email",
        json_schema_extra=ONCE,
    )
    severity: Severity | None = Field(
        default=None,
        description="how bad it is: critical, error, warning or info; left out: as the status says",
    )
    owner: Owner | None = Field(default=None, description="whose it is: a team or a person")
    runbook: Runbook | None = Field(
        default=None, description="the URL of the page that says what to do"
    )
    after: After = Field(
        default=None,
        description="from which failure in a row of one name on to tell; left out: the first",
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
        description="whose jobs to look at; left out: the account of the stack, unless there is "
        "an `organization`",
        json_schema_extra=ONCE,
    )
    organization: Organization | None = Field(
        default=None,
        description="accounts of the stack's organization whose jobs to look at, beside those of "
        "`accounts`; left out: none",
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
    alerts: Policy | None = Field(
        default=None,
        description="when to alert, whom and how; what is left out is as `alerts` of the file says",
    )


class Watch(Defaults, Selection):
    """What to look at, where and how often."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether it looks into other accounts than the stack's."""
        return bool(self.accounts) or self.organization is not None


class Alerts(Policy):
    """When to alert, whom and how, unless a watch says otherwise; and who gets every alert."""

    email: tuple[Email, ...] = Field(
        default=(),
        max_length=MOST_EMAILS,
        description="the addresses that get every alert, at most 100; left out: nobody",
        json_schema_extra=ONCE,
    )


class Recipient(Model):
    """Who can be told: named in `to`."""

    email: tuple[Email, ...] = Field(
        default=(),
        min_length=1,
        max_length=MOST_EMAILS,
        description="the addresses that get the alerts that are to this recipient, at most 100",
        json_schema_extra=ONCE,
    )
    slack: Slack | None = Field(default=None, description="a channel of Slack")
    teams: Teams | None = Field(default=None, description="a channel of Microsoft Teams")
    pagerduty: PagerDuty | None = Field(default=None, description="a service of PagerDuty")
    topic: Topic | None = Field(
        default=None, description="the ARN of an SNS topic of your own, which gets the JSON"
    )
    resolved: Yes | None = Field(
        default=None,
        description="whether to tell as well when it is over; left out: all but those of email",
    )

    @property
    def kind(self) -> str:
        """What it is: the first of the keys that it has."""
        return next(kind for kind in KINDS if getattr(self, kind))

    @property
    def states(self) -> list[str]:
        """The states of alerts that it is told of."""
        told = self.kind != EMAIL if self.resolved is None else self.resolved
        return ["open", "resolved"] if told else ["open"]


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
    alerts: Alerts = Field(
        default=Alerts(), description="when to alert, whom and how, unless a watch says otherwise"
    )
    recipients: dict[Name, Recipient] = Field(
        default_factory=dict,
        description="who can be told, each by a name of your choice, at most 50",
        json_schema_extra={"maxProperties": MOST_RECIPIENTS},
    )
    retention: Retention = Field(
        default=30 * DAY, description="how long a finished job is remembered; left out: 30 days"
    )
    schemas: Yes = Field(
        default=False,
        description="whether the schemas of events and alerts are put into a registry of "
        "EventBridge; left out: false",
    )
    concurrency: Concurrency = Field(
        default=5,
        description="how many lanes are polled side by side, a lane being a service in an account "
        "and a region: 2 to 1,000; left out: 5",
    )
    dashboard: Yes = Field(
        default=True,
        description="whether the stack has a dashboard in CloudWatch, three of which are free in "
        "an account; left out: true",
    )
    most_dollars: Dollars = Field(
        default=MOST_DOLLARS,
        description="what a month may cost at list prices, as reckoned before a deployment, in "
        "whole dollars; left out: 100",
    )
    stack: Own = Field(
        default=Own(), description="what of your own the stack takes, and how it keeps your rules"
    )
