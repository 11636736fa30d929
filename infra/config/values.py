"""The plain values that stand in `watches.yaml`: names, ids, durations, numbers."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Annotated, Any

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from infra.config.aws.regions import regions
from infra.config.files.durations import DAY, DURATION_SCHEMA, MINUTE, between
from infra.config.files.wording import expected
from lambdas.globs import fits_nothing

OFTEN = (10, 15, 20, 30)
"""The seconds below a minute that `every` may be: they divide the minute of the schedule evenly."""


LONGEST_ID = 1_024
"""Bytes of an id in UTF-8."""

LONGEST_GLOB = 256

LONGEST_NAME, LONGEST_OWNER = 50, 100
"""Characters of what people call an account, and of whose a watch is."""
LONGEST_URL = 1_000
LANES = (2, 1_000)
"""How few and how many lanes may be polled side by side: what Lambda lets a queue ask for."""

DOLLARS = (1, 1_000_000)

AFTER = (1, 10)
"""Failures in a row of one name before one is told."""

CRON_FIELDS = 5
LONGEST_CRON = 200
"""Characters of a cron, which an alert quotes."""
_NICKNAMES = {
    "@hourly": "0 * * * *",
    **dict.fromkeys(("@daily", "@midnight"), "0 0 * * *"),
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    **dict.fromkeys(("@yearly", "@annually"), "0 0 1 1 *"),
}


def _identifier(value: str) -> str:
    if not value.strip():
        raise expected("an id that is not blank")
    if len(value.encode()) > LONGEST_ID:
        raise expected(f"an id of at most {LONGEST_ID:,} bytes")
    return value


def _lanes(value: Any) -> int:
    return whole(value, *LANES)


def whole(value: Any, least: int, most: int) -> int:
    """Take a whole number from `least` to `most`."""
    number = int(value) if re.fullmatch("[0-9]{1,9}", str(value), re.ASCII) else 0
    if not least <= number <= most:
        grouped = re.fullmatch("[0-9]{1,3}([_,. ][0-9]{3}){1,2}", str(value), re.ASCII)
        meant = int(re.sub("[^0-9]", "", str(value))) if grouped else 0
        nearest = str(meant) if least <= meant <= most else None
        raise expected(f"a whole number from {least} to {most:,}", nearest=nearest)
    return number


def once(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what stands in a list twice."""
    if len({*ids}) < len(ids):
        raise expected("each one once")
    return ids


def _after(value: Any) -> int | None:
    least, most = AFTER
    if value is None:
        return None
    number = int(value) if re.fullmatch("[0-9]{1,9}", str(value), re.ASCII) else 0
    if not least <= number <= most:
        raise expected(f"a whole number from {least} to {most}")
    return number


def _dollars(value: Any) -> int:
    least, most = DOLLARS
    if re.fullmatch("[0-9]{1,9}", str(value), re.ASCII) and least <= int(value) <= most:
        return int(value)
    said = re.fullmatch(r"\$? ?([0-9][0-9,_]{0,9})( ?\$| dollars?| USD)?", str(value), re.ASCII)
    meant = int(re.sub("[,_]", "", said[1])) if said else 0
    nearest = str(meant) if least <= meant <= most else None
    raise expected(f"whole dollars from {least} to {most:,}", nearest=nearest)


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
_URL = r"https?://[A-Za-z0-9.\[\]:-]+(/[!-~]*)?([?#][!-~]*)?"
_ACCOUNT = "[0-9]{12}"
_ROLE = r"([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}"
_EXTERNAL_ID = "[A-Za-z0-9_+=,.@:/-]{2,1224}"
_DOMAIN = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
_LOCAL = "A-Za-z0-9.!#$%&'*+/=?^_`{|}~-"
_EMAIL = rf"[{_LOCAL}]{{1,64}}@{_DOMAIN}"
"""As a browser's field for addresses takes it, with a dot in the domain."""
_BARE = rf"(?<![\w{_LOCAL}]){_EMAIL}(?![\w-]|\.\w)"
"""One within other words; the end of another's, as in jürgen@example.com, is a stranger's."""


def _name(value: str) -> str:
    if not re.fullmatch(_NAME, value):
        words = "a name of a-z, 0-9 and '-', at most 48 long"
        raise expected(words, nearest=_as_a_name(value) or None)
    return value


def _as_a_name(text: str) -> str:
    """Write what is near to a text: without accents, and nothing where it has other letters."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(each for each in parts if not unicodedata.combining(each))
    if any(each.isalnum() and not each.isascii() for each in folded):
        return ""
    return re.sub("[^a-z0-9]+", "-", folded).strip("-")[:48]


def _sources(value: Any) -> Sequence[str]:
    words = [value] if isinstance(value, str) else value
    if (
        not isinstance(words, list | tuple)
        or not words
        or not all(isinstance(w, str) for w in words)
    ):
        raise expected("a source, a pattern such as comprehend.*, or a list of both")
    return words


def _glob(value: str) -> str:
    if not value.strip() or len(value) > LONGEST_GLOB:
        raise expected(f"a glob of at most {LONGEST_GLOB} characters, such as prod-*")
    if fits_nothing(value):
        raise expected("a glob that something fits: a range goes from the lower to the higher")
    return value


def _cron(value: str | None) -> str:
    if value is None or not _is_cron(value):
        words = "five fields of a cron that comes to pass, such as 0 3 * * * (minute, hour, day of "
        words += "the month, month, day of the week)"
        nearest = _as_a_cron(value or "")
        raise expected(words, nearest=nearest if _is_cron(nearest) else None)
    return value


def _is_cron(value: str) -> bool:
    if len(value) > LONGEST_CRON or len(value.split()) != CRON_FIELDS:
        return False
    try:
        return next(CronSim(value, datetime(2026, 1, 1, tzinfo=UTC)), None) is not None
    except CronSimError:
        return False


def _as_a_cron(value: str) -> str:
    """Write what is near to a text: a nickname's times, or what EventBridge's form of it means."""
    if value.strip().lower() in _NICKNAMES:
        return _NICKNAMES[value.strip().lower()]
    said = re.fullmatch(r"(?:cron\()?([^()]*)\)?", value.strip())
    fields = (said[1] if said else "").replace("?", "*").split()
    is_theirs = len(fields) == CRON_FIELDS + 1 and ("?" in value or "(" in value)
    if is_theirs and re.search("[0-9]", fields[4]):
        return ""  # its Sunday is 1, and not 0
    return " ".join(fields[:CRON_FIELDS] if is_theirs else fields)


def _zone(value: str | None) -> str:
    if value is None or value not in zones():
        raise expected("a time zone of IANA's, such as Europe/Berlin", among=zones())
    return value


@cache
def zones() -> frozenset[str]:
    """Name the time zones that the functions know: those that the zip brings along."""
    text = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(text.split())


def _email(value: str) -> str:
    if not re.fullmatch(_EMAIL, value):
        bare = re.search(_BARE, unicodedata.normalize("NFC", value))
        raise expected("an email address alone", nearest=bare[0] if bare else None)
    return value


def _called(longest: int) -> AfterValidator:
    def check(value: str) -> str:
        if not value.strip() or not value.isprintable() or len(value) > longest:
            raise expected(f"a name of at most {longest} characters, in one line")
        return value

    return AfterValidator(check)


def _runbook(value: str) -> str:
    if len(value) > LONGEST_URL or not re.fullmatch(_URL, value):
        bare = re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[!-~]*)?", value)
        nearest = f"https://{value}" if bare else None
        words = f"a URL that begins with https://, of at most {LONGEST_URL:,} characters"
        raise expected(words, nearest=nearest)
    return value


def _yes(value: Any) -> bool:
    """Read true or false as YAML 1.2 writes them: the file's scalars are texts."""
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}
        raise expected("true or false", nearest=meant.get(str(value).lower()))
    return bool(value == "true")


Name = Annotated[str, AfterValidator(_name), _text(_NAME)]
Identifier = Annotated[
    str,
    Field(min_length=1),
    AfterValidator(_identifier),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"\S", "maxLength": LONGEST_ID}),
]
Glob = Annotated[
    str,
    AfterValidator(_glob),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"\S", "maxLength": LONGEST_GLOB}),
]
AccountId = Annotated[str, _matching(_ACCOUNT, "an account's 12 digits"), _text(_ACCOUNT)]
Role = Annotated[str, _matching(_ROLE, "the name of a role, not its ARN"), _text(_ROLE)]
ExternalId = Annotated[
    str,
    _matching(_EXTERNAL_ID, "2 to 1,224 of A-Z, a-z, 0-9 and _+=,.@:/-"),
    _text(_EXTERNAL_ID),
]
Region = Annotated[str, AfterValidator(_region)]
Sources = Annotated[tuple[str, ...], BeforeValidator(_sources)]
Email = Annotated[str, AfterValidator(_email), _text(_EMAIL)]
AccountName = Annotated[str, _called(LONGEST_NAME), Field(max_length=LONGEST_NAME)]
Owner = Annotated[str, _called(LONGEST_OWNER), Field(max_length=LONGEST_OWNER)]
Runbook = Annotated[str, AfterValidator(_runbook), _text(_URL)]
Yes = Annotated[bool, BeforeValidator(_yes), WithJsonSchema({"type": "boolean"})]
Every = Annotated[int, between(MINUTE, DAY, step=MINUTE, also=OFTEN), DURATION_SCHEMA]
Seldom = Annotated[int | None, between(min(OFTEN), DAY, not_below="every"), DURATION_SCHEMA]
Stall = Annotated[int | None, between(MINUTE, 365 * DAY, not_below="every"), DURATION_SCHEMA]
Longest = Annotated[int | None, between(MINUTE, 365 * DAY), DURATION_SCHEMA]
Within = Annotated[int | None, between(MINUTE, 365 * DAY), DURATION_SCHEMA]
Cron = Annotated[str | None, AfterValidator(_cron), WithJsonSchema({"type": "string"})]
Zone = Annotated[str | None, AfterValidator(_zone), WithJsonSchema({"type": "string"})]
Retention = Annotated[int, between(DAY, 3650 * DAY), DURATION_SCHEMA]
Concurrency = Annotated[
    int,
    BeforeValidator(_lanes),
    WithJsonSchema({"type": "integer", "minimum": LANES[0], "maximum": LANES[1]}),
]
After = Annotated[
    int | None,
    BeforeValidator(_after),
    WithJsonSchema({"type": "integer", "minimum": AFTER[0], "maximum": AFTER[1]}),
]
Dollars = Annotated[
    int,
    BeforeValidator(_dollars),
    WithJsonSchema({"type": "integer", "minimum": DOLLARS[0], "maximum": DOLLARS[1]}),
]
