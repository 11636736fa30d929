"""`./jobwatch destroy`: has the CDK remove the stack."""

from typing import Any

from operate.cdk import Asked, Cdk
from operate.command import options
from operate.command.options import Means
from operate.credentials import clients_of, who
from operate.set_up import NODE


@options.command("destroy", "destroy --stack Staging", "destroy -- --force")
@options.of_the_cdk
def command(means: Means, **asked: Any) -> int:
    """Remove the stack and everything that it stored, once you say yes.

    docs/upgrading.md says what stays. Words after -- are the CDK's: --force asks nothing.
    """
    return call_cdk("destroy", means, Asked(**asked))


def call_cdk(verb: str, means: Means, asked: Asked) -> int:
    """Have the CDK do one thing in the account of somebody's credentials; give the exit code."""
    if clients := clients_of(asked, means.clients):
        who(clients)
    means.set_up(NODE)
    return 1 if Cdk(asked, means.cdk, means.out).run(verb) else 0
