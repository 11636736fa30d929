"""`./jobwatch synth`: writes the template, and says what is wrong with it."""

from typing import Any

import rich_click as click

from operate.cdk import Asked, Cdk
from operate.command import options
from operate.command.options import Means
from operate.set_up import NODE


@options.command("synth", "synth --watches mine.yaml --stack Staging")
@options.of_the_cdk
def command(means: Means, **asked: Any) -> int:
    """Write the template to cdk.out/, without any account.

    The file is checked before, and the template is held against cdk-nag's and CloudFormation's
    rules. Words after -- are the CDK's.
    """
    means.set_up(NODE)
    return synthesize(Cdk(Asked(**asked), means.cdk, means.out))


def synthesize(cdk: Cdk) -> int:
    """Write the template and hold it against CloudFormation's rules; give the exit code."""
    if cdk.synth():
        return 1
    # Which takes long to import, and is needed only here.
    from operate.rules import broken_file  # noqa: PLC0415

    found = broken_file(cdk.template)
    for each in found:
        click.echo(each, err=True)
    return 1 if found else 0
