"""Regions that an account must enable before it can be used there."""

from typing import Any

ENABLED_BY_DEFAULT = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1"),
        *("ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1"),
        *("eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1"),
        "us-west-2",
    }
)
"""The commercial regions from before March 20, 2019: AWS enables no later one by itself. In the
other partitions no region has to be enabled."""

_TOLD_FOR_IT = {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"}
"""What services answer in a region that the account has not enabled: the same as to credentials
that are nobody's."""


def explained(code: str, message: str, region: str, account: str, client: Any) -> str:
    """Give an error's message; where it may come from a region that is not enabled, it says so."""
    if code not in _TOLD_FOR_IT or region in ENABLED_BY_DEFAULT or not client:
        return message
    if client.meta.partition != "aws":
        return message
    return f"{region} may not be enabled in the account {account}: {message}"
