"""The accounts of an organization in which a watch looks: the block `organization`."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from infra.config.files.wording import Model
from infra.config.receivers import form
from infra.config.values import AccountId, Role, once, whole

_UNIT = "ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32}"
MOST_UNITS = 100
MOST_ACCOUNTS = (1, 10_000)
"""How few and how many accounts may be allowed for."""


def _most(value: Any) -> int:
    return whole(value, *MOST_ACCOUNTS)


Unit = Annotated[
    str,
    form(_UNIT, "the id of an organizational unit or a root, such as ou-abcd-11111111", str.lower),
]


class Organization(Model):
    """Accounts of the stack's organization, and the role that each of them offers."""

    units: Annotated[tuple[Unit, ...], AfterValidator(once)] = Field(
        min_length=1,
        max_length=MOST_UNITS,
        description="the ids of organizational units, or of the root: all accounts in them and "
        "below, at most 100",
        json_schema_extra={"uniqueItems": True},
    )
    except_: Annotated[tuple[AccountId, ...], AfterValidator(once)] = Field(
        default=(),
        alias="except",
        description="accounts that are not meant of these; left out: none",
        json_schema_extra={"uniqueItems": True},
    )
    role: Role = Field(description="the name of the role in each of those accounts")
    most: Annotated[
        int,
        BeforeValidator(_most),
        WithJsonSchema(
            {"type": "integer", "minimum": MOST_ACCOUNTS[0], "maximum": MOST_ACCOUNTS[1]}
        ),
    ] = Field(
        default=1_000,
        description="how many accounts are looked at, at most, with which a month's bill is "
        "reckoned: 1 to 10,000; left out: 1,000",
    )
