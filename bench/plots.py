"""Draws the plots of docs/performance.md out of what was measured and kept.

It runs in an environment of its own, which has matplotlib. What was never measured is not drawn.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench import record
from bench.tables import total
from bench.tables_history import calls

IMAGES = Path(__file__).parents[1] / "docs" / "images"
COLOURS = {
    "floor": "#8a8a8a",
    "boto3 waiters": "#b07d00",
    "Cloud Custodian": "#c23b5a",
    "Airflow triggers": "#2f7ed8",
    "Jobwatch": "#0a8754",
}
STYLE = {
    "figure.facecolor": "white",  # so that it can be read on a dark page as well
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "lines.linewidth": 2,
    "lines.marker": "o",
    "lines.markersize": 5,
    "svg.fonttype": "none",
    "svg.hashsalt": "jobwatch",
}


def cost_against_jobs(measured: Mapping[str, Any]) -> Figure:
    """Draw calls and processor time of an unchanged cycle, for each source and subject."""
    records = [each for each in measured["records"] if "left_out" not in each]
    sources = list(dict.fromkeys(each["source"] for each in records))
    figure, axes = plt.subplots(2, len(sources), figsize=(9, 7), sharex=True, squeeze=False)
    for column, source in enumerate(sources):
        own = [each for each in records if each["source"] == source]
        _subjects(axes[0][column], own, total)
        _subjects(axes[1][column], own, lambda cycle: cycle["cpu"])
        axes[0][column].set_title(source)
        axes[1][column].set_xlabel("jobs")
    axes[0][0].set_ylabel("calls in the second cycle")
    axes[1][0].set_ylabel("processor seconds in it")
    axes[0][0].legend(frameon=False)
    return figure


def _subjects(
    axes: Axes, records: list[dict[str, Any]], value: Callable[[Mapping[str, Any]], float]
) -> None:
    floors = {each["jobs"]: each["floor"] for each in records}
    _line(axes, "floor", [(jobs, value(cycle)) for jobs, cycle in floors.items()], "--")
    for subject in dict.fromkeys(each["subject"] for each in records):
        cycles = [(r["jobs"], r["second"]) for r in records if r["subject"] == subject]
        _line(axes, subject, [(jobs, value(cycle)) for jobs, cycle in cycles])
    _logarithmic(axes)


def calls_against_history(measured: Mapping[str, Any]) -> Figure:
    """Draw list calls and read units of an unchanged tick against the finished jobs behind it."""
    fewest = min(each["running"] for each in measured["records"])
    records = [each for each in measured["records"] if each["running"] == fewest]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
    colours = ("#0a8754", "#6a4fb3")
    for source, colour in zip(sorted({each["source"] for each in records}), colours, strict=True):
        own = [each for each in records if each["source"] == source]
        pages = [(r["finished"], calls(r["floor"], "List")) for r in own]
        lists = [(r["finished"], calls(r["unchanged"], "List")) for r in own]
        units = [(r["finished"], r["unchanged"]["read_units"]) for r in own]
        left.plot(
            *zip(*pages, strict=True), "--", color=colour, alpha=0.5, label=f"{source}, all pages"
        )
        left.plot(*zip(*lists, strict=True), color=colour, label=source)
        right.plot(*zip(*units, strict=True), color=colour, label=source)
    for axes, title in ((left, "list calls of a tick"), (right, "read units of a tick")):
        _logarithmic(axes)
        axes.set_title(title)
        axes.set_xlabel(f"finished jobs behind {fewest} running ones")
        axes.legend(frameon=False)
    return figure


def latency(measured: Mapping[str, Any]) -> Figure:
    """Draw how long changes took to become events, tick by tick of the load test."""
    figure, axes = plt.subplots(figsize=(9, 3.4))
    ticks = measured["ticks"]
    for name, colour in (("max", "#c23b5a"), ("p95", "#b07d00"), ("p50", "#0a8754")):
        points = [(tick["tick"], tick["latency"][name]) for tick in ticks]
        axes.plot(*zip(*points, strict=True), color=colour, label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("tick")
    axes.set_ylabel("seconds from change to event")
    axes.legend(frameon=False)
    return figure


def _line(axes: Axes, name: str, points: Iterable[tuple[float, float]], style: str = "-") -> None:
    axes.plot(*zip(*points, strict=True), style, color=COLOURS[name], label=name)


def _logarithmic(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())


PLOTS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Figure]]] = {
    "cost-against-jobs": ("side-by-side", cost_against_jobs),
    "calls-against-history": ("history", calls_against_history),
    "latency": ("load", latency),
}
"""The image's name: the measurement that it shows, and how it is drawn."""


def main() -> None:
    """Draw whatever was measured."""
    mpl.use("svg")
    mpl.rcParams.update(STYLE)
    IMAGES.mkdir(exist_ok=True)
    for name, (measurement, draw) in PLOTS.items():
        measured = record.read(measurement)
        if measured is not None:
            figure = draw(measured)
            figure.tight_layout()
            figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
