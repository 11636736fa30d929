"""What every test may use; no test ever reaches a real AWS."""

import atexit
import gc
import os
import signal
from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler.loadscope import LoadScopeScheduling

from tests.catalogue import read_once
from tests.models import parse_once
from tests.tally import TALLY

# The gate tries the same examples each time; a soak looks for new ones.
settings.register_profile("gate", derandomize=True, deadline=None)
if "JOBWATCH_EXAMPLES" not in os.environ:
    settings.load_profile("gate")


# The CDK holds each template against CloudFormation's schemas, which takes most of a synth's time:
# once is enough, in test_app.py.
os.environ["CDK_VALIDATION"] = "false"
# pytest's workers are told a terminal's, and have none.
os.environ.pop("COLUMNS", None)
# What is collected and parsed is kept: to look through it for garbage takes a sixth of all, and
# half of the collection.
gc.set_threshold(50_000, 20, 100)
parse_once()
read_once()

DEPLOYED = "tests/local/"
SHARED = {
    "harness": ("commands", "deployed", "doctor", "from_here", "members", "policies", "remembered",
                "template", "transport", "replayed"),
    "idle": ("durable", "mutes", "silence", "waiting"),
}  # fmt: skip
"""Those that share one local AWS with the stack in it, by its name in tests/local/conftest.py: who
takes that and is not named here deploys it once more."""
DEPLOYMENTS = {
    f"{DEPLOYED}test_{name}.py": shared for shared, names in SHARED.items() for name in names
}
LONGEST = (
    *DEPLOYMENTS,
    f"{DEPLOYED}test_conformance",
    "tests/test_simulation.py",
    "tests/test_tail_command",
    DEPLOYED,
    "tests/test_simulation_weeks",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, for which all would wait: what deploys waits mostly, and what
    simulates reckons meanwhile.
    """
    items.sort(key=lambda item: [not item.nodeid.startswith(each) for each in LONGEST])


def pytest_collection_finish() -> None:
    """Look through what was collected no more."""
    gc.freeze()
    atexit.register(gc.freeze)


class ByFile(LoadScopeScheduling):
    """Lets the tests of a file share a worker, and all that share a local AWS."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return DEPLOYMENTS.get(file, file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Distribute tests so where there are several workers."""
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """A script lets what it runs in the background ignore interrupts, and all that this starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "POWERTOOLS_METRICS_NAMESPACE": "Jobwatch",
        "POWERTOOLS_SERVICE_NAME": "jobwatch",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has programs write as to a terminal, which they have none of here."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tally() -> Counter[str]:
    """What the tests tried, by name; the terminal shows it at their end."""
    return TALLY


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker tried to who sums it up."""
    worker = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["tried"] = dict(TALLY)


def pytest_testnodedown(node: Any) -> None:
    """Add what a worker tried; one that died hands nothing over."""
    TALLY.update(getattr(node, "workeroutput", {}).get("tried", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how much was tried, so that the documents can say it."""
    if TALLY:
        terminalreporter.section("tried")
        for name, number in sorted(TALLY.items()):
            terminalreporter.write_line(f"{number:>8,} {name}")
