"""Whether an account and region are ready for the CDK: a deployment asks where it failed."""

from botocore.exceptions import BotoCoreError, ClientError

from operate.aws import Clients

PARAMETER = "/cdk-bootstrap/hnb659fds/version"
REQUIRED = 6
"""The version of the CDK's bootstrap that the template asks for."""
OWN_BUCKET = 21
"""From which on the role that uploads may write to no other account's bucket (aws-cdk #31885)."""


def version(clients: Clients) -> int | None:
    """Read the version of the bootstrap; None where there is none."""
    ssm = clients("ssm")
    try:
        return int(ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def unready(clients: Clients) -> str | None:
    """Say what to do where they are not ready; where that can't be seen, the CDK said enough."""
    try:
        ready = (version(clients) or 0) >= REQUIRED
    except (BotoCoreError, ClientError):
        ready = True
    told = "This account and region are not ready for the CDK: ./jobwatch bootstrap"
    return None if ready else told
