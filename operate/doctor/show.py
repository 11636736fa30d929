"""How findings look: on a terminal, in a file, and as JSON.

Names, endpoints and errors in them may be anybody's: no line has a link that opens.
"""

import textwrap
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from lambdas.unlinked import for_people
from operate import screen
from operate.doctor.findings import Finding, Mark

SIGNS = {Mark.OK: "✓", Mark.WARNING: "!", Mark.WRONG: "✗", Mark.UNKNOWN: "?"}
COLOURS = {Mark.OK: "green", Mark.WARNING: "yellow", Mark.WRONG: "red", Mark.UNKNOWN: "blue"}
LONGEST_NAME = 12

Named = tuple[str, Finding]


def show(console: Console, group: str, findings: Sequence[Named]) -> None:
    """Print the lines of a group; one that does not fit goes on below itself."""
    if findings:
        console.print(Text(group, style="bold"))
    for name, found in findings:
        sign = Text(f"  {SIGNS[found.mark]} ", style=COLOURS[found.mark])
        label = f"{name:{LONGEST_NAME}} "
        width = console.width - len(sign) - len(label)
        for line in _wrapped(_sentence(found), width):
            console.print(sign + Text(label + line), soft_wrap=True)
            sign, label = Text(" " * len(sign)), " " * len(label)


def _wrapped(text: str, width: int) -> list[str]:
    # A hyphen is part of many a command's words, which are to be copied.
    return textwrap.wrap(text, max(width, LONGEST_NAME), break_on_hyphens=False)


def _sentence(found: Finding) -> str:
    what, do = for_people(found.what), for_people(found.do)
    seen = f"could not look: {what}" if found.mark is Mark.UNKNOWN else what
    return f"{seen} → {do}" if do else seen


def as_json(findings: Iterable[tuple[str, str, Finding]]) -> str:
    """Write the findings for a program."""
    return screen.as_json(
        [
            {
                "group": group,
                "check": name,
                "mark": each.mark,
                "what": for_people(each.what),
                "do": for_people(each.do),
            }
            for group, name, each in findings
        ]
    )
