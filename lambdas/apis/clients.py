"""Clients for the job APIs: one per service, account and region, as far as memory allows."""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.utils import parse_timestamp

from lambdas.apis.budgets import Budgets
from lambdas.apis.responses import repair_xml, validate_response
from lambdas.apis.roles import STS, Roles
from lambdas.apis.throttles import Throttles
from lambdas.deadline import worst_case
from lambdas.model import Scope
from lambdas.times import read_time

MOST_CLIENTS = 100
"""How many are kept: each holds a third of a megabyte and takes some milliseconds to make."""
ATTEMPTS = 3
CONFIG = Config(
    connect_timeout=3,
    read_timeout=15,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    max_pool_connections=10,
    parameter_validation=False,
    user_agent_extra="jobwatch",
)
IMPATIENT = Config(retries={"mode": "standard", "total_max_attempts": 1})
"""For the first call of a scope that is known to be unreachable: it costs less meanwhile. It waits
as long for an answer as the others: a slow service would never come back."""


@cache
def call_seconds(calls_per_second: float | None) -> float:
    """Give how long one call takes at most: to assume a role, its attempts, and their turns."""
    turns = ATTEMPTS / (calls_per_second or float("inf"))
    return worst_case(STS) + worst_case(CONFIG) + turns


class Clients:
    """Makes clients on demand, and forgets the one that was not asked for the longest.

    botocore's sessions are not thread-safe, hence the lock. No call is ever made under it: a
    client is made without one, and a role is assumed when the client first signs a request.
    `name` says who reads: it is the name of our sessions in the other accounts. `policies` say by
    service what a session may do there at most.
    """

    def __init__(
        self,
        session: botocore.session.Session,
        config: Config = CONFIG,
        *,
        name: str = "jobwatch",
        budgets: Budgets | None = None,
        policies: Mapping[str, str] | None = None,
    ) -> None:
        self._session = session
        self._config = config
        self._name = name
        self._budgets = budgets or Budgets({})
        self._policies = policies or {}
        self.throttles = Throttles()
        self._members: _MemberSession | None = None
        self._clients: dict[tuple[str | bool | None, ...], Any] = {}
        self._connections: dict[tuple[str, str, bool], Any] = {}
        self._lock = threading.Lock()
        parsers = session.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=_timestamp)

    def client(self, service: str, scope: Scope, patient: bool = True) -> Any:
        """Give the client of a service that reads in the scope's account and region.

        One that was forgotten goes on working for whoever holds it.
        """
        key = (service, scope.region, scope.account, scope.role, scope.external_id, patient)
        with self._lock:
            client = self._clients.pop(key, None) or self._make(service, scope, patient=patient)
            self._clients[key] = client
            if len(self._clients) > MOST_CLIENTS:
                del self._clients[next(iter(self._clients))]
            return client

    def _make(self, service: str, scope: Scope, *, patient: bool) -> Any:
        client = self._session_for(service, scope).create_client(
            service,
            region_name=scope.region,
            config=self._config if patient else self._config.merge(IMPATIENT),
        )
        self._share_connections(client, (service, scope.region, patient))
        budget = self._budgets.of((service, scope.account, scope.region))
        if budget is not None:
            client.meta.events.register_first("before-send", budget.spend)
        client.meta.events.register_first("before-parse", repair_xml)
        client.meta.events.register("before-parse", validate_response)
        client.meta.events.register("needs-retry", self.throttles.note)
        return client

    def _share_connections(self, client: Any, key: tuple[str, str, bool]) -> None:
        """Let the clients of all accounts use the same connections to an endpoint.

        Each would read the certificates of all authorities else: 15 ms and 0.7 MB. botocore has no
        public way to hand the connections in.
        """
        endpoint = client._endpoint  # noqa: SLF001
        endpoint.http_session = self._connections.setdefault(key, endpoint.http_session)

    def _session_for(self, service: str, scope: Scope) -> botocore.session.Session:
        if scope.role is None:
            return self._session
        if self._members is None:
            self._members = _MemberSession(self._session, self._name)
        self._members.lend(scope, self._policies.get(service, ""))
        return self._members


def _timestamp(value: Any) -> datetime | None:
    """Read a timestamp of an answer, in UTC: in botocore's way, but many times as fast.

    botocore asks for the local time zone's offset at each, and guesses how each text is written.
    What can't be a time is none: an error would make all that stands beside it unreadable.
    """
    try:
        return read_time(value) or read_time(parse_timestamp(value))
    except Exception:  # noqa: BLE001  botocore's guesses fail in many ways
        return None


class _MemberSession(botocore.session.Session):
    """A session for all the other accounts: a client has what was lent when it was made.

    A session for each account would take a quarter of a megabyte and some milliseconds more.
    """

    def __init__(self, own: botocore.session.Session, name: str) -> None:
        super().__init__()
        for shared in ("data_loader", "response_parser_factory"):
            self.register_component(shared, own.get_component(shared))
        sts = own.create_client("sts", config=STS)
        sts.meta.events.register("before-parse", validate_response)
        self._roles = Roles(sts, own.get_credentials(), name)
        self._lent: Credentials | None = None
        # It would write a traceback for each try; what is wrong stands in the scope's error.
        logging.getLogger("botocore.credentials").setLevel(logging.ERROR)

    def lend(self, scope: Scope, policy: str) -> None:
        """Lend the credentials for a scope to the next client."""
        partition = self.get_partition_for_region(scope.region)
        self._lent = self._roles.credentials(scope, partition, policy)

    def get_credentials(self) -> Credentials | None:
        """Give what was lent last."""
        return self._lent
