"""A story of 15 seconds: one job of each kind, and each end that a job can have."""

from functools import partial

from demo import records
from demo.own_jobs import Action, describe_exports, export_table, translate
from demo.player import Story
from demo.timeline import GONE, Job, Parent, Step
from demo.world import Place

APP, LATE_APP, SEGMENT = "app", "late app", "segment"
IMPORTS, EXPORTS = Place("pinpoint", "import-jobs"), Place("pinpoint", "export-jobs")
SES_IMPORTS, SES_EXPORTS = Place("sesv2", "import-jobs"), Place("sesv2", "export-jobs")
DATA = Place("dataexchange", "jobs")

PARENTS = (
    Parent(Place("pinpoint", "apps"), -60, partial(records.application, APP)),
    Parent(Place("pinpoint", "apps"), 5, partial(records.application, LATE_APP)),
    Parent(Place("pinpoint", "segments"), -60, partial(records.segment, APP, SEGMENT)),
)

BROKEN = Job(
    "broken",
    SES_IMPORTS,
    records.ses_import,
    ("ses-imports",),
    120_000,
    (
        Step(1, "CREATED"),
        Step(5, "PROCESSING"),
        Step(10, "FAILED", 1, failed=12, why="The file has a malformed row"),
    ),
)
HALF = Job(
    "half",
    IMPORTS,
    partial(records.pinpoint_import, app=APP, segment=SEGMENT),
    ("pinpoint-imports", "pinpoint-segment-imports"),
    500,
    (
        Step(-30, "PROCESSING", 0.5),
        Step(6, "COMPLETED", 1, failed=3, why="Line 7: the address has no @"),
    ),
)
FLEETING = Job(
    "fleeting",
    EXPORTS,
    partial(records.pinpoint_export, app=APP, segment=SEGMENT),
    ("pinpoint-exports", "pinpoint-segment-exports"),
    500,
    (Step(-30, "CREATED"), Step(6, GONE)),
)
QUIET = Job(
    "quiet",
    SES_EXPORTS,
    records.ses_export,
    ("ses-exports",),
    500,
    (Step(-3_600, "COMPLETED", 1),),
)
CALLED_OFF = Job(
    "called off",
    SES_EXPORTS,
    records.ses_export,
    ("ses-exports",),
    500,
    (Step(2, "PROCESSING"), Step(7, "CANCELLED", 0.5)),
)
REFUSED = Job(
    "refused",
    DATA,
    partial(records.data_exchange, details="ImportAssetFromApiGatewayApi"),
    ("data-exchange",),
    1,
    (
        Step(3, "IN_PROGRESS"),
        Step(9, "ERROR", code="ACCESS_DENIED_EXCEPTION", why="No right to the stage prod"),
    ),
)
LATE = Job(
    "in the late app",
    IMPORTS,
    partial(records.pinpoint_import, app=LATE_APP, segment=None),
    ("pinpoint-imports",),
    500,
    (Step(6, "CREATED"), Step(12, "COMPLETED", 1)),
)
JOBS = (BROKEN, HALF, FLEETING, QUIET, CALLED_OFF, REFUSED, LATE)
ACTIONS = (Action(1, export_table), Action(1, translate), Action(11, describe_exports))
STORY = Story(JOBS, PARENTS, 14, ACTIONS)
