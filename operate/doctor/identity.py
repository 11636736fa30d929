"""Whose credentials these are, and in which account and region: nothing is looked at without."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
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
WITHOUT = (
    *(NoCredentialsError, PartialCredentialsError, CredentialRetrievalError),
    *(SSOError, TokenRetrievalError),
)


def who(clients: Clients) -> tuple[str, str] | Finding:
    """Give account and ARN of whose credentials these are, or say what is wrong with them."""
    try:
        found = clients("sts").get_caller_identity()
    except ProfileNotFound as error:
        return wrong(in_a_line(error), "`aws configure list-profiles` has those that there are")
    except NoRegionError:
        return wrong("no region is set", "--region NAME, or export AWS_REGION=NAME")
    except WITHOUT as error:
        return wrong(in_a_line(error), LOG_IN)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return wrong("they have expired" if code in EXPIRED else in_a_line(error), LOG_IN)
    except BotoCoreError as error:
        return wrong(in_a_line(error), "is this machine online, and AWS's configuration right?")
    return str(found["Account"]), str(found["Arn"])
