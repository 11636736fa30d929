"""A job API made from its service's model, which answers botocore's requests in its protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator
from moto.core.model import ServiceModel
from moto.core.serialize import get_serializer_class

from infra.config.aws.services import loader
from lambdas.apis.parameters import Mark, filled
from lambdas.apis.paths import path
from lambdas.model import Scope
from lambdas.plan import ID_SEPARATOR, Listing, Source
from lambdas.times import read_time
from tests.every.samples import put, sample, whole
from tests.values import since_of

PAGE = 2


class NoSuchError(Exception):
    """A service's error; the name of its class is the code that the wire says."""

    def __init__(self) -> None:
        super().__init__("there is no such thing")
        self.message = str(self)


def no_such(code: str) -> NoSuchError:
    """Make a service's error."""
    error: NoSuchError = type(code, (NoSuchError,), {})()
    return error


@dataclass
class StandIn:
    """What there is of one source: its jobs by id, as the list and the get tell them.

    `parents` are the ids of what the jobs live in, by parameter.
    """

    source: Source
    parents: Mapping[str, str]
    now: datetime
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)
    got: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    make: Callable[[Shape, datetime], Any] = sample
    page: int = PAGE
    scope: Scope = field(default_factory=lambda: Scope("w", "", "111122223333", "eu-west-1"))

    def client(self, service: str, scope: Scope, _patient: bool = True) -> Any:
        """Give a client of botocore whose requests end here."""
        client = client_of(service)
        client.standin, self.scope = self, scope
        return client

    def answer(self, operation: OperationModel, given: Mapping[str, Any]) -> Any:
        """Answer a call, or raise the service's error."""
        source, name = self.source, operation.name
        if name == source.listing.operation and self._is_of(source.listing, given):
            jobs = [job for job in self.listed.values() if self._is_since(job, given)]
            jobs = jobs[::-1] if source.newest_first else jobs
            return self._page(operation, source.listing, jobs, given)
        for parent in source.parents:
            if name == parent.listing.operation and self._is_of(parent.listing, given):
                item = self.parents[parent.parameter]
                found = put(None, parent.id, item) if parent.id != "@" else item
                return self._page(operation, parent.listing, [found], given)
        assert source.get is not None
        assert name == source.get.operation
        return self._get(operation, given)

    def _is_of(self, listing: Listing, given: Mapping[str, Any]) -> bool:
        expected = {*listing.parameters} | ({listing.token.send} if listing.token else set())
        expected |= {listing.since.split(".")[0]} if listing.since else set()
        return {*given} <= expected

    def _is_since(self, job: Any, given: Any) -> bool:
        """Tell whether a job was created after the time that the list is asked for, if any."""
        since = since_of(self.source.listing, given)
        return since is None or read_time(path(self.source.created)(job)) > since

    def _page(
        self, operation: OperationModel, listing: Listing, items: list[Any], given: Any
    ) -> Any:
        send = listing.token.send if listing.token else ""
        begin = int(given[send].partition(".")[0]) if send in given else 0
        end = begin + self.page if listing.token else len(items)
        answer = self.make(operation.output_shape, self.now)
        answer = put(answer, listing.items, items[begin:end])
        if listing.token and end < len(items):
            shape = (operation.input_shape or operation.output_shape).members[listing.token.send]
            return put(answer, listing.token.read, f"{end}.{self.make(shape, self.now)}")
        return without(answer, listing.token.read) if listing.token else answer

    def _get(self, operation: OperationModel, given: Mapping[str, Any]) -> Any:
        get = self.source.get
        assert get is not None
        found = [self.got[i] for i in sorted(self.got) if self._asks_for(i, given)]
        answer = self.make(operation.output_shape, self.now)
        if found and get.batch > 1 and get.found_in:
            return put(answer, get.found_in, found)
        if found:
            return put(answer, get.item, found[0])
        if get.found_in:
            return put(answer, get.found_in, [])
        raise no_such(get.missing[0])

    def _asks_for(self, job_id: str, given: Mapping[str, Any]) -> bool:
        get, parts = self.source.get, self.source.id_parts
        assert get is not None
        ids = dict(zip(parts, job_id.split(ID_SEPARATOR), strict=True)) if parts else {}
        names = {"account": self.scope.account, "region": self.scope.region, **self.parents}
        names |= {"id": job_id, **ids}
        asked = given_ids(get.parameters, given)
        return (
            job_id in asked
            if asked is not None
            else all(
                filled(value, names, self.now) == given.get(name)
                for name, value in get.parameters.items()
            )
        )


def given_ids(parameters: Mapping[str, Any], given: Mapping[str, Any]) -> Sequence[str] | None:
    """Give the ids of a call that asks for several jobs, None for any other."""
    several = (
        name for name, value in parameters.items() if isinstance(value, dict) and Mark.EACH in value
    )
    name = next(several, None)
    return None if name is None else given[name]


def without(answer: Any, dotted: str) -> Any:
    """Give an answer without what a plain path finds."""
    name, _, rest = dotted.partition(".")
    inner = {name: without(answer.get(name) or {}, rest)} if rest else {}
    return {key: value for key, value in answer.items() if key != name} | inner


@cache
def client_of(service: str) -> Any:
    """Make the client of a service, once: it takes a third of a second for the largest.

    It neither signs nor tells who it is, which nobody here would look at.
    """
    session = _session()
    client = session.create_client(
        service,
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:9",
        config=Config(
            parameter_validation=True,
            retries={"total_max_attempts": 1},
            signature_version=UNSIGNED,
            user_agent="a test",
        ),
    )
    notes: dict[str, Any] = {}

    def note(params: Any, model: OperationModel, **_: Any) -> None:
        notes.update(given=dict(params), operation=model)

    def answer(request: Any, **_: Any) -> AWSResponse:
        operation = notes["operation"]
        serializer = serializer_of(service, operation.name)
        try:
            said = client.standin.answer(operation, notes["given"])
            said = whole(operation.output_shape, said, client.standin.now)
            validate(operation, said)
        except NoSuchError as error:
            said = error
        except AssertionError as error:
            client.standin.wrong.append(str(error))
            raise
        written = serializer.serialize(said)
        body = written["body"]
        content = body if isinstance(body, bytes) else str(body).encode()
        response = AWSResponse(request.url, written["status_code"], written["headers"], None)
        response._content = content
        return response

    client.meta.events.register_first("before-parameter-build", note)
    client.meta.events.register_first("before-send", answer)
    return client


@cache
def serializer_of(service: str, operation: str) -> Any:
    """Give what writes an operation's answers as its service does."""
    model = ServiceModel(loader().load_service_model(service, "service-2"), service)
    protocol = model.resolved_protocol
    return get_serializer_class(service, protocol)(model.operation_model(operation))


def validate(operation: OperationModel, answer: Any) -> None:
    """Hold an answer against the service's own model."""
    if operation.output_shape is not None:
        report = ParamValidator().validate(answer, operation.output_shape)
        assert not report.has_errors(), f"{operation.name}: {report.generate_report()}"


@cache
def _session() -> Any:
    session = botocore.session.Session()
    session.set_credentials("none", "none")
    return session
