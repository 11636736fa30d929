"""Tables of what was measured, as Markdown."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

MB = 1_000_000
Record = Mapping[str, Any]
Columns = Mapping[str, str]
"""What a cell says of a record, as a format, by the head of its column."""
CYCLES = {"baseline", "first", "unchanged", "last"}
TIMES: Columns = {
    f"{name} / that of boto3 listing": f"{{unchanged[{key}]:.3f}} s / {{baseline[{key}]:.3f}} s "
    f"= {{{key}:.2f}}"
    for name, key in (("processor", "cpu"), ("time", "wall"))
}
SIDE_BY_SIDE: Columns = {
    "jobs": "{jobs:,}",
    "subject": "{subject}",
    "calls, 1st cycle": "{first[all]:,}",
    "calls, 2nd cycle": "{unchanged[all]:,}",
    "reported, 1st": "{first[reported]:,}",
    "reported again, 2nd": "{unchanged[reported]:,}",
    "reported, 5 new failures": "{last[reported]:,}",
    **TIMES,
    "memory over boto3's": "+{more:,.0f} MB",
}
HEADLINE: Columns = {
    "{jobs} jobs, none changed": "{service}: {subject}",
    "calls in a poll": "{unchanged[all]:,}",
    "list pages": "{baseline[all]:,}",
    "reported again": "{unchanged[reported]:,}",
    "processor / that of boto3 listing": "{cpu:.1f}",
}
HISTORY: Columns = {
    "source": "{source}",
    "finished + running": "{finished:,} + {running:,}",
    "list calls": "{unchanged[List]:,}",
    "pages": "{baseline[List]:,}",
    "get calls": "{unchanged[Get]:,}",
    "read units": "{unchanged[read_units]:g}",
    "writes": "{unchanged[writes]:,}",
    **TIMES,
    "memory": "{unchanged[peak]:,.0f} MB",
}


EVERY: Columns = {
    "a tick in which nothing changed": "{what}",
    "sources": "{sources}",
    "lanes": "{lanes}",
    "list calls": "{list:,}",
    "get calls": "{get:,}",
    "reads of the table": "{reads:,}",
    "writes": "{writes:,}",
    "processor": "{cpu:.2f} s",
}
MONTHS: Columns = {
    '`source: "*"`, every': "{every}",
    "sources": "{sources}",
    "lanes": "{lanes}",
    "calls a minute": "{calls:,}",
    "dollars a month": "{dollars:,.2f}",
}


def table(columns: Columns, records: Iterable[Record], words: int = 2) -> str:
    """Write a table; the first columns hold words, the others numbers."""
    rules = ["---" if number < words else "---:" for number in range(len(columns))]
    rows = ([cell.format_map(record) for cell in columns.values()] for record in records)
    return "\n".join(f"| {' | '.join(line)} |" for line in [[*columns], rules, *rows]) + "\n"


def calls(cycle: Record, begins: str = "", *, but: str = "") -> int:
    """Count the calls whose operation begins with a word, but for a service's."""
    return sum(
        count
        for name, count in cycle["calls"].items()
        if name.split(":")[1].startswith(begins) and name.split(":")[0] != but
    )


def ratio(record: Record, clock: str) -> float:
    """Give the time of a cycle in which nothing changed over that of the baseline."""
    return float(record["unchanged"][clock] / record["baseline"][clock])


def line(each: Record) -> str:
    """Write one record in a line."""
    jobs = each.get("jobs", each.get("finished", 0) + each.get("running", 0))
    service = each["source"].split(".")[0]
    about = f"{jobs:>7,} {service:12} {each.get('subject', 'Jobwatch'):16}"
    if "left_out" in each:
        return f"{about} not measured"
    cpu, wall = ratio(each, "cpu"), ratio(each, "wall")
    return f"{about} {calls(each['unchanged']):>7,} calls  {cpu:>6.1f} x cpu  {wall:>6.1f} x time"


def where(result: Record) -> str:
    """Say where and when it was measured, and with what."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return (
        f"Measured on {result['date']}: {machine['system']}, {machine['processors']} processors, "
        f"Python {machine['python']}; {versions}.\n"
    )


def side_by_side(result: Record) -> str:
    """Write a table for each source, then the calls by name, then where it was measured."""
    parts = []
    for source in dict.fromkeys(record["source"] for record in result["records"]):
        own = [record for record in result["records"] if record["source"] == source]
        measured = [record for record in own if "left_out" not in record]
        largest = {record["subject"]: record for record in measured}.values()
        parts += [f"### {source}\n", table(SIDE_BY_SIDE, map(derived, measured)), *_left_out(own)]
        parts += [*map(_named, largest), ""]
    return "\n" + "\n".join([*parts, where(result)]) + "\n"


def headline(result: Record) -> str:
    """Write how each subject fares with the most jobs that all can watch."""
    measured = [record for record in result["records"] if "left_out" not in record]
    subjects = dict.fromkeys(record["subject"] for record in measured)
    most = min(max(r["jobs"] for r in measured if r["subject"] == name) for name in subjects)
    columns = {head.replace("{jobs}", f"{most:,}"): cell for head, cell in HEADLINE.items()}
    some = [record for record in measured if record["jobs"] == most]
    return "\n" + table(columns, map(derived, some), words=1) + "\n"


def everything(result: Record) -> str:
    """Write what a tick takes over all of the catalogue, and over parents."""
    return "\n" + table(EVERY, result["records"], words=1) + "\n" + where(result) + "\n"


def months(result: Record) -> str:
    """Write what the synth reckons of one watch of everything."""
    return "\n" + table(MONTHS, result["months"], words=1) + "\n"


def history(result: Record) -> str:
    """Write one table: a row for each source and number of jobs."""
    records = sorted(result["records"], key=lambda r: (r["source"], r["running"], r["finished"]))
    return "\n" + table(HISTORY, map(derived, records)) + "\n" + where(result) + "\n"


def derived(record: Record) -> Mapping[str, Any]:
    """Give a record with what follows of it: calls by kind, and what it takes over boto3."""
    cycles = {}
    for name in CYCLES & record.keys():
        kinds = {kind: calls(record[name], kind, but="dynamodb") for kind in ("List", "Get")}
        cycles[name] = {**record[name], "all": calls(record[name]), **kinds}
    more = max(0, record["unchanged"]["peak"] - record["baseline"]["peak"])
    ratios = {clock: ratio(record, clock) for clock in ("cpu", "wall")}
    return {**record, **cycles, **ratios, "more": more, "service": record["source"].split(".")[0]}


def _named(record: Record) -> str:
    named = (f"{count:,} {name}" for name, count in record["unchanged"]["calls"].items())
    return f"- {record['subject']}, 2nd cycle of {record['jobs']:,} jobs: {', '.join(named)}"


def _left_out(records: Iterable[Record]) -> Iterator[str]:
    missing = sorted((r for r in records if "left_out" in r), key=itemgetter("subject"))
    for (subject, why), own in groupby(missing, key=itemgetter("subject", "left_out")):
        sizes = ", ".join(f"{record['jobs']:,}" for record in own)
        yield f"Not measured: {subject} with {sizes} jobs: {why}.\n"
