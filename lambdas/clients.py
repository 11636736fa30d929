"""Clients for the job APIs: one per service, account and region, kept between invocations."""

import threading
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)

from lambdas.model import Scope

CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "adaptive", "max_attempts": 3},
    parameter_validation=False,
    user_agent_extra="jobwatch",
)


class Clients:
    """Makes clients on demand; botocore's sessions are not thread-safe, hence the lock."""

    def __init__(self, session: botocore.session.Session) -> None:
        self._session = session
        self._sessions: dict[tuple[str, str], botocore.session.Session] = {}
        self._clients: dict[tuple[str, str, str, str | None], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, scope: Scope) -> Any:
        """Give the client of a service that reads in the scope's account and region."""
        key = (service, scope.region, scope.account, scope.role)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._session_of(scope).create_client(
                    service, region_name=scope.region, config=CONFIG
                )
            return self._clients[key]

    def _session_of(self, scope: Scope) -> botocore.session.Session:
        if scope.role is None:
            return self._session
        key = (scope.account, scope.role)
        if key not in self._sessions:
            self._sessions[key] = self._assume(scope, scope.role)
        return self._sessions[key]

    def _assume(self, scope: Scope, role: str) -> botocore.session.Session:
        partition = self._session.get_partition_for_region(scope.region)
        session = botocore.session.Session()
        session.register_component("data_loader", self._session.get_component("data_loader"))
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=self._session.create_client,
            source_credentials=self._session.get_credentials(),
            role_arn=f"arn:{partition}:iam::{scope.account}:role/{role}",
            extra_args={"RoleSessionName": "jobwatch"},
        )
        provider = _Assumed(fetcher)
        session.register_component("credential_provider", CredentialResolver([provider]))
        return session


class _Assumed(CredentialProvider):
    """A credential provider of one assumed role, which renews itself before it expires."""

    METHOD = "assume-role"
    CANONICAL_NAME = None

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(self._fetcher.fetch_credentials, self.METHOD)
