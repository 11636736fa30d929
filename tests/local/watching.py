"""Jobwatch on the local AWS, with watches of a test's own."""

from pathlib import Path

import aws_cdk as cdk

import app
from demo.deploy import STACK, Deployed, deploy
from demo.local_aws import LocalAws, Tools


def deploy_watches(aws: LocalAws, watches: Path, stack: str = STACK) -> Deployed:
    """Deploy the stack of a file, synthesized in this process: one more takes seconds to start."""
    out = aws.folder / f"{stack}-{aws.key}.out"
    context = {"watches": str(watches), "stack": stack}
    assert app.main(cdk.App(analytics_reporting=False, context=context, outdir=str(out))) == 0
    return deploy(Tools.find(), aws, stack=stack, assembly=out)
