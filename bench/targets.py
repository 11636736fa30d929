"""What Jobwatch is to reach, beside what was measured of it; size and start of its functions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench import record
from bench.tables import MB, Record, Row, calls, megabytes, ratio, table, where

MANY = 10_000
"""Jobs, nine tenths of which run, that a tick looks at."""
NAMES = {
    "empty": "empty",
    "smallest": "smallest: botocore and Powertools' logger, one list call",
    "tick": "**tick**: three watches",
    "poll": "**poll**: one scope of 100 unchanged jobs",
    "publish": "**publish**: one change",
    "alert": "**alert**: one failure",
}


def targets(history: Record) -> str:
    """Write the table out of all that was measured; what was missed is named."""
    found = [*_of_ticks(history["records"]), *_of_others(), *_of_starts()]
    return "\n" + table(map(row, found)) + "\n"


def starts(result: Record) -> str:
    """Write the functions beside the smallest one, and where and when they were measured."""
    memory = result["memory"]
    peaks = {name: max(p[name] for p in memory["peaks"].values()) for name in ("unchanged", "new")}
    said = f"{memory['jobs']:,} jobs in a scope: {megabytes(peaks['unchanged'])} unchanged, "
    said += f"{megabytes(peaks['new'])} when all are new. The zip is {_zip(result)} and "
    said += f"{result['size']['unpacked'] / MB:.1f} MB unpacked.\n"
    how = f"In brackets: of the processor. Medians of {result['rounds']} rounds, with Python "
    how += f"{result['python']} for the functions. {where(result)}"
    rows = table((_start(result["starts"], name) for name in result["starts"]), words=1)
    return f"\n{rows}\n{said}\n{how}\n"


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached at most, in a unit, and what was measured."""

    what: str
    most: float
    measured: float
    unit: str = ""


def row(target: Target) -> Row:
    """Write a target as a row; one that was missed is called so."""
    missed = "" if target.measured <= target.most else ": missed"
    return {
        "what, in a tick in which nothing changed": target.what,
        "at most": f"{target.most:g}{target.unit}",
        "measured": f"{round(target.measured, 2):g}{target.unit}{missed}",
    }


def _of_ticks(records: Sequence[Record]) -> Iterator[Target]:
    for each in records:
        if each["finished"] + each["running"] == MANY:
            about = f"{MANY:,} jobs, {each['source']}"
            tick, baseline = each["unchanged"], each["baseline"]
            pages = calls(baseline, "List")
            yield Target(f"list calls, its pages at most, {about}", pages, calls(tick, "List"))
            for clock, name in (("cpu", "processor"), ("wall", "time")):
                yield Target(f"{name} / that of boto3 listing {about}", 1.3, ratio(each, clock))
    ticks = [each["unchanged"] for each in records]
    gets = max(calls(tick, "Get", but="dynamodb") for tick in ticks)
    yield Target("get calls, at every size", 0, gets)
    yield Target("read units, at every size", 1, max(tick["read_units"] for tick in ticks))
    yield Target("table writes, at every size", 0, max(tick["writes"] for tick in ticks))


def _of_others() -> Iterator[Target]:
    side = record.read("side-by-side") or {"records": []}
    again = [r["unchanged"]["reported"] for r in side["records"] if r["subject"] == "Jobwatch"]
    if again:
        yield Target("jobs reported again, at every size", 0, max(again))


def _of_starts() -> Iterator[Target]:
    start = record.read("start")
    if start:
        peak = max(peaks["unchanged"] for peaks in start["memory"]["peaks"].values())
        over = start["starts"]["poll"]["import_wall"] / start["starts"]["smallest"]["import_wall"]
        yield Target(f"memory, {start['memory']['jobs']:,} jobs", 150, peak, " MB")
        yield Target("zip", 6, start["size"]["zip"] / MB, " MB")
        yield Target("import of poll / of the smallest function", 1.25, over)


def _zip(start: Record) -> str:
    return f"{start['size']['zip'] / MB:.2f} MB"


def _start(functions: Record, name: str) -> Row:
    own, smallest = functions[name], functions["smallest"]
    parts = {"import": "import", "first call": "first", "second call": "second"}
    ours = name not in {"empty", "smallest"}
    over = f" = {own['import_wall'] / smallest['import_wall']:.2f}" if ours else ""
    times = {
        head: f"{own[f'{part}_wall']:.0f} ms ({own[f'{part}_cpu']:.0f})"
        for head, part in parts.items()
    }
    times["import"] += over
    return {"function": NAMES[name], **times, "memory": megabytes(own["peak"])}
