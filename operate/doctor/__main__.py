"""Looks at what can go wrong in an account, before a deployment or after: `make doctor`.

It reads, with the credentials of whoever calls it, and changes nothing. docs/runbook.md says which
actions that takes.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.config.files.mistakes import Mistakes
from infra.config.plan import Compiled, compile_plan
from infra.words import counted
from operate.aws import Clients, Fetch, clients_here, download
from operate.doctor.checks import CHECKS, RING, Check, in_a_line, refused, run
from operate.doctor.findings import Finding, Mark, ok, unknown, wrong
from operate.doctor.here import OUTPUTS, Here, Stack, find_stack
from operate.doctor.identity import who
from operate.doctor.show import as_json, console, show

ROOT = Path(__file__).resolve().parents[2]
Group = tuple[str, list[tuple[str, Finding]]]


def look(
    name: str, watches: Path, clients: Clients, fetch: Fetch = download, *, ring: bool = False
) -> Iterator[Group]:
    """Look at everything; give the findings of each group as soon as it is known."""
    found, compiled = _file(watches)
    caller = who(clients)
    if isinstance(caller, Finding):
        yield "Who looks", [("watches.yaml", found), ("credentials", caller)]
        return
    account, arn = caller
    region = clients("sts").meta.region_name
    here = Here(clients, fetch, region, account, arn, name, compiled)
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


def _file(watches: Path) -> tuple[Finding, Compiled | None]:
    try:
        compiled = compile_plan(watches, ROOT / "catalogue")
    except Mistakes as found:
        number = counted(len(found.mistakes), "mistake")
        return wrong(f"{number} in {watches.name}: {found.mistakes[0]}", "make synth has all"), None
    number = counted(len(compiled.plan.watches), "watch", "watches")
    return ok(f"{number} in {watches.name}, and no mistake"), compiled


def _stack(here: Here) -> tuple[Stack | None, Finding | None]:
    """Find the stack; where there is none to look at, say why."""
    try:
        stack = find_stack(here.name, here.clients)
    except ClientError as error:
        return None, refused(error, ("cloudformation:DescribeStacks",))
    except BotoCoreError as error:
        return None, unknown(in_a_line(error))
    if stack is None:
        return None, unknown(f"{here.name} is not deployed in {here.region} yet", "make deploy")
    if missing := [output for output in OUTPUTS if output not in stack.outputs]:
        what = f"{here.name} ({stack.status}) has no output {', '.join(missing)}"
        return None, wrong(what, "make deploy, if it is one of Jobwatch's")
    return stack, None


def main(
    arguments: Sequence[str] | None = None,
    clients: Clients | None = None,
    fetch: Fetch = download,
) -> int:
    """Print what is found; exit code 1 where something is wrong."""
    chosen = _parser().parse_args(arguments)
    context = dict(each.partition("=")[::2] for each in chosen.context)
    watches = ROOT / (chosen.watches or context.get("watches") or "watches.yaml")
    name = chosen.stack or context.get("stack") or "Jobwatch"
    clients = clients or clients_here(chosen.profile, chosen.region, reading=True)
    screen, marks, all_ = console(), Counter[Mark](), []
    try:
        for group, findings in look(name, watches, clients, fetch, ring=chosen.ring_alarm):
            marks.update(found.mark for _, found in findings)
            all_ += [(group, check, found) for check, found in findings]
            if not chosen.json:
                show(screen, group, findings)
    except KeyboardInterrupt:
        return 130
    if chosen.json:
        sys.stdout.write(as_json(all_) + "\n")
    else:
        screen.print(", ".join(f"{marks[mark]} {mark}" for mark in Mark))
    return 1 if marks[Mark.WRONG] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make doctor", description=__doc__)
    parser.add_argument("--watches", metavar="FILE", help="another file than watches.yaml")
    parser.add_argument("--stack", metavar="NAME", help="the stack's name; left out: Jobwatch")
    parser.add_argument("--profile", metavar="NAME", help="whose credentials to use")
    parser.add_argument("--region", metavar="NAME", help="where the stack is, or is to be")
    words = "watches=PATH or stack=NAME, as for `make deploy`"
    parser.add_argument("-c", "--context", action="append", default=[], help=words)
    words = "ring one alarm and set it back, to see whether a mail comes"
    parser.add_argument("--ring-alarm", action="store_true", help=words)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
