"""Draws the plots of docs/performance.md out of what was measured and kept.

It runs in an environment of its own, which has matplotlib. What was never measured is not drawn.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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

_Record = Mapping[str, Any]
IMAGES = Path(__file__).parents[1] / "docs" / "images"
LINES: Mapping[str, Mapping[str, Any]] = {
    "floor": {"color": "#8a8a8a", "linestyle": "--"},
    "boto3 waiters": {"color": "#e3b341", "linewidth": 6, "markersize": 9},
    "Cloud Custodian": {"color": "#c23b5a"},
    "Airflow triggers": {"color": "#2f7ed8"},
    "Jobwatch": {"color": "#0a8754"},
    "sesv2.import-jobs": {"color": "#6a4fb3"},
    "dataexchange.jobs": {"color": "#0a8754"},
    "max": {"color": "#c23b5a"},
    "p95": {"color": "#e3b341"},
    "p50": {"color": "#0a8754"},
}
"""How each line looks; the waiters' is broad, as Airflow's is often upon it."""
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


def _subjects(axes: Axes, records: list[_Record], value: Callable[[_Record], float]) -> None:
    floors = {each["jobs"]: each["floor"] for each in records}
    _line(axes, "floor", [(jobs, value(cycle)) for jobs, cycle in floors.items()])
    for subject in dict.fromkeys(each["subject"] for each in records):
        cycles = [(r["jobs"], r["second"]) for r in records if r["subject"] == subject]
        _line(axes, subject, [(jobs, value(cycle)) for jobs, cycle in cycles])
    _logarithmic(axes, sorted(floors))


def calls_against_history(measured: Mapping[str, Any]) -> Figure:
    """Draw list calls and read units of an unchanged tick against the finished jobs behind it."""
    fewest = min(each["running"] for each in measured["records"])
    records = [each for each in measured["records"] if each["running"] == fewest]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
    for source in sorted({each["source"] for each in records}):
        own = [each for each in records if each["source"] == source]
        pages = [(r["finished"], calls(r["floor"], "List")) for r in own]
        lists = [(r["finished"], calls(r["unchanged"], "List")) for r in own]
        units = [(r["finished"], r["unchanged"]["read_units"]) for r in own]
        _line(left, source, pages, label=f"{source}: all pages", linestyle="--", linewidth=1)
        _line(left, source, lists)
        _line(right, source, units)
    for axes, title in ((left, "list calls of a tick"), (right, "read units of a tick")):
        _logarithmic(axes, sorted({each["finished"] for each in records}))
        axes.set_title(title)
        axes.set_xlabel(f"finished jobs behind {fewest} running ones")
        axes.legend(frameon=False)
    right.set_yscale("linear")
    right.set_ylim(bottom=0)
    return figure


def latency(measured: Mapping[str, Any]) -> Figure:
    """Draw how long changes took to become events, tick by tick of the load test."""
    figure, axes = plt.subplots(figsize=(9, 3.4))
    ticks = measured["ticks"]
    for name in ("max", "p95", "p50"):
        _line(axes, name, [(tick["tick"], tick["latency"][name]) for tick in ticks])
    axes.set_ylim(bottom=0)
    axes.set_xticks([tick["tick"] for tick in ticks])
    axes.set_xlabel("tick")
    axes.set_ylabel("seconds from change to event")
    axes.legend(frameon=False)
    return figure


def _line(axes: Axes, name: str, points: Iterable[tuple[float, float]], **other: Any) -> None:
    axes.plot(*zip(*points, strict=True), **{"label": name, **LINES[name], **other})


def _logarithmic(axes: Axes, jobs: Sequence[int]) -> None:
    """Let both axes be logarithmic, and the one of the jobs show the numbers that were measured."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xticks(jobs)
    axes.minorticks_off()


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
