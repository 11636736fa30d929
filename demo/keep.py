"""What `--keep` prints: how to look at what is left running, from another terminal."""

import time

from rich.console import Console

from demo.deploy import Deployed
from demo.harness import Harness
from demo.listen import RULE
from demo.local_aws import LocalAws
from demo.own_jobs import BUCKET, TABLE


def keep(console: Console, harness: Harness, board: str) -> None:
    """Print what can be done now, and wait until Ctrl-C; `board` is the address of the jobs."""
    told = commands(harness.aws, harness.stack, harness.listener.events_url)
    console.print(told, markup=False, soft_wrap=True)
    console.print(f"The board of jobs, as the dashboard shows it: {board}\n", style="bold")
    console.print(
        "The story's jobs stay as they are. The schedule goes on polling each minute. "
        "Ctrl-C ends everything.",
        style="bold",
    )
    while True:
        time.sleep(1)


def commands(aws: LocalAws, stack: Deployed, queue: str) -> str:
    """Return commands to copy into another terminal."""
    settings = "\n".join(f"export {name}={value}" for name, value in aws.settings().items())
    endpoint = f"aws --endpoint-url {aws.endpoint}"
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}"
    return f"""
Everything goes on running. In another terminal:

{settings}

# how the watches stand, the jobs that the stack remembers, one of them, and events as they arrive
./jobwatch status
./jobwatch jobs
./jobwatch job ID
./jobwatch tail

With the AWS command line:

# what the stack remembers, as it is stored
{endpoint} dynamodb scan --table-name {stack.table}
# the rule that brings the events to the queue
{endpoint} events list-rules --event-bus-name {stack.bus}
{endpoint} events list-targets-by-rule --event-bus-name {stack.bus} --rule {RULE}
# make something happen: a job of the local AWS itself
{endpoint} dynamodb export-table-to-point-in-time --table-arn {arn} --s3-bucket {BUCKET}
# poll now instead of waiting for the schedule
{endpoint} lambda invoke --function-name {stack.tick} /dev/stdout
# the events that arrived since
{endpoint} sqs receive-message --max-number-of-messages 10 --queue-url {queue}

The log of the local AWS: {aws.log}
"""
