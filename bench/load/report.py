"""How the load test reads: a table for the terminal and the page, and a few sentences."""

import statistics
from collections.abc import Sequence

from bench import tables
from bench.tables import Columns, Record, where

COLUMNS: Columns = {
    "tick": "{tick}{mark}",
    "events": "{events:,}",
    "alerts": "{alerts:,}",
    **{
        f"to {kind[:-1]}, s": " / ".join(
            f"{{latency[{kind}][{name}]:.1f}}" for name in ("p50", "p95", "max")
        )
        for kind in ("events", "alerts")
    },
    "polled, s": "{polled_seconds:.1f}",
    "calls": "{calls:,}",
    "lanes": "{lanes}",
    "reads": "{table_reads:,}",
    "writes": "{table_writes:,}",
}


def table(ticks: Sequence[Record]) -> str:
    """Return the ticks as a table, which a terminal shows as it is."""
    marked = [{**tick, "mark": " + slow" if tick["slow"] else ""} for tick in ticks]
    return tables.table(COLUMNS, marked, words=1)


def markdown(result: Record) -> str:
    """Return the section of the performance page, without a heading."""
    size, first, faults = result["size"], result["first_read"], result["faults"]
    arrived = sum(tick["events"] for tick in result["ticks"])
    repeats = f"{result['repeats']:,} repeats, each with the id of the first"
    verdict = f"All {arrived:,} changes arrived, and nothing else; {repeats}."
    if faults:
        verdict = f"**{len(faults)} faults**, the first: {faults[0]}."
    what = (
        f"{size['scopes']:,} scopes with {size['scopes'] * size['jobs']:,} jobs in "
        f"{size['regions']} regions, and {size['changes']:,} changes in each of {size['ticks']} "
        f"ticks. {verdict} {beside_slow(result['ticks'])} The first poll, which remembers "
        f"every job quietly, took {first['seconds']:.0f} s and {first['table_writes']:,} writes."
    )
    return f"\n{what}\n\n{table(result['ticks'])}\n{where(result)}\n"


def beside_slow(ticks: Sequence[Record]) -> str:
    """Say how long alerts took without and beside a slow lane."""
    slow, alone = ([t for t in ticks if t["slow"] is s and t["alerts"]] for s in (True, False))
    if not slow or not alone:
        return ""
    beside, without = (
        statistics.median(tick["latency"]["alerts"]["p95"] for tick in some)
        for some in (slow, alone)
    )
    took = statistics.median(tick["polled_seconds"] for tick in slow)
    return (
        f"95 of 100 alerts were there {without:.1f} s after the change; {beside:.1f} s beside a "
        f"lane that takes {took:.0f} s."
    )
