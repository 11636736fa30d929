"""The tables of Jobwatch over jobs that do not change."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.tables import MEGABYTE, table, where

UNCHANGED = 10_000
HEAD = (
    "source",
    "finished + running",
    "list calls",
    "pages of the list",
    "get calls",
    "table reads",
    "read units",
    "table writes",
    "time: tick / floor",
    "of it moto's table",
    "processor: tick / floor",
    "memory",
)
READS, WRITES = ("GetItem", "BatchGetItem", "Query"), ("PutItem", "UpdateItem", "DeleteItem")


def markdown(result: Mapping[str, Any]) -> str:
    """Write one table: a row for each source and number of finished jobs."""
    return "\n" + table(HEAD, _rows(result["records"])) + "\n" + where(result) + "\n"


def _rows(records: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for record in sorted(records, key=lambda r: (r["source"], -r["running"], r["finished"])):
        tick, floor = record["unchanged"], record["floor"]
        yield (
            record["source"],
            f"{record['finished']:,} + {record['running']:,}",
            f"{calls(tick, 'List'):,}",
            f"{calls(floor, 'List'):,}",
            f"{calls(tick, 'Get', but='dynamodb'):,}",
            _reads(tick),
            f"{tick['read_units']:,.1f}",
            f"{sum(tick['calls'].get(f'dynamodb:{name}', 0) for name in WRITES):,}",
            f"{tick['wall']:.2f} s / {floor['wall']:.2f} s = {tick['wall'] / floor['wall']:.2f}",
            f"{tick['table']:.2f} s",
            f"{tick['cpu']:.2f} s / {floor['cpu']:.2f} s = {tick['cpu'] / floor['cpu']:.2f}",
            f"{tick['peak'] / MEGABYTE:,.0f} MB",
        )


def calls(cycle: Mapping[str, Any], begins: str, *, but: str = "") -> int:
    """Count the calls whose operation begins with a word, but for a service's."""
    return sum(
        count
        for name, count in cycle["calls"].items()
        if name.split(":")[1].startswith(begins) and name.split(":")[0] != but
    )


def _reads(tick: Mapping[str, Any]) -> str:
    counts = {name: tick["calls"].get(f"dynamodb:{name}", 0) for name in READS}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
