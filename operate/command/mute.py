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
    type=muted.Span(),
    metavar="TIME",
    help="For how long: 90m, 2h, 90d at most.",
)
@click.option("--why", metavar="TEXT", help="Why, in at most 200 characters.")
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
    what began and ended in silence is not. Pagers and topics of yours are told even so when it is
    over what they were told before. A second mute of the same takes the place of the first.
    """
    clients = means.clients(profile, region)
    event: dict[str, object] = {"mutes": {}}
    if not listing:
        about = muted.chosen(watch, everything=everything)
        if span is None or not why:
            raise click.UsageError("expected --for TIME and --why TEXT")
        until = iso(datetime.now(UTC) + span)
        caller = who(clients)[1]
        event = {"mute": {"watch": about, "name": name, "why": why, "who": caller, "until": until}}
    muted.show(ask(clients, stack, event)["Mutes"], json=as_json)
    return 0
