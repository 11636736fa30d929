"""Clients for many accounts: few of them, with credentials of their own, to a budget."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.utils import parse_timestamp

from lambdas.apis.budgets import Budgets
from lambdas.apis.clients import MOST_CLIENTS, Clients
from lambdas.apis.roles import MOST_KEPT, REFUSED_FOR, Roles
from lambdas.apis.throttles import is_refusal
from lambdas.model import Scope, SourceError
from tests.answers import answer_everything

HOUR = timedelta(hours=1)
TAKEN = """<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>
<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{until}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""
DENIED = """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>{name} is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>"""


class Body:
    """The rest of an answer, as botocore reads it."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._text


class Aws:
    """STS and the job APIs at once, as what is sent to them: it answers in their place."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.urls: list[str] = []
        self.keys: list[str] = []
        self.lasts = HOUR
        self.denied: set[str] = set()
        self.hangs: dict[str, threading.Event] = {}

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        self.urls.append(request.url)
        if "sts." in request.url:
            return self._sts(request)
        authorization = request.headers["Authorization"].decode()
        self.keys.append(authorization.split("Credential=")[1].split("/")[0])
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, Body("{}"))

    def _sts(self, request: Any) -> AWSResponse:
        sent = {name: value for name, (value,) in parse_qs(request.body).items()}
        self.taken.append(sent)
        account = sent["RoleArn"].split(":")[4]
        if account in self.hangs:
            self.hangs[account].wait(10)
        if account in self.denied:
            text, status = DENIED.format(name=sent["RoleSessionName"]), 403
        else:
            until = (datetime.now(UTC) + self.lasts).isoformat()
            text, status = TAKEN.format(key=f"KEY{account}", until=until), 200
        return AWSResponse(request.url, status, {"content-type": "text/xml"}, Body(text))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Answers whatever any client of botocore's sends."""
    found = Aws()
    answer_everything(monkeypatch, found.answer)
    return found


def scope(account: int | str = 1, region: str = "eu-west-1", word: str | None = None) -> Scope:
    account = f"{account:0>12}"
    return Scope("w", "sesv2.import-jobs", account, region, {}, "team/reader", word)


def fresh(**options: Any) -> Clients:
    return Clients(botocore.session.Session(), **options)


def test_each_account_is_read_with_its_role(aws: Aws) -> None:
    clients = fresh()
    for account in (1, 2):
        clients.client("sesv2", scope(account)).list_import_jobs()
    own = Scope("w", "sesv2.import-jobs", "999999999999", "eu-west-1")
    clients.client("sesv2", own).list_import_jobs()
    assert aws.keys == ["KEY000000000001", "KEY000000000002", "testing"]
    arn = "arn:aws:iam::{}:role/team/reader"
    assert [sent["RoleArn"] for sent in aws.taken] == [
        arn.format("000000000001"),
        arn.format("000000000002"),
    ]


def test_a_client_that_was_made_before_another_keeps_its_own_role(aws: Aws) -> None:
    clients = fresh()
    one, two = (clients.client("sesv2", scope(account)) for account in (1, 2))
    two.list_import_jobs()
    one.list_import_jobs()
    assert aws.keys == ["KEY000000000002", "KEY000000000001"]


def test_a_role_is_taken_in_the_endpoint_of_our_own_region(aws: Aws) -> None:
    fresh().client("sesv2", scope(region="ap-southeast-2")).list_import_jobs()
    assert aws.urls[0] == "https://sts.eu-west-1.amazonaws.com/"


def test_the_session_is_named_after_who_reads(aws: Aws) -> None:
    fresh(name="Jobwatch-PollingPollFunction").client("sesv2", scope()).list_import_jobs()
    assert aws.taken[0]["RoleSessionName"] == "Jobwatch-PollingPollFunction"


def test_a_name_that_sts_would_not_take_is_made_to_fit(aws: Aws) -> None:
    fresh(name="a b/é" + "x" * 100).client("sesv2", scope()).list_import_jobs()
    assert aws.taken[0]["RoleSessionName"] == "a-b--" + "x" * 59


@pytest.mark.parametrize("word", [None, "some-secret-word"])
def test_the_external_id_is_said_where_there_is_one(aws: Aws, word: str | None) -> None:
    fresh().client("sesv2", scope(word=word)).list_import_jobs()
    assert aws.taken[0].get("ExternalId") == word


def test_a_session_may_do_no_more_than_the_plan_says_for_its_service(aws: Aws) -> None:
    clients = fresh(policies={"sesv2": '{"Version": "2012-10-17"}'})
    for service, call in (("sesv2", "list_import_jobs"), ("dataexchange", "list_jobs")):
        getattr(clients.client(service, scope()), call)()
    assert [taken.get("Policy") for taken in aws.taken] == [
        '{"Version": "2012-10-17"}',
        None,
    ]


def test_a_role_is_taken_once_for_all_clients_of_a_service_in_the_account(aws: Aws) -> None:
    clients = fresh(policies={"sesv2": '{"Version": "1"}', "dataexchange": '{"Version": "2"}'})
    for _ in range(2):
        for region in ("eu-west-1", "us-east-1"):
            clients.client("sesv2", scope(region=region)).list_import_jobs()
            clients.client("dataexchange", scope(region=region)).list_jobs()
            clients.client("sesv2", scope(region=region), patient=False).list_import_jobs()
    assert [taken["Policy"] for taken in aws.taken] == ['{"Version": "1"}', '{"Version": "2"}']


@pytest.mark.parametrize(("left", "taken"), [(16, 1), (14, 3)])
def test_a_role_is_taken_anew_a_quarter_of_an_hour_before_it_ends(
    aws: Aws, left: int, taken: int
) -> None:
    aws.lasts = timedelta(minutes=left)
    client = fresh().client("sesv2", scope())
    for _ in range(3):
        client.list_import_jobs()
    assert len(aws.taken) == taken


def test_a_refusal_while_the_credentials_still_hold_stops_nothing(aws: Aws) -> None:
    aws.lasts = timedelta(minutes=14)
    client = fresh().client("sesv2", scope())
    client.list_import_jobs()
    aws.denied.add("000000000001")
    client.list_import_jobs()
    assert aws.keys == ["KEY000000000001"] * 2


def test_a_refusal_says_whose_and_stops_no_other_account(aws: Aws) -> None:
    aws.denied.add("000000000001")
    clients = fresh(name="Jobwatch-Poll")
    with pytest.raises(SourceError) as raised:
        clients.client("sesv2", scope(1)).list_import_jobs()
    assert raised.value.code == "AccessDenied"
    assert raised.value.message == (
        "AssumeRole: the role team/reader may be missing in the account 000000000001, or not "
        "let us take it: Jobwatch-Poll is not authorized to perform: sts:AssumeRole"
    )
    clients.client("sesv2", scope(2)).list_import_jobs()
    assert aws.keys == ["KEY000000000002"]


def test_a_refusal_is_remembered_for_a_tick_and_no_longer(aws: Aws) -> None:
    aws.denied.add("000000000001")
    now, session = [0.0], botocore.session.Session()
    sts, own = session.create_client("sts"), session.get_credentials()
    roles = Roles(sts, own, "Jobwatch-Poll", lambda: now[0])
    found = roles.credentials(scope(), "aws")
    for _ in range(3):
        with pytest.raises(SourceError):
            found.get_frozen_credentials()
    assert len(aws.taken) == 1
    now[0] += REFUSED_FOR
    aws.denied.clear()
    assert found.get_frozen_credentials().access_key == "KEY000000000001"


def test_no_answer_is_no_refusal() -> None:
    """A long list that is refused begins anew, and goes on where nobody answered."""

    def hang(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://sts")

    own = Credentials("a", "b")
    roles = Roles(SimpleNamespace(assume_role=hang), own, "Jobwatch-Poll")
    for _ in range(2):
        with pytest.raises(SourceError) as raised:
            roles.credentials(scope(), "aws").get_frozen_credentials()
        assert raised.value.code == "ReadTimeoutError"
        assert not is_refusal(raised.value)


def test_a_refusal_leaves_no_trace_in_the_log(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    aws.denied.add("000000000001")
    with pytest.raises(SourceError):
        fresh().client("sesv2", scope()).list_import_jobs()
    assert [r for r in caplog.records if r.name == "botocore.credentials"] == []


def test_an_account_where_taking_the_role_hangs_delays_no_other(aws: Aws) -> None:
    aws.hangs["000000000001"] = threading.Event()
    clients = fresh()
    first = threading.Thread(target=clients.client("sesv2", scope(1)).list_import_jobs)
    first.start()
    try:
        for account in range(2, 12):
            clients.client("sesv2", scope(account)).list_import_jobs()
        clients.client("dataexchange", scope(1))
        assert "KEY000000000001" not in aws.keys
        assert len(aws.keys) == 10
    finally:
        aws.hangs["000000000001"].set()
        first.join()
    assert aws.keys[-1] == "KEY000000000001"


def test_clients_are_kept_up_to_a_number_and_the_longest_unused_goes_first(aws: Aws) -> None:
    clients = fresh()
    one, two, *_ = (clients.client("sesv2", scope(n)) for n in range(1, MOST_CLIENTS + 1))
    assert clients.client("sesv2", scope(1)) is one
    clients.client("sesv2", scope(MOST_CLIENTS + 1))
    assert clients.client("sesv2", scope(1)) is one
    assert clients.client("sesv2", scope(2)) is not two
    two.list_import_jobs()
    assert aws.keys == ["KEY000000000002"], "it goes on working for whoever holds it"
    clients.client("sesv2", scope(2)).list_import_jobs()
    assert len(aws.taken) == 1, "credentials outlive their clients"


def test_credentials_are_kept_up_to_a_number_and_the_longest_unused_go_first() -> None:
    roles = Roles(SimpleNamespace(), Credentials("own", "secret"), "Jobwatch-Poll")
    one, two, *_ = [roles.credentials(scope(n), "aws") for n in range(MOST_KEPT)]
    assert roles.credentials(scope(0), "aws") is one
    roles.credentials(scope(MOST_KEPT), "aws")
    assert roles.credentials(scope(0), "aws") is one
    assert roles.credentials(scope(1), "aws") is not two


def test_accounts_share_the_connections_to_an_endpoint() -> None:
    clients = fresh()

    def connections(*where: Any, **how: Any) -> Any:
        return clients.client(*where, **how)._endpoint.http_session

    one = connections("sesv2", scope(1))
    assert connections("sesv2", scope(2)) is one
    others = [
        connections("sesv2", scope(1, region="us-east-1")),
        connections("dataexchange", scope(1)),
        connections("sesv2", scope(1), patient=False),
    ]
    assert one not in others


@pytest.mark.usefixtures("aws")
def test_every_client_of_a_place_takes_from_one_budget_for_each_operation() -> None:
    waits: list[float] = []
    clients = fresh(budgets=Budgets({"sesv2": 1}, lambda: 0.0, waits.append))
    clients.client("sesv2", scope()).list_import_jobs()
    assert waits == []
    clients.client("sesv2", scope(), patient=False).list_import_jobs()
    clients.client("sesv2", scope()).list_import_jobs()
    clients.client("sesv2", scope()).list_export_jobs()
    clients.client("dataexchange", scope()).list_jobs()
    clients.client("sesv2", scope(2)).list_import_jobs()
    assert waits == [1, 2]


OWN = Scope("w", "sesv2.import-jobs", "999999999999", "eu-west-1")
ONCE_MORE = Config(retries={"mode": "standard", "total_max_attempts": 2})


def answering(clients: Clients, *answers: tuple[int, str]) -> Any:
    """A client of our own account that gets these answers, by status and code."""
    client, left = clients.client("sesv2", OWN), iter(answers)

    def answer(request: Any, **_: Any) -> AWSResponse:
        status, code = next(left)
        body = json.dumps({"code": code} if code else {})
        headers = {"content-type": "application/json"}
        return AWSResponse(request.url, status, headers, Body(body))

    client.meta.events.register("before-send", answer)
    return client


WRITTEN = [
    1764364800,
    1764364800.25,
    -1,
    0,
    "2026-11-28T10:00:00Z",
    "2026-11-28T10:00:00.123456789Z",
    "2026-11-28T10:00:00+02:00",
    "Sat, 28 Nov 2026 10:00:00 GMT",
]


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("account", ["our own", "another"])
def test_times_are_read_as_botocore_reads_them(account: str, written: Any) -> None:
    client = fresh().client("sesv2", OWN if account == "our own" else scope(2))
    body = json.dumps({"ImportJobs": [{"CreatedTimestamp": written}]})

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, Body(body))

    client.meta.events.register_first("before-send", answer)
    (job,) = client.list_import_jobs()["ImportJobs"]
    assert job["CreatedTimestamp"] == parse_timestamp(written)
    assert str(job["CreatedTimestamp"].tzinfo) != "tzlocal()"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    "written",
    [
        *("garbage", 10**30, -1e18, [], {}, float("inf")),
        *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
    ],
)
def test_what_can_be_no_time_is_none_and_keeps_no_other_job_from_being_read(written: Any) -> None:
    client = fresh().client("sesv2", OWN)
    jobs = [{"JobId": "odd", "CreatedTimestamp": written}, {"JobId": "other"}]

    def answer(request: Any, **_: Any) -> AWSResponse:
        body = json.dumps({"ImportJobs": jobs})
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, Body(body))

    client.meta.events.register_first("before-send", answer)
    odd, other = client.list_import_jobs()["ImportJobs"]
    assert (odd["JobId"], odd["CreatedTimestamp"], other["JobId"]) == ("odd", None, "other")


def test_a_retry_takes_from_the_budget_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    spent: list[float] = []
    clients = fresh(budgets=Budgets({"sesv2": 1}, lambda: 0.0, spent.append))
    throttled = (429, "TooManyRequestsException")
    answering(clients, throttled, throttled, (200, "")).list_import_jobs()
    assert spent == [1, 2]


@pytest.mark.parametrize(
    ("answers", "throttles"),
    [
        ([(429, "TooManyRequestsException"), (200, "")], 1),
        ([(400, "ThrottlingException")] * 2, 2),
        ([(500, "InternalFailure"), (200, "")], 0),
        ([(403, "AccessDeniedException")], 0),
        ([(200, "")], 0),
    ],
    ids=["healed by a retry", "to the end", "another error", "no right", "none"],
)
def test_throttled_answers_count_whether_or_not_a_retry_helped(
    monkeypatch: pytest.MonkeyPatch, answers: list[tuple[int, str]], throttles: int
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    clients = fresh(config=ONCE_MORE)
    with suppress(ClientError):
        answering(clients, *answers).list_import_jobs()
    assert (clients.throttles.take(), clients.throttles.take()) == (throttles, 0)


UNWRITABLE = {
    "a character reference": "&#x7;",
    "one in decimal": "&#0;",
    "a half of a character": "&#xD83D;",
    "one beyond all": "&#x110000;",
    "one of very many digits": f"&#{'9' * 9_000};",
    "what is no character": "&#xFFFE;",
    "a control character": "\x1b",
}
WRITABLE = {"&#10;": "\n", "&#x1F600;": "\U0001f600", "&#38;#7;": "&#7;", "é": "é"}
SNAPSHOTS = """<DescribeImportSnapshotTasksResponse><importSnapshotTaskSet>
<item><importTaskId>one</importTaskId><description>a{}b</description></item>
<item><importTaskId>two</importTaskId></item>
</importSnapshotTaskSet></DescribeImportSnapshotTasksResponse>"""


def described(monkeypatch: pytest.MonkeyPatch, written: str) -> dict[str, str | None]:
    """Read the descriptions of a list in XML, in one of which a stranger has `written`."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        content = {"content-type": "text/xml"}
        return AWSResponse(request.url, 200, content, Body(SNAPSHOTS.format(written)))

    answer_everything(monkeypatch, answer)
    own = Scope("w", "ec2.import-snapshot-tasks", "999999999999", "eu-west-1")
    found = fresh().client("ec2", own).describe_import_snapshot_tasks()["ImportSnapshotTasks"]
    return {each["ImportTaskId"]: each.get("Description") for each in found}


@pytest.mark.parametrize("written", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_xml_cannot_hold_hides_no_job_of_others(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """Services write control characters of a text as references that no reader of XML takes."""
    assert described(monkeypatch, written) == {"one": "a\ufffdb", "two": None}


@pytest.mark.parametrize("written", WRITABLE)
def test_what_xml_can_hold_is_read_as_it_is(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    assert described(monkeypatch, written)["one"] == f"a{WRITABLE[written]}b"


def test_what_a_service_refuses_in_such_words_has_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "<Response><Errors><Error><Code>Gone</Code><Message>no &#x1b;</Message></Error></Errors>"

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 400, {}, Body(f"{said}</Response>"))

    answer_everything(monkeypatch, answer)
    own = Scope("w", "ec2.import-snapshot-tasks", "999999999999", "eu-west-1")
    with pytest.raises(ClientError, match=r"\(Gone\).*no \ufffd"):
        fresh().client("ec2", own).describe_import_snapshot_tasks()
