"""Regions that an account has to enable: what is told where it may not have."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse

from infra.config.aws.regions import partition_of
from lambdas.apis.clients import Clients
from lambdas.apis.reader import Reader
from lambdas.apis.regions import ENABLED_BY_DEFAULT
from lambdas.deadline import Deadline
from lambdas.model import Scope, SourceError
from lambdas.plan import Source
from tests.answers import answer_everything
from tests.rows import sources_of

SOURCE, ACCOUNT = "sesv2.import-jobs", "111122223333"
SAID = "The security token included in the request is invalid."
REFUSED = """<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>
<Message>{said}</Message></Error></ErrorResponse>"""


class Refusing:
    """STS and the job APIs at once: every call is refused with a code."""

    def __init__(self) -> None:
        self.code = "UnrecognizedClientException"

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        xml = "sts." in request.url
        told = {"code": self.code, "message": SAID}
        text = REFUSED.format(code=self.code, said=SAID) if xml else json.dumps(told)
        kind = "text/xml" if xml else "application/json"
        raw = SimpleNamespace(stream=lambda **_: iter([text.encode()]))
        return AWSResponse(request.url, 403, {"content-type": kind}, raw)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Refusing:
    found = Refusing()
    answer_everything(monkeypatch, found.answer)
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return sources_of(tmp_path_factory.mktemp("plan"), SOURCE)[SOURCE]


def error(source: Source, region: str, role: str | None = None) -> SourceError:
    """Read a scope, which fails; give its error."""
    scope = Scope("w", SOURCE, ACCOUNT, region, role=role)
    clients = Clients(botocore.session.Session())
    deadline = Deadline(1_000, lambda: 0.0)
    with pytest.raises(SourceError) as raised:
        next(
            Reader(
                lambda service, patient: clients.client(service, scope, patient),
                source,
                scope,
                deadline,
                lambda: datetime.now(UTC),
            ).pages()
        )
    return raised.value


@pytest.mark.parametrize(
    "code", ["UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"]
)
def test_a_region_that_may_not_be_enabled_is_told_as_that_and_the_code_is_kept(
    aws: Refusing, source: Source, code: str
) -> None:
    aws.code = code
    told = error(source, "eu-south-2")
    assert told.code == code
    assert told.message == f"eu-south-2 may not be enabled in the account {ACCOUNT}: {SAID}"


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
@pytest.mark.usefixtures("aws")
def test_a_region_that_needs_no_enabling_is_not_blamed(source: Source, region: str) -> None:
    assert error(source, region).message == SAID


def test_an_error_that_says_something_else_is_left_as_it_is(aws: Refusing, source: Source) -> None:
    aws.code = "AccessDeniedException"
    assert error(source, "eu-south-2").message == SAID


@pytest.mark.parametrize("own", ["eu-west-1", "ap-east-1"])
def test_a_role_is_taken_in_the_stacks_region_which_the_other_account_must_have_enabled(
    aws: Refusing, source: Source, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A5."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", own)
    aws.code = "InvalidClientTokenId"
    told = error(source, "us-east-1", role="reader")
    hint = f"ap-east-1 may not be enabled in the account {ACCOUNT}: " if own == "ap-east-1" else ""
    assert (told.code, told.message) == ("InvalidClientTokenId", f"AssumeRole: {hint}{SAID}")


def test_the_regions_that_need_no_enabling_are_some_of_the_commercial_ones() -> None:
    assert {partition_of(region) for region in ENABLED_BY_DEFAULT} == {"aws"}
    assert len(ENABLED_BY_DEFAULT) == 17
