"""`./jobwatch plan`: says what a deployment would change, in words."""

from pathlib import Path

import rich_click as click

from infra.checked import check
from operate.command import options
from operate.command.options import Means
from operate.credentials import who
from operate.plan import show
from operate.plan.comparison import compare
from operate.screen import as_json as write_json
from operate.screen import console
from operate.stack import find_stack


@options.command(
    "plan",
    "plan --watches mine.yaml --stack Staging",
    "plan --json | jq .permissions.gained",
)
@options.watches
@options.stack
@options.account
@options.as_json
@options.means
def command(
    means: Means,
    *,
    watches: Path,
    stack: str,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Say what a deployment would change against what is deployed.

    Watches, sources, alerts, recipients and where they are, your own (`stack`), permissions, calls
    a minute and dollars a month. It reads the plan in the deployed functions and the template of
    the stack, and changes nothing. docs/poll.md says what your credentials must allow.
    """
    compiled, reckoned = check(watches, options.CATALOGUE)
    clients = means.clients(profile, region, reading=True)
    account, arn = who(clients)
    here = clients("sts").meta.region_name
    found = compare(
        compiled,
        reckoned,
        find_stack(stack, clients),
        means.fetch,
        partition=arn.split(":")[1],
        region=here,
        account=account,
    )
    if as_json:
        click.echo(write_json(show.as_json(found)))
    else:
        show.show(console(), stack, f"{here} ({account})", found)
    return 0
