"""How an alert reads in a chat and in a pager: the messages that their documents ask for.

Chat: a custom notification of Amazon Q Developer, which drops without a word what does not conform
(https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html). Pager: an event of
PagerDuty's Events API v2, but for the routing key, which EventBridge's connection adds
(https://developer.pagerduty.com/docs/send-alert-event).
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.alert.message import Detail
from lambdas.alert.phrases import link_of
from lambdas.alert.terms import CRITICAL, ERROR, INFO, OPEN, SEVERITIES, WARNING
from lambdas.text import cut
from lambdas.unlinked import for_people

SIGNS = {CRITICAL: "🚨", ERROR: "🔴", WARNING: "🟠", INFO: "🔵"}
OVER, ENDED = "✅", "⚪"
"""Before a title in a chat; of what is over, whatever it was, and where the job did not go well."""
LONGEST_DESCRIPTION = 2_500
"""Characters: Slack shows 3,000 in a block of text."""
LONGEST_SUMMARY = 1_000
"""Characters: PagerDuty takes 1,024."""
LONGEST_TEXT = 8_000
LONGEST_PART = 200
MOST_IDS = 50
_UNMARKED = str.maketrans({"<": "\u2039", ">": "\u203a", "`": "'"})
"""What a chat could take for a mention, a link or the end of a block, and what stands for it."""
_LINES = {"Console": "Link"}
"""What a text calls a next step, where that is another word."""
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Notice:
    """What a message tells of: `first` is the first of its alerts, of which there are `count`.

    `status` is what subscriptions filter by, `to` names the recipients, `keys` are the alerts'
    dedup keys and `ids` the first of the ids of what they tell of. `about` is the id of the job in
    whose thread it belongs: what is over may be so by another one.
    """

    title: str
    text: str
    status: str
    to: Sequence[str]
    first: Detail
    count: int
    keys: frozenset[str]
    ids: Sequence[str]
    about: str | None


def chat(notice: Notice) -> dict[str, Any]:
    """Write a message for a chat: a title, the text as it is, and what to do next.

    Every message about one job is in one thread; one about several jobs is a thread of its own.
    """
    first, title, steps = notice.first, _title(notice), _next_steps(notice)
    arn = first.get("job_arn") if notice.count == 1 else None
    over = ENDED if first["status"] in SEVERITIES and first.get("terminal") else OVER
    sign = SIGNS[first["severity"]] if first["state"] == OPEN else over
    return {
        "version": "1.0",
        "source": "custom",
        "id": str(first["id"]),
        "content": {
            "textType": "client-markdown",
            "title": f"{sign} {title}",
            "description": f"```\n{_shown(notice.text, steps)}\n```",
            **({"nextSteps": [f"{name}: {to}" for name, to in steps.items()]} if steps else {}),
            "keywords": [first["severity"], notice.status, first["watch"]],
        },
        "metadata": {
            "threadId": thread(first, notice.about) if notice.count == 1 else str(first["id"]),
            "summary": title,
            "eventType": "Job Alert",
            "relatedResources": [arn] if arn else [],
            "additionalContext": {
                **{name: str(first[name]) for name in ("watch", "source", "account", "region")},
                **{name: first[name] for name in ("severity", "state")},
                "dedup_key": incident(notice),
                "count": str(notice.count),
            },
        },
    }


def pagerduty(notice: Notice) -> dict[str, Any]:
    """Write an event for a pager: what is open triggers an incident, and what is over resolves it.

    Several jobs are one incident, that of their watch, place and status: its text says of each in
    what it lives, and where to look.
    """
    first, ids = notice.first, [_part(each) for each in notice.ids[:MOST_IDS]]
    details: dict[str, Any] = {
        "text": _whole_lines(notice.text, LONGEST_TEXT),
        "count": notice.count,
        **({"ids": ids} if "job_id" in first else {}),
        "status": notice.status,
        **{name: first[name] for name in ("watch", "account", "region")},
        **({"parameters": _parents(first)} if notice.count == 1 else {}),
        **({"owner": first["owner"]} if first["owner"] else {}),
    }
    links = {"Runbook": first["runbook"], "Console": _console(notice)}
    return {
        "event_action": "trigger" if first["state"] == OPEN else "resolve",
        "dedup_key": incident(notice),
        "payload": {
            "summary": cut(notice.title, LONGEST_SUMMARY),
            "source": f"{first['source']} in {first['account']} {first['region']}",
            "severity": first["severity"],
            "timestamp": first["observed_at"],
            "component": first["watch"],
            "group": cut(first["owner"] or first["source"], LONGEST_PART),
            "class": notice.status,
            "custom_details": details,
        },
        "links": [{"href": href, "text": name} for name, href in links.items() if href],
        "client": "Jobwatch",
    }


def _parents(detail: Detail) -> dict[str, str]:
    return {name: _part(each) for name, each in detail["parameters"].items()}


def _console(notice: Notice) -> str | None:
    """Give the link to a job; of several, that of the first leads to none of the others."""
    return link_of(notice.first) if notice.count == 1 else None


def _part(text: str) -> str:
    """Give a stranger's text for people, who open what a pager makes a link of."""
    return cut(for_people(text), LONGEST_PART)


def thread(detail: Detail, job_id: str | None) -> str:
    """Give the id of the thread of a job, or else of a place."""
    names = ("watch", "source", "account", "region", "parameters")
    return _hashed([*(detail[name] for name in names), job_id])


def incident(notice: Notice) -> str:
    """Give the key of what a message tells of: that of its alerts, if they have but one."""
    if len(notice.keys) == 1:
        return min(notice.keys)
    names = ("watch", "source", "account", "region")
    return _hashed([*(notice.first[name] for name in names), notice.status])


def _title(notice: Notice) -> str:
    """Give a title in which no text of a link of Markdown hides where it leads."""
    return notice.title.translate(_UNMARKED).replace("](", "] (")


def _next_steps(notice: Notice) -> dict[str, str]:
    first = notice.first
    steps = {"Runbook": first["runbook"], "Console": _console(notice), "Owner": first["owner"]}
    return {name: value for name, value in steps.items() if value}


def _shown(text: str, steps: Collection[str]) -> str:
    """Give a text without its first lines and those of next steps: they are said anyway.

    In a block, no link can be followed; where there are several jobs, each keeps its own.
    """
    said = tuple(f"{_LINES.get(step, step):<8} " for step in steps)
    lines = text.partition("\n\n")[2].translate(_UNMARKED).rstrip("\n").split("\n")
    rest = "\n".join(each for each in lines if not each.startswith(said)).rstrip("\n")
    return _whole_lines(rest, LONGEST_DESCRIPTION)


def _whole_lines(text: str, longest: int) -> str:
    """Cut a text to whole lines, as the half of a link leads nowhere."""
    lines = text.split("\n")
    while len("\n".join(lines)) > longest:
        lines[-2:] = ["…"]
    return "\n".join(lines)


def _hashed(parts: Sequence[str | Mapping[str, str] | None]) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
