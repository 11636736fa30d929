"""Which records each operation of the stand-in services answers from."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Operation:
    """One list or get operation; what the service model tells is not repeated here."""

    kind: str
    id: str
    """The record's member that holds its id; a get operation is one that takes an id."""
    takes: str | None = None
    """The input member that a get operation takes the id in; a list operation has none."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Input member -> JMESPath of what it must equal in a record."""
    within: Mapping[str, str] = field(default_factory=dict)
    """Input member -> kind of the parent that must exist under that id."""
    newest_first: str | None = None
    """The member that the list is sorted by, newest first; without one it has no order."""


def _in_app(kind: str, takes: str | None = None) -> Operation:
    filters, within = {"ApplicationId": "ApplicationId"}, {"ApplicationId": "apps"}
    return Operation(kind, "Id", takes, filters, within)


def _in_segment(kind: str) -> Operation:
    filters = {"ApplicationId": "ApplicationId", "SegmentId": "Definition.SegmentId"}
    within = {"ApplicationId": "apps", "SegmentId": "segments"}
    return Operation(kind, "Id", None, filters, within)


_DESTINATION = (
    "ImportDestination.SuppressionListDestination && 'SUPPRESSION_LIST' || 'CONTACT_LIST'"
)

OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "pinpoint": {
        "GetApps": Operation("apps", "Id"),
        "GetSegments": _in_app("segments"),
        "GetImportJobs": _in_app("import-jobs"),
        "GetExportJobs": _in_app("export-jobs"),
        "GetSegmentImportJobs": _in_segment("import-jobs"),
        "GetSegmentExportJobs": _in_segment("export-jobs"),
        "GetImportJob": _in_app("import-jobs", "JobId"),
        "GetExportJob": _in_app("export-jobs", "JobId"),
    },
    "sesv2": {
        "ListImportJobs": Operation(
            "import-jobs", "JobId", filters={"ImportDestinationType": _DESTINATION}
        ),
        "ListExportJobs": Operation(
            "export-jobs",
            "JobId",
            filters={"ExportSourceType": "ExportSourceType", "JobStatus": "JobStatus"},
        ),
        "GetImportJob": Operation("import-jobs", "JobId", "JobId"),
        "GetExportJob": Operation("export-jobs", "JobId", "JobId"),
    },
    "dataexchange": {
        "ListJobs": Operation(
            "jobs",
            "Id",
            filters={
                "DataSetId": "Details.*.DataSetId | [0]",
                "RevisionId": "Details.*.RevisionId | [0]",
            },
            newest_first="CreatedAt",
        ),
        "GetJob": Operation("jobs", "Id", "JobId"),
    },
}
