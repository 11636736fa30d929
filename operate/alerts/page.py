"""Writes docs/alerts.md and its pictures out of the examples and the team's file: `make docs`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from infra.config.plan import Compiled, compile_plan
from infra.pages import between
from lambdas.alert.receivers import ENDED, OVER, SIGNS
from lambdas.plan import Plan, Policy, Watch
from operate.alerts.drawing import BESIDE, drawn
from operate.alerts.examples import KINDS, Examples, Told, read_examples
from operate.alerts.messages import Message, message, resolved
from operate.cost.figures import markdown

ROOT = Path(__file__).resolve().parents[2]
PAGE, TEAM = ROOT / "docs" / "alerts.md", ROOT / "docs" / "team.yaml"
PICTURES = ROOT / "docs" / "images" / "alerts"
START, END = "<!-- from the examples: begin -->\n", "<!-- from the examples: end -->\n"
TOLD = "as a mail, in a chat, in a pager and in a topic"


def alerts_page(page: str) -> str:
    """Give docs/alerts.md anew."""
    parts = [
        _severities(),
        *(_section(kind) for kind in examples().kinds),
        _machines(),
        _routing(),
        _file(),
    ]
    return between(page, START, END, "\n" + "\n".join(parts))


def pictures() -> dict[Path, str]:
    """Give the SVG of each kind of alert, and of how it is over, by the file it belongs into."""
    opened = {f"{kind.lower()}.svg": pictured(kind) for kind in examples().kinds}
    over = {f"{kind.lower()}-resolved.svg": pictured(kind, over=True) for kind in _kinds_over()}
    return {PICTURES / name: drawn(each) for name, each in {**opened, **over}.items()}


@cache
def team() -> Compiled:
    """Compile the team's file."""
    return compile_plan(TEAM, ROOT / "catalogue")


@cache
def examples() -> Examples:
    """Read the examples."""
    return read_examples()


@cache
def pictured(kind: str, *, over: bool = False) -> Message:
    """Give the message that the picture of a kind is of, or of how it is over."""
    return (resolved if over else message)(told_of(examples().kinds[kind].of), kind)


def _kinds_over() -> list[str]:
    return [kind for kind, each in examples().kinds.items() if told_of(each.of).is_over(kind)]


def told_of(source: str, plan: Plan | None = None) -> Told:
    """Give what makes the alerts of a source, under the team's plan if no other is given."""
    return Told(source, examples().families[source], plan or team().plan)


def _severities() -> str:
    """Say of each kind how bad it is, and how each kind of recipient is told."""
    rows = []
    for kind, example in examples().kinds.items():
        plain = _unsaid(team().plan)
        event = message(told_of(example.of, plain), kind)
        severity = event.pager["payload"]["severity"]
        rows.append(
            (
                f"[{kind}](#{kind.lower()})",
                severity,
                "subject and text",
                f"{SIGNS[severity]} title, text, next steps",
                f"`{event.pager['event_action']}`, {severity}",
                "`Job Alert`",
            )
        )
    by_mail = "nothing, unless `resolved: true`"
    what = f"{OVER}, or {ENDED} where a job went wrong, title, text, next steps, in the same thread"
    rows.append(("over", "as it was", by_mail, what, "`resolve`", "`Job Alert`, state `resolved`"))
    head = ("alert", "severity", "email", "slack, teams", "pagerduty", "topic, queues, functions")
    said = (
        "## Who is told how\n\n"
        "The severity is what an alert has where its watch says none. What is several is as bad as "
        "one of it.\n"
    )
    return f"{said}\n{markdown(head, rows)}"


def _unsaid(plan: Plan) -> Plan:
    """Give a plan whose watches do not say how bad it is."""
    watches = {
        name: replace(watch, alerts=replace(watch.alerts, severity=None))
        for name, watch in plan.watches.items()
    }
    return replace(plan, watches=watches)


def _section(kind: str) -> str:
    """Show a kind: how to read it, what `watches.yaml` says, the picture, and other families."""
    example, shown = examples().kinds[kind], pictured(kind)
    watch = shown.told.watch
    alt = f"{shown.subject}: {TOLD}"
    others = [
        message(told_of(source), kind)
        for source in examples().families
        if source != example.of and kind in told_of(source).kinds
    ]
    return "\n".join(
        [
            f"## {kind if kind.isupper() else kind.capitalize()}\n",
            f"{example.reads.strip()}\n",
            f"{_policy(watch)}\n",
            f"![{alt}](images/alerts/{kind.lower()}.svg)\n",
            *_over(kind),
            *_details(others),
        ]
    )


def _over(kind: str) -> Iterator[str]:
    """Show how it is over, where there is an example, and say how else."""
    yield f"{examples().kinds[kind].over.strip()}\n"
    if kind in _kinds_over():
        alt = f"{pictured(kind, over=True).subject}: {TOLD}"
        yield f"![{alt}](images/alerts/{kind.lower()}-resolved.svg)\n"


def _policy(watch: Watch) -> str:
    """Say what the team's file says of a watch."""
    policy = watch.alerts
    names = ", ".join(f"`{name}` ({_kind(name)})" for name in policy.to)
    runbook = f", its [runbook]({policy.runbook})" if policy.runbook else ""
    return (
        f"`{watch.name}` in [team.yaml](team.yaml) is to {names}; severity `{policy.severity}`, "
        f"owner {policy.owner}{runbook}."
    )


def _kind(recipient: str) -> str:
    return team().plan.recipients[recipient]


def _details(others: Sequence[Message]) -> Iterator[str]:
    if not others:
        return
    labels = ", ".join(each.told.source.label for each in others)
    yield f"<details><summary>The same of others: {labels}</summary>\n"
    for each in others:
        yield f"```text\nSubject: {each.subject}\n\n{each.text.rstrip()}\n```\n"
    yield "</details>\n"


def _machines() -> str:
    """Show the JSON for machines once."""
    whole = pictured("FAILED").machine
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    return (
        "## For machines\n\n"
        "Queues, functions, HTTP endpoints and topics of your own get every alert as JSON: the "
        f"event's `detail`, and beside it {', '.join(f'`{name}`' for name in BESIDE)}. That of the "
        "picture of FAILED:\n\n"
        f"<details><summary>The JSON</summary>\n\n```json\n{text}\n```\n\n</details>\n"
    )


def _routing() -> str:
    """Say which recipient gets the alerts of which watch."""
    plan = team().plan
    rows = [
        (
            f"`{name}`",
            watch.alerts.owner or "",
            watch.alerts.severity or "",
            ", ".join(_asked(watch.alerts)),
            *("x" if each in watch.alerts.to else "" for each in plan.recipients),
        )
        for name, watch in sorted(plan.watches.items(), key=_by_owner)
    ]
    recipients = [f"{name} ({kind})" for name, kind in plan.recipients.items()]
    head = ("watch", "owner", "severity", "on", *recipients)
    return (
        "## A team's file\n\n"
        "Ten watches, four teams, two severities. STALLED, OVERRUNNING, UNREACHABLE and MISSING "
        "are told whatever `on` says. Whom each watch tells:\n\n" + markdown(head, rows)
    )


def _by_owner(named: tuple[str, Watch]) -> tuple[str, str]:
    return named[1].alerts.owner or "", named[0]


def _asked(policy: Policy) -> list[str]:
    return [status for status in KINDS if status in policy.on]


def _file() -> str:
    return f"\n```yaml\n{TEAM.read_text(encoding='utf-8')}```\n"


def main() -> None:
    """Write the page and the pictures."""
    PAGE.write_text(alerts_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for file, svg in pictures().items():
        file.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
