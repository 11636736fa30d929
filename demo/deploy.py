"""Deploys the real stack with the real CDK command line onto the local AWS."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.local_aws import ROOT, LocalAws, Tools, Trouble, tail
from demo.records import ACCOUNT
from demo.supervisor import Supervised
from demo.world import REGION

WATCHES = Path(__file__).with_name("watches.yaml")


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
            lanes_queue=outputs["LanesQueueUrl"],
            lost_lanes_queue=outputs["LostLanesQueueUrl"],
        )


def bootstrap(tools: Tools, aws: LocalAws) -> None:
    """Prepare the local account for deployments, as a user does once in a real one.

    :raises Trouble: when the CDK fails.
    """
    # Outside of the project, for there the CDK would run the app as well, which takes its time.
    _cdk(tools, aws, ["bootstrap", f"aws://{ACCOUNT}/{REGION}", "--no-notices"], aws.folder)


def deploy(
    tools: Tools, aws: LocalAws, watches: Path = WATCHES, stack: str = "Jobwatch"
) -> Deployed:
    """Deploy the stack; return its outputs.

    :raises Trouble: when the CDK fails.
    """
    outputs = aws.folder / f"{stack}-outputs.json"
    app = ["--app", f"{shlex.quote(sys.executable)} app.py"]
    context = ["--context", f"watches={watches}", "--context", f"stack={stack}"]
    files = ["--output", str(aws.folder / "cdk.out"), "--outputs-file", str(outputs)]
    # As `./jobwatch deploy` does: what somebody put into the bucket by our names is written over.
    options = ["--require-approval", "never", "--force", *app, *context, *files]
    _cdk(tools, aws, ["deploy", stack, *options], ROOT)
    return Deployed.of(json.loads(outputs.read_text(encoding="utf-8"))[stack])


def _cdk(tools: Tools, aws: LocalAws, arguments: Sequence[str], folder: Path) -> None:
    log = aws.folder / f"cdk-{arguments[0]}.log"
    settings = {
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22",
        "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
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
