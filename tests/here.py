"""The stand-in services as whoever polls from here meets them: over HTTP, with STS beside them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from werkzeug.wrappers import Response

from demo import standins
from demo.world import World

ACCOUNT = "111122223333"
_IDENTITY = f"""\
<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:iam::{ACCOUNT}:user/ann</Arn><UserId>AIDA</UserId><Account>{ACCOUNT}</Account>
  </GetCallerIdentityResult>
</GetCallerIdentityResponse>
"""


def _sts(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    return Response(_IDENTITY, content_type="text/xml")(environ, start)


@contextmanager
def account(world: World) -> Iterator[Mapping[str, str]]:
    """Serve a world's services; yield the environment of who has credentials there."""
    with standins.serve(world) as endpoints, standins.listening(_sts) as sts:
        urls = {f"AWS_ENDPOINT_URL_{name.upper()}": url for name, url in endpoints.items()}
        yield {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_STS": sts,
            **urls,
        }
