"""The values of the block `stack` of `watches.yaml`, in the forms that AWS takes."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from infra.config.files.durations import DAY, DURATION_SCHEMA, among
from infra.config.files.wording import expected
from infra.config.receivers import AT_HOME, form, in_a_region

_BOUNDARY = r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/([!-z|~]+/)?[A-Za-z0-9_+=,.@-]{1,128}"
"""Without braces, which IAM's paths may have: CloudFormation puts something else for `{{…}}`."""
_BUS = r"[A-Za-z0-9_.-][A-Za-z0-9/_.-]{0,255}"
_BUS_ARN = AT_HOME.format(service="events") + f"event-bus/{_BUS}"
_PARTNER = "aws."
_SUBNET, _GROUP = "subnet-[0-9a-f]{8,17}", "sg-[0-9a-f]{8,17}"
_KEY_ID = "mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = AT_HOME.format(service="kms") + f"key/({_KEY_ID})"
_ORGANIZATION = "o-[a-z0-9]{10,32}"

LONGEST_KEY, LONGEST_VALUE = 128, 256
"""Characters of a tag."""
_MARKS = frozenset(" _.:/=+-@")
KEPT_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096),
    *(1_827, 2_192, 2_557, 2_922, 3_288, 3_653),
)
"""How long CloudWatch can keep logs; for ever is none of them here."""


def _tag(longest: int) -> AfterValidator:
    def check(value: str) -> str:
        if len(value) > longest or not all(map(_is_of_tags, value)):
            words = f"at most {longest} letters, digits, spaces and any of _.:/=+-@"
            raise expected(words)
        return value

    return AfterValidator(check)


def _is_of_tags(sign: str) -> bool:
    return sign in _MARKS or unicodedata.category(sign)[0] in "LN"


def _key(value: str) -> str:
    if not value.strip():
        raise expected("a tag's key that is not blank")
    if value.lower().startswith("aws:"):
        raise expected("a tag's key that does not begin with aws:, which AWS keeps for its own")
    return value


def each_once(tags: dict[str, str]) -> dict[str, str]:
    """Refuse keys that IAM takes for one, as it sees no capitals."""
    keys: dict[str, str] = {}
    for key in tags:
        other = keys.setdefault(key.casefold(), key)
        if other != key:
            raise expected(f"keys that differ by more than capitals: {other} and {key} do not")
    return tags


def _bus(value: str) -> str:
    if value.startswith("arn:"):
        in_a_region(value)
    if value.rpartition("event-bus/")[2].startswith(_PARTNER):
        raise expected("a bus of yours, as only a partner of AWS puts events on this one")
    return value


TagKey = Annotated[
    str, _tag(LONGEST_KEY), AfterValidator(_key), Field(min_length=1, max_length=LONGEST_KEY)
]
TagValue = Annotated[
    str,
    _tag(LONGEST_VALUE),
    WithJsonSchema({"type": ["string", "number"], "maxLength": LONGEST_VALUE}),
]
Bus = Annotated[
    str,
    form(f"{_BUS}|{_BUS_ARN}", "the name of a bus of EventBridge, or its ARN"),
    AfterValidator(_bus),
]
Subnet = Annotated[str, form(_SUBNET, "the id of a subnet, such as subnet-0a1b2c3d", str.lower)]
Group = Annotated[str, form(_GROUP, "the id of a security group, such as sg-0a1b2c3d", str.lower)]
Boundary = Annotated[
    str, form(_BOUNDARY, "the ARN of a policy of IAM, such as arn:aws:iam::…:policy/name")
]
Retention = Annotated[int, among(tuple(days * DAY for days in KEPT_DAYS)), DURATION_SCHEMA]
Key = Annotated[
    str,
    form(_KEY, "the ARN of a key of KMS, and not of its alias, which policies can't name"),
    AfterValidator(in_a_region),
]
Organization = Annotated[
    str, form(_ORGANIZATION, "the id of an organization, such as o-abcd123456", str.lower)
]
