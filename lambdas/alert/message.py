"""An alert as a message of SNS: text for people, JSON for machines, attributes to filter by.

A message has one budget, in bytes: it carries the JSON once for each of five protocols, escaped.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lambdas.text import cut
from lambdas.unlinked import for_people

Detail = Mapping[str, Any]

LARGEST = 240_000
"""Bytes of a message with its subject and attributes: SNS takes 262,144."""
PROTOCOLS = ("sqs", "lambda", "http", "https", "firehose")
LONGEST_SUBJECT = 99
"""SNS takes subjects of fewer than 100 characters."""
_LONGEST_SHORT = 500
_FRAME = 300
"""Bytes of the JSON for machines beside the alerts, at most."""
_UNSENDABLE = re.compile(r"[\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What JSON may hold as it is, and SNS or UTF-8 may not."""


def entry(
    attributes: Mapping[str, str | Sequence[str]],
    title: str,
    body: str,
    alerts: Iterable[Detail],
    count: int,
) -> dict[str, Any]:
    """Write an entry of SNS's PublishBatch, but for its id.

    Its JSON lists as many of the alerts as fit, and says that there are so many as `count`. An
    attribute may have several values. A subject is in ASCII: SNS refuses other letters.
    """
    whole = {
        "Subject": _subject(title),
        "Message": write({"default": body, **dict.fromkeys(PROTOCOLS, "")}),
        "MessageStructure": "json",
        "MessageAttributes": {name: _attribute(value) for name, value in attributes.items()},
    }
    machine = _machine(alerts, count, (LARGEST - size(whole)) // len(PROTOCOLS))
    message = {"default": body, **dict.fromkeys(PROTOCOLS, machine)}
    return {**whole, "Message": write(message)}


def machine_of(entry: Mapping[str, Any]) -> str:
    """Give the JSON for machines of an entry."""
    return str(json.loads(entry["Message"])[PROTOCOLS[0]])


def size(entry: Mapping[str, Any]) -> int:
    """Count the bytes of an entry as SNS does: message, subject and attributes."""
    attributes = entry["MessageAttributes"].items()
    texts = [text for name, value in attributes for text in (name, *value.values())]
    return sum(len(text.encode()) for text in (entry["Message"], entry["Subject"], *texts))


def write(value: Any) -> str:
    """Write JSON that SNS takes whatever is in it; raises ValueError for what is no JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _UNSENDABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _subject(title: str) -> str:
    """Write a title in ASCII: accents are left out, and a ? is for what has no such letter.

    What is a link only by then is made none again.
    """
    if title.isascii():
        return title[:LONGEST_SUBJECT]
    from unicodedata import normalize  # noqa: PLC0415  no cold start needs it

    def in_ascii(letter: str) -> str:
        plain = normalize("NFKD", letter)[0]
        return plain if " " <= plain <= "~" else "?"

    return for_people("".join(map(in_ascii, normalize("NFC", title))))[:LONGEST_SUBJECT]


def _attribute(value: str | Sequence[str]) -> dict[str, str]:
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps([*value])}


def _machine(alerts: Iterable[Detail], count: int, room: int) -> str:
    shown: list[Detail] = []
    room -= _FRAME
    for detail in alerts:
        fitting = next((each for each in _ever_shorter(detail) if _weight(each) <= room), None)
        if fitting is None or (shown and fitting is not detail):
            break
        shown.append(fitting)
        room -= _weight(fitting)
    listed = {"count": count, "alerts": shown}
    return write({"source": "jobwatch", "detail-type": "Job Alert", "detail": listed})


def _weight(detail: Detail) -> int:
    """Count the bytes of a detail in a message, where its quotes are escaped once more."""
    return len(write(write(detail)).encode())


def _ever_shorter(detail: Detail) -> Iterator[Detail]:
    """Give a detail, and then what is left without what the event on the bus carries anyway."""
    yield detail
    slim = dict(detail)
    if "details" in slim:
        slim["details"] = {}
    if "failure" in slim:
        message = cut(slim["failure"]["message"] or "", _LONGEST_SHORT) or None
        slim["failure"] = {"code": slim["failure"]["code"], "message": message, "details": []}
    if "text" in slim:
        slim["text"] = cut(slim["text"], _LONGEST_SHORT)
    yield slim
    yield {k: cut(v, _LONGEST_SHORT) if isinstance(v, str) else v for k, v in slim.items()}
