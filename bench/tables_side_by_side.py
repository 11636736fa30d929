"""The tables of every subject beside the floor."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.tables import MEGABYTE, table, total, where

SAGEMAKER = "sagemaker.training-jobs"
FLOOR = "floor: boto3 lists"
HEAD = (
    "jobs",
    "subject",
    "calls, 1st cycle",
    "calls, 2nd cycle",
    "told, 1st",
    "told again, 2nd",
    "told, 5 new failures",
    "processor / floor",
    "time / floor",
    "memory over floor",
)


def markdown(result: Mapping[str, Any]) -> str:
    """Write a table for each source, then the calls by name, then where it was measured."""
    records = result["records"]
    parts = []
    for source in dict.fromkeys(record["source"] for record in records):
        own = [record for record in records if record["source"] == source]
        parts += [f"### {source}\n", table(HEAD, _rows(own)), *_left_out(own)]
        parts += ["Calls in the second cycle, the most jobs of each:\n", _operations(own)]
    return "\n" + "\n".join([*parts, where(result)]) + "\n"


def headline(result: Mapping[str, Any]) -> str:
    """Write how often each subject asks about the jobs that each of them can watch."""
    own = [r for r in result["records"] if r["source"] == SAGEMAKER and "left_out" not in r]
    subjects = {record["subject"] for record in own}
    sizes = {jobs: {r["subject"] for r in own if r["jobs"] == jobs} for jobs in _sizes(own)}
    most = max(jobs for jobs, there in sizes.items() if there == subjects)
    head = (f"{most:,} jobs, none changed", "calls in a poll", "told again", "processor / floor")
    return "\n" + table(head, _short([r for r in own if r["jobs"] == most])) + "\n"


def _short(records: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    floor = records[-1]["floor"]
    yield FLOOR, f"{total(floor):,}", "", "1"
    for record in records:
        second, floor = record["second"], record["floor"]
        ratio = f"{second['cpu'] / floor['cpu']:.1f}"
        yield record["subject"], f"{total(second):,}", f"{second['told']:,}", ratio


def _sizes(records: list[dict[str, Any]]) -> list[int]:
    return list(dict.fromkeys(record["jobs"] for record in records))


def _rows(records: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for jobs in dict.fromkeys(record["jobs"] for record in records):
        measured = [r for r in records if r["jobs"] == jobs and "left_out" not in r]
        yield _floor(jobs, measured[-1]["floor"])
        for record in measured:
            yield _row(record)


def _floor(jobs: int, floor: Mapping[str, Any]) -> tuple[str, ...]:
    seconds = (f"{floor['cpu']:.3f} s", f"{floor['wall']:.3f} s")
    calls = f"{total(floor):,}"
    return f"{jobs:,}", FLOOR, calls, calls, "", "", "", *seconds, _megabytes(floor["peak"])


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    first, second, news, floor = (record[k] for k in ("first", "second", "news", "floor"))
    return (
        f"{record['jobs']:,}",
        record["subject"],
        f"{total(first):,}",
        f"{total(second):,}",
        f"{first['told']:,}",
        f"{second['told']:,}",
        f"{news['told']:,}",
        f"{second['cpu'] / floor['cpu']:.1f}",
        f"{second['wall'] / floor['wall']:.1f}",
        "+" + _megabytes(max(0, news["peak"] - floor["peak"])),
    )


def _megabytes(size: float) -> str:
    return f"{size / MEGABYTE:,.0f} MB"


def _left_out(records: list[dict[str, Any]]) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if "left_out" in record:
            key = (record["subject"], record["left_out"])
            reasons.setdefault(key, []).append(f"{record['jobs']:,}")
    for (subject, why), sizes in reasons.items():
        yield f"Not measured: {subject} with {', '.join(sizes)} jobs: {why}.\n"


def _operations(records: list[dict[str, Any]]) -> str:
    largest = {r["subject"]: r for r in records if "left_out" not in r}
    rows = [
        (
            f"{record['jobs']:,}",
            subject,
            ", ".join(f"{count:,} {name}" for name, count in record["second"]["calls"].items()),
        )
        for subject, record in largest.items()
    ]
    return table(("jobs", "subject", "calls"), rows).replace("---:", "---")
