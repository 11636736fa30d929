"""The tables of what was measured cycle by cycle: side by side, and over long histories."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.tables import Columns, Record, calls, ratio, table, where

CYCLES = ("baseline", "first", "unchanged", "last")
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


def history(result: Record) -> str:
    """Write one table: a row for each source and number of jobs."""
    records = sorted(result["records"], key=lambda r: (r["source"], r["running"], r["finished"]))
    return "\n" + table(HISTORY, map(derived, records)) + "\n" + where(result) + "\n"


def derived(record: Record) -> Mapping[str, Any]:
    """Give a record with what follows of it: calls by kind, and what it takes over boto3."""
    cycles = {name: {**record[name], **_counts(record[name])} for name in CYCLES if name in record}
    more = max(0, record["unchanged"]["peak"] - record["baseline"]["peak"])
    ratios = {clock: ratio(record, clock) for clock in ("cpu", "wall")}
    return {**record, **cycles, **ratios, "more": more, "service": record["source"].split(".")[0]}


def _counts(cycle: Record) -> Mapping[str, int]:
    kinds = {kind: calls(cycle, kind, but="dynamodb") for kind in ("List", "Get")}
    return {"all": calls(cycle), **kinds}


def _named(record: Record) -> str:
    named = (f"{count:,} {name}" for name, count in record["unchanged"]["calls"].items())
    return f"- {record['subject']}, 2nd cycle of {record['jobs']:,} jobs: {', '.join(named)}"


def _left_out(records: Sequence[Record]) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if "left_out" in record:
            key = (record["subject"], record["left_out"])
            reasons.setdefault(key, []).append(f"{record['jobs']:,}")
    for (subject, why), sizes in reasons.items():
        yield f"Not measured: {subject} with {', '.join(sizes)} jobs: {why}.\n"
