"""Whether what is deployed is whole, and what the file says."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
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
Told = Callable[[str, str], Finding]


WHY = "`aws cloudformation describe-stack-events` says why"
STATES: Mapping[str, tuple[Told, str, str]] = {
    "REVIEW_IN_PROGRESS": (warning, "its first deployment was not begun", "make deploy"),
    "ROLLBACK_COMPLETE": (wrong, "its first deployment failed", f"{WHY}; then make deploy"),
    "ROLLBACK_FAILED": (
        *(wrong, "its first deployment failed, and so did taking it back"),
        f"{WHY}; then make destroy and make deploy",
    ),
    "DELETE_FAILED": (
        *(wrong, "it could not be removed whole"),
        f"{WHY}, as does docs/upgrading.md#remove; then make destroy once more",
    ),
    "UPDATE_ROLLBACK_COMPLETE": (
        *(warning, "the last change of it failed, and was taken back"),
        f"{WHY}; then make deploy",
    ),
    "UPDATE_ROLLBACK_FAILED": (
        *(wrong, "the last change of it failed, and so did taking it back"),
        f"{WHY}; then aws cloudformation continue-update-rollback, and make deploy",
    ),
}
"""What CloudFormation's states mean, and what to do; those that are not here say it themselves."""


def state(found: str) -> Finding:
    """Tell what a state of CloudFormation's means for the stack."""
    if found in STATES:
        told, what, do = STATES[found]
        return told(f"{found}: {what}", do)
    if found.endswith("_IN_PROGRESS"):
        return warning(f"{found}: it is being changed right now", "look again when that is over")
    if "ROLLBACK" in found or found.endswith("_FAILED"):
        return wrong(f"{found}: the last change of it failed", f"{WHY}; then make deploy")
    return ok(found)


def status(here: Here) -> Iterator[Finding]:
    """Tell what CloudFormation says of the stack."""
    yield state(here.stack.status)


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
        if new[name] != old[name] or sources & new[name]["sources"].keys()
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
