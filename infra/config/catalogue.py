"""The models of a catalogue file: what Jobwatch knows about one service's job APIs."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from infra.config.files.durations import MINUTE, spoken
from infra.config.files.wording import Model, expected
from infra.config.job_paths import (
    IdPath,
    NumberPath,
    ReasonsPath,
    Text,
    TextPath,
    TimePath,
    ValuePath,
    ValuesPath,
)
from infra.config.values import Region

Status = Literal["PENDING", "RUNNING", "SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"]

FanOut = Literal["few", "tens", "many", "unbounded"]
"""Below 10, below 100, below 1,000, and as many as there are things that people make all day."""
DISCOVER_EVERY: dict[FanOut | None, int] = {"many": 15 * MINUTE}
"""How often parents are listed if a watch does not say it; where not named here, each time.

Those that people make all day may be gone again a quarter of an hour later.
"""

MOST_PARENTS: dict[FanOut | None, int] = {
    None: 0,
    "few": 10,
    "tens": 100,
    "many": 1_000,
    "unbounded": 10,
}
"""How many parents a cost is reckoned with; of those without number, one is given."""

LONGEST_NAME = 64
LONGEST_LABEL = 60
"""Characters; it stands in subjects of 99 with a status, an id and a watch."""
MOST_BATCH = 1_000
LEAST_RATE, MOST_RATE = 0.01, 1_000

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise expected("a name of a-z, 0-9 and '-', such as import-jobs")
    if len(value) > LONGEST_NAME:
        raise expected(f"a name of at most {LONGEST_NAME} characters")
    return value


def _label(value: str) -> str:
    if not value.isprintable() or value != value.strip() or len(value) > LONGEST_LABEL:
        raise expected(f"one line of at most {LONGEST_LABEL} characters, such as SES import job")
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _rate(value: Any) -> float:
    try:
        rate = float(value)
    except (TypeError, ValueError):
        rate = 0
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise expected(f"a number from {LEAST_RATE} to {MOST_RATE:,}, such as 1 or 0.5")
    return rate


def _count(value: Any) -> int:
    if not isinstance(value, str) or not value.isdecimal() or not 1 <= int(value) <= MOST_BATCH:
        raise expected(f"a whole number from 1 to {MOST_BATCH:,}")
    return int(value)


Batch = Annotated[int, BeforeValidator(_count)]
Rate = Annotated[float, BeforeValidator(_rate)]
Resources = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]


class Token(Model):
    """Where a page token goes into a call, and where the answer has the next one."""

    send: Text = Field(description="the input member that takes the token")
    read: Text = Field(description="the JMESPath of the next token in the output")


class Call(Model):
    """One operation, and what IAM calls it."""

    operation: Text = Field(description="the operation's name, such as ListJobs")
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="what a call gives beside page tokens and ids: constants, {account}, the ids "
        "of parents by their parameters, {ago: 30 days}, {ahead: 7 days}, and for a get {id}",
    )
    resource: Resources = Field(
        default=("*",), description="the IAM resource that the operation needs; left out: *"
    )
    action: Text | None = Field(
        default=None, description="the IAM action, where it is another name"
    )
    also: dict[Text, Resources] = Field(
        default_factory=dict,
        description="further IAM actions that the operation needs, each with its resource",
    )


class Paged(Call):
    """An operation that lists something."""

    token: Token | None = Field(
        default=None, description="the page token, where the list has pages"
    )


class Listing(Paged):
    """The operation that lists jobs."""

    jobs: Text = Field(description="the JMESPath of the jobs in the output")
    order: Literal["none", "newest-first"] = Field(
        default="none", description="the documented order"
    )
    since: Text | None = Field(
        default=None,
        description="the input, such as Filter.SubmitTimeAfter, that takes a time before which "
        "created jobs are left out: most readings list from there on",
    )


class Get(Call):
    """The operation that reads one job."""

    job: Text = Field(description="the JMESPath of the job in the output")
    id: Text | None = Field(
        default=None, description="the input member that takes the job's id, if params do not"
    )
    batch: Batch = Field(
        default=1,
        description="how many ids one call takes, where its model does not say it; left out: 1",
    )
    missing: tuple[Text, ...] = Field(
        default=(), description="the error codes that mean that there is no such job"
    )


class Parent(Paged):
    """What a job lives in, and how to list all of them."""

    parameter: Text = Field(description="the input member that names a parent")
    service: Text | None = Field(
        default=None, description="botocore's name of the service that lists them, if another's"
    )
    items: Text = Field(description="the JMESPath of the parents in the output")
    id: Text = Field(description="the JMESPath of the id in one parent")


class Progress(Model):
    """Counters of how far a job is, all in the same unit."""

    unit: Text | None = Field(
        default=None, description="what is counted, in the plural, such as records"
    )
    total: NumberPath | None = Field(default=None, description="how many there are")
    processed: NumberPath | None = Field(default=None, description="how many are done")
    failed: NumberPath | None = Field(default=None, description="how many failed")


class Failure(Model):
    """Why a job failed."""

    code: ValuePath | None = Field(default=None, description="a short code")
    message: ValuePath | None = Field(default=None, description="a sentence")
    details: ReasonsPath | None = Field(default=None, description="a list of texts or objects")


class Source(Model):
    """One job API. Paths are JMESPath into one job, as the list or the get operation answers."""

    label: Annotated[Text, AfterValidator(_label)] = Field(
        description="what a person calls one job, such as SES import job"
    )
    list: Listing = Field(description="how jobs are listed")
    get: Get | None = Field(
        default=None, description="how one job is read, where the service can do that"
    )
    parents: tuple[Parent, ...] = Field(
        default=(), description="what the jobs live in, outermost first"
    )
    fan_out: FanOut | None = Field(
        default=None,
        description="how many parents an account has in a region, where there are any; if a watch "
        f"does not say `discover_every`, `many` are listed every {spoken(DISCOVER_EVERY['many'])}, "
        "others each time",
    )
    id: Annotated[tuple[IdPath, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(
        description="the path of the job's id, or of all that make it up"
    )
    arn: TextPath | None = Field(default=None, description="the path of the job's ARN")
    name: TextPath | None = Field(
        default=None, description="the path of what a person calls the job"
    )
    type: TextPath | None = Field(default=None, description="the path of the job's type")
    status: TextPath = Field(description="the path of the job's status")
    statuses: dict[Status, tuple[Text, ...]] = Field(
        min_length=1, description="the service's statuses for each of ours"
    )
    partial: tuple[NumberPath, ...] = Field(
        description="counters: a job that succeeded with one above 0 is PARTIAL; [] for none"
    )
    created: TimePath | None = Field(
        default=None, description="the path of the time when the job was created"
    )
    ended: TimePath | None = Field(
        default=None, description="the path of the time when the job ended"
    )
    progress: Progress = Field(default=Progress(), description="how far a job is")
    failure: Failure = Field(default=Failure(), description="why a job failed")
    details: tuple[ValuesPath, ...] = Field(
        default=(), description="the paths of what else may travel"
    )
    console: Text | None = Field(
        default=None, description="the link to these jobs in the console, where it is another"
    )
    offered: tuple[Region, ...] = Field(
        default=(),
        description="the regions where AWS offers these jobs, if not wherever the service is",
    )
    native_events: bool = Field(default=False, description="whether AWS sends events for it itself")
    why: str = Field(default="", description="whatever is odd about it")


class Service(Model):
    """One file of the catalogue; its sources are read one by one."""

    service: Text = Field(description="botocore's name of the service, also the file's name")
    console: Text | None = Field(default=None, description="the link to the service's console")
    calls_per_second: Rate | None = Field(
        default=None, description="how many calls an operation takes of one account in one region"
    )
    also_in: tuple[Region, ...] = Field(
        default=(),
        description="regions where AWS offers the service and botocore does not know it",
        examples=["`[eu-south-2]` (no row of ours needs it)"],
    )
    sources: dict[Annotated[str, AfterValidator(_name)], Any] = Field(
        min_length=1,
        description="the sources, by name",
        examples=["`{import-jobs: …, export-jobs: …}` (sesv2)"],
    )
