"""`status`, `jobs` and `job`: what people see of the deployed table, and what is said otherwise."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result
from rich.console import Console

from infra import alarms
from infra.terminal import PLAIN
from lambdas.durations import took
from lambdas.members import Members
from lambdas.model import Health, Scope
from lambdas.plan import write_plan
from lambdas.store.listing import Listing
from lambdas.store.members import write_members
from lambdas.store.places import MOST_SCOPES, Place
from lambdas.times import AWS_BEGAN, iso
from operate.command.group import jobwatch
from operate.command.jobs import EACH
from operate.command.options import Means
from operate.remembered.csvs import COLUMNS
from operate.remembered.deployed import deployed
from operate.remembered.follow import changes
from operate.remembered.jobs import table_of
from operate.remembered.show_standing import show
from operate.remembered.since import read_since
from operate.remembered.standing import AT_LEAST, MISSED, Lane, Standing, look
from operate.remembered.standing_document import document
from operate.remembered.standing_tables import MOST_LANES
from operate.remembered.words import STATUSES
from tests.answers import Answer, Answers
from tests.api import refused
from tests.board import remembered
from tests.flow import ACCOUNT, REGION, Flow, flow_of
from tests.values import DAY, HOUR, MINUTE, NOW

DATA = Path(__file__).parent / "data" / "remembered"
WATCHES = {
    "imports": {"source": "sesv2.import-jobs", "stalled_after": "2 hours"},
    "exports": {
        "source": "dataexchange.jobs",
        "every": "5 minutes",
        "exclude": {"type": ["EXPORT_ASSET_TO_SIGNED_URL"]},
    },
}
OUTPUTS = {"TableName": "seen", "PollFunctionName": "poll"}


def described(outputs: Mapping[str, str] = OUTPUTS) -> Answer:
    stack = {
        "StackName": "Jobwatch",
        "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Jobwatch/0f",
        "CreationTime": NOW,
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
    }
    return {"Stacks": [stack]}


def unmeasured(call: Mapping[str, Any]) -> Any:
    """No metric tells of any poll."""
    return {
        "MetricDataResults": [
            {"Id": query["Id"], "Timestamps": [], "Values": []}
            for query in call["MetricDataQueries"]
        ]
    }


def polled(call: Mapping[str, Any]) -> Any:
    """A poll of each cadence was completed just now."""
    return {
        "MetricDataResults": [
            {"Id": query["Id"], "Timestamps": [call["EndTime"]], "Values": [0.0]}
            for query in call["MetricDataQueries"]
        ]
    }


class Account:
    """An account with a deployed stack: its table is moto's."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.plan: Any = write_plan(flow.plan)
        identity = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/me", "UserId": "me"}
        location = {"Code": {"Location": "https://code.test/"}, "Configuration": {}}
        self.aws = Answers(
            {
                "sts:GetCallerIdentity": identity,
                "cloudformation:DescribeStacks": described(),
                "lambda:GetFunction": location,
                "cloudwatch:GetMetricData": polled,
            }
        )

    def clients(self, service: str) -> Any:
        return self.flow.dynamodb if service == "dynamodb" else self.aws(service)

    def fetch(self, url: str) -> bytes:
        content = io.BytesIO()
        with ZipFile(content, "w") as code:
            if not url.endswith("none"):
                code.writestr("plan.json", json.dumps(self.plan))
        return content.getvalue()

    def run(self, *words: str, **more: Any) -> Result:
        means = Means(clients=lambda *_, **__: self.clients, fetch=self.fetch, **more)
        return CliRunner().invoke(
            jobwatch, words, obj=means, prog_name="./jobwatch", catch_exceptions=False
        )

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.exit_code in {0, 1}
        return json.loads(done.stdout)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with flow_of(tmp_path, WATCHES) as flow:
        yield Account(flow)


@pytest.fixture
def lived(account: Account) -> Account:
    """A day of it: two runs of a name, one that failed, one that runs; and one that is hostile."""
    flow = account.flow
    api = flow.apis["sesv2.import-jobs"]
    flow.poll()

    def run(job_id: str, minutes: int, status: str, **more: Any) -> None:
        created = flow.now
        times = {"CreatedTimestamp": created}
        api.put(job_id, "PROCESSING", **times)
        flow.poll()
        ended = flow.now + minutes * MINUTE
        api.put(job_id, status, **times, CompletedTimestamp=ended, **more)
        flow.poll(later=minutes * MINUTE)

    fields = {"ImportDataSource": {"S3Url": "s3://shop/contacts.csv", "DataFormat": "CSV"}}
    run("run-1", 4, "COMPLETED", ProcessedRecordsCount=900, FailedRecordsCount=0)
    run("run-2", 8, "COMPLETED", ProcessedRecordsCount=895, FailedRecordsCount=5, **fields)
    why = {"FailureInfo": {"ErrorMessage": "The file has a malformed row"}}
    run("run-3", 2, "FAILED", **why)
    api.put("run-4", "PROCESSING", CreatedTimestamp=flow.now)
    exports = flow.apis["dataexchange.jobs"]
    named = {"Type": "IMPORT_ASSETS_FROM_S3", "CreatedAt": flow.now, "UpdatedAt": flow.now}
    exports.put('=HYPERLINK("http://a.test")\u202e', "IN_PROGRESS", **named)
    flow.poll()
    return account


def strange(account: Account) -> None:
    """A job is in a status that nobody knew; another one was, and is gone."""
    flow = account.flow
    api = flow.apis["sesv2.import-jobs"]
    flow.poll()
    for job_id in ("odd", "gone"):
        api.put(job_id, "RESTORING", CreatedTimestamp=flow.now)
    flow.poll()
    del api.jobs["gone"]
    flow.poll()
    flow.poll()


def golden(name: str, found: str) -> None:
    """Hold what is printed against a file; where that is not there, write it and fail."""
    file = DATA / f"{name}.txt"
    found = "".join(f"{line.rstrip()}\n" for line in found.splitlines())
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
        pytest.fail(f"{file} was written: look at it")
    assert found == file.read_text(encoding="utf-8")
    assert max(map(len, found.splitlines())) <= 100


def test_the_accounts_of_an_organization_are_places_of_its_watch(tmp_path: Path) -> None:
    """Which they are, the table has: the plan names units."""
    organization = {"units": ["ou-abcd-11111111"], "role": "reader"}
    watch = {"source": "sesv2.import-jobs", "organization": organization}
    with flow_of(tmp_path, {"theirs": watch}) as flow:
        account = Account(flow)
        assert account.json("status")["lanes"] == []
        known = Members(("111111111111", "222222222222"), NOW)
        item = write_members(("ou-abcd-11111111",), known, NOW)
        flow.dynamodb.put_item(TableName="seen", Item=item)
        lanes = account.json("status")["lanes"]
    assert [each["account"] for each in lanes] == [*known.accounts]


@pytest.mark.parametrize(
    ("name", "ago", "code"),
    [("listed", None, 0), ("not listed", 2 * HOUR, 1), ("never listed", None, 0)],
    ids=str,
)
def test_the_status_tells_whether_the_accounts_of_an_organization_are_known(
    tmp_path: Path, name: str, ago: timedelta | None, code: int
) -> None:
    """A watch of which no account is known has no place, so that nothing of it is unread."""
    units = ("ou-abcd-11111111",)
    organization = {"units": [*units], "except": ["333333333333"], "role": "reader", "most": 2}
    watch = {"source": "sesv2.import-jobs", "organization": organization}
    now = datetime.now(UTC)
    accounts = ("111111111111", "222222222222", "333333333333", "444444444444")
    failing = Members((), now, failed_since=now - ago, error="AccessDenied: no") if ago else None
    with flow_of(tmp_path, {"theirs": watch, "ours": {"source": "dataexchange.jobs"}}) as flow:
        account = Account(flow)
        if name != "never listed":
            item = write_members(units, failing or Members(accounts, now), now)
            flow.dynamodb.put_item(TableName="seen", Item=item)
        done = account.run("status")
        (said,) = account.json("status", "--watch", "theirs")["watches"]
    assert done.exit_code == code
    since = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    golden(f"status_{name.replace(' ', '_')}", re.sub(since, "THEN UTC", done.stdout))
    told = said["organization"]
    assert (told["accounts"], told["error"]) == (
        4 if name == "listed" else 0,
        "AccessDenied: no" if failing else None,
    )
    assert (told["listed_at"] is None, told["failed_since"] is None) == (
        name == "never listed",
        failing is None,
    )


def test_a_list_that_fails_does_not_hide_when_the_accounts_of_the_last_one_were_read(
    tmp_path: Path,
) -> None:
    units = ("ou-abcd-11111111",)
    organization = {"units": [*units], "role": "reader"}
    now = datetime.now(UTC)
    failing = Members(("111111111111",), now, failed_since=now - 2 * HOUR, error="Throttled: no")
    with flow_of(
        tmp_path, {"theirs": {"source": "sesv2.import-jobs", "organization": organization}}
    ) as flow:
        item = write_members(units, failing, now)
        flow.dynamodb.put_item(TableName="seen", Item=item)
        done = Account(flow).run("status")
    row = next(line for line in done.stdout.splitlines() if line.split()[:1] == ["theirs"])
    assert "not listed" not in row
    assert "never" in row, "its one account was not read yet"
    assert "Throttled: no" in done.stdout
    assert done.exit_code == 1


def test_of_very_many_lanes_those_are_shown_first_in_which_something_is_amiss() -> None:
    def lane(number: int, health: Health | None = None) -> Lane:
        where = {"watch": "w", "source": "sesv2.import-jobs", "region": REGION, "parameters": {}}
        account = f"{number:012}"
        return Lane("sesv2", account, REGION, (Place(Scope(account=account, **where), health),))

    amiss = Health(version=1, unreachable=True)
    lanes = (*(lane(number) for number in range(MOST_LANES)), lane(999, amiss))
    out = io.StringIO()
    show(Console(file=out, width=100), Standing((), lanes, None), NOW)
    rows = [line for line in out.getvalue().splitlines() if "sesv2" in line]
    assert (len(rows), "000000000999" in rows[0]) == (MOST_LANES, True)
    assert "and 1 lane more: --json has all" in out.getvalue()
    out = io.StringIO()
    show(Console(file=out, width=100), Standing((), lanes[1:], None), NOW)
    assert ("000000000999" in out.getvalue().splitlines()[-2], "more" in out.getvalue()) == (
        True,
        False,
    )


@pytest.mark.parametrize("more", [0, 1])
def test_it_is_said_where_there_are_more_places_than_are_looked_at(
    tmp_path: Path, more: int
) -> None:
    """As in a large organization: what is beyond would look as if it were well, or not there."""
    units = ("ou-abcd-11111111",)
    organization = {"units": [*units], "role": "reader", "most": 10_000}
    watch = {"source": "sesv2.import-jobs", "organization": organization, "every": "1 day"}
    ids = tuple(f"{number:012}" for number in range(MOST_SCOPES + more))
    with flow_of(tmp_path, {"theirs": watch}) as flow:
        item = write_members(units, Members(ids, NOW), NOW)
        flow.dynamodb.put_item(TableName="seen", Item=item)
        account = Account(flow)
        (said,) = account.json("status")["watches"]
        sought = account.run("job", "one").stderr
    assert said["places"] == MOST_SCOPES
    assert said["left_out"] == ["places beyond the first 2,000"] * more
    where = "in the first 2,000 places of 1 watch of Jobwatch" if more else "in 1 watch of Jobwatch"
    assert where in sought
    assert sought.rstrip().endswith("or --watch" if more else "'PART*'")


class TestJobs:
    def test_are_listed_newest_first_each_in_a_row(self, lived: Account) -> None:
        done = lived.run("jobs")
        assert done.exit_code == 0
        golden("jobs", done.stdout)

    def test_that_failed_are_those_that_failed_in_part_too(self, lived: Account) -> None:
        found = lived.json("jobs", "--failed")
        assert [(job["job_id"], job["status"]) for job in found["jobs"]] == [
            ("run-3", "FAILED"),
            ("run-2", "PARTIAL"),
        ]
        assert found["more"] is False
        first = found["jobs"][0]
        assert first["failure"]["message"] == "The file has a malformed row"
        assert [step["status"] for step in first["history"]] == ["RUNNING", "FAILED"]

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["--running", "--watch", "imports"], ["run-4"]),
            (["--status", "succeeded"], ["run-1"]),
            (["--status", "FAILED", "--running", "--watch", "imports"], ["run-4", "run-3"]),
            (["--name", "run-[12]"], ["run-2", "run-1"]),
            (["--watch", "imports", "--limit", "2"], ["run-4", "run-3"]),
            (["--since", "2026-11-22T12:16", "--watch", "imports"], ["run-4", "run-3"]),
            (["--since", "2999-01-01"], []),
        ],
    )
    def test_are_those_that_are_asked_for(
        self, lived: Account, words: list[str], expected: list[str]
    ) -> None:
        assert [job["job_id"] for job in lived.json("jobs", *words)["jobs"]] == expected

    def test_that_run_are_those_in_a_status_that_nobody_knows_too_unless_they_are_gone(
        self, account: Account
    ) -> None:
        strange(account)
        words = ("jobs", "--watch", "imports")
        running = account.json(*words, "--running")["jobs"]
        assert [(job["job_id"], job["raw_status"]) for job in running] == [("odd", "RESTORING")]
        unknown = account.json(*words, "--running", "--status", "UNKNOWN")["jobs"]
        assert {job["job_id"] for job in unknown} == {"odd", "gone"}
        failed = account.json(*words, "--running", "--failed")["jobs"]
        assert [job["job_id"] for job in failed] == ["odd"]

    def test_of_which_none_is_unfinished_are_said_not_to_be(self, account: Account) -> None:
        account.flow.poll()
        assert account.run("jobs", "--running").stdout == "No job is unfinished in 2 watches.\n"
        said = account.run("jobs", "--running", "--failed").stdout
        assert said == "No job is unfinished, PARTIAL, FAILED in 2 watches.\n"

    @pytest.mark.parametrize(("name", "said"), [("a*", "a*"), ("", "''")])
    def test_of_which_no_status_is_asked_for_are_said_in_short(
        self, account: Account, name: str, said: str
    ) -> None:
        account.flow.poll()
        told = account.run("jobs", "--name", name).stdout
        assert told == f"No job is remembered of the name {said} in 2 watches.\n"

    @pytest.mark.parametrize("width", [60, 80, 100])
    def test_on_a_narrow_terminal_keep_status_id_and_watch_whole(self, width: int) -> None:
        job_id, watch = "8a4f1c9e-6b0d-4a57-9c3e-2f71d0b6a814", "pinpoint-segment-imports"
        written = io.StringIO()
        jobs = [remembered(status=status, job_id=job_id, watch=watch) for status in STATUSES]
        Console(width=width, file=written).print(table_of(jobs, width))
        shown = written.getvalue()
        assert max(map(len, shown.splitlines())) <= width
        assert "…" not in shown
        for status in STATUSES:
            assert re.search(rf"^ *{status} ", shown, re.MULTILINE)
        assert (shown.count(job_id), shown.count(watch)) == (len(STATUSES), len(STATUSES))

    def test_that_are_too_many_are_said_to_be_more(self, lived: Account) -> None:
        assert "There are more than 2" in lived.run("jobs", "--limit", "2").stdout
        assert "There are more" not in lived.run("jobs").stdout

    def test_that_there_are_not_are_said_not_to_be(self, lived: Account) -> None:
        done = lived.run("jobs", "--status", "cancelled", "--name", "a*")
        assert done.exit_code == 0
        assert done.stdout == "No job is CANCELLED of the name a* in 2 watches.\n"

    def test_as_csv_hold_nothing_that_a_spreadsheet_reckons(self, lived: Account) -> None:
        done = lived.run("jobs", "--csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        assert tuple(rows[0]) == COLUMNS
        assert len(rows) == 5
        hostile = next(row for row in rows if "HYPERLINK" in row["job_id"])
        assert hostile["job_id"] == '\'=HYPERLINK("http://a.test")\ufffd'
        partial = next(row for row in rows if row["status"] == "PARTIAL")
        assert (partial["processed"], partial["failed"]) == ("895", "5")
        assert not [v for row in rows for v in row.values() if v.startswith(tuple("=+-@"))]

    @pytest.mark.parametrize(
        "text",
        [
            *("a;=cmd|' /C calc'!A0;b", 'a; "@SUM(1)', "=1", "x;+1", "'=1", "x;y;-1"),
            *("✓1+cmd|' /C calc'!A0", "x;·1", "→1"),
        ],
    )
    def test_as_csv_begin_no_cell_with_a_formula_whatever_is_between_cells(
        self, account: Account, text: str
    ) -> None:
        api = account.flow.apis["sesv2.import-jobs"]
        account.flow.poll()
        api.put("run-1", "FAILED", CreatedTimestamp=account.flow.now)
        api.fuller["run-1"] = {"FailureInfo": {"ErrorMessage": text}}
        account.flow.poll()
        # As a terminal shows it that is none of UTF-8.
        written = "".join(PLAIN.get(sign, sign) for sign in account.run("jobs", "--csv").stdout)
        assert "calc" in written or "calc" not in text
        for separator in ",;":
            cells = written.splitlines()[1].split(separator)
            begun = [cell.lstrip("\"' ") for cell in cells if not cell.strip('" ').startswith("'")]
            assert not [cell for cell in begun if cell.startswith(tuple("=+-@"))]

    @pytest.mark.parametrize(
        "words",
        ["jobs", "jobs --csv", "jobs --json", "job run-1", "job run-1 --json"],
    )
    def test_print_no_command_that_a_build_would_heed(self, account: Account, words: str) -> None:
        api = account.flow.apis["sesv2.import-jobs"]
        account.flow.poll()
        api.put("run-1", "FAILED", CreatedTimestamp=account.flow.now)
        failure = "##vso[task.setvariable variable=BASH_ENV]x ::add-mask::FAILED"
        api.fuller["run-1"] = {"FailureInfo": {"ErrorMessage": failure}}
        account.flow.poll()
        printed = account.run(*words.split()).stdout
        assert "vso[" in printed
        assert "##vso[" not in printed
        assert not re.search(r"^\s*::add-mask::", printed, re.MULTILINE)

    def test_on_a_terminal_have_nothing_that_nobody_sees_or_that_opens(
        self, lived: Account
    ) -> None:
        shown = lived.run("jobs").stdout
        assert "\u202e" not in shown
        assert "http://" not in shown.replace("hxxp://", "")

    @pytest.mark.parametrize(
        "words",
        [
            ["--since", "yesterday"],
            ["--status", "DONE"],
            ["--limit", "0"],
            ["--limit", "0000010000"],
            ["--csv", "--json"],
            ["--wrong"],
        ],
    )
    def test_of_wrong_words_are_none(self, account: Account, words: list[str]) -> None:
        done = account.run("jobs", *words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("./jobwatch jobs: ")

    def test_of_a_watch_that_there_is_not_are_none(self, account: Account) -> None:
        done = account.run("jobs", "--watch", "import")
        assert done.exit_code == 1
        assert done.stderr == (
            '--watch: found "import", expected a watch of Jobwatch, one of exports, imports; '
            "did you mean imports?\n"
        )


class TestFollowing:
    def test_shows_all_at_first_and_then_what_changed(self, lived: Account) -> None:
        flow = lived.flow
        with ThreadPoolExecutor(2) as pool:
            listing = Listing(flow.dynamodb, "seen", pool)
            look = changes(lambda: listing.jobs(["imports"], ["RUNNING", "FAILED"]).jobs)
            assert [job.job_id for job in next(look)] == ["run-3", "run-4"]
            assert next(look) == []
            created = flow.now - MINUTE
            flow.apis["sesv2.import-jobs"].put("run-4", "FAILED", CreatedTimestamp=created)
            flow.poll()
            assert [(job.job_id, job.status) for job in next(look)] == [("run-4", "FAILED")]

    def test_shows_a_job_whose_id_only_reads_like_that_of_another(self, lived: Account) -> None:
        flow = lived.flow
        times = dict.fromkeys(("CreatedTimestamp", "CompletedTimestamp"), flow.now - MINUTE)
        with ThreadPoolExecutor(2) as pool:
            listing = Listing(flow.dynamodb, "seen", pool)
            look = changes(lambda: listing.jobs(["imports"], ["FAILED"]).jobs)
            next(look)
            for number in (1, 2):
                flow.apis["sesv2.import-jobs"].put(f"x{chr(number)}", "FAILED", **times)
                flow.poll()
                assert [job.job_id for job in next(look)] == ["x\ufffd"]

    def test_goes_on_until_it_is_ended_below_one_head(self, lived: Account) -> None:
        flow, waited = lived.flow, list[float]()

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) > 1:
                raise KeyboardInterrupt
            created = flow.now - MINUTE
            flow.apis["sesv2.import-jobs"].put("run-4", "FAILED", CreatedTimestamp=created)
            flow.poll()

        done = lived.run("jobs", "--follow", "--watch", "imports", sleep=sleep)
        assert (done.exit_code, waited) == (0, [EACH, EACH])
        words = [line.split() for line in done.stdout.splitlines() if line.strip()]
        rows = [(each[0], each[-1]) for each in words if each[-1].startswith("run-")]
        assert rows[-2:] == [("RUNNING", "run-4"), ("FAILED", "run-4")]
        assert [each[0] for each in words].count("status") == 1


def call_runs(lived: Account, name: str) -> None:
    """Write Data Exchange's jobs as if they had a name."""
    for item in lived.flow.items():
        if item["sk"]["S"].startswith("job#run"):
            detail = {"S": json.dumps(json.loads(item["detail"]["S"]) | {"job_name": name})}
            lived.flow.dynamodb.put_item(TableName="seen", Item={**item, "detail": detail})


class TestAJob:
    def test_is_shown_with_its_history(self, lived: Account) -> None:
        done = lived.run("job", "run-3")
        assert done.exit_code == 0
        golden("job", done.stdout)

    def test_of_a_name_is_shown_beside_earlier_runs(self, lived: Account) -> None:
        """Data Exchange's and SES's jobs have no names: these are written as if they had."""
        call_runs(lived, "nightly")
        done = lived.run("job", "run-3")
        golden("job_of_a_name", done.stdout)
        (found,) = lived.json("job", "run-3")["jobs"]
        assert [(run["job_id"], run["duration_seconds"]) for run in found["earlier_runs"]] == [
            ("run-2", 540),
            ("run-1", 300),
        ]

    def test_of_a_name_of_which_something_is_withheld_has_no_earlier_runs(
        self, lived: Account
    ) -> None:
        call_runs(lived, "nightly [withheld]")
        (found,) = lived.json("job", "run-3")["jobs"]
        assert found["earlier_runs"] == []

    def test_that_there_is_not_is_said_not_to_be(self, lived: Account) -> None:
        for name, words in (("Jobwatch", ""), ("Staging", " --stack Staging")):
            done = lived.run("job", "run", "--stack", name)
            assert (done.exit_code, done.stdout) == (1, "")
            assert done.stderr == (
                f'found no job "run" in 2 watches of {name}, expected the whole id of one '
                f"→ ./jobwatch jobs{words} --name 'PART*'\n"
            )

    @pytest.mark.parametrize(
        "job_id", ["\udcff", "a\0b", "x" * 5_000, ""], ids=["half", "nul", "long", "empty"]
    )
    def test_of_an_id_that_no_service_gives_is_none(self, lived: Account, job_id: str) -> None:
        """A terminal hands over what is typed, also where that is no text."""
        done = lived.run("job", job_id)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("found no job ")

    def test_is_looked_for_in_the_watches_that_are_named(self, lived: Account) -> None:
        assert lived.run("job", "run-3", "--watch", "exports").exit_code == 1
        assert lived.run("job", "run-3", "--watch", "imports").exit_code == 0

    def test_without_an_id_is_none(self, account: Account) -> None:
        assert account.run("job").exit_code == 2


class TestStatus:
    @pytest.fixture
    def today(self, account: Account) -> Account:
        account.flow.now = datetime.now(UTC).replace(microsecond=0) - HOUR
        return account

    def test_tells_of_watches_and_lanes(self, today: Account) -> None:
        flow = today.flow
        for name, status in (("a", "PROCESSING"), ("b", "COMPLETED"), ("c", "FAILED")):
            flow.apis["sesv2.import-jobs"].put(name, status, CreatedTimestamp=flow.now)
        flow.poll()
        done = today.run("status")
        assert done.exit_code == 0
        golden("status", done.stdout)

    def test_of_what_no_poll_read_yet_says_so(self, today: Account) -> None:
        said = today.json("status", "--watch", "imports")
        assert said["untold"] is None
        (imports,) = said["watches"]
        assert (imports["places"], imports["never_read"]) == (1, 1)
        assert imports["read_at"] is None
        assert "never" in today.run("status").stdout

    def test_says_what_cant_be_read_since_when_and_why(self, today: Account) -> None:
        def refuse(operation: str, _parameters: object) -> None:
            raise refused("AccessDeniedException", operation, "not \u202ehttp://you.test")

        flow = today.flow
        flow.poll()
        flow.apis["sesv2.import-jobs"].fail = refuse
        since = flow.now + MINUTE
        for _ in range(3):
            flow.poll()
        done = today.run("status")
        assert done.exit_code == 1
        assert "1 unreachable" in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 100
        said = " ".join(done.stdout.split())
        assert f"imports (sesv2.import-jobs, {ACCOUNT}, {REGION}) since {since:%Y-%m-%d}" in said
        assert "AccessDeniedException: not \ufffdhxxp://you[.]test" in said
        (imports,) = today.json("status", "--watch", "imports")["watches"]
        (place,) = imports["unreachable"]
        assert place["error"]["code"] == "AccessDeniedException"

    def test_of_a_plan_that_somebody_wrote_gives_a_terminal_no_orders(self, today: Account) -> None:
        """Who may change the function's code writes its plan."""
        name = "\x1b]0;mine\x07[/b]"
        today.plan["watches"][name] = {**today.plan["watches"]["imports"], "name": name}
        today.flow.poll()
        done = today.run("status")
        assert done.exit_code == 0
        assert "\ufffd]0;mine\ufffd[/b]" in done.stdout
        assert "\x1b" not in done.stdout

    @pytest.mark.parametrize("width", [60, 80, 100])
    def test_on_a_narrow_terminal_cuts_nothing(self, today: Account, width: int) -> None:
        today.flow.poll()
        written = io.StringIO()
        screen = Console(width=width, file=written)
        with deployed("Jobwatch", today.clients, today.fetch) as there:
            standing = look(there, ["imports"], datetime.now(UTC))
        (imports,) = standing.watches
        named = replace(imports.watch, name="pinpoint-segment-imports")
        long = replace(imports, watch=named, polled_at=None)
        show(screen, replace(standing, watches=(long,)), datetime.now(UTC))
        lines = written.getvalue().splitlines()
        watches = lines[: next(at for at, line in enumerate(lines) if "lane" in line)]
        assert max(map(len, watches)) <= width
        assert not any("…" in line for line in watches)
        names = "".join(line.split("  ")[0].strip() for line in watches)
        assert "pinpoint-segment-imports" in names
        assert f"sesv2 {ACCOUNT} {REGION}" in written.getvalue()
        assert max(map(len, lines)) <= width

    def test_without_metrics_tells_all_else(self, today: Account) -> None:
        today.flow.poll()
        today.aws.answers["cloudwatch:GetMetricData"] = "AccessDenied"
        done = today.run("status")
        assert done.exit_code == 0
        assert "When polls were completed is not known" in done.stdout
        assert "not of late" not in done.stdout
        assert "AccessDenied" in today.json("status")["untold"]

    def test_without_a_metric_tells_of_what_was_read_of_late_all_the_same(
        self, today: Account
    ) -> None:
        """The table has when all of it was read first; a metric is some minutes behind."""
        today.flow.now = datetime.now(UTC).replace(microsecond=0)
        today.flow.poll(later=timedelta())
        today.aws.answers["cloudwatch:GetMetricData"] = unmeasured
        shown = today.run("status").stdout
        assert (shown.count("just now"), shown.count("well")) == (2, 2)
        assert "not of late" not in shown

    def test_of_polls_that_ceased_says_when_the_last_one_was(self, today: Account) -> None:
        today.flow.poll()
        an_hour_ago = datetime.now(UTC) - HOUR
        today.aws.answers["cloudwatch:GetMetricData"] = lambda call: {
            "MetricDataResults": [
                {"Id": query["Id"], "Timestamps": [an_hour_ago], "Values": [0.0]}
                for query in call["MetricDataQueries"]
            ]
        }
        shown = today.run("status").stdout
        assert (shown.count("1 h ago"), shown.count("read 1 h ago")) == (4, 2)
        assert "well" not in shown

    def test_of_what_no_poll_read_yet_no_lane_is_well(self, today: Account) -> None:
        shown = today.run("status").stdout
        assert (shown.count("never read"), "well" in shown) == (2, False)
        lanes = today.json("status")["lanes"]
        assert [each["never_read"] for each in lanes] == [1, 1]

    def test_where_nobody_knows_when_polls_were_no_lane_is_well(self, today: Account) -> None:
        today.flow.poll()
        today.aws.answers["cloudwatch:GetMetricData"] = "AccessDenied"
        shown = today.run("status").stdout
        assert (shown.count("not known"), "well" in shown) == (5, False)

    def test_a_watch_is_late_when_the_alarm_on_silence_rings(self) -> None:
        assert (alarms.MISSED, alarms.PERIOD.to_seconds()) == (MISSED, AT_LEAST)

    def test_of_a_list_that_is_not_read_any_more_no_lane_is_well(self, today: Account) -> None:
        def refuse(operation: str, _parameters: object) -> None:
            raise refused("AccessDeniedException", operation)

        flow = today.flow
        flow.poll()
        flow.apis["sesv2.import-jobs"].fail = refuse
        flow.poll()
        assert [each["unreachable"] for each in today.json("status")["lanes"]] == [0, 0]
        (row,) = (
            line for line in today.run("status").stdout.splitlines() if "  sesv2 " in f" {line}"
        )
        assert "well" not in row
        assert " read 58 min ago " in row or " read 59 min ago " in row

    def test_a_job_in_a_status_that_nobody_knows_is_unfinished(self, today: Account) -> None:
        strange(today)
        (imports,) = today.json("status", "--watch", "imports")["watches"]
        assert imports["jobs"]["UNKNOWN"] == {"number": 1, "more": False}
        row = next(line for line in today.run("status").stdout.splitlines() if "imports " in line)
        assert row.split()[-3:] == ["1", "0", "0"]

    def test_without_a_poll_of_late_says_so(self, today: Account) -> None:
        today.flow.poll()
        today.aws.answers["cloudwatch:GetMetricData"] = unmeasured
        shown = today.run("status").stdout
        assert (shown.count("not of late"), shown.count("not read of late")) == (2, 2)
        assert "well" not in shown
        (imports,) = today.json("status", "--watch", "imports")["watches"]
        assert (imports["polled_at"], imports["read_at"]) == (None, iso(today.flow.now))


@pytest.mark.parametrize("words", [["status"], ["jobs"], ["job", "x"]])
class TestWhereNothingCanBeRead:
    def test_for_want_of_a_stack_says_so(self, account: Account, words: list[str]) -> None:
        account.aws.answers["cloudformation:DescribeStacks"] = "ValidationError"
        done = account.run(*words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == (
            f"Jobwatch is not deployed in {REGION} of this account "
            "→ ./jobwatch deploy, or name another stack, region or profile\n"
        )

    def test_for_want_of_credentials_says_so(self, account: Account, words: list[str]) -> None:
        account.aws.answers["sts:GetCallerIdentity"] = "ExpiredToken"
        done = account.run(*words)
        assert done.exit_code == 1
        assert done.stderr.startswith("AWS credentials: they have expired")

    def test_for_a_stack_of_somebody_else_says_so(self, account: Account, words: list[str]) -> None:
        account.aws.answers["cloudformation:DescribeStacks"] = described({})
        done = account.run(*words)
        assert done.exit_code == 1
        assert "has no output TableName" in done.stderr

    @pytest.mark.parametrize("plan", [{"version": 1}, {}, [], {"version": -1}])
    def test_for_a_plan_of_another_version_says_so(
        self, account: Account, words: list[str], plan: Any
    ) -> None:
        account.plan = plan
        done = account.run(*words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1


def test_a_plan_in_a_layer_is_read_there(lived: Account) -> None:
    """So it is in a stack of a template, whose code has none."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:plan:1"
    lived.aws.answers |= {
        "lambda:GetFunction": {
            "Code": {"Location": "https://code.test/none"},
            "Configuration": {
                "Layers": [{"Arn": arn}],
                "Environment": {"Variables": {"JOBWATCH_PLAN": "/opt/plan.json"}},
            },
        },
        "lambda:GetLayerVersionByArn": {"Content": {"Location": "https://code.test/plan"}},
    }
    assert len(lived.json("jobs")["jobs"]) == 5
    lived.aws.answers["lambda:GetLayerVersionByArn"] = {"Content": {"Location": "x/none"}}
    done = lived.run("jobs", "--stack", "Staging")
    assert (done.exit_code, done.stderr) == (
        1,
        "the plan of Staging can't be read: KeyError → ./jobwatch doctor --stack Staging\n",
    )


@pytest.mark.parametrize("words", [["status"], ["jobs"]])
def test_of_a_table_of_before_it_is_said_that_it_has_no_index(
    account: Account, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "The table does not have the specified index: recent"
    error = ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Query")

    def query(**_: Any) -> None:
        raise error

    monkeypatch.setattr(account.flow.dynamodb, "query", query, raising=False)
    done = account.run(*words)
    assert done.exit_code == 1
    assert "was deployed by a version before" in done.stderr


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("24h", DAY),
        ("90m", 90 * MINUTE),
        ("90 min", 90 * MINUTE),
        ("7d", 7 * DAY),
        ("2 weeks", 14 * DAY),
        ("1 Hour", HOUR),
        ("99999w", NOW - AWS_BEGAN),
        ("1970-01-01", NOW - AWS_BEGAN),
        ("2026-11-21", timedelta(hours=36)),
        ("2026-11-22T11:00:00Z", HOUR),
        ("2026-11-22 13:00+02:00", HOUR),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, ago: timedelta) -> None:
    assert read_since(text, NOW) == NOW - ago


@pytest.mark.parametrize("text", ["", "h", "24", "24x", "-1h", "20261122", "2026-13-01"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert read_since(text, NOW) is None


def test_a_lane_counts_what_cant_be_read_though_nobody_knows_why() -> None:
    scope = Scope("imports", "sesv2.import-jobs", ACCOUNT, REGION, {})
    place = Place(scope, Health(unreachable=True, detail="damaged"))
    lane = Lane("sesv2", ACCOUNT, REGION, (place,))
    (said,) = document(Standing((), (lane,), None))["lanes"]
    assert said["unreachable"] == 1


def test_a_duration_is_written_by_its_largest_units() -> None:
    said = [took(n) for n in (0, 59, 60, 847, 7_500, 90_000, -5)]
    assert said == ["0 s", "59 s", "1 min", "14 min 7 s", "2 h 5 min", "1 d 1 h", "0 s"]
