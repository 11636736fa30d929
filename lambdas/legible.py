"""What people read: nothing in it is invisible, turned round or clickable that a stranger wrote.

Names and texts of jobs may come from anybody who can start one. Machines get them as they are
(`lambdas.text`); what goes to an inbox, a chat or a terminal goes through here. A build reads its
steps' output as well, and does what some lines say: that a stranger wrote none of them.
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
_NAMELESS = re.compile(r"[A-Za-z0-9+.-]{1,30}\Z")
_HTTP = re.compile(r"http(?=s?:\S)", re.IGNORECASE)
_HOST = re.compile(r"[^\s/?#\"'<>()]*")
_NO_LINKS = frozenset({"s3", "s3a", "s3n"})
"""Schemes that nothing opens, and which people copy."""
_STOPS = "\u3002\uff0e\uff61"
_DOT = re.compile(f"[.{_STOPS}]")
"""What browsers take for a dot of a name."""
_LABELS, _LONGEST = 126, 253
"""Names before the last one of a host, and its characters, as many as DNS has room for."""
_IN_NAMES = (
    r"\w\u0300-\u036f\u0483-\u1fff\u2190-\u2bff\u3099\u309a"
    r"\ua000-\uabff\ufb00-\ufdff\U0001f000-\U0001faff"
)
"""Letters, marks such as those of vowels, and emoji."""
_WWW = re.compile(
    r"(?<![^\W_])(?<![^\W_]\.)"  # no part of a name: dots alone are none
    rf"(?<!s3://)(?<!s3a://)(?<!s3n://)www\d{{0,3}}{_DOT.pattern}[^\s/?#\"'<>()]{{1,{_LONGEST}}}",
    re.IGNORECASE,
)
_WITHOUT_SCHEME = re.compile(
    r"(\b(?:arn:aws[\w-]*:[\w-]*:[\w-]*:\d*:|s3[an]?://)[^\s\"'<>(),;]*)"
    rf"|(?:(?:(?<![{_IN_NAMES}/@-])(?<![{_IN_NAMES}-]{_DOT.pattern})|(?<=//)(?<![\w./]//))"
    rf"(?:[{_IN_NAMES}-]++{_DOT.pattern}){{1,{_LABELS}}}"
    rf"|(?<=[{_STOPS}])(?:[{_IN_NAMES}-]++\.){{1,{_LABELS}}})"  # a sentence may end so
    rf"(?:(?![{_IN_NAMES}]*[\d_])[{_IN_NAMES}]{{2,24}}|xn--[a-z\d-]{{1,59}})\.?(?::\d{{1,5}})?"
    r"(?=[/?][\"'()]*[^\s\"'<>()])",
    re.IGNORECASE,
)
"""A name with a path, but for those in ARNs and addresses of S3, which people copy."""
_OPENS = re.compile(
    r"\b(?:mailto|tel|sms|callto|javascript|ftp):(?=\S)|\bfile:(?=\[?[/\\])", re.IGNORECASE
)
_SHARE = re.compile(r"(\b[A-Za-z]:(?:\\{1,2}[^\\\s]+)+)|\\\\(?=\w)")
"""Where a share of Windows's begins. A path behind a drive's letter is none, and found whole."""
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


def for_people(text: str) -> str:
    """Make a stranger's text legible, and links in it such as nobody clicks: hxxps://a[.]example.

    An s3:// address stays as it is, as nothing opens it.
    """
    text = legible(text)
    first, *others = text.split("://")
    told = [first]
    for after in others:
        found = _NAMELESS.search(told[-1])
        scheme = found[0].lower() if found else ""
        if scheme in _NO_LINKS:
            told.append(f"://{after}")
            continue
        mark = "[:]//"
        if scheme.endswith(("http", "https")):
            mark = "://"
        told.append(mark + _HOST.sub(_dots, after, count=1))
    whole = _HTTP.sub(_without_tt, "".join(told))
    whole = _WITHOUT_SCHEME.sub(_dots_but_in_what_is_copied, _WWW.sub(_dots, whole))
    whole = _SHARE.sub(_without_share, whole)
    return without_commands(_OPENS.sub(_without_colon, whole))


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


def _without_tt(match: re.Match[str]) -> str:
    return match[0].replace("t", "x").replace("T", "X")


def _without_share(match: re.Match[str]) -> str:
    return match[1] or r"[\\]"


def _without_colon(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}[:]"


def _dots_but_in_what_is_copied(match: re.Match[str]) -> str:
    return match[1] or _dots(match)


def _dots(match: re.Match[str]) -> str:
    return _DOT.sub("[.]", match[0])
