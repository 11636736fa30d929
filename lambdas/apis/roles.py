"""The roles that other accounts let us assume: their credentials, kept until they expire."""

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    Credentials,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import ClientError

from lambdas.apis.regions import explained
from lambdas.model import Scope, SourceError
from lambdas.text import clean

STS = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=50,
)
"""Taking a role answers at once or not at all: an account where it hangs is given up early."""
REFUSED_FOR = 30.0
"""How many seconds a refusal holds: for every scope of a tick, and no longer."""
MOST_KEPT = 10_000
"""Roles, each for one service, of which credentials are kept: they take 6 KB each, as long as the
process lives. An organization may have ten thousand accounts, and each of them many services."""
LONGEST_NAME = 64
DENIED = "AccessDenied"
_KEPT_BACK = re.compile(r"[^A-Za-z0-9_+=,.@-]")
_LONGEST_CODE, _LONGEST_ERROR = 100, 300


class Roles:
    """Gives the credentials of each role; they are asked for when they are first used.

    `sts` is one client for all of them, of the region that we run in: what it gives is good in
    every region. `name` is what the other accounts' CloudTrail calls us.
    """

    def __init__(
        self,
        sts: Any,
        own: Credentials | None,
        name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sts = sts
        self._own = own
        self._name = _KEPT_BACK.sub("-", name)[:LONGEST_NAME]
        self._clock = clock
        self._assumed: dict[tuple[str, str, str], DeferredRefreshableCredentials] = {}

    def credentials(
        self, scope: Scope, partition: str, policy: str = ""
    ) -> DeferredRefreshableCredentials:
        """Give the credentials for a scope of another account; nothing is called yet.

        Whatever the role may do there, the session may do no more than `policy` allows.
        botocore renews them: it tries 15 minutes before they expire, and insists 10 before.
        Those that were not asked for the longest are forgotten; whoever holds them goes on.
        """
        arn = f"arn:{partition}:iam::{scope.account}:role/{scope.role}"
        key = arn, scope.external_id or "", policy
        found = self._assumed.pop(key, None) or self._assume(key, scope)
        self._assumed[key] = found
        if len(self._assumed) > MOST_KEPT:
            del self._assumed[next(iter(self._assumed))]
        return found

    def _assume(self, key: tuple[str, str, str], scope: Scope) -> DeferredRefreshableCredentials:
        said = partial(_refusal, account=scope.account, role=str(scope.role), sts=self._sts)
        assume = _Assume(self._fetcher(*key).fetch_credentials, said, self._clock)
        return DeferredRefreshableCredentials(assume, "assume-role")

    def _fetcher(self, arn: str, external_id: str, policy: str) -> AssumeRoleCredentialFetcher:
        given = {"ExternalId": external_id, "Policy": policy}
        session = {name: value for name, value in given.items() if value}
        return AssumeRoleCredentialFetcher(
            client_creator=lambda *_, **__: self._sts,
            source_credentials=self._own,
            role_arn=arn,
            extra_args={"RoleSessionName": self._name, **session},
        )


class _Assume:
    """How one role is taken; botocore calls it, one thread at a time."""

    def __init__(
        self,
        fetch: Callable[[], Any],
        said: Callable[[Exception], SourceError],
        clock: Callable[[], float],
    ) -> None:
        self._fetch = fetch
        self._said = said
        self._clock = clock
        self._refused_until = float("-inf")
        self._refusal = SourceError("", "")

    def __call__(self) -> Any:
        if self._clock() >= self._refused_until:
            try:
                return self._fetch()
            except Exception as error:  # noqa: BLE001  timeouts, resets, cut bodies: all differ
                self._refusal = self._said(error)
                self._refused_until = self._clock() + REFUSED_FOR
        # Raised out here, and each time anew, so that nobody sees the library's error.
        said = self._refusal
        raise SourceError(said.code, said.message, answered=said.answered)


def _refusal(error: Exception, account: str, role: str, sts: Any) -> SourceError:
    """Give what is told of a role that can't be taken: STS does not say that there is none."""
    if isinstance(error, SourceError):
        return error
    said = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
    code = str(said.get("Code") or type(error).__name__)
    message = str(said.get("Message") or error)
    if code == DENIED:
        missing = f"the role {role} may be missing in the account {account}, or not let us take it"
        message = f"{missing}: {message}"
    elif said:
        message = explained(code, message, sts.meta.region_name, account, sts)
    code, message = clean(code, _LONGEST_CODE), clean(f"AssumeRole: {message}", _LONGEST_ERROR)
    return SourceError(code, message, answered=bool(said))
