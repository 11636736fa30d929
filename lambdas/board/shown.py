"""What of a job is shown, and how: whatever strangers wrote is text, seen as a whole, and short."""

from collections.abc import Collection
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

from lambdas.legible import legible
from lambdas.text import CUT
from lambdas.withheld import withhold

LONGEST = 120
"""Characters of a text that are shown."""
LONGEST_REASON = 300


def shown(text: Any, longest: int = LONGEST) -> str:
    """Write a stranger's text as HTML: legible, without secrets, and nothing in it is markup."""
    whole = legible(withhold(str(text)))
    return escape(whole if len(whole) <= longest else whole[: longest - 1] + CUT)


def link(url: Any, label: str, consoles: Collection[str]) -> str:
    """Write a link to one of AWS's consoles around HTML; where it leads elsewhere, there is none.

    `consoles` are the consoles' hosts, to which a region is put in front.
    """
    if not isinstance(url, str) or not _leads_to_console(url, consoles):
        return label
    new_tab = 'target="_blank" rel="noopener noreferrer"'
    return f'<a href="{escape(url)}" {new_tab}>{label}</a>'


def _leads_to_console(url: str, consoles: Collection[str]) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.netloc  # with what may stand beside the host: a console's has neither
    known = any(host == each or host.endswith(f".{each}") for each in consoles)
    return parts.scheme == "https" and known and host.replace(".", "").replace("-", "").isalnum()


def clock(moment: datetime) -> str:
    """Write a time of the day in UTC."""
    return f"{moment:%H:%M}"
