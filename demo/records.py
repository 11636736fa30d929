"""Jobs as the services' get operations answer them, secrets and all.

The signed URLs, the keys and the addresses are made up. They stand where the services put real
ones, so that it shows when one of them travels: none of `SECRETS` may leave the account's API.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
SIGNATURE = "5ec4e7" * 10 + "f00d"
API_KEY = "made-up-api-key-5ec4e7"
EXTERNAL_ID = "made-up-external-id-5ec4e7"
READER = "reader@made-up.example"
SECRETS = (SIGNATURE, API_KEY, EXTERNAL_ID, READER)


@dataclass(frozen=True)
class Moment:
    """How a job stands at one moment, in terms that every kind of job has."""

    status: str
    created: datetime
    changed: datetime
    ended: datetime | None = None
    total: int = 0
    processed: int = 0
    failed: int = 0
    code: str | None = None
    why: str | None = None


def job_id(name: str) -> str:
    """Return an id in the form that the services give out, always the same for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def file_of(name: str) -> str:
    """Return the file that a job of this name reads."""
    return "-".join(re.findall(r"\w+", name.lower())) + ".csv"


def signed_url(path: str) -> str:
    """Return what a presigned URL looks like: whoever has it may read the file."""
    return (
        f"https://{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261122T020000Z"
        f"&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature={SIGNATURE}"
    )


def iso8601(value: datetime) -> str:
    """Write a time as Pinpoint does: `2018-05-24T21:26:33.995Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def application(name: str, created: datetime) -> dict[str, Any]:
    """Return a Pinpoint application, as GetApps lists it."""
    arn = f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/{job_id(name)}"
    return {
        "Id": job_id(name),
        "Arn": arn,
        "Name": name,
        "CreationDate": iso8601(created),
        "tags": {},
    }


def segment(app: str, name: str, created: datetime) -> dict[str, Any]:
    """Return a Pinpoint segment, as GetSegments lists it."""
    return {
        "ApplicationId": job_id(app),
        "Id": job_id(name),
        "Arn": f"{application(app, created)['Arn']}/segments/{job_id(name)}",
        "Name": name,
        "CreationDate": iso8601(created),
        "LastModifiedDate": iso8601(created),
        "SegmentType": "IMPORT",
        "Version": 1,
        "ImportDefinition": {
            "Format": "CSV",
            "S3Url": "s3://shop-data/segments/",
            "Size": 4_200,
            "ExternalId": EXTERNAL_ID,
            "RoleArn": ROLE,
        },
    }


def pinpoint_job(name: str, moment: Moment, definition: dict[str, Any]) -> dict[str, Any]:
    """Return what Pinpoint's imports and exports have in common: they are counted in pieces."""
    failed_pieces = min(moment.failed, 1) if moment.status in ("FAILING", "FAILED") else 0
    return {
        "Id": job_id(name),
        "JobStatus": moment.status,
        "CreationDate": iso8601(moment.created),
        "CompletionDate": iso8601(moment.ended) if moment.ended else None,
        "Definition": {"RoleArn": ROLE, **definition},
        "TotalPieces": 10,
        "CompletedPieces": 10 * moment.processed // moment.total,
        "FailedPieces": failed_pieces,
        "TotalProcessed": moment.processed,
        "TotalFailures": moment.failed,
        "Failures": [moment.why] if moment.why else [],
    }


def pinpoint_import(name: str, moment: Moment, app: str, segment: str | None) -> dict[str, Any]:
    """Return an ImportJobResponse."""
    into = {"SegmentId": job_id(segment), "SegmentName": segment} if segment else {}
    definition = {
        "Format": "CSV",
        "S3Url": f"s3://shop-data/{file_of(name)}",
        "ExternalId": EXTERNAL_ID,
        "DefineSegment": segment is not None,
        **into,
    }
    job = pinpoint_job(name, moment, definition)
    return {"ApplicationId": job_id(app), "Type": "IMPORT", **job}


def pinpoint_export(name: str, moment: Moment, app: str, segment: str | None) -> dict[str, Any]:
    """Return an ExportJobResponse."""
    of = {"SegmentId": job_id(segment), "SegmentVersion": 1} if segment else {}
    job = pinpoint_job(name, moment, {"S3UrlPrefix": "s3://shop-data/exports/", **of})
    return {"ApplicationId": job_id(app), "Type": "EXPORT", **job}


def ses_import(name: str, moment: Moment) -> dict[str, Any]:
    """Return a GetImportJobResponse; the list of SES tells less."""
    contacts = {"ContactListName": "newsletter", "ContactListImportAction": "PUT"}
    return {
        "JobId": job_id(name),
        "JobStatus": moment.status,
        "ImportDestination": {"ContactListDestination": contacts},
        "ImportDataSource": {"S3Url": f"s3://shop-mail/{file_of(name)}", "DataFormat": "CSV"},
        "CreatedTimestamp": moment.created,
        "CompletedTimestamp": moment.ended,
        "ProcessedRecordsCount": moment.processed,
        "FailedRecordsCount": moment.failed,
        "FailureInfo": _failure_info(moment),
    }


def ses_export(name: str, moment: Moment) -> dict[str, Any]:
    """Return a GetExportJobResponse; the list of SES tells less."""
    url = signed_url("ses-exports.s3.us-east-1.amazonaws.com/export.csv")
    insights = {
        "StartDate": moment.created - timedelta(days=7),
        "EndDate": moment.created,
        "Include": {"Destination": [READER]},
    }
    return {
        "JobId": job_id(name),
        "ExportSourceType": "MESSAGE_INSIGHTS",
        "JobStatus": moment.status,
        "ExportDestination": {"DataFormat": "CSV", "S3Url": url if moment.ended else None},
        "ExportDataSource": {"MessageInsightsDataSource": insights},
        "CreatedTimestamp": moment.created,
        "CompletedTimestamp": moment.ended,
        "Statistics": {
            "ProcessedRecordsCount": moment.processed,
            "ExportedRecordsCount": moment.processed - moment.failed,
        },
        "FailureInfo": _failure_info(moment),
    }


def _failure_info(moment: Moment) -> dict[str, Any] | None:
    if not (moment.ended and moment.failed):
        return None
    url = signed_url("ses-jobs.s3.us-east-1.amazonaws.com/failed-records.csv")
    return {"FailedRecordsS3Url": url, "ErrorMessage": moment.why}


def data_exchange(name: str, moment: Moment, details: str) -> dict[str, Any]:
    """Return a JobEntry, whose list tells as much as its get operation."""
    job_type, members = DATA_EXCHANGE[details]
    error = {"Code": moment.code, "Message": moment.why, "ResourceType": "ASSET"}
    return {
        "Id": job_id(name),
        "Arn": f"arn:aws:dataexchange:us-east-1:{ACCOUNT}:jobs/{job_id(name)}",
        "Type": job_type,
        "State": moment.status,
        "CreatedAt": moment.created,
        "UpdatedAt": moment.changed,
        "Details": {details: members},
        "Errors": [error] if moment.code else None,
    }


_REVISION = {"DataSetId": job_id("data set"), "RevisionId": job_id("revision")}
_EXPIRES = datetime.fromisoformat("2026-11-23T02:00:00Z")
_ASSET = {"AssetId": job_id("asset"), "Bucket": "shop-data", "Key": "weather.csv"}
_UPLOAD = signed_url("dataexchange.s3.us-east-1.amazonaws.com/upload")
DATA_EXCHANGE: dict[str, tuple[str, dict[str, Any]]] = {
    "ExportAssetsToS3": ("EXPORT_ASSETS_TO_S3", {**_REVISION, "AssetDestinations": [_ASSET]}),
    "ImportAssetFromSignedUrl": (
        "IMPORT_ASSET_FROM_SIGNED_URL",
        {
            **_REVISION,
            "AssetName": "prices.csv",
            "SignedUrl": _UPLOAD,
            "SignedUrlExpiresAt": _EXPIRES,
        },
    ),
    "ImportAssetFromApiGatewayApi": (
        "IMPORT_ASSET_FROM_API_GATEWAY_API",
        {
            **_REVISION,
            "ApiId": "a1b2c3",
            "ApiName": "prices",
            "ApiKey": API_KEY,
            "ApiSpecificationMd5Hash": "1B2M2Y8AsgTpgAmY7PhCfg==",
            "ApiSpecificationUploadUrl": _UPLOAD,
            "ApiSpecificationUploadUrlExpiresAt": _EXPIRES,
            "ProtocolType": "REST",
            "Stage": "prod",
        },
    ),
}
