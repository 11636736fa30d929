"""How the load test reads: a table for the terminal, and a section for the page."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from rich import box
from rich.table import Table

WIDTH = 100
FUNCTIONS = ("poll", "publish")
HEAD = (
    "tick",
    "events",
    "alerts",
    "p50 / p95 / max, s",
    "poll, s",
    "calls",
    "queued",
    "reads",
    "writes",
    "MB",
)


def _row(tick: Mapping[str, Any]) -> tuple[str, ...]:
    latency, processes = tick["latency"], tick["processes"]
    counts = ("events", "alerts"), ("calls", "queued", "table_reads", "table_writes")
    before, after = ([f"{tick[name]:,}" for name in names] for names in counts)
    return (
        str(tick["tick"]),
        *before,
        " / ".join(f"{latency[name]:.1f}" for name in ("p50", "p95", "max")),
        f"{tick['poll_seconds']:.1f}",
        *after,
        " / ".join(f"{processes[name]['mb']}" for name in FUNCTIONS),
    )


def table(ticks: Sequence[Mapping[str, Any]]) -> Table:
    """Return the ticks as a table of at most 100 columns."""
    shown = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for number, name in enumerate(HEAD):
        shown.add_column(name, justify="right" if number else "left")
    for tick in ticks:
        shown.add_row(*_row(tick))
    return shown


def markdown(result: Mapping[str, Any]) -> str:
    """Return the section of the performance page, without a heading."""
    lines = [HEAD, ["---:"] * len(HEAD), *map(_row, result["ticks"])]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    parts = (_what(result), _how(result), _where(result))
    what, how, where = (fill(" ".join(part.split()), WIDTH) for part in parts)
    return f"\n{what}\n\n{rows}\n\n{how}\n\n{where}\n\n"


def _what(result: Mapping[str, Any]) -> str:
    size = result["size"]
    return f"""
        `make load` deploys the stack to a local AWS and lets it watch {size["scopes"]:,} scopes
        with {size["scopes"] * size["jobs"]:,} jobs, in {size["regions"]} regions. In each of
        {size["ticks"]} ticks {size["changes"]:,} jobs change, all at the same moment; then the poll
        function is invoked. Every event on the bus and every alert on the topic is held against
        the script of the changes: exactly those, in order for each job. {_verdict(result)}
        """


def _verdict(result: Mapping[str, Any]) -> str:
    if result["faults"]:
        return f"**{len(result['faults'])} faults**, the first: {result['faults'][0]}."
    told = sum(tick["events"] for tick in result["ticks"])
    repeats = f"{result['repeats']:,} repeats, each with the id of the first"
    return f"All {told:,} changes arrived, and nothing else; {repeats}."


def _how(result: Mapping[str, Any]) -> str:
    first = result["first_look"]
    return f"""
        *p50 / p95 / max* is the time from the change in the job API to the event's arrival in a
        queue behind the bus; waiting for the schedule, at most one cadence, comes on top. *poll* is
        how long the functions looked, *calls* are calls to the job API, *queued* the scopes that
        travelled over the queue, *reads* and *writes* calls to the table, and *MB* is the most
        memory that a process of the poll and of the publish function held. The first look, which
        remembers every job quietly, took {first["seconds"]:.0f} s and {first["table_writes"]:,}
        writes.
        """


def _where(result: Mapping[str, Any]) -> str:
    machine = result["machine"]
    burnt = result["ticks"][-1]["processes"]
    local, poll, publish = (burnt[name]["cpu_seconds"] for name in ("table", *FUNCTIONS))
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return f"""
        All of it ran on one machine: the job APIs, the local AWS, the functions and who listens.
        In the last tick the poll function used {poll:.0f} s of a processor, the publish function
        {publish:.0f} s, and the local AWS, which is one process of Python, {local:.0f} s.
        {machine["processors"]} processors, {machine["memory_gb"]} GB, {machine["system"]};
        {versions}; {result["date"]}.
        """
