"""`./jobwatch unmute`: alerts again of what was muted."""

from operate.asking import ask
from operate.command import muted, options
from operate.command.options import Means
from operate.credentials import who


@options.command(
    "unmute contact-imports",
    "unmute contact-imports --name 'prod-*'",
    "unmute --all",
)
@muted.watch
@muted.everything
@muted.name
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
    stack: str,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """End a mute before its time.

    It is named as it was when it began: by its watch, and by its glob where it had one. With
    --all, the one of all watches ends, and no other. What still stands is told within minutes.
    """
    about = muted.chosen(watch, everything=everything)
    clients = means.clients(profile, region)
    who(clients)
    answer = ask(clients, stack, {"unmute": {"watch": about, "name": name}})
    muted.show(answer["Mutes"], json=as_json)
    return 0
