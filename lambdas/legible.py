"""What people read: nothing in it is invisible or turned round that a stranger wrote.

Names and texts of jobs may come from anybody who can start one. Machines get them as they are
(`lambdas.text`); what goes to an inbox, a chat or a terminal goes through here, and where links
would be clicked through `lambdas.unlinked`. A build reads its steps' output as well, and does what
some lines say: that a stranger wrote none of them.
"""

import json
import re
from typing import Any

SHOWN = "\ufffd"
"""Stands where something was that nobody would see."""
_JOINING = "[\u200c\u200d\ufe00-\ufe0f]"
"""Joiners and variation selectors: in many scripts and emoji they only say how something looks."""
_ALONE = re.compile(rf"(?<![^\x00-\u024f]){_JOINING}")
_JOINED = re.compile(_JOINING)
_EMPTY = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\uffa0\ufff0-\uffff"
    "\U0001107f\U00013441\U00013442\U00016fe4\U0001bc9d\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What Unicode counts as letters, marks or signs, and yet has no look; with noncharacters."""

_BEYOND_ASCII = re.compile(r"[^\n -~]")
_HASHES = re.compile(r"##(?=vso|[\w.-]{0,30}\[)", re.IGNORECASE)
"""How a command begins, anywhere in a line, of Azure Pipelines (`##vso[task.setvariable …]`), of
TeamCity, and of GitHub Actions before."""
_COLONS = re.compile(
    r"::(?=(?:add-(?:mask|matcher|path)|remove-matcher|debug|echo|(?:end)?group|error|warning"
    r"|notice|save-state|set-env|set-output|stop-commands|internal-[\w-]{1,40})(?: [^\n]*?)?::)",
    re.IGNORECASE,
)
"""How one of GitHub Actions begins, `::add-mask::…`: where a line does, which is anywhere, as what
is too long goes on below."""


def legible(text: str) -> str:
    """Make one line of a text in which everything can be seen, and nothing is a build's command.

    Control, formatting, private and unassigned characters are shown as one sign; joiners and
    variation selectors are taken out, but where they could only hide something.
    """
    text = " ".join(text.split())
    if not (text.isascii() and text.isprintable()):
        text = _JOINED.sub("", _ALONE.sub(SHOWN, text))
        text = _EMPTY.sub(SHOWN, text)
        text = "".join(each if each.isprintable() else SHOWN for each in text)
    return without_commands(text)


def without_commands(text: str) -> str:
    """Make a text such as no build takes any of it for a command."""
    return _COLONS.sub("[::]", _HASHES.sub("[#]#", text))


def write_line(value: Any) -> str:
    """Write JSON for a log: what can't be seen in a terminal is escaped, and so stays whole."""
    return escaped(json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":")))


def escaped(document: str) -> str:
    """Escape in JSON what can't be seen, and what a build would take for a command.

    It stands in its texts only, so that it means the same.
    """
    return _HASHES.sub(r"#\\u0023", _BEYOND_ASCII.sub(_escape, document))


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    return found if legible(found) == found else json.dumps(found)[1:-1]
