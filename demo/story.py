"""The story that the demonstration plays: a few jobs of each of the seven kinds, in 40 seconds.

Two states of one job are at least four seconds apart, so that each is seen; only those marked
as brief may be missed, which is what a watcher that polls cannot help.
"""

from functools import partial

from demo.records import (
    application,
    data_exchange,
    pinpoint_export,
    pinpoint_import,
    segment,
    ses_export,
    ses_import,
    signed_url,
)
from demo.timeline import GONE, Job, Parent, Step
from demo.world import Place
from lambdas.model import JOB_OVERRUNNING

LENGTH = 40.0
SHOP, OUTLET, REGULARS = "Shop", "Outlet", "Regulars"
APPS, SEGMENTS = Place("pinpoint", "apps"), Place("pinpoint", "segments")
HOUR, DAY = 3_600.0, 86_400.0
SOON = 20.0
"""Seconds until what took place an hour ago was that long ago: set-up included, so early on."""
LATE = ("ses-exports",)
"""The watches of which a run is missing, until a job succeeds."""
YEAR = 365 * DAY

PARENTS = (
    Parent(APPS, -YEAR, partial(application, SHOP)),
    Parent(APPS, 17.5, partial(application, OUTLET)),
    Parent(SEGMENTS, -YEAR, partial(segment, SHOP, REGULARS)),
)


def _import(name: str, total: int, *steps: Step, app: str = SHOP, into: str | None = None) -> Job:
    watches = ("pinpoint-imports",) + (("pinpoint-segment-imports",) if into else ())
    make = partial(pinpoint_import, app=app, segment=into)
    return Job(name, Place("pinpoint", "import-jobs"), make, watches, total, steps)


def _export(
    name: str, total: int, *steps: Step, of: str | None = None, told: tuple[str, ...] = ()
) -> Job:
    watches = ("pinpoint-exports",) + (("pinpoint-segment-exports",) if of else ())
    make = partial(pinpoint_export, app=SHOP, segment=of)
    return Job(name, Place("pinpoint", "export-jobs"), make, watches, total, steps, told)


def _mail_import(name: str, total: int, *steps: Step) -> Job:
    return Job(name, Place("sesv2", "import-jobs"), ses_import, ("ses-imports",), total, steps)


def _mail_export(name: str, total: int, *steps: Step) -> Job:
    return Job(name, Place("sesv2", "export-jobs"), ses_export, ("ses-exports",), total, steps)


def _data(name: str, details: str, *steps: Step) -> Job:
    make = partial(data_exchange, details=details)
    return Job(name, Place("dataexchange", "jobs"), make, ("data-exchange",), 1, steps)


JOBS = (
    _import("Last year's customers", 9_000, Step(-YEAR, "COMPLETED", 1)),
    _import(
        "Loyalty cards",
        52_000,
        Step(2.5, "CREATED"),
        Step(6.5, "PREPARING_FOR_INITIALIZATION"),
        Step(7, "INITIALIZING"),  # brief
        Step(11, "PROCESSING"),
        Step(26.5, "COMPLETING", 1, failed=37),
        Step(31, "COMPLETED", 1, failed=37, why="Line 4711: the address has no @"),
    ),
    _import(
        "Outlet customers",
        8_000,
        Step(19, "CREATED"),
        Step(24, "PROCESSING"),
        Step(30.5, "FAILING", 0.6, failed=800),
        Step(
            35, "FAILED", 0.6, failed=800, why="s3://shop-data/outlet-customers.csv: access denied"
        ),
        app=OUTLET,
    ),
    _import(
        "Regulars of May",
        12_000,
        Step(4, "CREATED"),
        Step(9, "PENDING_JOB"),
        Step(13.5, "PROCESSING"),
        Step(29, "COMPLETED", 1),
        into=REGULARS,
    ),
    _import("Regulars of April", 11_000, Step(-3 * DAY, "COMPLETED", 1), into=REGULARS),
    _export(
        "Everyone, for the archive",
        90_000,
        Step(SOON - HOUR, "PROCESSING", 0.4),
        Step(26, "COMPLETED", 1),
        told=(JOB_OVERRUNNING,),
    ),
    _export("Who left", 3_000, Step(5.5, "CREATED"), Step(10.5, "PROCESSING"), Step(23, GONE)),
    _export(
        "Regulars, for print",
        4_200,
        Step(8, "CREATED"),
        Step(13, "PROCESSING"),
        Step(22.5, "COMPLETED", 1),
        of=REGULARS,
    ),
    _export(
        "Regulars, to compare",
        4_200,
        Step(-45, "PROCESSING", 0.3),
        Step(
            19, "FAILED", 0.5, failed=2_100, why=f"Upload failed: {signed_url('bucket/regulars')}"
        ),
        of=REGULARS,
    ),
    _mail_import(
        "Newsletter contacts",
        120_000,
        Step(1.5, "CREATED"),
        Step(5.5, "PROCESSING"),
        Step(21.5, "COMPLETED", 1, failed=12, why="12 rows have no e-mail address"),
    ),
    _mail_import(
        "Bounced addresses",
        5_000,
        Step(10.5, "CREATED"),
        Step(15, "PROCESSING"),
        Step(25.5, "FAILED", 0.7, failed=1, why="The file has a malformed row"),
    ),
    _mail_import("Old contacts", 700, Step(-30, "CREATED"), Step(13, "CANCELLED")),
    _mail_import("Two late subscribers", 2, Step(28, "COMPLETED", 1)),
    _mail_export("Deliveries of the hour before", 40_000, Step(SOON - HOUR, "COMPLETED", 1)),
    _mail_export(
        "Deliveries of the week",
        31_000,
        Step(3, "CREATED"),
        Step(8, "PROCESSING"),
        Step(20, "COMPLETED", 1),
    ),
    _mail_export(
        "Opened, by address",
        15_000,
        Step(14.5, "CREATED"),
        Step(18.5, "PROCESSING"),
        Step(32, "CANCELLED", 0.5),
    ),
    _data(
        "Weather, to S3",
        "ExportAssetsToS3",
        Step(5, "WAITING"),
        Step(9.5, "IN_PROGRESS"),
        Step(27, "COMPLETED"),
    ),
    _data(
        "Prices, by signed URL",
        "ImportAssetFromSignedUrl",
        Step(-60, "IN_PROGRESS"),
        Step(9.5, "TIMED_OUT"),
    ),
    _data(
        "Prices, by API",
        "ImportAssetFromApiGatewayApi",
        Step(12, "WAITING"),
        Step(17, "IN_PROGRESS"),
        Step(25, "ERROR", code="RESOURCE_NOT_FOUND_EXCEPTION", why="Stage prod does not exist"),
    ),
    _data(
        "Draft, thought better of",
        "ExportAssetsToS3",
        Step(-90, "WAITING"),
        Step(21, "CANCELLED"),
    ),
)
