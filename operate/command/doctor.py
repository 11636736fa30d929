"""`./jobwatch doctor`: prints what may go wrong, as it is found."""

from collections import Counter
from pathlib import Path

import rich_click as click

from operate.command import options
from operate.command.options import Means
from operate.doctor.findings import Mark
from operate.doctor.look import build_here, look, synthesize_here
from operate.doctor.show import as_json as write_json
from operate.doctor.show import show
from operate.screen import console


@options.command(
    "doctor",
    "doctor --stack Staging --profile production --region eu-west-1",
    "doctor --ring-alarm",
    "doctor --json",
)
@options.watches
@options.stack
@options.account
@click.option(
    "--ring-alarm",
    is_flag=True,
    help="Ring one alarm and set it back, to see whether a mail comes.",
)
@options.as_json
@options.means
def command(
    means: Means,
    *,
    watches: Path,
    stack: str,
    profile: str | None,
    region: str | None,
    ring_alarm: bool,
    as_json: bool,
) -> int:
    """Say what can go wrong in the account, before a deployment or after, and what to do.

    It reads with your credentials and changes nothing, unless you ask for a ring. The exit code is
    1 where something is wrong. docs/runbook.md says which permissions it takes.
    """
    clients = means.clients(profile, region, reading=True)
    build, synthesize = means.build or build_here, means.synthesize or synthesize_here
    groups = look(
        *(stack, watches, clients, means.fetch, build),
        synthesize=synthesize,
        ring=ring_alarm,
        typed=options.as_typed(watches, profile, region),
    )
    screen, marks, every = console(), Counter[Mark](), []
    for group, findings in groups:
        marks.update(found.mark for _, found in findings)
        every += [(group, check, found) for check, found in findings]
        if not as_json:
            show(screen, group, findings)
    if as_json:
        click.echo(write_json(every))
    else:
        screen.print(", ".join(f"{marks[mark]} {mark}" for mark in Mark))
    return 1 if marks[Mark.WRONG] else 0
