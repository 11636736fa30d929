"""The board as HTML: what there is of each watch and status, the last day, and a table of jobs.

Pure functions of what is remembered. Nothing that strangers wrote is markup, links lead to consoles
of AWS only, and however many jobs there are, a page of them is shown.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from lambdas.board import overview, rows
from lambdas.board.asked import Asked, Button
from lambdas.board.look import Found
from lambdas.board.style import style

ON_A_PAGE = 20
OWN_STYLE = '<div class="cwdb-no-default-styles"></div>'
"""Where this is, CloudWatch leaves out a style of its own."""


def page(
    found: Found, asked: Asked, now: datetime, button: Button, consoles: Collection[str]
) -> str:
    """Write what was found.

    `button` writes what asks for something else; `consoles` are the hosts that links may lead to.
    """
    last = max(-(-len(found.jobs) // ON_A_PAGE), 1)
    asked = replace(asked, page=min(asked.page, last))
    some = found.jobs[(asked.page - 1) * ON_A_PAGE : asked.page * ON_A_PAGE]
    parts = (
        overview.statuses(found.counts, asked, button),
        '<div class="parts">',
        overview.watches(found.counts, asked, button),
        overview.day(found.jobs, found.ended_from, now),
        "</div>",
        rows.table(some, now, consoles),
        _foot(found, last, asked, now, button),
    )
    return f'{OWN_STYLE}{style(asked.theme)}<div class="jw">{"".join(parts)}</div>'


def _foot(found: Found, last: int, asked: Asked, now: datetime, button: Button) -> str:
    turns = [button("newer", replace(asked, page=asked.page - 1))] if asked.page > 1 else []
    turns += [button("older", replace(asked, page=asked.page + 1))] if asked.page < last else []
    count = len(found.jobs)
    said = [f"page {asked.page:,} of {last:,}", f"{count:,} job{'' if count == 1 else 's'}"]
    said += [] if found.whole else ["the newest: there are more"]
    said += [f"{found.left_out:,} watches are not looked at"] if found.left_out else []
    said += [f"read at {now:%H:%M:%S} UTC"]
    told = f'<span class="faint">{", ".join(said)}</span>'
    return f'<div class="row foot">{"".join(turns)}{told}</div>'
