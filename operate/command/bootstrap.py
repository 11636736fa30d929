"""`./jobwatch bootstrap`: has the CDK make an account and region ready."""

from typing import Any

from operate.cdk import Asked
from operate.command import options
from operate.command.options import Means
from operate.command.the_cdk import call_cdk


@options.command("bootstrap", "bootstrap --profile production --region eu-west-1")
@options.of_the_cdk
def command(means: Means, **asked: Any) -> int:
    """Make an account and region ready for the CDK, once.

    It makes a bucket and roles that all CDK apps of the account share. Words after -- are the
    CDK's own.
    """
    return call_cdk("bootstrap", means, Asked(**asked))
