"""`./jobwatch mute`: no alerts of a watch, or of some of its jobs, for a time."""

from datetime import UTC, datetime, timedelta

import rich_click as click

from lambdas.times import iso
from operate.asking import ask
from operate.command import muted, options
from operate.command.options import Means
from operate.credentials import who


@options.command(
    "mute contact-imports --for 2h --why 'the CRM is migrated'",
    "mute contact-imports --name 'prod-*' --for 3d --why 'known: CRM-811'",
    "mute --all --for 90m --why 'maintenance of the network'",
    "mute --list",
)
@muted.watch
@muted.everything
@muted.name
@click.option(
    "--for",
    "span",
    type=options.Read(muted.span),
    metavar="TIME",
    help="For how long: 90m, 2h, 90d at most.",
)
@click.option(
    "--why",
    type=options.Read(muted.reason),
    metavar="TEXT",
    help="Why, in at most 200 characters.",
)
@click.option("--list", "listing", is_flag=True, help="Only say what is muted.")
@options.stack
@options.account
@options.as_json
@options.means
def command(
    means: Means,
    *,
    watch: str | None,
    everything: bool,
    name: str | None,
    span: timedelta | None,
    why: str | None,
    listing: bool,
    stack: str,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Silence a watch for a time.

    Its events still flow, its alerts do not. What still stands when the mute ends is told once;
    what began and ended in silence is not. Of what was told before and is over now, pagers and
    topics of yours hear even so. A second mute of the same takes the place of the first.
    """
    if listing and (everything or any((watch, name, span, why))):
        raise click.UsageError("found --list and what to mute, expected either")
    mute = None if listing else _mute(muted.chosen(watch, everything=everything), span, why)
    clients = means.clients(profile, region)
    _, caller = who(clients)
    said = {"mute": {**mute, "name": name, "who": caller}} if mute else {"mutes": {}}
    muted.show(ask(clients, stack, said)["Mutes"], json=as_json)
    return 0


def _mute(watch: str | None, span: timedelta | None, why: str | None) -> dict[str, str | None]:
    """Say of what, why and until when.

    :raises click.UsageError: where that is not said.
    """
    if span is None or why is None:
        raise click.UsageError("expected --for TIME and --why TEXT")
    return {"watch": watch, "why": why, "until": iso(datetime.now(UTC) + span)}
