"""What Jobwatch is to reach, beside what was measured of it; size and start of its functions."""

from collections.abc import Iterator, Sequence

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
    """Write the table out of all that was measured."""
    rows = [*_of_ticks(history["records"]), *_of_others(), *_of_starts()]
    return "\n" + table(_target(*row) for row in rows) + "\n"


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


def _target(what: str, most: str, measured: str) -> Row:
    return {"what, in a tick in which nothing changed": what, "at most": most, "measured": measured}


def _of_ticks(records: Sequence[Record]) -> Iterator[tuple[str, str, str]]:
    many = [r for r in records if r["finished"] + r["running"] == MANY]
    if not many:
        return  # a quick run measures fewer jobs
    for each in many:
        listed, pages = calls(each["unchanged"], "List"), calls(each["baseline"], "List")
        most = "1: its first page" if listed < pages else f"{pages}: its pages"
        yield f"list calls, {MANY:,} jobs, {each['source']}", most, f"{listed}"
    for clock, name in (("cpu", "processor"), ("wall", "time")):
        for each in many:
            what = f"{name} / that of boto3 listing {MANY:,} jobs, {each['source']}"
            yield what, "1.3", f"{ratio(each, clock):.2f}"
    ticks = [each["unchanged"] for each in records]
    gets = max(calls(tick, "Get", but="dynamodb") for tick in ticks)
    yield "get calls, at every size", "0", f"{gets}"
    yield "read units, at every size", "1", f"{max(tick['read_units'] for tick in ticks):.1f}"
    yield "table writes, at every size", "0", f"{max(tick['writes'] for tick in ticks)}"


def _of_others() -> Iterator[tuple[str, str, str]]:
    side = record.read("side-by-side") or {"records": []}
    again = [r["unchanged"]["reported"] for r in side["records"] if r["subject"] == "Jobwatch"]
    if again:
        yield "jobs reported again, at every size", "0", f"{max(again)}"


def _of_starts() -> Iterator[tuple[str, str, str]]:
    start = record.read("start")
    if start:
        peak = max(peaks["unchanged"] for peaks in start["memory"]["peaks"].values())
        yield f"memory, {start['memory']['jobs']:,} jobs", "150 MB", megabytes(peak)
        yield "zip", "6 MB", _zip(start)
        over = start["starts"]["poll"]["import_wall"] / start["starts"]["smallest"]["import_wall"]
        yield "import of poll / of the smallest function", "1.25", f"{over:.2f}"


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
