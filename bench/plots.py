"""Draws the pictures of docs/performance.md out of what was measured and kept.

It runs in an environment of its own, which has matplotlib.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench import record
from bench.lines import answer
from bench.tables import Record, calls

IMAGES = Path(__file__).parents[1] / "docs" / "images"
LINES: Mapping[str, Mapping[str, Any]] = {
    "baseline": {"color": "#6b6b6b", "linestyle": ":", "marker": "x"},
    "boto3 waiters": {"color": "#b7791f", "marker": "s"},
    "Cloud Custodian": {"color": "#c23b5a", "marker": "^"},
    "Airflow triggers": {"color": "#2f7ed8", "linestyle": "--", "marker": "D"},
    "Jobwatch": {"color": "#0a8754"},
    "maximum": {"color": "#6b6b6b", "linestyle": ":", "marker": "x"},
    "95th percentile": {"color": "#c23b5a", "marker": "s"},
    "median": {"color": "#0a8754"},
}
"""How each line looks: those that may lie on each other differ in their dashes."""
STYLE = {
    "figure.facecolor": "white",  # so that it can be read on a dark page as well
    "figure.constrained_layout.use": True,
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


def cost_against_jobs(measured: Record) -> Figure:
    """Draw calls and processor time of an unchanged cycle, for each source and subject."""
    records = [each for each in measured["records"] if "left_out" not in each]
    sources = list(dict.fromkeys(each["source"] for each in records))
    figure, axes = plt.subplots(2, len(sources), figsize=(9, 7), sharex=True, squeeze=False)
    for column, source in enumerate(sources):
        own = [each for each in records if each["source"] == source]
        _subjects(axes[0][column], own, calls)
        _subjects(axes[1][column], own, lambda cycle: float(cycle["cpu"]))
        axes[0][column].set_title(source)
        axes[1][column].set_xlabel("jobs")
    axes[0][0].set_ylabel("calls in the second cycle\n(lower is better)")
    axes[1][0].set_ylabel("processor seconds in it\n(lower is better)")
    _legend(figure, axes[0][0])  # one that every subject is in
    return figure


def _subjects(axes: Axes, records: Sequence[Record], value: Callable[[Record], float]) -> None:
    baselines = {each["jobs"]: each["baseline"] for each in records}
    for subject in dict.fromkeys(each["subject"] for each in records):
        cycles = [(r["jobs"], r["unchanged"]) for r in records if r["subject"] == subject]
        _line(axes, subject, [(jobs, value(cycle)) for jobs, cycle in cycles])
    _line(axes, "baseline", [(jobs, value(cycle)) for jobs, cycle in baselines.items()])
    # Both axes are logarithmic; that of the jobs shows the numbers that were measured.
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xticks(sorted(baselines))
    axes.minorticks_off()


def latency(measured: Record) -> Figure:
    """Draw how long changes took to become events and alerts, without and beside a slow lane."""
    figure, both = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
    ticks = measured["ticks"]
    for axes, kind in zip(both, ("events", "alerts"), strict=True):
        for name, key in (("maximum", "max"), ("95th percentile", "p95"), ("median", "p50")):
            _line(axes, name, [(tick["tick"], tick["latency"][kind][key]) for tick in ticks])
        for tick in ticks:
            if tick["slow"]:
                at = tick["tick"]
                axes.axvspan(at - 0.5, at + 0.5, color="#f3ead3", label="beside a slow lane")
        axes.set_title(f"from change to {kind}")
        axes.set_xlabel("tick")
        axes.set_xticks([tick["tick"] for tick in ticks])
    both[0].set_ylim(bottom=0)
    both[0].set_ylabel("seconds (lower is better)")
    _legend(figure, both[0])
    return figure


def _line(axes: Axes, name: str, points: Iterable[tuple[float, float]]) -> None:
    axes.plot(*zip(*points, strict=True), **{"label": name, **LINES[name]})


def _legend(figure: Figure, axes: Axes) -> None:
    """Put the legend below, where no line can be."""
    lines, labels = axes.get_legend_handles_labels()
    shown = dict(zip(labels, lines, strict=True))
    place = "outside lower center"
    figure.legend(shown.values(), shown, loc=place, ncols=len(shown), frameon=False)


def draw(name: str, figure: Figure, title: str, description: str) -> None:
    """Write a picture, with title and description where screen readers and pointers find them."""
    drawn = StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    head, tag, rest = drawn.getvalue().partition("<svg ")
    attributes, closing, inside = rest.partition(">")
    words = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    svg = f'{head}{tag}role="img" {attributes}{closing}\n {words}{inside}'
    (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")


def main(_: Mapping[str, Any]) -> Mapping[str, Any]:
    """Draw all pictures."""
    mpl.use("svg")
    mpl.rcParams.update(STYLE)
    draw(
        "cost-against-jobs",
        cost_against_jobs(record.read("side-by-side")),
        "Calls and processor time of a cycle in which nothing changed, against the number of jobs",
        "Two rows of two charts with logarithmic axes, one column a source; lower is better. "
        "Jobwatch makes about as many calls as the baseline, which lists the same pages; programs "
        "that ask for each job make a call or two a job.",
    )
    draw(
        "latency",
        latency(record.read("load")),
        "Seconds from a job's change to its alert, tick by tick, without and beside a slow lane",
        "Two charts, for events and for alerts, each with the median, the 95th percentile and the "
        "maximum of each tick; lower is better. In the shaded ticks a slow lane is polled as well.",
    )
    return {}


if __name__ == "__main__":
    answer(main)
