"""The templates of a row: IAM resources and the console's link."""

import re
from collections.abc import Iterable, Iterator
from string import Formatter

from infra.config.catalogue import Call
from infra.config.derived import parents_above
from infra.config.files.mistakes import InvalidValueError, shown, unless_among
from infra.config.rows import Row

CONSOLES = ("https://{console}/", "https://{region}.{console}/")
"""How a link begins; each partition has a console of its own."""
LONGEST = 1_000
_HIDING = re.compile("[`|<>]")
_PLAIN = re.compile(rf"[!-~]{{1,{LONGEST}}}")


def lint_resource(row: Row, call: Call, resource: str) -> Iterator[InvalidValueError]:
    """Find what is wrong with an IAM resource."""
    if resource != "*" and not resource.startswith("arn:{partition}:"):
        yield InvalidValueError(shown(resource), '"*" or an ARN that begins with arn:{partition}:')
    parents = (parent.parameter for parent in parents_above(row, call))
    yield from _plain(resource)
    if _HIDING.search(resource):
        # In the table of permissions, what stands behind it would not be seen.
        yield InvalidValueError(shown(resource), "an ARN without any of `|<>, which none has")
    yield from _names(resource, ("partition", "region", "account", *parents))


def lint_console(row: Row) -> Iterator[InvalidValueError]:
    """Find what is wrong with the link to the console."""
    if row.link is None:
        return
    if not row.link.startswith(CONSOLES):
        words = "a link into AWS's console, which begins with https://{console}/"
        yield InvalidValueError(shown(row.link), words)
    yield from _plain(row.link)
    parents = (parent.parameter for parent in row.source.parents)
    yield from _names(row.link, ("console", "region", "account", "job_id", *parents))


def _plain(template: str) -> Iterator[InvalidValueError]:
    if not _PLAIN.fullmatch(template):
        words = f"at most {LONGEST:,} of ASCII's visible characters"
        yield InvalidValueError(shown(template), words)


def _names(template: str, known: Iterable[str]) -> Iterator[InvalidValueError]:
    braced = {f"{{{name}}}" for name in known}
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        yield InvalidValueError(shown(template), "as many { as }")
        return
    if any({"{", "}"} & {*literal} for literal, *_ in parts):
        # CloudFormation would put a secret in the place of {{resolve:…}}, and IAM its own words.
        yield InvalidValueError(shown(template), "braces around names only, and no {{ or }}")
    for _, name, form, conversion in parts:
        if name is not None:
            more = (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            yield from unless_among(f"{{{name}{more}}}", sorted(braced))
