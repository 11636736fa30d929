"""Writes the generated parts of docs/performance.md and README.md out of what was measured."""

from collections.abc import Callable, Mapping
from typing import Any

from bench import record, tables, targets
from bench.latency import report as latency
from bench.load import report
from demo.local_aws import ROOT
from infra.pages import between

PAGE = ROOT / "docs" / "performance.md"
PAGES = (PAGE, ROOT / "README.md")
PARTS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "targets": ("history", targets.targets),
    "beside others": ("side-by-side", tables.headline),
    "side-by-side": ("side-by-side", tables.side_by_side),
    "history": ("history", tables.history),
    "every": ("every", tables.everything),
    "months": ("every", tables.months),
    "start": ("start", targets.starts),
    "load": ("load", report.markdown),
    "latency": ("latency", latency.markdown),
}
"""The parts of the pages, each between two marks of its name: the measurement, and its Markdown."""


def performance_page(page: str) -> str:
    """Give a page anew."""
    for name, (measurement, markdown) in PARTS.items():
        start, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
        if start in page:
            page = between(page, start, end, markdown(record.read(measurement)))
    return page


def main() -> None:
    """Write the pages to their places."""
    for page in PAGES:
        page.write_text(performance_page(page.read_text(encoding="utf-8")), encoding="utf-8")
