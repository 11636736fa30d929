"""`python -m bench`: measure, print, and write the figures into docs/performance.md."""

import platform
from collections.abc import Sequence
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from bench.services import JOBS, UNFINISHED
from bench.unchanged import ROUNDS, Result, measure
from demo.local_aws import ROOT

PAGE = ROOT / "docs" / "performance.md"
START, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
HEAD = (
    "source",
    "list calls",
    "get calls",
    "table reads",
    "table writes",
    "time: poll / list",
    "processor: poll / list",
)


def main() -> None:
    """Measure every source and keep the page true."""
    console = Console()
    table = Table(*HEAD, title=f"Polling {JOBS:,} unchanged jobs")
    rows = []
    with console.status("measuring: a few minutes"):
        for result in measure():
            rows.append(_row(result))
            table.add_row(*rows[-1])
    console.print(table)
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    PAGE.write_text(before + START + _markdown(rows) + END + after, encoding="utf-8")
    console.print(f"written to {PAGE.relative_to(ROOT)}")


def _row(result: Result) -> tuple[str, ...]:
    listing, poll = result.listing, result.poll
    return (
        result.source,
        str(result.counts["ListCalls"]),
        str(result.counts["GetCalls"]),
        f"{result.table_calls.get('Query', 0)} queries",
        str(result.table_calls.get("PutItem", 0)),
        f"{poll.wall:.2f} s / {listing.wall:.2f} s = {poll.wall / listing.wall:.2f}",
        f"{poll.cpu:.2f} s / {listing.cpu:.2f} s = {poll.cpu / listing.cpu:.2f}",
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    where = (
        f"{JOBS:,} jobs, {UNFINISHED} of them unfinished; medians of {ROUNDS} rounds; "
        f"Python {platform.python_version()}, botocore {version('botocore')}, "
        f"{platform.system()} {platform.machine()}."
    )
    return "\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{where}\n\n"


if __name__ == "__main__":
    main()
