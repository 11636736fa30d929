"""Writes the generated parts of docs/performance.md and README.md out of what was measured."""

from collections.abc import Callable, Mapping
from typing import Any

from bench import record, tables_history, tables_side_by_side, targets
from bench.load import report
from demo.local_aws import ROOT

PAGE = ROOT / "docs" / "performance.md"
PAGES = (PAGE, ROOT / "README.md")


def _image(name: str, words: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda _: f"\n![{words}](images/{name}.svg)\n\n"


_COST = "Calls and processor time of a cycle in which nothing changed, against the number of jobs"
_HISTORY = "List calls and read units of a tick, against the number of finished jobs"
_LATENCY = "Seconds from a job's change to its event, tick by tick of the load test"
PARTS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "targets": ("history", targets.markdown),
    "beside others": ("side-by-side", tables_side_by_side.headline),
    "side-by-side": ("side-by-side", tables_side_by_side.markdown),
    "cost against jobs": ("side-by-side", _image("cost-against-jobs", _COST)),
    "history": ("history", tables_history.markdown),
    "calls against history": ("history", _image("calls-against-history", _HISTORY)),
    "latency": ("load", _image("latency", _LATENCY)),
    "load": ("load", report.markdown),
}
"""The parts of the pages, each between two marks of its name: the measurement, and its Markdown."""


def performance_page(page: str) -> str:
    """Give a page anew; a part whose measurement was never taken stays as it is."""
    for name, (measurement, markdown) in PARTS.items():
        start, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
        measured = record.read(measurement)
        if measured is not None and start in page:
            before, rest = page.split(start)
            page = before + start + markdown(measured) + end + rest.split(end)[1]
    return page


def main() -> None:
    """Write the pages to their places."""
    for page in PAGES:
        page.write_text(performance_page(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
