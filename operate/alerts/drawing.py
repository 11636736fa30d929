"""Draws a message as each kind of recipient sees it: a mail, a chat, a pager, a topic."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.picture import picture
from operate.alerts.messages import Message

BESIDE = ("title", "text", "severity", "owner", "runbook", "dedup_key", "state")
"""What of an alert's JSON is no part of the event."""
_OF_EVENT = ("id", "watch", "job_id", "status")
"""What a picture shows of the event's own."""
_LONGEST = 70
"""Characters of a text in JSON that are shown."""

COLOURS = {"critical": "bold red", "error": "bold red", "warning": "bold yellow", "info": "cyan"}
OVER = "bold green"
BORDER = "bright_black"


def drawn(message: Message) -> str:
    """Give the SVG of a message; who cannot see it reads the mail."""
    return picture(screen(message), message.subject, message.text)


def screen(message: Message) -> RenderableType:
    """Show a message four times."""
    return Group(
        _framed("Mail", _mail(message)),
        _framed("Chat: Slack or Teams, by Amazon Q", _chat(message)),
        _framed("Pager: PagerDuty", _pager(message)),
        _framed("A topic of your own, queues, functions, HTTP endpoints", _machine(message)),
    )


def _framed(title: str, inside: RenderableType) -> Panel:
    return Panel(inside, title=title, title_align="left", border_style=BORDER, padding=(0, 1))


def _mail(message: Message) -> RenderableType:
    subject = Text("Subject: ", style="bright_black").append(message.subject, _style(message))
    return Group(subject, Text(""), Text(message.text.rstrip("\n")))


def _chat(message: Message) -> RenderableType:
    content = message.chat["content"]
    lines = content["description"].removeprefix("```\n").removesuffix("\n```")
    steps = [Text(f"- {step}") for step in content.get("nextSteps", ())]
    next_steps = [Text("Next steps", style="bold"), *steps] if steps else []
    block = Padding(Text(lines), (0, 2))
    return Group(Text(content["title"], _style(message)), Text(""), block, Text(""), *next_steps)


def _pager(message: Message) -> RenderableType:
    event, payload = message.pager, message.pager["payload"]
    names = ("severity", "source", "component", "group", "class", "timestamp")
    whose = "its" if message.paged else "the mail's"
    details = {k: v for k, v in payload["custom_details"].items() if k != "text"}
    rows = {
        "action": event["event_action"],
        "dedup key": event["dedup_key"],
        **{name: payload[name] for name in names},
        "details": f"{whose} text, " + ", ".join(f"{k} {_plain(v)}" for k, v in details.items()),
        "links": ", ".join(f"{each['text']} {each['href']}" for each in event.get("links", ())),
    }
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, style="bright_black"), Text(str(value)))
    return Group(Text(payload["summary"], _style(message)), Text(""), table)


def _machine(message: Message) -> RenderableType:
    whole = message.machine
    told = {name: whole[name] for name in ("source", "detail-type")}
    head = json.dumps({**told, "detail": {"count": whole["detail"]["count"], "alerts": [{}]}})
    first, *others = whole["detail"]["alerts"]
    more = f", and {len(others)} more like it" if others else ""
    last = f"  and all else of the event's detail }}{more} ]}}}}"
    return Text("\n".join([head.removesuffix("}]}}"), *_members(first), last]))


def _members(alert: Mapping[str, Any]) -> Iterator[str]:
    for name in (*_OF_EVENT, *BESIDE):
        if name in alert:
            value = json.dumps(alert[name], ensure_ascii=False)
            if name == "text" and len(value) > _LONGEST:
                value = f'{value[:_LONGEST]}…"'
            yield f'  "{name}": {value},'


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items()) or "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _style(message: Message) -> str:
    if message.is_over:
        return OVER
    return COLOURS[message.pager["payload"]["severity"]]
