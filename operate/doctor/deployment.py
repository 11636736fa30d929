"""Whether what is deployed is whole, and what the file says."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from infra.words import counted
from lambdas.plan import VERSION, write_plan
from operate.doctor.findings import Finding, ok, warning, wrong
from operate.doctor.here import Here

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"alerts_on": "alerts.on", "retention": "retention", "concurrency": "concurrency"}
"""What a plan has besides watches, as the file calls it."""
MOST_NAMED = 5


def status(here: Here) -> Iterator[Finding]:
    """Tell what CloudFormation says of the stack."""
    found = here.stack.status
    why = "`aws cloudformation describe-stack-events` says why; then make deploy"
    if found.endswith("_IN_PROGRESS"):
        yield warning(f"{found}: it is being changed right now", "look again when that is over")
    elif found == "UPDATE_ROLLBACK_COMPLETE":
        yield warning(f"{found}: the last change of it failed, and was taken back", why)
    elif "ROLLBACK" in found or found.endswith("_FAILED"):
        yield wrong(f"{found}: the last change of it failed", why)
    else:
        yield ok(found)


def functions(here: Here) -> Iterator[Finding]:
    """Tell whether each function may run."""
    client, well = here.clients("lambda"), True
    for name, function in here.stack.functions.items():
        found = client.get_function_configuration(FunctionName=function)
        if found.get("State", "Active") == "Failed" or found.get("LastUpdateStatus") == "Failed":
            why = (
                found.get("LastUpdateStatusReason") or found.get("StateReason") or "no reason given"
            )
            well = False
            yield wrong(f"{name}: its last change failed: {why}", "make deploy")
        limit = client.get_function_concurrency(FunctionName=function)
        if limit.get("ReservedConcurrentExecutions") == 0:
            well = False
            yield wrong(
                f"{name} is kept from running: its reserved concurrency is 0",
                f"aws lambda delete-function-concurrency --function-name {function}",
            )
    if well:
        yield ok(f"{', '.join(here.stack.functions)} may run")


def plan(here: Here) -> Iterator[Finding]:
    """Tell whether the deployed plan and code are those of this folder: it reads the zip itself."""
    ours = json.loads(json.dumps(write_plan(here.compiled.plan)))
    name = here.stack.functions["poll"]
    found = here.clients("lambda").get_function(FunctionName=name)["Code"]["Location"]
    with ZipFile(io.BytesIO(here.fetch(found))) as code:
        theirs: Mapping[str, Any] = json.loads(code.read("plan.json"))
        modules = {file: code.read(file) for file in code.namelist() if _is_module(file)}
    if theirs.get("version") != VERSION:
        yield warning("what is deployed is of another version of Jobwatch", "make deploy")
        return
    differences = [*_differences(ours, theirs)]
    if differences:
        yield warning(f"it is not the file's; {'; '.join(differences)}", "make deploy")
    if modules != _modules():
        yield warning("the deployed functions are not those of this folder", "make deploy")
    if not differences and modules == _modules():
        watches = counted(len(ours["watches"]), "watch", "watches")
        yield ok(f"{watches}, as in the file, with the functions of this folder")


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    new, old = ours["watches"], theirs["watches"]
    sources = {
        name for name, each in ours["sources"].items() if theirs["sources"].get(name) != each
    }
    changed = {
        name
        for name in new.keys() & old.keys()
        if new[name] != old[name] or new[name]["source"] in sources
    }
    changed |= {said for key, said in SETTINGS.items() if ours[key] != theirs[key]}
    for said, names in (
        ("not deployed", new.keys() - old.keys()),
        ("not in the file", old.keys() - new.keys()),
        ("changed", changed),
    ):
        if names:
            yield f"{said}: {_named(sorted(names))}"


def _named(names: list[str]) -> str:
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def _is_module(name: str) -> bool:
    return name.startswith("lambdas/") and name.endswith(".py")


def _modules() -> dict[str, bytes]:
    found = (ROOT / "lambdas").rglob("*.py")
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in found}
