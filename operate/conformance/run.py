"""One run: deploys the stack under a name of its own, checks it, and removes it again."""

import signal
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.text import Text

from operate.aws import Clients
from operate.bootstrap import unready
from operate.conformance import clock, owners, storing, telling
from operate.conformance.cdk import Cdk, CdkError
from operate.conformance.findings import NO_ANSWER, Check, Finding, Unseen, Verdict, Wrong
from operate.conformance.left import left_of, names_in
from operate.conformance.listeners import listening
from operate.conformance.trial import PAUSE, Trial

Chain = Sequence[Check]
Held = tuple[Finding, float]
"""What was found, and how many seconds that took."""

STAGES: tuple[tuple[Chain, ...], ...] = (
    (owners.CHECKS,),
    (clock.BEFORE, (*storing.BEFORE, *storing.AFTER, *telling.CHECKS)),
    (clock.AFTER,),
)
"""In an order in which each finds what it needs: first what may not be done by hand and then may,
then all that stores silently, then changes. The chains of a stage need nothing of each other, and
are held side by side."""
CHECKS = tuple(check for stage in STAGES for chain in stage for check in chain)
DEPLOY, DESTROY = "CFN-1", "CFN-2"
COLOURS = {Verdict.OK: "green", Verdict.WRONG: "bold red", Verdict.UNSEEN: "yellow"}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAME = "JobwatchConformance"
"""Short even with five letters more: CloudFormation cuts long ones in the names that it makes."""


@dataclass(slots=True)
class Run:
    """One run: what it deploys, and what it found."""

    stack: str
    account: str
    clients: Clients
    console: Console
    patience: float
    stages: Sequence[Sequence[Chain]] = STAGES
    profile: str | None = None
    tool: Callable[[str, str, Path, str | None], Cdk] = Cdk
    findings: list[Finding] = field(default_factory=list)

    @property
    def region(self) -> str:
        """Where it deploys."""
        return str(self.clients("sts").meta.region_name)

    def run(self) -> None:
        """Deploy, check and remove; an interrupt gets through when all is removed."""
        with tempfile.TemporaryDirectory(prefix="jobwatch-") as folder:
            cdk = self.tool(self.stack, self.region, Path(folder), self.profile)
            made = ExitStack()
            made.callback(self._hold, Check(DESTROY, "Nothing is left", self._destroy), cdk)
            try:
                if outputs := self._deploy(cdk):
                    listeners = made.enter_context(listening(self.stack, outputs, self.clients))
                    given = (self.stack, self.account, self.region, outputs)
                    trial = Trial(*given, self.clients, listeners, self.patience)
                    for stage in self.stages:
                        self._hold_side_by_side(stage, trial)
            finally:
                with _uninterrupted(self.console):
                    made.close()  # the rule first: it would keep the bus; the stack in any case

    def _deploy(self, cdk: Cdk) -> dict[str, str]:
        outputs: dict[str, str] = {}

        def deploy(cdk: Cdk) -> str:
            try:
                outputs.update(cdk.deploy())
            except (CdkError, OSError) as error:
                why = (str(error), unready(self.clients))
                raise Wrong("; ".join(filter(None, why))) from error
            return f"{len(outputs)} outputs"

        self._hold(Check(DEPLOY, "The CDK deploys the stack", deploy), cdk)
        return outputs

    def _destroy(self, cdk: Cdk) -> str:
        """Remove the stack, whatever can't be listed, and look for what is left of it."""
        unlisted: Exception | None = None
        parts: set[str] = set()
        try:
            parts = names_in(self.stack, self.clients)
        except NO_ANSWER as error:
            unlisted = error
        try:
            cdk.destroy()
        except (CdkError, OSError) as error:
            raise Wrong(f"{error}; delete the stack by hand: {self._deletion()}") from error
        try:
            left = self._left(parts)
        except NO_ANSWER as error:
            left, unlisted = [], error
        if left:
            raise Wrong(f"left behind: {', '.join(left)}")
        if unlisted:
            what = f"the CDK destroyed {self.stack}, and what may be left of it can't be listed"
            raise Unseen(f"{what}: {unlisted}")
        return "nothing bears the stack's name"

    def _deletion(self) -> str:
        profile = f" --profile {self.profile}" if self.profile else ""
        words = f"--stack-name {self.stack} --region {self.region}{profile}"
        return f"aws cloudformation delete-stack {words}"

    def _left(self, parts: Collection[str]) -> list[str]:
        ends = time.monotonic() + self.patience
        while (left := left_of(self.stack, self.clients, parts)) and time.monotonic() < ends:
            time.sleep(PAUSE)  # a queue is in the list for up to a minute after it was deleted
        return left

    def _hold(self, check: Check, subject: object) -> None:
        self._tell(check, lambda: _timed(check, subject))

    def _hold_side_by_side(self, chains: Sequence[Chain], trial: Trial) -> None:
        """Hold each chain in a thread of its own; tell in the order in which they stand."""
        with ExitStack() as threads:
            held: list[tuple[Check, Future[Held]]] = []
            for chain in chains:
                thread = ThreadPoolExecutor(1)
                threads.callback(thread.shutdown, cancel_futures=True)
                held += [(check, thread.submit(_timed, check, trial)) for check in chain]
            try:
                for check, future in held:
                    self._tell(check, future.result)
            except BaseException:
                trial.stopped.set()
                raise

    def _tell(self, check: Check, find: Callable[[], Held]) -> None:
        """Wait for a finding, and say it."""
        with ExitStack() as shown:
            with suppress(OSError):  # a terminal that was closed keeps nothing from being removed
                shown.enter_context(self.console.status(f"{check.row} {check.title} …"))
            finding, seconds = find()
        self.findings.append(finding)
        took = f" ({seconds:.0f} s)"
        line = Text.assemble(
            (f"{finding.verdict:<14} ", COLOURS[finding.verdict]),
            f"{finding.row:<9} {finding.title}: {finding.said}",
            (took, "dim"),
        )
        self.console.print(line, soft_wrap=True)


def _timed(check: Check, subject: object) -> Held:
    began = time.monotonic()
    return check.hold(subject), time.monotonic() - began


@contextmanager
def _uninterrupted(console: Console) -> Iterator[None]:
    """Go on whatever comes: what is half removed would stay, and cost."""

    def told(_number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            console.print("What was made is being removed; that takes a few minutes.")

    before = {number: signal.signal(number, told) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
