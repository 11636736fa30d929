"""What a deployment would change, for a terminal and for programs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from infra.words import counted, listed, money
from lambdas.legible import legible
from operate.plan.comparison import Comparison
from operate.plan.differences import QUIETLY, Changed, Difference
from operate.plan.permissions import Allowed
from operate.plan.said import Said

SIGNS = {"+": "green", "~": "yellow", "-": "red"}
MOST_RESOURCES = 3
NOTHING = "nothing"
HANGING = 2
"""How much further than its beginning the rest of a line stands that goes on below itself."""


def show(screen: Console, name: str, where: str, found: Comparison) -> None:
    """Print what would change."""
    for text in _lines(name, where, found):
        begins = len(text.plain) - len(text.plain.lstrip()) + HANGING
        for number, each in enumerate(text.wrap(screen, screen.width - begins) or [text]):
            each.rstrip()
            screen.print(Text(" " * begins * bool(number)).append_text(each))


def as_json(found: Comparison) -> Mapping[str, Any]:
    """Give all of it for a program."""
    differs = found.differs
    return {
        "deployed": found.there is not None,
        "same_version": differs is not None,
        "changes": found.any or (False if found.is_whole else None),
        "added": [*found.added],
        "changed": [asdict(each) for each in differs.changed] if differs else [],
        "removed": [{"watch": each, "known_jobs": found.known.get(each)} for each in found.removed],
        "settings": [asdict(each) for each in differs.settings] if differs else [],
        "recipients": [asdict(each) for each in differs.recipients] if differs else [],
        "told": None if found.told is None else [asdict(each) for each in found.told],
        "own": None if found.own is None else [asdict(each) for each in found.own],
        "emails": found.emails and {"added": found.emails[0], "removed": found.emails[1]},
        "permissions": {
            "gained": [each._asdict() for each in found.gained],
            "lost": [each._asdict() for each in found.lost],
        },
        "before": found.before and asdict(found.before),
        "after": asdict(found.after),
    }


def _lines(name: str, where: str, found: Comparison) -> Iterator[Text]:
    if found.there is None:
        yield Text(f"{name} is not deployed in {where} yet: everything is new.")
    elif found.differs is None:
        yield Text(f"{name} in {where} is of another version of Jobwatch:")
        yield Text("the functions are replaced, what they remember goes on (docs/upgrading.md).")
    elif not found.any:
        read = "" if found.is_whole else ", as far as it can be read"
        yield Text(f"{name} in {where}: nothing changes in what is watched, told or allowed{read}.")
    else:
        yield Text(f"{name} in {where}: what a deployment would change")
    yield from _watches(found)
    if found.differs:
        yield from _section("settings", found.differs.settings)
        yield from _section("recipients", found.differs.recipients)
    yield from _section("where recipients are, and what they hear", found.told or ())
    yield from _section("your own (stack)", found.own or ())
    yield from _unread(found)
    yield from _emails(found)
    yield from _permissions(found)
    yield from _figures(found)


def _watches(found: Comparison) -> Iterator[Text]:
    if found.added or found.removed or (found.differs and found.differs.changed):
        yield from _title("watches")
    differs = found.differs
    for name in found.added:
        said = _few(differs.added[name]) if differs else ""
        yield _line("+", name, f"{said}{QUIETLY}")
    for each in differs.changed if differs else ():
        yield from _changed(each)
    for name in found.removed:
        yield _line("-", name, _left(found.known.get(name)))


def _few(said: Said) -> str:
    """Say in a few words what a watch looks at: the rest stands in the file."""
    sources = [key.removeprefix("source ") for key in said if key.startswith("source ")]
    what = sources[0] if len(sources) == 1 else counted(len(sources), "source")
    often = f" every {said['every'].removeprefix('1 ')}" if "every" in said else ""
    return f"{what}{often}; "


def _changed(changed: Changed) -> Iterator[Text]:
    yield _line("~", changed.watch, "; ".join(changed.means))
    for each in changed.differences:
        yield Text(f"      {_said(each)}")


def _left(known: int | None) -> str:
    number = "its known jobs" if known is None else f"its {counted(known, 'known job')}"
    return f"nothing is told any more of {number}"


def _section(title: str, some: Sequence[Difference]) -> Iterator[Text]:
    if some:
        yield from _title(title)
    for each in some:
        sign = "~" if each.before and each.after else "+" if each.after else "-"
        yield _line(sign, each.key, _values(each))


def _unread(found: Comparison) -> Iterator[Text]:
    """Say what the template does not tell: it is none of this version, or can't be read."""
    lacking = {
        "where recipients are": found.told is None,
        "what is your own": found.own is None,
        "what a row that changed takes": not found.is_granted,
    }
    if missing := [what for what, lacks in lacking.items() if lacks]:
        yield from _title("the template")
        yield Text(f"  ? {listed(missing)} can't be read off it")


def _emails(found: Comparison) -> Iterator[Text]:
    if found.emails is None:
        yield from _title("emails")
        yield Text("  ? who is subscribed can't be read: it takes cloudformation:GetTemplate")
        return
    added, removed = found.emails
    if added or removed:
        yield from _title("emails")
    for each in added:
        yield _line("+", each, "is asked to confirm")
    for each in removed:
        yield _line("-", each, "")


def _permissions(found: Comparison) -> Iterator[Text]:
    if found.gained or found.lost:
        yield from _title("permissions")
    for sign, some in (("+", found.gained), ("-", found.lost)):
        for (who, action), resources in _by_action(some).items():
            more = len(resources) - MOST_RESOURCES
            on = [*resources[:MOST_RESOURCES], *([f"{more:,} more"] if more > 0 else [])]
            yield _line(sign, action, f"for {who} on {listed(on)}")


def _by_action(some: Sequence[Allowed]) -> Mapping[tuple[str, str], list[str]]:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in some:
        found[each.who, each.action].append(each.resource)
    return found


def _figures(found: Comparison) -> Iterator[Text]:
    yield from _title("calls and cost")
    before, after = found.before, found.after
    calls, dollars = f"{round(after.calls_a_minute):,}", money(after.dollars)
    if before:
        calls = _moved(f"{round(before.calls_a_minute):,}", calls)
        dollars = _moved(money(before.dollars), dollars)
    yield Text(f"    calls a minute   {calls}")
    yield Text(f"    dollars a month  {dollars} (about; ./jobwatch cost)")


def _moved(before: str, after: str) -> str:
    return f"{after}, as before" if before == after else f"{before} → {after}"


def _said(each: Difference) -> str:
    return legible(f"{each.key}: {each.before or NOTHING} → {each.after or NOTHING}")


def _values(each: Difference) -> str:
    """Write what is new, what is not any more, or both."""
    return " → ".join(value for value in (each.before, each.after) if value)


def _title(text: str) -> Iterator[Text]:
    yield Text()
    yield Text(text, style="bold")


def _line(sign: str, name: str, said: str) -> Text:
    told = legible(f"{name}: {said}") if said else legible(name)
    return Text.assemble("  ", (f"{sign} ", SIGNS[sign]), told)
