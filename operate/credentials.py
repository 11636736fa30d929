"""Tells whether there are credentials to deploy with: what the CDK says of that is hard to read.

It takes the words of the CDK's command line and heeds `--profile`; nothing is called.
"""

import argparse
import sys
from collections.abc import Sequence

import botocore.session
from botocore.exceptions import BotoCoreError

NONE = """\
There are no AWS credentials here. Any of these gives some, and then try again:
  aws sso login --profile NAME    and ARGS="--profile NAME"
  aws configure                   with the keys of a user
  export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_SESSION_TOKEN=…"""


def missing(profile: str | None) -> str | None:
    """Say what is wrong with the credentials of a profile, None where there are some."""
    try:
        found = botocore.session.Session(profile=profile).get_credentials()
    except BotoCoreError as error:
        return f"AWS credentials: {error}"
    return NONE if found is None else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1, with what to do, where there are none."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--profile")
    given, _ = parser.parse_known_args(arguments)
    found = missing(given.profile)
    if found is not None:
        sys.stderr.write(found + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
