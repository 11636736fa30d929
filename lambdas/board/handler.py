"""The function behind the board: it answers with HTML of the jobs that the table remembers.

Environment: `TABLE_NAME`.

CloudWatch invokes it with the words of the widget or of a button that was pressed, and says where
the answer will stand::

    {"status": "FAILED", "watch": "ses-imports", "page": 2, "widgetContext": {"theme": "dark"}}

The answer is a text of HTML; to `{"describe": true}`, it is what the words mean, in Markdown. It
reads the table and its index `recent`, and writes nothing.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from lambdas.board.asked import STATUSES, Asked, Button, read_asked
from lambdas.board.look import look
from lambdas.board.page import page
from lambdas.plan import Plan, read_plan
from lambdas.settings import plan_file, setting
from lambdas.store.listing import Listing
from lambdas.unquoted import unquoted

PLAN = Path(__file__).parents[2] / "plan.json"
READERS = 8
CONFIG = Config(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=READERS,
)
DESCRIPTION = f"""\
## Jobs that Jobwatch watches

Those that are unfinished, also in a status that nobody knows, and those that ended in the last day,
newest first: of each watch and status how many there are, when they ran, how far they are, and why
they failed. Times are in UTC.

### Parameters

| word | shows | left out |
| --- | --- | --- |
| `status` | jobs of one status: {", ".join(STATUSES)} | all |
| `watch` | jobs of one watch, by its name in watches.yaml | all |
| `page` | the next 20 jobs | 1 |

``` yaml
status: FAILED
```
"""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the function needs, made once."""

    plan: Plan
    listing: Listing


@unquoted
def handler(event: Any, context: Any) -> str:
    """Answer a widget of a dashboard."""
    words = event if isinstance(event, Mapping) else {}
    if words.get("describe"):
        return DESCRIPTION
    parts, now = _parts(), datetime.now(UTC)
    widget = words.get("widgetContext")
    theme = widget.get("theme") if isinstance(widget, Mapping) else None
    asked = read_asked({**words, "theme": theme}, parts.plan.watches)
    found = look(parts.listing, parts.plan.watches, asked, now)
    button = calling(context.invoked_function_arn)
    return page(found, asked, now, button, parts.plan.consoles.values())


def calling(function: str) -> Button:
    """Write buttons that have CloudWatch invoke a function, by its ARN, and show its answer."""
    action = f'action="call" display="widget" endpoint="{escape(function)}"'

    def button(label: str, asked: Asked) -> str:
        words = escape(json.dumps(asked.words), quote=False)
        return f'<a class="btn">{label}</a><cwdb-action {action}>{words}</cwdb-action>'

    return button


@cache
def _parts() -> _Parts:
    session = botocore.session.Session()
    client = session.create_client("dynamodb", config=CONFIG)
    listing = Listing(client, setting("TABLE_NAME"), ThreadPoolExecutor(READERS))
    return _Parts(read_plan(plan_file(PLAN)), listing)
