"""Looks at what can go wrong in an account, before a deployment or after.

It reads, with the credentials of whoever calls it, and changes nothing. docs/runbook.md says which
actions that takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.bundle import build_bundle
from infra.config.files.mistakes import Mistakes
from infra.config.plan import Compiled, compile_plan
from infra.words import counted
from operate.aws import Clients, Fetch, download, in_a_line
from operate.credentials import Nobody, who
from operate.doctor.checks import CHECKS, RING, Check, refused, run
from operate.doctor.deployment import state
from operate.doctor.findings import Finding, Mark, ok, unknown, wrong
from operate.doctor.here import OUTPUTS, Build, Here, Synthesize
from operate.stack import Stack, find_stack
from operate.template import build_portable
from operate.ways import UNNAMED, Typed, of_the_cdk

ROOT = Path(__file__).resolve().parents[2]
Group = tuple[str, list[tuple[str, Finding]]]


def build_here(compiled: Compiled, *, portable: bool = False) -> Path:
    """Build what this folder would deploy; what was deployed from it is there already.

    What is portable has its plan elsewhere, as `./jobwatch template` writes it.
    """
    if portable:
        return build_portable(compiled)
    return build_bundle(ROOT, compiled.plan, compiled.operations)


def synthesize_here(compiled: Compiled, name: str) -> Mapping[str, Any]:
    """Give the template that this folder would deploy."""
    # The CDK's library starts Node when it is imported: whoever has none is told by one check.
    from operate.permissions import template_of  # noqa: PLC0415

    return template_of(compiled, name)


def look(
    name: str,
    watches: Path,
    clients: Clients,
    fetch: Fetch = download,
    build: Build = build_here,
    *,
    synthesize: Synthesize = synthesize_here,
    ring: bool = False,
    typed: Typed = UNNAMED,
) -> Iterator[Group]:
    """Look at everything; give the findings of each group as soon as it is known.

    What was `typed` to name the file and the account, advice has, too.
    """
    found, compiled = _file(watches, typed)
    try:
        account, arn = who(clients)
    except Nobody as nobody:
        caller = wrong(nobody.what, nobody.do)
        yield "Who looks", [("watches.yaml", found), ("credentials", caller)]
        return
    region = clients("sts").meta.region_name
    here = Here(clients, fetch, build, synthesize, region, account, arn, name, compiled, typed)
    yield (
        "Who looks",
        [
            ("watches.yaml", found),
            ("credentials", ok(f"{arn.rpartition(':')[2]} of {account}, in {region}")),
        ],
    )
    stack, told = _stack(here)
    here = replace(here, found=stack)
    for group, checks in CHECKS.items():
        extra = [("stack", told)] if told and group == "The deployment" else []
        yield group, [*extra, *_findings(checks, here)]
    if ring:
        yield "The alarm path", [*_findings((RING,), here)]


def _findings(checks: Sequence[Check], here: Here) -> Iterator[tuple[str, Finding]]:
    for check in checks:
        yield from ((check.name, found) for found in run(check, here))


def _file(watches: Path, typed: Typed) -> tuple[Finding, Compiled | None]:
    named = str(watches.relative_to(ROOT) if watches.is_relative_to(ROOT) else watches)
    try:
        compiled = compile_plan(watches, ROOT / "catalogue")
    except Mistakes as found:
        number = counted(len(found.mistakes), "mistake")
        do = f"./jobwatch check{typed.file} has all"
        return wrong(f"{number} in {named}: {found.mistakes[0]}", do), None
    number = counted(len(compiled.plan.watches), "watch", "watches")
    return ok(f"{number} in {named}, and no mistake"), compiled


def _stack(here: Here) -> tuple[Stack | None, Finding | None]:
    """Find the stack; where there is none to look at, say why."""
    try:
        stack = find_stack(here.name, here.clients)
    except ClientError as error:
        return None, refused(error, ("cloudformation:DescribeStacks",))
    except BotoCoreError as error:
        return None, unknown(in_a_line(error))
    if stack is None:
        return None, unknown(
            f"{here.name} is not deployed in {here.region} yet",
            of_the_cdk(here.name, here.typed).deploy,
        )
    stack = replace(stack, typed=here.typed)
    if missing := [output for output in OUTPUTS if output not in stack.outputs]:
        # One that is not whole has none, whosever it is.
        if (told := state(stack)).mark is not Mark.OK:
            return None, replace(told, what=f"{here.name} is {told.what}")
        what = f"{here.name} ({stack.status}) has no output {', '.join(missing)}"
        return None, wrong(what, f"{stack.ways.deploy}, if it is one of Jobwatch's")
    return stack, None
