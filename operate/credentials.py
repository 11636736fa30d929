"""Whose credentials these are, and in which account and region: nothing can be done without.

It is told before the CDK's command line is asked: what the CDK says of credentials is hard to read.
"""

from collections.abc import Callable

import botocore.session
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

from operate.aws import Clients, in_a_line
from operate.cdk import Asked

LOG_IN = "aws sso login or aws configure, and name the profile: export AWS_PROFILE=NAME"
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
SPARED = ("--proxy", "--ca-bundle-path")
"""Ways to AWS that are the CDK's alone."""
NOWHERE = {None, "aws-global"}
"""The region of a client of STS where none is set: STS alone does without."""
WITHOUT = (
    *(PartialCredentialsError, CredentialRetrievalError),
    *(LoginError, SSOError, TokenRetrievalError),
)


class Nobody(Exception):
    """Nothing can be done with these credentials; it says why, and what to `do`."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(f"{what} → {do}")
        self.what, self.do = what, do


def who(clients: Clients) -> tuple[str, str]:
    """Give account and ARN of whose credentials these are.

    :raises Nobody: when there are none that AWS takes, or no region.
    """
    try:
        sts = clients("sts")
        if sts.meta.region_name in NOWHERE:
            raise NoRegionError
        found = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise Nobody(*_told(error)) from error
    return str(found["Account"]), str(found["Arn"])


def _told(error: BotoCoreError | ClientError) -> tuple[str, str]:
    """Say what is wrong, and what to do."""
    said = in_a_line(error)
    if isinstance(error, ProfileNotFound):
        return said, "`aws configure list-profiles` has those that there are"
    if isinstance(error, NoRegionError):
        return "no region is set", "--region NAME, or export AWS_REGION=NAME"
    if isinstance(error, ClientError):
        expired = error.response["Error"]["Code"] in EXPIRED
        return "they have expired" if expired else said, LOG_IN
    if isinstance(error, NoCredentialsError):
        return "there are none here", LOG_IN
    if isinstance(error, WITHOUT):
        return said, LOG_IN
    return said, "is this machine online, and AWS's configuration right?"


def clients_of(asked: Asked, make: Callable[..., Clients]) -> Clients | None:
    """Make the clients that the CDK will have as well, unless only it can have them.

    Its words may name ways to AWS of its own; and a code of a second factor, which is asked for,
    works once.
    """
    session = botocore.session.Session(profile=asked.profile)
    try:
        if "mfa_serial" in session.get_scoped_config():
            return None
    except BotoCoreError:
        pass  # which the first call says better
    if any(word.partition("=")[0] in SPARED for word in asked.words):
        return None
    return make(asked.profile, asked.region, reading=True)
