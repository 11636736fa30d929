"""Records of the table's stream, and what takes them: fakes of the bus, the topic and the time."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from lambdas.model import JOB_STATUS_CHANGE
from lambdas.store.layout import HEARTBEAT

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/seen"
STREAM = f"{TABLE}/stream/2026-11-22T00:00:00.000"
FOR_EVER = float("inf")
LABELS = {"sesv2.import-jobs": "SES import job"}


def detail(**given: Any) -> dict[str, Any]:
    """The detail of an event about a job."""
    return {
        "version": "1",
        "id": "6d0c",
        "watch": "contact-imports",
        "source": "sesv2.import-jobs",
        "account": "111122223333",
        "region": "eu-west-1",
        "parameters": {},
        "job_id": "8a4f",
        "job_arn": None,
        "job_type": None,
        "job_name": None,
        "status": "FAILED",
        "previous_status": "RUNNING",
        "raw_status": "FAILED",
        "previous_raw_status": "PROCESSING",
        "terminal": True,
        "created_at": "2026-11-22T02:00:00Z",
        "ended_at": "2026-11-22T02:14:07Z",
        "observed_at": "2026-11-22T02:14:31Z",
        "duration_seconds": 847,
        "progress": {"total": None, "processed": 120000, "failed": 12},
        "failure": {"code": None, "message": "The file has a malformed row", "details": []},
        "details": {"ImportDataSource": {"S3Url": "s3://bucket/contacts.csv"}},
        "console_url": "https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1",
    } | given


def unreachable(**given: Any) -> dict[str, Any]:
    """The detail of an event about a scope that can't be read."""
    names = ("version", "id", "watch", "source", "account", "region", "parameters")
    return {
        **{name: detail()[name] for name in names},
        "status": "UNREACHABLE",
        "error": {"code": "AccessDeniedException", "message": "not allowed"},
        "since": "2026-11-22T02:00:00Z",
        "observed_at": "2026-11-22T02:02:00Z",
    } | given


def missing(**given: Any) -> dict[str, Any]:
    """The detail of an event about a run that is missing."""
    return {
        **unreachable(status="MISSING", error=None, since="2026-11-22T02:30:00Z"),
        "expected": {"at": "0 2 * * *", "zone": "Europe/Berlin", "within_seconds": 5_400},
        "last_success_at": "2026-11-21T01:12:31Z",
    } | given


def change(
    number: int, job: str | None = None, detail_type: str = JOB_STATUS_CHANGE, **given: Any
) -> dict[str, Any]:
    """The stream's record of a job's change, whose event has the id `e<number>`."""
    about = detail(id=f"e{number}", job_id=job or f"j{number}", **given)
    return stream_record(number, json.dumps(about), f"job#{about['job_id']}", detail_type)


def stream_record(
    number: int, text: str, key: str = "job#j1", detail_type: str = JOB_STATUS_CHANGE
) -> dict[str, Any]:
    """A record of the stream as Lambda hands it over; `text` is the event's detail."""
    image = {
        "pk": {"S": "contact-imports#0f"},
        "sk": {"S": key},
        "announce": {"S": detail_type},
        "detail": {"S": text},
    }
    return _record(number, image)


def heartbeat(number: int) -> dict[str, Any]:
    """A record of the stream that comes of the heartbeat's schedule."""
    at = f"2026-11-22T02:{number:02}:00Z"
    image = {**{name: {"S": HEARTBEAT} for name in ("pk", "sk")}, "scheduled_at": {"S": at}}
    return _record(number, image)


def _record(number: int, image: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "eventID": f"id-{number}",
        "eventName": "MODIFY",
        "eventSourceARN": STREAM,
        "dynamodb": {
            "ApproximateCreationDateTime": 1795313671,
            "Keys": {name: image[name] for name in ("pk", "sk")},
            "SequenceNumber": f"{number:03}",
            "NewImage": image,
        },
    }


def refused(code: str) -> ClientError:
    """What a client raises when the service refuses a call."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")


@dataclass
class Clock:
    """A timer that moves on by so many seconds with each call."""

    each: float = 0
    now: float = 0

    def __call__(self) -> float:
        return self.now

    def pass_time(self) -> None:
        self.now += self.each


@dataclass
class Bus:
    """EventBridge: it refuses the ids that it is told to, by an error code each.

    `refuse_calls` may raise for a whole call, of which it gets the ids.
    """

    refuse: dict[str, str] = field(default_factory=dict)
    refuse_calls: Callable[[list[str]], None] = lambda _: None
    calls: list[list[str]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        ids = [json.loads(entry["Detail"])["id"] for entry in Entries]
        self.calls.append(ids)
        self.clock.pass_time()
        self.refuse_calls(ids)
        self.taken += [each for each in ids if each not in self.refuse]
        said = [
            {"ErrorCode": self.refuse[each]} if each in self.refuse else {"EventId": each}
            for each in ids
        ]
        return {"FailedEntryCount": len(self.refuse.keys() & set(ids)), "Entries": said}


@dataclass
class Topic:
    """SNS: it refuses the jobs that it is told to, by code and whether that is the sender's fault.

    `refuse_calls` may raise for a whole call, of which it gets the job ids.
    """

    refuse: dict[str, tuple[str, bool]] = field(default_factory=dict)
    refuse_calls: Callable[[list[str]], None] = lambda _: None
    calls: list[list[list[str]]] = field(default_factory=list)
    taken: list[list[str]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def publish_batch(
        self,
        TopicArn: str,  # noqa: ARG002, N803
        PublishBatchRequestEntries: list[dict[str, Any]],  # noqa: N803
    ) -> dict[str, Any]:
        told = {entry["Id"]: told_of(entry) for entry in PublishBatchRequestEntries}
        self.calls.append(list(told.values()))
        self.clock.pass_time()
        self.refuse_calls([job for jobs in told.values() for job in jobs])
        failed = []
        for place, jobs in told.items():
            why = next((self.refuse[job] for job in jobs if job in self.refuse), None)
            if why is not None:
                failed.append({"Id": place, "Code": why[0], "SenderFault": why[1]})
            else:
                self.taken.append(jobs)
                self.entries += [e for e in PublishBatchRequestEntries if e["Id"] == place]
        ids = {each["Id"] for each in failed}
        return {"Successful": [{"Id": i} for i in told if i not in ids], "Failed": failed}


def told_of(entry: Mapping[str, Any]) -> list[str]:
    """The jobs, or else the ids, that an entry of SNS tells of."""
    alerts = json.loads(json.loads(entry["Message"])["sqs"])["detail"]["alerts"]
    return [alert.get("job_id", alert["id"]) for alert in alerts]


def down(_: object) -> None:
    """What happens to each call while nobody answers."""
    raise EndpointConnectionError(endpoint_url="https://here")
