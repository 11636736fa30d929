"""Clients for whoever runs a command: with their credentials, in their region."""

import os
import threading
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from botocore.session import Session
from botocore.utils import get_environ_proxies

from lambdas.withheld import withhold

Clients = Callable[[str], Any]
"""Gives the client of a service."""
Fetch = Callable[[str], bytes]
"""Gives what a service gave a link to."""

DENIED = frozenset(
    {
        *("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"),
        *("AuthorizationErrorException", "ForbiddenException", "NotAuthorized"),
    }
)
"""The services' codes for what the credentials do not allow."""

INVOKING = Config(read_timeout=90, retries={"total_max_attempts": 1})
"""One attempt at an invocation that may take a minute: a second one would overtake the first."""


READING = Config(
    connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
)
"""For who only reads: what does not answer is told soon."""


def session_here(profile: str | None = None, region: str | None = None) -> Session:
    """Make a session in the region that `AWS_REGION` names, or else botocore's settings.

    botocore itself heeds `AWS_DEFAULT_REGION` only; the CDK and the AWS CLI heed `AWS_REGION`. A
    profile and a region that are given come before both.
    """
    session = Session(profile=profile)
    if region := region or os.environ.get("AWS_REGION"):
        session.set_config_variable("region", region)
    return session


def clients_here(
    profile: str | None = None, region: str | None = None, *, reading: bool = False
) -> Clients:
    """Make clients on demand, of the session that the profile and the region come to."""
    session = session_here(profile, region)
    made: dict[str, Any] = {}
    making = threading.Lock()  # a session is for one thread, its clients are for many

    def client(service: str) -> Any:
        with making:
            if service not in made:
                config = READING if reading else INVOKING if service == "lambda" else None
                made[service] = session.create_client(service, config=config)
            return made[service]

    return client


def download(url: str) -> bytes:
    """Fetch what a service gave a link to, with the proxy and the certificates of its clients.

    :raises OSError: when it is not there.
    """
    bundle = Session().get_config_variable("ca_bundle")
    http = URLLib3Session(verify=bundle or True, proxies=get_environ_proxies(url))
    answer = http.send(AWSRequest("GET", url).prepare())
    if answer.status_code != 200:  # noqa: PLR2004  OK
        raise OSError(f"{url.partition('?')[0]}: {answer.status_code}")
    return bytes(answer.content)


def in_a_line(error: Exception) -> str:
    """Write an error without its line breaks, for a terminal, a ticket or the log of a build.

    What would let a reader act as someone is withheld: the link to a function's code is signed, and
    stands in the error of a connection that failed.
    """
    return withhold(" ".join(str(error).split()))
