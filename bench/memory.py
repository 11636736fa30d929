"""How much memory a poll of many jobs in one scope holds at its peak, in a fresh process."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.launch import Launcher, LaunchError
from bench.services import JOBS, local_services

POLL = "lambdas.handle_poll"
WATCHES = ("ses-imports", "data-exchange-jobs")


def measure(bundle: Path, python: str) -> dict[str, Any]:
    """Poll each watch's jobs when all are new, and again when none has changed; peaks in MB."""
    with local_services(JOBS) as settings:
        launcher = Launcher(python, settings)
        return {"jobs": JOBS, "peaks": {name: _peaks(launcher, bundle, name) for name in WATCHES}}


def _peaks(launcher: Launcher, bundle: Path, watch: str) -> Mapping[str, float]:
    return {
        "new": _poll(launcher, bundle, watch, changes=JOBS),
        "unchanged": _poll(launcher, bundle, watch, changes=0),
    }


def _poll(launcher: Launcher, bundle: Path, watch: str, changes: int) -> float:
    told = launcher.start(bundle, POLL, {"watches": [watch]})
    if told["answer"]["Changes"] != changes:
        raise LaunchError(f"the poll of {watch} went wrong: {told['answer']}")
    return float(told["peak"])
