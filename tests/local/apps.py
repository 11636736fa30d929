"""Apps of examples/ on the local AWS, and events for them."""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from demo.local_aws import ROOT, LocalAws, Tools

PATIENCE = 60.0
BUS = "jobs"


def deployed(aws: LocalAws, name: str, **given: str) -> Mapping[str, str]:
    """Deploy an example as its page says; give the outputs of its stack, if it has any."""
    outputs = aws.folder / f"{name}.json"
    files = ["--output", str(aws.folder / name), "--outputs-file", str(outputs)]
    _cdk(aws, name, given, ["deploy", *files, "--require-approval", "never"])
    (found,) = json.loads(outputs.read_text()).values() or ({},)
    return dict(found)


def destroyed(aws: LocalAws, name: str, **given: str) -> None:
    """Destroy an example that was deployed with the same."""
    _cdk(aws, name, given, ["destroy", "--output", str(aws.folder / name), "--force"])


def _cdk(aws: LocalAws, name: str, given: Mapping[str, str], words: Sequence[str]) -> None:
    app = f"{shlex.quote(sys.executable)} examples/{name}/app.py"
    context = [word for key, value in given.items() for word in ("-c", f"{key}={value}")]
    done = subprocess.run(
        [str(Tools.find().cdk), *words, "--app", app, *context],
        cwd=ROOT,
        env={**aws.environment(), "TMPDIR": str(aws.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def put(aws: LocalAws, *events: Mapping[str, Any]) -> None:
    """Put events on the bus, as Jobwatch does."""
    entries = [
        {
            "EventBusName": BUS,
            "Source": each["source"],
            "DetailType": each["detail-type"],
            "Detail": json.dumps(each["detail"]),
        }
        for each in events
    ]
    assert aws.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0


def waited_for(look: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Look until something is there."""
    until = time.monotonic() + patience
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.5)
    return found
