"""The models of `watches.yaml`."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic.config import JsonDict

from infra.config.durations import DAY, DURATION_SCHEMA, MINUTE, between
from infra.config.services import regions
from infra.config.wording import Model, expected

Status = Literal["PENDING", "RUNNING", "SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED", "UNKNOWN"]

OFTEN = (10, 15, 20, 30)
"""The seconds below a minute that `every` may be: they divide the minute of the schedule evenly."""


def _matching(pattern: str, words: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise expected(words)
        return value

    return AfterValidator(check)


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def _region(value: str) -> str:
    if value not in regions():
        raise expected("a region of AWS, such as eu-west-1", among=regions())
    return value


_NAME = "[a-z0-9-]{1,48}"
_ACCOUNT = "[0-9]{12}"
_ROLE = r"([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}"
_EXTERNAL_ID = "[A-Za-z0-9_+=,.@:/-]{2,1224}"
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s.]+"


def _name(value: str) -> str:
    if not re.fullmatch(_NAME, value):
        meant = re.sub("[^a-z0-9]+", "-", value.lower()).strip("-")[:48]
        raise expected("a name of a-z, 0-9 and '-', at most 48 long", nearest=meant or None)
    return value


Name = Annotated[str, AfterValidator(_name), _text(_NAME)]
Identifier = Annotated[
    str, Field(min_length=1), WithJsonSchema({"type": ["string", "number"], "minLength": 1})
]
AccountId = Annotated[str, _matching(_ACCOUNT, "an account's 12 digits"), _text(_ACCOUNT)]
Role = Annotated[str, _matching(_ROLE, "the name of a role, not its ARN"), _text(_ROLE)]
ExternalId = Annotated[
    str,
    _matching(_EXTERNAL_ID, "2 to 1,224 of A-Z, a-z, 0-9 and _+=,.@:/-"),
    _text(_EXTERNAL_ID),
]
Region = Annotated[str, AfterValidator(_region)]
Email = Annotated[str, _matching(_EMAIL, "an email address"), _text(_EMAIL)]
Every = Annotated[int, between(MINUTE, DAY, step=MINUTE, also=OFTEN), DURATION_SCHEMA]
Idle = Annotated[int | None, between(min(OFTEN), DAY, not_below="every"), DURATION_SCHEMA]
Stall = Annotated[int | None, between(MINUTE, 365 * DAY, not_below="every"), DURATION_SCHEMA]
Retention = Annotated[int, between(DAY, 3650 * DAY), DURATION_SCHEMA]

ONCE: JsonDict = {"uniqueItems": True}


class Account(Model):
    """Another account, and the role that lets Jobwatch read there."""

    id: AccountId = Field(description="the account's 12 digits")
    role: Role = Field(description="the name of a role in that account")
    external_id: ExternalId | None = Field(
        default=None, description="the external id that the role asks for; left out: none"
    )


class Watch(Model):
    """What to look at, where and how often."""

    source: str = Field(description="a source of the catalogue")
    for_: dict[str, Identifier] = Field(
        default_factory=dict,
        alias="for",
        description="the ids to look in, by parameter; left out: all are discovered",
    )
    jobs: tuple[Identifier, ...] = Field(
        default=(),
        min_length=1,
        description="the ids of the only jobs to watch; left out: all are listed",
        json_schema_extra=ONCE,
    )
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
    idle_every: Idle = Field(
        default=None,
        description="how often to look where no job is unfinished; left out: as often as else",
    )
    stalled_after: Stall = Field(
        default=None, description="how long a job may show no change; left out: for ever"
    )


class Alerts(Model):
    """When to alert, and whom."""

    on: tuple[Status, ...] = Field(
        default=("FAILED", "PARTIAL"),
        description="the statuses that send an alert; left out: FAILED and PARTIAL",
        json_schema_extra=ONCE,
    )
    email: tuple[Email, ...] = Field(
        default=(),
        description="the addresses to subscribe; left out: nobody",
        json_schema_extra=ONCE,
    )


class WatchesFile(Model):
    """The whole file."""

    watches: dict[Name, Watch] = Field(
        min_length=1, description="the watches, each by a name of your choice"
    )
    alerts: Alerts = Field(default=Alerts(), description="when to alert, and whom")
    retention: Retention = Field(
        default=30 * DAY, description="how long a finished job is remembered; left out: 30 days"
    )
