"""What subcommands share that have the CDK work in the account of somebody's credentials."""

from operate.aws import Clients
from operate.cdk import Asked, Cdk
from operate.command.options import Means
from operate.credentials import clients_of, who
from operate.set_up import NODE


def ready(means: Means, asked: Asked) -> tuple[Cdk, Clients | None]:
    """Make sure that there are credentials and the CDK; give it, and clients that it has as well.

    :raises Nobody: when AWS takes no such credentials, as far as that can be told without the CDK.
    """
    clients = clients_of(asked, means.clients)
    if clients:
        who(clients)
    means.set_up(NODE)
    return Cdk(asked, means.cdk, means.out), clients


def call_cdk(verb: str, means: Means, asked: Asked) -> int:
    """Have the CDK do one thing; give the exit code."""
    cdk, _ = ready(means, asked)
    return 1 if cdk.run(verb) else 0
