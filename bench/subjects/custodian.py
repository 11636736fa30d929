"""Cloud Custodian: a periodic policy that notifies of the jobs that have ended.

It is loaded once, and a cycle runs it as its periodic function does when it is warm. Nothing is
cached between cycles, as with `--cache-period 0`: a cache would hide what changed.
"""

import sys
import tempfile
from typing import Any

from c7n.config import Config
from c7n.loader import PolicyLoader
from c7n.resources import load_resources

from bench.lines import measure
from bench.sources import ACCOUNT, QUEUE, REGION, SAGEMAKER

_NOTIFY = {
    "type": "notify",
    "to": ["ops@example.com"],
    "transport": {"type": "sqs", "queue": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{QUEUE}"},
}


def policy(source: str) -> dict[str, Any]:
    """Write the policy for a source."""
    if source == SAGEMAKER:
        resource, status = "aws.sagemaker-job", "TrainingJobStatus"
        ended = ["Completed", "Failed", "Stopped"]
        # Its own query asks for running jobs, ten a page: this is all jobs, in the largest pages.
        more = {"query": [{"MaxResults": 100}]}
    else:
        resource, status = "aws.comprehend-pii-entities-detection-job", "JobStatus"
        ended, more = ["COMPLETED", "FAILED", "STOPPED"], {}
    wanted = {"type": "value", "key": status, "op": "in", "value": ended}
    plain = {"name": "ended-jobs", "resource": resource, "filters": [wanted], "actions": [_NOTIFY]}
    return {"policies": [plain | more]}


def main(source: str) -> None:
    """Run the policy in each cycle; the benchmark counts what is in the queue."""
    document = policy(source)
    load_resources([entry["resource"] for entry in document["policies"]])
    with tempfile.TemporaryDirectory() as folder:
        options = Config.empty(
            region=REGION, account_id=ACCOUNT, output_dir=folder, cache_period=0, cache="memory"
        )
        (loaded,) = PolicyLoader(options).load_data(document, "policy.yml")

        def cycle() -> int:
            loaded.run()
            return 0

        measure(cycle)


if __name__ == "__main__":
    main(sys.argv[1])
