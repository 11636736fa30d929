"""The largest `watches.yaml` of which the tests speak: what it takes is to fit into policies.

Every source is watched in two regions, those of a few services wherever AWS offers them, here and
in a thousand accounts, and Pinpoint's in so many applications, of which each is named.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.config.aws.regions import is_global, partition_of
from infra.config.derived import offered_in
from tests.catalogue import ours

Watch = dict[str, Any]

ROLE = "jobwatch-reader"
ACCOUNTS = [{"id": f"{number:012}", "role": ROLE} for number in range(1_000)]
REGIONS = {"us-east-1", "eu-west-1"}
EVERYWHERE = {"dataexchange", "dynamodb", "pinpoint", "sesv2", "translate"}
APPLICATIONS = 6
"""One or two more, and no role can hold it."""


def largest(applications: int = APPLICATIONS) -> dict[str, Watch]:
    """Give the watches by name; what is watched here is watched in another account as well."""
    here = dict(_watches(applications))
    there = {f"{name}-there": watch | {"accounts": ACCOUNTS[:1]} for name, watch in here.items()}
    everywhere = {"source": "sesv2.import-jobs", "every": "1 day", "accounts": ACCOUNTS}
    return {**here, **there, "everywhere": everywhere}


def write_largest(folder: Path, applications: int = APPLICATIONS) -> Path:
    """Write the watches into a file."""
    file = folder / "watches.yaml"
    file.write_text(json.dumps({"watches": largest(applications)}, indent=1), encoding="utf-8")
    return file


def _watches(applications: int) -> Iterator[tuple[str, Watch]]:
    for source, row in ours().rows.items():
        name, watch = source.replace(".", "-")[-40:], {"source": source, "every": "1 day"}
        there = [r for r in offered_in(row) if partition_of(r) == "aws"]
        if row.service not in EVERYWHERE:
            there = [r for r in there if r in REGIONS] or there[:1]
        watch["regions"] = there[:1] if is_global(row.service, there[0]) else there
        named = [parent.parameter for parent in row.source.parents]
        names = named if row.service == "pinpoint" else []
        if row.source.fan_out == "unbounded":
            watch["for"] = {named[0]: "x"}
        for number in range(applications if names else 1):
            ids = {
                each: f"{number:x}{len(name):02x}{at}".zfill(32) for at, each in enumerate(names)
            }
            # Four watches of one application, two of them of its segments.
            ids |= dict.fromkeys(names[:1], f"{number:032x}")
            yield (f"{name}-{number}", watch | {"for": ids}) if ids else (name, watch)
