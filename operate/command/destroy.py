"""`./jobwatch destroy`: has the CDK remove the stack."""

from typing import Any

from operate.cdk import Asked
from operate.command import options
from operate.command.options import Means
from operate.command.the_cdk import call_cdk


@options.command("destroy", "destroy --stack Staging", "destroy -- --force")
@options.of_the_cdk
def command(means: Means, **asked: Any) -> int:
    """Remove the stack and everything that it stored, once you say yes.

    docs/upgrading.md says what stays. Words after -- are the CDK's: --force asks nothing.
    """
    return call_cdk("destroy", means, Asked(**asked))
