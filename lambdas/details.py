"""What is in the `detail` of each event, and beside it in each alert: types alone, nothing runs.

The JSON Schemas under docs/schemas are made of these. A field without a value is null, never
missing. Times are ISO 8601 in UTC, whole seconds, with a Z.
"""

from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic reads the standard library's from 3.12 on

Status = Literal["PENDING", "RUNNING", "SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED", "UNKNOWN"]
Severity = Literal["critical", "error", "warning", "info"]


class Progress(TypedDict):
    """How far a job is, in the service's own units: records, pieces, items."""

    total: int | None
    """All that there are."""
    processed: int | None
    """Those that are done, the failed ones included where the service counts so."""
    failed: int | None
    """Those that failed."""


class Failure(TypedDict):
    """Why a job failed, as its service says it."""

    code: str | None
    """The service's code."""
    message: str | None
    """The service's words; at most 2,000 bytes."""
    details: list[Any]
    """More of it, such as errors of single records: at most 20, and 16,000 bytes."""


class Error(TypedDict):
    """Why a scope can't be read."""

    code: str
    """The service's code, such as AccessDeniedException."""
    message: str
    """The service's words."""


class Expected(TypedDict):
    """The run that is to succeed, as the watch says it in `expect`."""

    at: str | None
    """When it begins, as a cron of five fields; null: at any time."""
    zone: str
    """The time zone of `at`."""
    within_seconds: int
    """How long after `at`, or after the run before, it is to have succeeded."""


class Place(TypedDict):
    """Where it is: a watch, and one place to which it looks."""

    watch: str
    """The watch's name in watches.yaml."""
    source: str
    """The watch's row of the catalogue, such as sesv2.import-jobs."""
    account: str
    """The account of the job, by its 12 digits."""
    region: str
    """The region of the job."""
    parameters: dict[str, str]
    """The ids of what the job lives in, by the parameter's name, such as ApplicationId."""


class JobFields(TypedDict):
    """What of a service's answer about a job an event tells."""

    job_arn: str | None
    """The job's ARN, where its service has one."""
    job_type: str | None
    """The job's type, where its service has several."""
    job_name: str | None
    """What a person calls the job, where its service has such a name."""
    created_at: str | None
    """When the job was created, as its service says."""
    ended_at: str | None
    """When the job ended, as its service says."""
    progress: Progress
    failure: Failure
    details: dict[str, Any]
    """Further fields that the source lets through, by the service's names: at most 16,000 bytes."""


class _Told(TypedDict):
    """What every detail has."""

    version: Literal["1"]
    """The version of this format."""
    id: str
    """The same change always has the same id: drop repeats by it."""
    observed_at: str
    """When Jobwatch saw it."""


class JobDetail(_Told, Place, JobFields):
    """A change of a job, a job that stalled, or one that runs for too long."""

    job_id: str
    """The service's id of the job."""
    status: Status
    """What the job is now, in the same words for every service."""
    previous_status: Status | None
    """What the job was; null when it is first seen, or in another run of one that had ended."""
    raw_status: str | None
    """The service's own word; NOT_FOUND for a job that is gone."""
    previous_raw_status: str | None
    """The service's own word before; null when the job is first seen."""
    terminal: bool
    """Whether the job has come to its end."""
    duration_seconds: int | None
    """From creation to end."""
    console_url: str | None
    """A link for a person."""


class WatchDetail(_Told, Place):
    """A scope that can't be read, or can again."""

    status: Literal["UNREACHABLE", "OK"]
    """UNREACHABLE, or OK once it can be read again."""
    error: Error | None
    """Why it can't be read; null once it can."""
    since: str | None
    """When the first read failed."""


class RunDetail(_Told, Place):
    """A run that is missing, or that came after all.

    Where the watch looks at several sources, accounts or regions, theirs are some of them, such as
    "eu-west-1, us-east-1".
    """

    status: Literal["MISSING", "OK"]
    """MISSING, or OK once it came."""
    error: None
    """Always null: what can't be read is no missing run."""
    since: str
    """By when the run was to succeed."""
    expected: Expected
    last_success_at: str | None
    """When the last run succeeded that is known."""


class TrialDetail(_Told, Place):
    """A test of the way that alerts go, which somebody asked for; nothing is wrong."""

    status: Literal["TEST"]
    """Always TEST, which no job has."""
    error: None
    """Always null."""
    since: str
    """When it was sent."""


class AlertFields(TypedDict):
    """What an alert has beside the detail of the event that it tells of."""

    title: str
    """The subject, as a person reads it."""
    text: str
    """The text, as a person reads it."""
    severity: Severity
    """How bad it is, as its watch says, or else its status."""
    owner: str | None
    """Whose it is, as the watch says."""
    runbook: str | None
    """The page that says what to do, as the watch says."""
    dedup_key: str
    """What alerts share that tell of the same trouble."""
    state: Literal["open", "resolved"]
    """Whether it is so, or over by now."""


class JobAlert(JobDetail, AlertFields):
    """An alert about a job."""


class WatchAlert(WatchDetail, AlertFields):
    """An alert about a scope that can't be read."""


class RunAlert(RunDetail, AlertFields):
    """An alert about a run that is missing."""


class TrialAlert(TrialDetail, AlertFields):
    """A test, as `./jobwatch test-alert` sends it."""


class Alerts(TypedDict):
    """The alerts of one message: those that came together and share what is filtered by."""

    count: int
    """How many there are."""
    alerts: list[JobAlert | WatchAlert | RunAlert | TrialAlert]
    """As many of them as fit into the message. More kinds may come."""
