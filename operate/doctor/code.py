"""What the functions run, held against what this folder builds: every file of their zips.

The CDK keeps zips in a bucket, under names that their content decides. Who may write there can have
other code deployed, and code that is not the function's can do all that its role may.
"""

import io
import json
import lzma
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from infra.config.files.durations import DAY
from lambdas.plan import Plan, Watch, parse_plan
from operate.aws import Clients, Fetch
from operate.doctor.here import Here

MOST_NAMED = 5
IN_LAYER = "JOBWATCH_PLAN"
"""The variable of functions that have the plan in a layer, as `./jobwatch template` makes them."""
PLAN = "plan.json"
LARGEST = 20_000_000
"""Bytes of a plan that is read: 5,000 watches have five. A zip of some kilobytes may hold what
takes all memory, and whoever packed that would have nobody told of their code."""
PLANS = (PLAN, "botocore/data/")
"""What of a zip differs with the plan: that itself, and the models of what it calls."""
LONGEST = 3_650 * DAY
"""Seconds of the longest time that a file says: whoever reckons with more, or with none, fails."""
SPANS = ("every", "idle_every", "discover_every", "stalled_after", "max_duration")
"""What a watch says in seconds."""
UNREADABLE = (
    *(BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)
"""What it raises to read a zip, or a plan, that somebody made by hand."""


@dataclass(frozen=True, slots=True)
class Code:
    """One zip, and the functions that run it, by our names; None where it can't be read.

    `portable` is whether they have the plan in a layer.
    """

    functions: tuple[str, ...]
    zip: ZipFile | None
    portable: bool


def deployed(here: Here) -> list[Code]:
    """Fetch what the functions run: each zip once, as they share one if it is ours."""
    functions: dict[tuple[str, bool], list[str]] = {}
    links: dict[str, str] = {}
    for name, function in here.stack.every_function.items():
        found = here.clients("lambda").get_function(FunctionName=function)
        digest = found["Configuration"]["CodeSha256"]
        functions.setdefault((digest, _has_layer(found)), []).append(name)
        links.setdefault(digest, found["Code"]["Location"])
    zips = {digest: _opened(here.fetch(link)) for digest, link in links.items()}
    return [
        Code(tuple(names), zips[digest], portable)
        for (digest, portable), names in functions.items()
    ]


def _has_layer(found: Mapping[str, Any]) -> bool:
    """Tell whether a function that was described looks for its plan in a layer."""
    said = found.get("Configuration", {})
    return IN_LAYER in said.get("Environment", {}).get("Variables", {})


def plan_run_by(function: str, clients: Clients, fetch: Fetch) -> Any:
    """Fetch the plan that a function runs, whatever it is: out of its zip, or of its layer.

    :raises UNREADABLE: when it can't be read, or is not there.
    """
    client = clients("lambda")
    found = client.get_function(FunctionName=function)
    code = found["Code"]
    if _has_layer(found):
        layer = found["Configuration"]["Layers"][0]["Arn"]
        code = client.get_layer_version_by_arn(Arn=layer)["Content"]
    return plan_of(ZipFile(io.BytesIO(fetch(code["Location"]))))


def beside_plans(here: Here) -> list[str]:
    """Name what the stack's layers hold besides the plan: Lambda runs an extension that is there.

    Which layers the functions have is held against the template.
    """
    client, found = here.clients("lambda"), Counter[str]()
    for layer in here.stack.of_type("AWS::Lambda::LayerVersion"):
        content = client.get_layer_version_by_arn(Arn=layer)["Content"]
        held = _opened(here.fetch(content["Location"]))
        # One that can't be read has no plan, either, which is told of poll.
        names = Counter(each.filename for each in held.infolist()) if held else Counter[str]()
        found |= names - Counter([PLAN])  # of two of its name, nobody knows which one is read
    return sorted(found)


def _opened(content: bytes) -> ZipFile | None:
    try:
        return ZipFile(io.BytesIO(content))
    except UNREADABLE:
        return None


def plan_of(code: ZipFile) -> Any:
    """Read the plan in a zip, whatever it is.

    :raises UNREADABLE: when it can't be read, or is not there.
    """
    if code.getinfo(PLAN).file_size > LARGEST:
        raise ValueError(PLAN)
    return json.loads(code.read(PLAN))


def parsed(document: Any) -> Plan:
    """Turn the plan that a function runs into values: whoever may change it wrote anything there.

    :raises PlanVersionError: when it is of another version.
    :raises UNREADABLE: when it has what no plan has, or something is called otherwise than it says.
    """
    plan = parse_plan(document)
    if not all(0 < span <= LONGEST for span in (plan.retention, *_spans(plan.watches.values()))):
        raise ValueError("a length of time")
    for name, watch in plan.watches.items():
        if watch.name != name or watch.sources.keys() - plan.sources.keys():
            raise LookupError(name)
    if any(source.name != name for name, source in plan.sources.items()):
        raise LookupError("sources")
    return plan


def _spans(watches: Iterable[Watch]) -> Iterator[int]:
    for watch in watches:
        said = (getattr(watch, name) for name in SPANS)
        yield from (span for span in said if span is not None)
        if watch.expect is not None:
            yield watch.expect.within


def files_of(folder: Path) -> dict[str, bytes]:
    """Read what was built here, by the names that it has in a zip."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def differences(code: ZipFile, ours: Mapping[str, bytes], *, same_plan: bool) -> Iterator[str]:
    """Say which files differ; where the plan does, not those that follow it."""
    theirs = [each for each in code.infolist() if not each.is_dir()]
    names = {each.filename for each in theirs}
    # Each entry, as there may be two of a name, of which one is what runs.
    changed = {
        each.filename
        for each in theirs
        if each.filename in ours and not _is(code, each, ours[each.filename])
    }
    for said, some in (
        ("changed", changed),
        ("not built here", names - ours.keys()),
        ("missing", ours.keys() - names),
    ):
        told = sorted(name for name in some if same_plan or not name.startswith(PLANS))
        if told:
            yield f"{said}: {named(told)}"


def _is(code: ZipFile, entry: ZipInfo, content: bytes) -> bool:
    # No more is ever read than what an entry says that it has.
    if entry.file_size != len(content):
        return False
    try:
        return code.read(entry) == content
    except UNREADABLE:
        return False


def named(names: list[str]) -> str:
    """Write some names, and how many more there are."""
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
