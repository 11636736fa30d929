"""Deploys the stack under a name of its own, holds AWS against docs/aws.md, and removes it again.

It runs with the credentials and the region of your environment, or of a profile; what was made is
removed in any case. `.venv/bin/python -m operate.conformance` ends with 0 where all is ok, with 1
where something is wrong, with 3 where nothing is wrong and something could not be looked at, and
with 130 after Ctrl-C; make turns each but 0 into 2.
"""

import argparse
import secrets
import signal
import string
from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from infra.terminal import run_main
from operate.aws import Clients, clients_here, in_a_line
from operate.conformance.cdk import COMMAND
from operate.conformance.findings import Finding, Verdict
from operate.conformance.run import NAME, SIGNALS, Run
from operate.credentials import Nobody, who

PATIENCE = 300.0
PLAN = """\
In account {account}, region {region}, this makes, and removes again:
  the stack {stack}, as a deployment would: tables, functions, queues, topics, buses, alarms
  three queues, a rule on the stack's bus and two subscriptions, to listen
It watches the account's DynamoDB exports and starts no job: none that fails is free. Instead it
writes changes into its own table by hand. It takes a quarter of an hour, at times half an hour, and
costs cents at most."""
INTERRUPTED = 130

Say = Callable[[str], None]


def conclude(findings: Sequence[Finding], say: Say) -> int:
    """Sum up, and give the exit code."""
    count = {verdict: sum(f.verdict is verdict for f in findings) for verdict in Verdict}
    say(", ".join(f"{number} {verdict}" for verdict, number in count.items() if number) + ".")
    say("docs/aws.md has a row for each, with where AWS says it and what only a person can check.")
    if count[Verdict.WRONG]:
        return 1
    return 3 if count[Verdict.UNSEEN] else 0


def main(arguments: Sequence[str] | None = None, clients: Clients | None = None) -> int:
    """Ask, run and sum up; what goes wrong is said in a line."""
    given, console = _parse(arguments), Console(highlight=False)

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    if not COMMAND.exists():
        say("The CDK's command line is not there: make install")
        return 1
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    try:
        run = _planned(clients or clients_here(given.profile), console, given)
        say(PLAN.format(account=run.account, region=run.region, stack=run.stack))
        if not given.yes and console.input("Go on? \\[y/N] ").strip().lower() not in ("y", "yes"):
            say("Nothing was made.")
            return 1
    except (EOFError, KeyboardInterrupt):
        say("\nNothing was made.")
        return INTERRUPTED
    except Nobody as nobody:
        say(f"AWS credentials: {nobody}")
        return 1
    return _run(run, say)


def _planned(clients: Clients, console: Console, given: argparse.Namespace) -> Run:
    letters = string.ascii_lowercase + string.digits
    stack = NAME + "".join(secrets.choice(letters) for _ in range(5))
    account, _ = who(clients)
    return Run(stack, account, clients, console, given.patience, profile=given.profile)


def _run(run: Run, say: Say) -> int:
    interrupted = False
    try:
        run.run()
    except KeyboardInterrupt:
        interrupted = True
    except (BotoCoreError, ClientError) as error:
        say(f"It can't go on: {in_a_line(error)}")
        conclude(run.findings, say)
        return 1
    code = conclude(run.findings, say)
    return INTERRUPTED if interrupted else code


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("--yes", action="store_true", help="begin without asking")
    parser.add_argument("--profile", metavar="NAME", help="whose credentials to use")
    words = "seconds that a check waits for what must come (%(default).0f)"
    parser.add_argument("--patience", type=float, default=PATIENCE, help=words)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_main(main)
