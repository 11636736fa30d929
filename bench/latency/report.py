"""How the times from end to event read, beside what others need who poll at the same cadences."""

from collections.abc import Iterator

from bench import record
from bench.latency.jobs import IN_SCOPE
from bench.tables import Columns, Record, table, where

COMPUTED = (300,)
"""Seconds between two polls that are longer than anybody waits for here."""
RANKS = {"p50": 0.5, "p95": 0.95, "max": 1.0}
TRIGGERS = ("Airflow triggers", "comprehend.pii-entities-detection-jobs")
COLUMNS: Columns = {
    "polled each": "{interval} s",
    "jobs": "{jobs:,}",
    "Jobwatch": "{jobwatch}",
    "which is": "{how}",
    "loop of Step Functions": "{loop}",
    "Airflow's trigger": "{trigger}",
    "calls a minute, reckoned: Jobwatch": "{listed:,g}",
    "calls a minute, reckoned: loops, triggers": "{asked:,g}",
}


def markdown(result: Record) -> str:
    """Write the table, and where it was measured."""
    return f"\n{table(COLUMNS, _rows(result), words=1)}\n{where(result)}\n"


def _rows(result: Record) -> Iterator[Record]:
    for interval in (*map(int, result["measured"]), *COMPUTED):
        for jobs in map(int, result["overhead"]):
            yield _row(result, interval, jobs)


def _row(result: Record, interval: int, jobs: int) -> Record:
    measured = result["measured"].get(str(interval), {}).get(str(jobs))
    overhead = result["overhead"][str(jobs)]
    cycle = trigger_cycle(jobs)
    pages = -(-jobs // IN_SCOPE)
    return {
        "interval": interval,
        "jobs": jobs,
        "jobwatch": _shown(measured or waited(interval, overhead)),
        "how": "measured" if measured else "computed",
        "loop": _shown(waited(interval, dict.fromkeys(RANKS, result["loop"]))),
        "trigger": _shown(waited(interval + cycle, dict.fromkeys(RANKS, 0.0))) if cycle else "",
        "listed": pages * 60 / interval,
        "asked": jobs * 60 / interval,
    }


def waited(interval: float, overhead: Record) -> dict[str, float]:
    """Give what one waits who is polled each `interval` seconds: any part of it, and the rest."""
    return {name: part * interval + overhead[name] for name, part in RANKS.items()}


def trigger_cycle(jobs: int) -> float | None:
    """Give the seconds that so many triggers of one event loop take to ask once, as measured.

    None where so many were not measured; of one job, a hundredth of what a hundred take.
    """
    for each in record.read("side-by-side")["records"]:
        is_meant = (each["subject"], each["source"]) == TRIGGERS and "left_out" not in each
        if is_meant and each["jobs"] == max(jobs, 100):
            return float(each["unchanged"]["wall"] * jobs / each["jobs"])
    return None


def _shown(took: Record) -> str:
    return " / ".join(f"{took[name]:.1f}" for name in RANKS)
