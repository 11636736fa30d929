"""The tables of what was measured cycle by cycle: side by side, and over long histories."""

from collections.abc import Iterator, Sequence

from bench.tables import Record, Row, calls, megabytes, ratio, table, where

BASELINE = "baseline: boto3 lists"


def side_by_side(result: Record) -> str:
    """Write a table for each source, then the calls by name, then where it was measured."""
    parts = []
    for source in dict.fromkeys(record["source"] for record in result["records"]):
        own = [record for record in result["records"] if record["source"] == source]
        measured = [record for record in own if "left_out" not in record]
        largest = {record["subject"]: record for record in measured}.values()
        parts += [f"### {source}\n", table(_rows(measured)), *_left_out(own)]
        parts += [
            "Calls in the second cycle, the most jobs of each:\n",
            table(map(_named, largest)),
        ]
    return "\n" + "\n".join([*parts, where(result)]) + "\n"


def headline(result: Record) -> str:
    """Write how each subject fares in both services with the most jobs that all can watch."""
    measured = [r for r in result["records"] if "left_out" not in r]
    subjects = {r["subject"] for r in measured}
    sizes = {
        jobs: {r["subject"] for r in measured if r["jobs"] == jobs} for jobs in _sizes(measured)
    }
    most = max(jobs for jobs, there in sizes.items() if there == subjects)
    some = [r for r in measured if r["jobs"] == most]
    return "\n" + table(_short(some, f"{most:,} jobs, none changed"), words=1) + "\n"


def _short(records: Sequence[Record], what: str) -> Iterator[Row]:
    for subject in (BASELINE, *dict.fromkeys(r["subject"] for r in records)):
        row = {what: subject}
        for source in dict.fromkeys(r["source"] for r in records):
            name, of = source.split(".")[0], [r for r in records if r["source"] == source]
            found = next((r for r in of if r["subject"] == subject), None)
            cycle = of[-1]["baseline"] if subject == BASELINE else (found or {}).get("unchanged")
            row[f"{name}: calls"] = f"{calls(cycle):,}" if cycle else "-"
            row[f"{name}: reported again"] = f"{cycle['reported']:,}" if cycle else "-"
            over = f"{ratio(found, 'cpu'):.1f}" if found else ("1" if cycle else "-")
            row[f"{name}: processor / baseline"] = over
        yield row


def history(result: Record) -> str:
    """Write one table: a row for each source and number of jobs."""
    records = sorted(result["records"], key=lambda r: (r["source"], r["running"], r["finished"]))
    return "\n" + table(map(_history, records)) + "\n" + where(result) + "\n"


def _history(record: Record) -> Row:
    unchanged, baseline = record["unchanged"], record["baseline"]
    times = {
        name: f"{unchanged[key]:.2f} s / {baseline[key]:.2f} s = {ratio(record, key):.2f}"
        for name, key in (("processor", "cpu"), ("time", "wall"))
    }
    return {
        "source": record["source"],
        "finished + running": f"{record['finished']:,} + {record['running']:,}",
        "list calls": f"{calls(unchanged, 'List'):,}",
        "pages": f"{calls(baseline, 'List'):,}",
        "get calls": f"{calls(unchanged, 'Get', but='dynamodb'):,}",
        "read units": f"{unchanged['read_units']:,.1f}",
        "writes": f"{unchanged['writes']:,}",
        **{f"{name}: tick / baseline": text for name, text in times.items()},
        "memory": megabytes(unchanged["peak"]),
    }


def _sizes(records: Sequence[Record]) -> list[int]:
    return list(dict.fromkeys(record["jobs"] for record in records))


def _rows(records: Sequence[Record]) -> Iterator[Row]:
    for jobs in _sizes(records):
        of_size = [record for record in records if record["jobs"] == jobs]
        rows = [_row(record) for record in of_size]
        yield dict(zip(rows[0], _baseline(jobs, of_size[-1]["baseline"]), strict=True))
        yield from rows


def _row(record: Record) -> Row:
    first, unchanged, last = (record[name] for name in ("first", "unchanged", "last"))
    return {
        "jobs": f"{record['jobs']:,}",
        "subject": record["subject"],
        "calls, 1st cycle": f"{calls(first):,}",
        "calls, 2nd cycle": f"{calls(unchanged):,}",
        "reported, 1st": f"{first['reported']:,}",
        "reported again, 2nd": f"{unchanged['reported']:,}",
        "reported, 5 new failures": f"{last['reported']:,}",
        "processor / baseline": f"{ratio(record, 'cpu'):.1f}",
        "time / baseline": f"{ratio(record, 'wall'):.1f}",
        "memory over baseline": "+" + megabytes(max(0, last["peak"] - record["baseline"]["peak"])),
    }


def _baseline(jobs: int, baseline: Record) -> tuple[str, ...]:
    count, seconds = f"{calls(baseline):,}", (f"{baseline[key]:.3f} s" for key in ("cpu", "wall"))
    return (f"{jobs:,}", BASELINE, count, count, "", "", "", *seconds, megabytes(baseline["peak"]))


def _named(record: Record) -> Row:
    named = (f"{count:,} {name}" for name, count in record["unchanged"]["calls"].items())
    return {
        "jobs": f"{record['jobs']:,}",
        "subject": record["subject"],
        "calls": ", ".join(named),
    }


def _left_out(records: Sequence[Record]) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if "left_out" in record:
            key = (record["subject"], record["left_out"])
            reasons.setdefault(key, []).append(f"{record['jobs']:,}")
    for (subject, why), sizes in reasons.items():
        yield f"Not measured: {subject} with {', '.join(sizes)} jobs: {why}.\n"
