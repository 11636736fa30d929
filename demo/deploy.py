"""Deploys the real stack with the real CDK command line onto the local AWS."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.local_aws import ROOT, LocalAws, Tools, Trouble, clean_environment, tail
from demo.supervisor import Supervised
from lambdas.plan import Plan, read_plan

WATCHES = Path(__file__).with_name("watches.yaml")
STACK = "Jobwatch"
QUIET = {
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
}
"""Node's versions are painted about by whatever runs on it."""


@dataclass(frozen=True)
class Deployed:
    """The stack's outputs, by what they are."""

    bus: str
    topic: str
    table: str
    tick: str
    poll: str
    publish: str
    alert: str
    wait: str
    answer: str
    lanes_queue: str
    lost_lanes_queue: str

    @classmethod
    def of(cls, outputs: Mapping[str, str]) -> "Deployed":
        """Read the outputs by the names under which the stack prints them."""
        return cls(
            bus=outputs["EventBusName"],
            topic=outputs["AlertTopicArn"],
            table=outputs["TableName"],
            tick=outputs["TickFunctionName"],
            poll=outputs["PollFunctionName"],
            publish=outputs["PublishFunctionName"],
            alert=outputs["AlertFunctionName"],
            wait=outputs["WaitFunctionName"],
            answer=outputs["AnswerFunctionName"],
            lanes_queue=outputs["LanesQueueUrl"],
            lost_lanes_queue=outputs["LostLanesQueueUrl"],
        )


@dataclass(frozen=True)
class Synthesis:
    """The app at work: it writes its assembly while other things start."""

    process: Supervised
    folder: Path
    log: Path

    def wait(self) -> Path:
        """Wait for the assembly; give its folder.

        :raises Trouble: when the app fails.
        """
        if code := self.process.wait():
            raise Trouble(f"app.py ended with exit code {code}.\n{tail(self.log)}")
        return self.folder

    @property
    def plan(self) -> Plan:
        """The plan in the zip of the functions, once that is written."""
        return read_plan(next(self.folder.glob("asset.*/plan.json")))


@contextmanager
def synthesizing(folder: Path, watches: Path = WATCHES) -> Iterator[Synthesis]:
    """Run the app as the CDK's command line does, which needs no AWS for it."""
    assembly, log = folder / "cdk.out", folder / "synth.log"
    context = json.dumps({"watches": str(watches), "stack": STACK})
    told = {"CDK_OUTDIR": str(assembly), "CDK_CONTEXT_JSON": context, "TMPDIR": str(folder)}
    environment = clean_environment() | QUIET | told
    command = [sys.executable, "app.py"]
    with (
        log.open("wb") as output,
        Supervised(command, cwd=ROOT, env=environment, log=output) as process,
    ):
        yield Synthesis(process, assembly, log)


def bootstrap(tools: Tools, aws: LocalAws) -> None:
    """Prepare the local account for deployments, as a user does once in a real one.

    :raises Trouble: when the CDK fails.
    """
    # Outside of the project, for there the CDK would run the app as well, which takes its time.
    account = aws.client("sts").get_caller_identity()["Account"]
    where = f"aws://{account}/{aws.region}"
    _cdk(tools, aws, ["bootstrap", where, "--no-notices"], aws.folder)


def deploy(
    tools: Tools,
    aws: LocalAws,
    watches: Path = WATCHES,
    stack: str = STACK,
    assembly: Path | None = None,
) -> Deployed:
    """Deploy the stack, of an assembly that is there or else of a file; return its outputs.

    :raises Trouble: when the CDK fails.
    """
    outputs = aws.folder / f"{stack}-outputs.json"
    context = ["--context", f"watches={watches}", "--context", f"stack={stack}"]
    anew = [*context, "--output", str(aws.folder / f"{stack}.out")]
    app = ["--app", str(assembly or f"{shlex.quote(sys.executable)} app.py")]
    # As `./jobwatch deploy` does: what somebody put there under our names is written over.
    options = ["--require-approval", "never", "--force", *app, "--outputs-file", str(outputs)]
    options += [] if assembly else anew
    _cdk(tools, aws, ["deploy", stack, *options], ROOT)
    return Deployed.of(json.loads(outputs.read_text(encoding="utf-8"))[stack])


def _cdk(tools: Tools, aws: LocalAws, arguments: Sequence[str], folder: Path) -> None:
    log = aws.folder / f"cdk-{arguments[0]}.log"
    settings = {
        **QUIET,
        # It takes as long as all else of a synth; the tests hold the template against it.
        "CDK_VALIDATION": "false",
        "TMPDIR": str(aws.folder),
    }
    command = [str(tools.cdk), *arguments]
    with (
        log.open("wb") as output,
        Supervised(command, cwd=folder, env=aws.environment() | settings, log=output) as process,
    ):
        code = process.wait()
    if code:
        raise Trouble(f"`cdk {arguments[0]}` ended with exit code {code}.\n{tail(log)}")
