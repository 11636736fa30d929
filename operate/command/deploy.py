"""`./jobwatch deploy`: checks all that can be checked before, then asks the CDK."""

from typing import Any

import rich_click as click

from operate.bootstrap import unready
from operate.cdk import Asked
from operate.command import options
from operate.command.options import Means
from operate.command.synth import synthesize
from operate.command.the_cdk import ready


@options.command(
    "deploy",
    "deploy --watches mine.yaml --stack Staging",
    "deploy --profile production --region eu-west-1",
    "deploy -- --require-approval never",
)
@options.of_the_cdk
def command(means: Means, **asked: Any) -> int:
    """Deploy the stack to the account of your credentials, or bring it up to date.

    Credentials, the file and the template are checked before anything is changed. The CDK asks
    before it widens permissions. Words after -- are the CDK's own.
    """
    cdk, clients = ready(means, Asked(**asked))
    if synthesize(cdk):
        return 1
    if not cdk.deploy():
        return 0
    if clients and (said := unready(clients)):
        click.echo(said, err=True)
    return 1
