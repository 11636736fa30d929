"""Whether what is deployed is whole, and what the file says."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from zipfile import ZipFile

from infra.bundle import BundleError
from infra.words import counted, listed
from lambdas.plan import VERSION, write_plan
from operate.aws import in_a_line
from operate.doctor.code import (
    UNREADABLE,
    Code,
    beside_plans,
    deployed,
    differences,
    files_of,
    named,
    plan_of,
    plan_run_by,
)
from operate.doctor.findings import Finding, ok, unknown, warning, wrong
from operate.doctor.here import Here
from operate.stack import Stack

BY_NAME = frozenset({"watches", "sources"})
"""What of a plan is compared watch by watch. All else counts as a whole: of what AWS does not
offer, as it says, nothing is read."""
FOLLOWING = frozenset({"not_offered", "session_policies"})
"""And what of that follows from the watches: where those differ, it does."""
OTHER = "other code than this folder builds"
NOT_OURS = "where that is said again, docs/runbook.md#code-that-is-not-ours"
Told = Callable[[str, str], Finding]


WHY = "`aws cloudformation describe-stack-events` says why"
STATES: Mapping[str, tuple[Told, str, str]] = {
    "REVIEW_IN_PROGRESS": (warning, "its first deployment was not begun", "{deploy}"),
    "ROLLBACK_COMPLETE": (wrong, "its first deployment failed", f"{WHY}; then {{deploy_anew}}"),
    "ROLLBACK_FAILED": (
        *(wrong, "its first deployment failed, and so did taking it back"),
        f"{WHY}; then {{destroy}} and {{deploy}}",
    ),
    "DELETE_FAILED": (
        *(wrong, "it could not be removed whole"),
        f"{WHY}, as does docs/upgrading.md#remove; then {{destroy}} once more",
    ),
    "UPDATE_ROLLBACK_COMPLETE": (
        *(warning, "the last change of it failed, and was taken back"),
        f"{WHY}; then {{deploy}}",
    ),
    "UPDATE_ROLLBACK_FAILED": (
        *(wrong, "the last change of it failed, and so did taking it back"),
        f"{WHY}; then aws cloudformation continue-update-rollback, and {{deploy}}",
    ),
}
"""What CloudFormation's states mean, and what to do in a stack's ways; others say it themselves."""


def state(stack: Stack) -> Finding:
    """Tell what a state of CloudFormation's means for the stack."""
    found = stack.status
    if found in STATES:
        told, what, do = STATES[found]
        return told(f"{found}: {what}", do.format(**asdict(stack.ways)))
    if found.endswith("_IN_PROGRESS"):
        return warning(f"{found}: it is being changed right now", "look again when that is over")
    if "ROLLBACK" in found or found.endswith("_FAILED"):
        return wrong(f"{found}: the last change of it failed", f"{WHY}; then {stack.ways.deploy}")
    return ok(found)


def status(here: Here) -> Iterator[Finding]:
    """Tell what CloudFormation says of the stack."""
    yield state(here.stack)


def functions(here: Here) -> Iterator[Finding]:
    """Tell whether each function may run."""
    client, well = here.clients("lambda"), True
    for name, function in here.stack.every_function.items():
        found = client.get_function_configuration(FunctionName=function)
        if found.get("State", "Active") == "Failed" or found.get("LastUpdateStatus") == "Failed":
            why = (
                found.get("LastUpdateStatusReason") or found.get("StateReason") or "no reason given"
            )
            well = False
            yield wrong(f"{name}: its last change failed: {why}", here.ways.deploy)
        limit = client.get_function_concurrency(FunctionName=function)
        if limit.get("ReservedConcurrentExecutions") == 0:
            well = False
            yield wrong(
                f"{name} is kept from running: its reserved concurrency is 0",
                f"aws lambda delete-function-concurrency --function-name {function}",
            )
    if well:
        yield ok(f"{', '.join(here.stack.every_function)} may run")


def plan(here: Here) -> Iterator[Finding]:
    """Tell whether plan and code of the functions are those of this folder: it reads their zips."""
    codes = deployed(here)
    differing = [*_plan(here, codes)]
    yield from differing
    others = [*_code(here, codes, same_plan=not differing), *_layers(here)]
    yield from others
    if not (differing or others):
        watches = counted(len(here.compiled.plan.watches), "watch", "watches")
        yield ok(f"{watches}, as in the file, with the functions of this folder")


def _plan(here: Here, codes: Sequence[Code]) -> Iterator[Finding]:
    """Tell of the plan that poll has; what it says is whoever's who may change the function."""
    ours = json.loads(json.dumps(write_plan(here.compiled.plan)))
    (polled,) = (each for each in codes if "poll" in each.functions)
    if polled.zip is None:
        return
    try:
        theirs = _theirs(here, polled, polled.zip)
        other = theirs["version"] != VERSION
        differing = [] if other else [*_differences(ours, theirs)]
    except UNREADABLE:
        yield wrong("the plan that poll runs can't be read", _do(here))
        return
    if other:
        yield warning("what is deployed is of another version of Jobwatch", here.ways.deploy)
    elif differing:
        yield warning(f"it is not the file's; {'; '.join(differing)}", here.ways.deploy)


def _theirs(here: Here, polled: Code, code: ZipFile) -> Any:
    """Read the plan that poll runs out of its zip, which is fetched already, or its layer."""
    if polled.portable:
        return plan_run_by(here.stack.functions["poll"], here.clients, here.fetch)
    return plan_of(code)


def _code(here: Here, codes: Sequence[Code], *, same_plan: bool) -> Iterator[Finding]:
    """Tell of the functions that run something else than what is built here.

    Of what is portable, no file goes by the plan.
    """
    for code in codes:
        if code.zip is None:
            yield wrong(f"the code that {_who(code)} can't be read", _do(here))
    try:
        # A deployment gives all of them the same: most often, one is built.
        built = {
            portable: files_of(here.build(here.compiled, portable=portable))
            for portable in {code.portable for code in codes}
        }
    except BundleError as error:
        yield unknown(f"the functions' code: it can't be built here: {in_a_line(error)}")
        return
    told = warning if len(codes) == 1 else wrong
    for code in codes:
        if code.zip is None:
            continue
        ours, same = built[code.portable], same_plan or code.portable
        if found := "; ".join(differences(code.zip, ours, same_plan=same)):
            yield told(f"{_who(code)} {OTHER}: {found}", _do(here))


def _layers(here: Here) -> Iterator[Finding]:
    if names := beside_plans(here):
        what = f"the layer holds more than the plan, which may run: {named(names)}"
        yield wrong(what, _do(here))


def _do(here: Here) -> str:
    return f"{here.ways.deploy}; {NOT_OURS}"


def _who(code: Code) -> str:
    return f"{listed(code.functions)} {'run' if len(code.functions) > 1 else 'runs'}"


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
    others = (ours.keys() | theirs.keys()) - BY_NAME
    if new != old:
        others -= FOLLOWING
    changed |= {key for key in others if ours.get(key) != theirs.get(key)}
    for said, names in (
        ("not deployed", new.keys() - old.keys()),
        ("not in the file", old.keys() - new.keys()),
        ("changed", changed),
    ):
        if names:
            yield f"{said}: {named(sorted(names))}"
