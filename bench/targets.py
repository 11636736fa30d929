"""What Jobwatch is to reach, beside what was measured of it; size and start of its functions."""

from collections.abc import Iterator, Sequence

from bench import record
from bench.tables import MB, Columns, Record, calls, ratio, table, where
from lambdas.poll.whole import MOST_COMPARED

MANY = 10_000
"""Jobs, nine tenths of which run, that a tick looks at."""
TARGETS: Columns = {
    "what, in a tick in which nothing changed": "{what}",
    "at most": "{most:g}{unit}",
    "measured": "{measured:g}{unit}{missed}",
}
STARTS: Columns = {
    "function": "{name}",
    "import": "{import_wall:.0f} ms ({import_cpu:.0f}) = {over:.2f}",
    "first call": "{first_wall:.0f} ms ({first_cpu:.0f})",
    "second call": "{second_wall:.0f} ms ({second_cpu:.0f})",
    "memory": "{peak:.0f} MB",
}
NAMES = {
    "smallest": "smallest: botocore and Powertools' logger, one list call",
    "tick": "**tick**: three watches",
    "poll": "**poll**: one scope of 100 unchanged jobs",
    "poll, every source": "**poll**: the same, with a plan of every source",
    "publish": "**publish**: one change",
    "alert": "**alert**: one failure",
}


def targets(history: Record) -> str:
    """Write the table out of all that was measured; what was missed is called so."""
    found = [*_of_ticks(history["records"]), *_of_others()]
    return "\n" + table(TARGETS, found) + "\n"


def target(what: str, most: float, measured: float, unit: str = "") -> Record:
    """Give what is to be reached at most, in a unit, and what was measured."""
    found = round(measured, 2)
    missed = "" if found <= most else ": missed"
    return {"what": what, "most": most, "measured": found, "unit": unit, "missed": missed}


def starts(result: Record) -> str:
    """Write the functions beside the smallest one, and where and when they were measured."""
    memory, size, functions = result["memory"], result["size"], result["starts"]
    every = result["every"]
    new, unchanged = (
        max(peaks[name] for peaks in memory["peaks"].values()) for name in ("new", "unchanged")
    )
    said = (
        f"{memory['jobs']:,} jobs in a scope take {unchanged:.0f} MB when none changed, "
        f"{new:.0f} MB when all are new. The zip of {_of_a_zip(size)}; that of all "
        f"{_of_a_zip(every)}.\n\nIn brackets: of the processor; after the sign: the time over that "
        f"of the smallest. Medians of {result['rounds']} rounds, with Python {result['python']}."
    )
    least = functions["smallest"]["import_wall"]
    rows = [
        {**each, "name": NAMES[name], "over": each["import_wall"] / least}
        for name, each in functions.items()
    ]
    return f"\n{table(STARTS, rows, words=1)}\n{said} {where(result)}\n"


def _of_a_zip(size: Record) -> str:
    packed, unpacked = size["zip"] / MB, size["unpacked"] / MB
    return f"{size['sources']} sources is {packed:.2f} MB, {unpacked:.1f} MB unpacked"


def _of_ticks(records: Sequence[Record]) -> Iterator[Record]:
    for each in records:
        if each["finished"] + each["running"] == MANY:
            about = f"{MANY:,} jobs, {each['source']}"
            pages, listed = calls(each["baseline"], "List"), calls(each["unchanged"], "List")
            yield target(f"list calls, {about}: its pages", pages, listed)
            for clock, name in (("cpu", "processor"), ("wall", "time")):
                yield target(f"{name} / that of boto3 listing {about}", 1.3, ratio(each, clock))
    ticks = [each["unchanged"] for each in records]
    gets = max(calls(tick, "Get", but="dynamodb") for tick in ticks)
    yield target("get calls, at every size", 0, gets)
    yield target("read units, at every size", 1, max(tick["read_units"] for tick in ticks))
    # What one invocation does not read whole has a cursor, which it writes.
    whole = [e["unchanged"] for e in records if e["finished"] + e["running"] <= MOST_COMPARED]
    writes = max(tick["writes"] for tick in whole)
    yield target(f"table writes, up to {MOST_COMPARED:,} jobs", 0, writes)


def _of_others() -> Iterator[Record]:
    own = [r for r in record.read("side-by-side")["records"] if r["subject"] == "Jobwatch"]
    again = max(each["unchanged"]["reported"] for each in own)
    yield target("jobs reported again, at every size", 0, again)
    start = record.read("start")
    peak = max(peaks["unchanged"] for peaks in start["memory"]["peaks"].values())
    over = start["starts"]["poll"]["import_wall"] / start["starts"]["smallest"]["import_wall"]
    yield target(f"memory, {start['memory']['jobs']:,} jobs", 150, peak, " MB")
    yield target("zip", 6, start["size"]["zip"] / MB, " MB")
    yield target("zip of every source", 6, start["every"]["zip"] / MB, " MB")
    yield target("import of poll / of the smallest function", 1.25, over)
