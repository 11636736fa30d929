"""The figures of size and start as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MEGABYTE = 1_000_000
LIMITS = {"zip": 6.0, "import": 1.25, "memory": 150.0}
"""What is to be reached: MB of the zip, a ratio to the smallest function, MB of memory."""
HEAD = ("function", "import", "first call", "import and first call", "second call", "memory")
NAMES = {
    "empty": "empty",
    "smallest": "smallest: botocore and Powertools' logger, one list call",
    "poll": "**poll**: one scope of 100 unchanged jobs",
    "publish": "**publish**: one change",
}


def markdown(result: Mapping[str, Any]) -> str:
    """Write the tables of a result, and where and when it was measured."""
    starts = result["starts"]
    parts = [
        _table(("what", "at most", "measured"), _limits(result)),
        "As deployed, with nothing compiled:",
        _table(HEAD, _rows(starts["functions"])),
        "The same when each file lies there compiled for this very Python:",
        _table(HEAD, _rows(starts["compiled"])),
        _where(result["measured"]),
    ]
    return "\n" + "\n\n".join(parts) + "\n\n"


def _limits(result: Mapping[str, Any]) -> list[Sequence[str]]:
    size, memory = result["size"], result["memory"]
    ratio = _ratio(result["starts"]["functions"], "poll", "import")
    unchanged = max(peaks["unchanged"] for peaks in memory["peaks"].values())
    new = max(peaks["new"] for peaks in memory["peaks"].values())
    jobs = f"{memory['jobs']:,}"
    return [
        (
            "zip",
            f"{LIMITS['zip']:.0f} MB",
            f"{size['zip'] / MEGABYTE:.2f} MB ({size['unpacked'] / MEGABYTE:.1f} MB unpacked)",
        ),
        ("import of poll / of the smallest function", f"{LIMITS['import']}", ratio),
        (
            f"memory, {jobs} unchanged jobs in a scope",
            f"{LIMITS['memory']:.0f} MB",
            f"{unchanged:.0f} MB",
        ),
        (f"memory, {jobs} jobs that are all new", "", f"{new:.0f} MB"),
    ]


def _rows(functions: Mapping[str, Mapping[str, float]]) -> list[Sequence[str]]:
    return [
        (
            NAMES[name],
            _time(functions, name, "import"),
            _time(functions, name, "first", compared=False),
            _time(functions, name, "start"),
            _time(functions, name, "second", compared=False),
            f"{figures['peak']:.0f} MB",
        )
        for name, figures in functions.items()
    ]


def _time(
    functions: Mapping[str, Mapping[str, float]], name: str, part: str, *, compared: bool = True
) -> str:
    wall, cpu = (functions[name][f"{part}_{clock}"] for clock in ("wall", "cpu"))
    told = f"{wall:.0f} ms ({cpu:.0f})"
    if not compared or name in {"empty", "smallest"}:
        return told
    return f"{told} = {_ratio(functions, name, part)}"


def _ratio(functions: Mapping[str, Mapping[str, float]], name: str, part: str) -> str:
    keys = (f"{part}_{clock}" for clock in ("wall", "cpu"))
    wall, cpu = (functions[name][key] / functions["smallest"][key] for key in keys)
    return f"{wall:.2f} ({cpu:.2f})"


def _where(measured: Mapping[str, Any]) -> str:
    python, deployed = measured["python"], measured["deployed"]
    stands_in = "" if python.startswith(f"{deployed}.") else f" (stands in for {deployed})"
    return (
        f"In brackets: of the processor. Medians of {measured['rounds']} rounds on "
        f"{measured['on']}; Python {python}{stands_in}, botocore {measured['botocore']}, "
        f"Powertools {measured['powertools']}, {measured['machine']}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
