"""What docs/sources.md says: what to find where, and then each source, by service."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from infra.config.aws.regions import regions
from infra.config.aws.services import full_name
from infra.config.catalogue import DISCOVER_EVERY, MOST_PARENTS
from infra.config.counterparts import tried
from infra.config.derived import get_completes, list_tells_status, offered_in
from infra.config.files.durations import spoken
from infra.config.rows import Row


def sources(rows: Iterable[Row]) -> str:
    """Give the table of contents, a line for each service, and a section for each."""
    by_service = groupby(sorted(rows, key=lambda row: row.service), lambda row: row.service)
    services = {service: [*some] for service, some in by_service}
    sections = (_service(service, some) for service, some in services.items())
    return _contents(services) + "".join(sections)


def _contents(services: Mapping[str, Sequence[Row]]) -> str:
    lines = [
        "\n## Contents\n",
        "| service | in botocore | kinds of jobs |",
        "| --- | --- | --- |",
    ]
    for service, rows in services.items():
        kinds = ", ".join(f"[{row.id.partition('.')[2]}](#{_anchor(row.id)})" for row in rows)
        lines.append(f"| [{full_name(service)}](#{service}) | `{service}` | {kinds} |")
    return "\n".join(lines) + "\n"


def _service(service: str, rows: Sequence[Row]) -> str:
    lines = [
        f"\n## {service}\n",
        f"{full_name(service)}\n",
        "| source | what | lists with | reads one with | needs | AWS sends events |",
        "| --- | --- | --- | --- | --- | --- |",
        *map(_line, rows),
    ]
    return "\n".join(lines) + "\n" + "".join(map(_section, rows))


def _line(row: Row) -> str:
    source = row.source
    needs = ", ".join(f"{p.parameter} ({p.operation})" for p in source.parents)
    events = "yes" if source.native_events else "no"
    return (
        f"| [`{row.id}`](#{_anchor(row.id)}) | {source.label} | {source.list.operation} "
        f"| {source.get.operation if source.get else '-'} | {needs} | {events} |"
    )


def _section(row: Row) -> str:
    source, since = row.source, row.source.list.since
    statuses = [f"| `{ours}` | {', '.join(raw)} |" for ours, raw in source.statuses.items()]
    if source.partial:
        statuses.append(f"| `PARTIAL` | one that succeeded {_told_by(source.partial)} |")
    order = "newest first" if source.list.order == "newest-first" else "not documented"
    order += f"; asked for what was created since a time (`{since}`)" if since else ""
    rate = row.calls_per_second
    budget = f" In a lane, calls of each operation are kept to {rate:g} a second." if rate else ""
    name = f" What a person calls a job: `{source.name}`." if source.name else ""
    parts = [
        f"\n### {row.id}\n",
        f"{source.why.strip()}\n",
        "| status | the service's |\n| --- | --- |\n" + "\n".join(statuses) + "\n",
        f"Order of the list: {order}. {_asked(row)}{budget}{name}{_discovered(row)}\n",
        f"AWS offers it {_where(row)}.{tried(row.id)}\n",
        "What travels in `details`:\n\n```\n" + "\n".join(_fields(source.details)) + "\n```\n",
    ]
    return "\n".join(parts)


def _told_by(partial: Sequence[str]) -> str:
    """Say what makes a success partial: counters, or conditions that count one where they hold."""
    conditions = [each.removesuffix(" && `1`") for each in partial if each.endswith(" && `1`")]
    counters = [each for each in partial if not each.endswith(" && `1`")]
    held = [f"where {_either(conditions)} holds"] if conditions else []
    counted = [f"with {_either(counters)} above 0"] if counters else []
    return " or ".join(held + counted)


def _either(paths: Sequence[str]) -> str:
    return " or ".join(f"`{each}`" for each in paths)


def _asked(row: Row) -> str:
    """Say when a job is asked for by its id."""
    get = row.source.get
    if get is None:
        return "No operation reads one job: `jobs` can't name any, and one is gone once it left it."
    if not list_tells_status(row):
        return f"{get.operation} is called until a job has ended: the list tells no status."
    when = "once, when a job has ended" if get_completes(row) else "only when a job left the list"
    return f"{get.operation} is called {when}."


def _discovered(row: Row) -> str:
    """Say with how many parents a cost is reckoned, or which a watch must name."""
    names = [f"`{parent.parameter}`" for parent in row.source.parents]
    reckoned = f"the synth reckons with {MOST_PARENTS[row.source.fan_out]:,} of"
    if row.source.fan_out == "unbounded":
        there = f"; {reckoned} {names[-1]} there" if names[1:] else ""
        return f" A watch must name {names[0]} in `for`, as there may be any number{there}."
    every = DISCOVER_EVERY.get(row.source.fan_out)
    listed = f", listed every {spoken(every)}" if every else ""
    return f" T{reckoned[1:]} {names[-1]} in a region{listed}." if names else ""


def _fields(paths: Iterable[str]) -> Iterator[str]:
    """Write paths, those that begin with the same one or two names in one line."""
    found: dict[str, list[str]] = {}
    for path in paths:
        *names, last = path.split(".", 2)
        found.setdefault(".".join(names), []).append(last)
    for begins, lasts in found.items():
        yield f"{begins}: {', '.join(lasts)}" if begins else ", ".join(lasts)


def _where(row: Row) -> str:
    """Say in which regions a source is, or in which it is not where those are fewer."""
    offered = offered_in(row)
    lacking = [region for region in regions() if region not in offered]
    if not lacking:
        return "in every region, as far as botocore knows"
    if len(lacking) < len(offered):
        return f"in every region but {', '.join(lacking)}"
    return f"in {', '.join(offered)}"


def _anchor(title: str) -> str:
    """Give the anchor that GitHub makes of a heading."""
    return title.replace(".", "")
