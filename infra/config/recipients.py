"""What is wrong with who is told: recipients that do not exist, and addresses twice."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from pydantic import ValidationError

from infra.config.files.documents import Document
from infra.config.files.mistakes import Key, Mistake, nearest_word, one_of, shown
from infra.config.watches import (
    KINDS,
    MOST_BEHIND_BUS,
    MOST_EMAILS,
    MOST_RECIPIENTS,
    Recipient,
)


def check_recipients(document: Document, content: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find what is wrong with recipients, and with what the file, its defaults and watches name."""
    recipients = _group(content.get("recipients"))
    alerts = _group(content.get("alerts"))
    for key, policy in policies(content):
        yield from _check_policy(document, recipients, key, policy)
    yield from repeats(document, ("alerts", "email"), alerts.get("email"))
    emails: list[Key] = [("alerts", "email")]
    for name, raw in recipients.items():
        key = ("recipients", name, "email")
        yield from repeats(document, key, _group(raw).get("email"))
        emails.append(key)
        yield from _check_kinds(document, ("recipients", name), raw)
    yield from _check_channels(document, recipients)
    yield from _check_topics(document, recipients, _group(content.get("stack")).get("topic"))
    yield from _check_emails(document, {key: _at(content, key) for key in emails})
    if len(recipients) > MOST_RECIPIENTS:
        found, most = f"{len(recipients):,} of them", f"at most {MOST_RECIPIENTS:,}"
        yield document.mistake(("recipients",), found, most)


def _check_kinds(document: Document, key: Key, raw: Any) -> Iterator[Mistake]:
    """Find a recipient that is nothing, or several things at once."""
    if not isinstance(raw, dict):
        return
    found = [kind for kind in KINDS if raw.get(kind) is not None]
    misspelt = any(nearest_word(str(name), KINDS) for name in raw if name not in KINDS)
    if len(found) != 1 and not (misspelt and not found):
        said = " and ".join(found) or "nothing to tell it by"
        yield document.mistake(key, said, f"{one_of(KINDS)}, each in a recipient of its own")


def _check_channels(document: Document, recipients: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find what two recipients are, which would be told twice, and too many behind the bus."""
    before: dict[str, str] = {}
    behind = [name for name, raw in recipients.items() if {*_group(raw)} & {*KINDS[1:]}]
    for name in behind:
        for kind in KINDS[1:]:
            told = _told(kind, _group(recipients[name]).get(kind))
            other = before.setdefault(told, name) if told else name
            if other != name:
                words = f"one that no other recipient is: name {other} in `to`"
                yield document.mistake(("recipients", name, kind), "it again", words)
    if len(behind) > MOST_BEHIND_BUS:
        most = f"at most {MOST_BEHIND_BUS}, or a second stack for some of the watches"
        found = f"{len(behind)} chats, pagers and topics"
        yield document.mistake(("recipients",), found, most)


def _told(kind: str, found: Any) -> str | None:
    """Give who is told, the same however it is written; None where that is nobody."""
    try:
        told = getattr(Recipient.model_validate({kind: found}), kind)
    except ValidationError:
        return None
    return told and f"{kind} {told!r}".replace("%3A", "%3a")


def _check_topics(document: Document, recipients: Mapping[str, Any], own: Any) -> Iterator[Mistake]:
    """Find a recipient that is the topic of all alerts, and would be told twice."""
    for name, raw in recipients.items():
        if own is not None and _group(raw).get("topic") == own:
            words = "another topic than `stack.topic`, which gets every alert"
            yield document.mistake(("recipients", name, "topic"), shown(own), words)


def policies(content: Mapping[str, Any]) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """Give each `alerts` of a file with its place."""
    yield ("alerts",), _group(content.get("alerts"))
    yield ("defaults", "alerts"), _group(_group(content.get("defaults")).get("alerts"))
    for name, watch in _group(content.get("watches")).items():
        yield ("watches", name, "alerts"), _group(_group(watch).get("alerts"))


def _check_policy(
    document: Document, recipients: Collection[str], key: Key, policy: Mapping[str, Any]
) -> Iterator[Mistake]:
    for field in ("on", "to"):
        yield from repeats(document, (*key, field), policy.get(field))
    # Of more there is a mistake of its own, and to compare each name with all of them takes hours.
    named, some = policy.get("to"), [*islice(recipients, MOST_RECIPIENTS)]
    for at, name in enumerate(named if isinstance(named, list) else ()):
        if isinstance(name, str) and name not in recipients:
            words = one_of(some) if some else "a name that `recipients` has: it is empty"
            yield document.mistake((*key, "to", at), shown(name), words, some)


def _check_emails(document: Document, lists: Mapping[Key, Any]) -> Iterator[Mistake]:
    """Find addresses that the CDK takes for the same, as it writes / as --, and too many."""
    before: dict[str, str] = {}
    for key, emails in lists.items():
        for at, email in enumerate(emails if isinstance(emails, list) else ()):
            if not isinstance(email, str):
                continue
            other = before.setdefault(email.replace("/", "--"), email)
            if other != email:
                words = f"none beside {shown(other)}, as the CDK takes / for --"
                yield document.mistake((*key, at), shown(email), words)
    if len(before) > MOST_EMAILS and len(lists) > 1:
        found, most = f"{len(before):,} addresses", f"at most {MOST_EMAILS}, with alerts.email"
        yield document.mistake(("recipients",), found, most)


def repeats(document: Document, key: Key, values: Any) -> Iterator[Mistake]:
    """Find what stands in a list twice."""
    before: set[str] = set()
    for at, value in enumerate(values if isinstance(values, list) else ()):
        if not isinstance(value, str):
            continue
        if value in before:
            yield document.mistake((*key, at), f"{shown(value)} again", "each one once")
        before.add(value)


def unnamed(recipients: Iterable[str], named: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Give the recipients whom nobody names: no alert is ever sent to them."""
    return tuple(sorted({*recipients}.difference(*named)))


def _at(content: Any, key: Key) -> Any:
    for step in key:
        content = _group(content).get(str(step))
    return content


def _group(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
