"""Whose credentials these are, and in which account and region: nothing is looked at without."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from operate.aws import Clients
from operate.doctor.checks import in_a_line
from operate.doctor.findings import Finding, wrong

LOG_IN = "aws sso login or aws configure, and name the profile: --profile NAME"
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
NOWHERE = {None, "aws-global"}
"""The region of a client of STS where none is set: STS alone does without."""
WITHOUT = (
    *(NoCredentialsError, PartialCredentialsError, CredentialRetrievalError),
    *(LoginError, SSOError, TokenRetrievalError),
)


def who(clients: Clients) -> tuple[str, str] | Finding:
    """Give account and ARN of whose credentials these are, or say what is wrong with them."""
    try:
        sts = clients("sts")
        if sts.meta.region_name in NOWHERE:
            raise NoRegionError
        found = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        return wrong(*_told(error))
    return str(found["Account"]), str(found["Arn"])


def _told(error: BotoCoreError | ClientError) -> tuple[str, str]:
    """Say what is wrong, and what to do."""
    if isinstance(error, ProfileNotFound):
        return in_a_line(error), "`aws configure list-profiles` has those that there are"
    if isinstance(error, NoRegionError):
        return "no region is set", "--region NAME, or export AWS_REGION=NAME"
    if isinstance(error, ClientError):
        expired = error.response["Error"]["Code"] in EXPIRED
        return "they have expired" if expired else in_a_line(error), LOG_IN
    if isinstance(error, WITHOUT):
        return in_a_line(error), LOG_IN
    return in_a_line(error), "is this machine online, and AWS's configuration right?"
