"""What people read where links are clicked: none of a stranger's is one."""

import re

from lambdas.legible import legible, without_commands

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
    r"(\b(?i:arn:aws[\w-]*:[\w-]*:[\w-]*:\d*:|s3[an]?://)[^\s\"'<>(),;]*)"
    rf"|(?:(?:(?<![{_IN_NAMES}/@-])(?<![{_IN_NAMES}-]{_DOT.pattern})|(?<=//)(?<![\w./]//))"
    rf"(?:[{_IN_NAMES}-]++{_DOT.pattern}){{1,{_LABELS}}}"
    rf"|(?<=[{_STOPS}])(?:[{_IN_NAMES}-]++\.){{1,{_LABELS}}})"  # a sentence may end so
    rf"(?:(?![{_IN_NAMES}]*[\d_])[{_IN_NAMES}]{{2,24}}|(?i:xn--)[A-Za-z\d-]{{1,59}})"
    r"\.?(?::\d{1,5})?"
    r"(?=[/?][\"'()]*[^\s\"'<>()])"
)
"""A name with a path, but for those in ARNs and addresses of S3, which people copy. Only parts of
it have no regard to case: with all its letters so, it takes twice as long to compile."""
_OPENS = re.compile(
    r"\b(?:mailto|tel|sms|callto|javascript|ftp):(?=\S)|\bfile:(?=\[?[/\\])", re.IGNORECASE
)
_SHARE = re.compile(r"(\b[A-Za-z]:(?:\\{1,2}[^\\\s]+)+)|\\\\(?=\w)")
"""Where a share of Windows's begins. A path behind a drive's letter is none, and found whole."""


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
