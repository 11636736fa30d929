"""Clients for the job APIs: one per service, account and region, kept between invocations."""

import json
import threading
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.model import OperationModel, Shape

from lambdas.model import Scope, SourceError
from lambdas.throttles import Throttles

_NO_SUCCESS = 300
CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "adaptive", "max_attempts": 3},
    parameter_validation=False,
    user_agent_extra="jobwatch",
)
IMPATIENT = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1}
)
"""For a scope that is known to be unreachable: asking must cost little while it stays so."""


class Clients:
    """Makes clients on demand; botocore's sessions are not thread-safe, hence the lock."""

    def __init__(self, session: botocore.session.Session, config: Config = CONFIG) -> None:
        self._session = session
        self._config = config
        self.throttles = Throttles()
        self._sessions: dict[tuple[str, str], botocore.session.Session] = {}
        self._clients: dict[tuple[str, str, str, str | None, bool], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, scope: Scope, patient: bool = True) -> Any:
        """Give the client of a service that reads in the scope's account and region."""
        key = (service, scope.region, scope.account, scope.role, patient)
        with self._lock:
            if key not in self._clients:
                client = self._session_of(scope).create_client(
                    service,
                    region_name=scope.region,
                    config=self._config if patient else self._config.merge(IMPATIENT),
                )
                client.meta.events.register("before-parse", refuse_strangers)
                client.meta.events.register("needs-retry", self.throttles.note)
                self._clients[key] = client
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


def refuse_strangers(
    operation_model: OperationModel, response_dict: Mapping[str, Any], **_: Any
) -> None:
    """Raise SourceError when what came with status 200 is no answer of the service.

    Out of a page of HTML, a body cut short or none at all, botocore reads an answer without any
    member: an empty list, where nothing was read.
    """
    if response_dict["status_code"] >= _NO_SUCCESS or operation_model.has_streaming_output:
        return
    if not _is_answer(operation_model, response_dict["headers"], response_dict["body"]):
        said = f"{operation_model.name} answered with something that is not its answer"
        raise SourceError("UnexpectedAnswer", said)


def _is_answer(operation: OperationModel, headers: Mapping[str, str], body: bytes) -> bool:
    if not body or headers.get("content-type", "").startswith("text/html"):
        return False
    if "json" not in operation.service_model.resolved_protocol:
        return not body.lstrip()[:5].lower().startswith((b"<html", b"<!doc"))
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and (not answer or not _members(operation).isdisjoint(answer))


def _members(operation: OperationModel) -> set[str]:
    """Name what an answer may hold, as it is called on the wire."""
    output: Any = operation.output_shape
    payload = output.serialization.get("payload")
    members: Mapping[str, Shape] = (output.members[payload] if payload else output).members
    return {shape.serialization.get("name", name) for name, shape in members.items()}


class _Assumed(CredentialProvider):
    """A credential provider of one assumed role, which renews itself before it expires."""

    METHOD = "assume-role"
    CANONICAL_NAME = None

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(self._fetcher.fetch_credentials, self.METHOD)
