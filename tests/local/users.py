"""Users of the local AWS, with what policies of AWS's own let them do."""

from collections.abc import Callable
from typing import Any

import boto3

from demo.local_aws import LocalAws
from demo.world import REGION


def user(aws: LocalAws, name: str, *policies: str) -> Callable[[str], Any]:
    """Make a user that has AWS's policies of these names; give what makes its clients."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    for policy in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)

    def client(service: str) -> Any:
        where = {"endpoint_url": aws.endpoint, "verify": str(aws.certificate)}
        return session.client(service, **where)

    return client
