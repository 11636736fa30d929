"""Whether what drives the deployed stack is on: its clock, its queues and its stream."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from infra.words import counted, listed
from operate.doctor.findings import Finding, ok, warning, wrong
from operate.doctor.here import STANDING, WAITS, Here

EXPIRY = "expires_at"
"""The attribute by which items of the table expire, as `infra/storage.py` sets it."""
FED = ("poll", "publish", "alert")
"""The functions that do nothing unless a mapping feeds them."""

LETTERS = {
    "LostLanesQueueUrl": ("lane", "could not be polled", "docs/runbook.md#lost-lanes"),
    "UnpublishedQueueUrl": (
        *("dead letter", "with changes that have no event"),
        "{replay}, once that is mended which docs/runbook.md#unpublished has you look for",
    ),
    "UnsentQueueUrl": (
        *("dead letter", "with changes that have no alert"),
        "{replay}, once that is mended which docs/runbook.md#unsent has you look for",
    ),
}
"""What ends in which queue: what one is called, what is wrong with it, and what to do, in which
`replay` is that command."""


def schedules(here: Here) -> Iterator[Finding]:
    """Tell whether the clock runs."""
    client, names = here.clients("scheduler"), here.stack.of_type("AWS::Scheduler::Schedule")
    stopped = 0
    for name in names:
        try:
            state = client.get_schedule(Name=name)["State"]
        except client.exceptions.ResourceNotFoundException:
            state = "gone"
        if state != "ENABLED":
            stopped += 1
            do = "enable it in EventBridge's console, under Schedules"
            yield wrong(f"{name} is {state.lower()}: {_lost(name)}", do)
    if not stopped:
        yield ok(f"{counted(len(names), 'schedule')}, enabled")


def _lost(schedule: str) -> str:
    if "Heartbeat" in schedule:
        return "no heartbeat is written, and the alarms publish-late and alert-late ring"
    return "its watches are not polled"


def mappings(here: Here) -> Iterator[Finding]:
    """Tell whether queue and stream are handed to the functions that read them."""
    found = {name: [*here.stack.mappings(name)] for name in here.stack.functions}
    faults = [
        *(
            fault
            for name, each in found.items()
            for mapping in each
            for fault in _fault(name, mapping)
        ),
        *(
            wrong(f"nothing feeds the {name} function", _anew(here))
            for name in FED
            if not found[name]
        ),
    ]
    yield from faults
    if not faults:
        yield ok(f"{counted(sum(map(len, found.values())), 'event source mapping')}, enabled")


def _fault(name: str, mapping: Mapping[str, Any]) -> Iterator[Finding]:
    state, result = mapping.get("State", "Enabled"), mapping.get("LastProcessingResult", "")
    if state in {"Disabled", "Disabling"}:
        yield wrong(
            f"the {name} function is fed no more: its mapping is {state.lower()}",
            f"aws lambda update-event-source-mapping --enabled --uuid {mapping['UUID']}",
        )
    elif state != "Enabled":
        yield warning(f"the {name} function's mapping is {state.lower()}", "look again in a minute")
    elif result.startswith("PROBLEM"):
        yield warning(f"the {name} function's mapping: {result}", "its log may say more")


def _anew(here: Here) -> str:
    ways = here.ways
    return f"{ways.destroy} and {ways.deploy}, which forgets who subscribed and what was seen"


def table(here: Here) -> Iterator[Finding]:
    """Tell whether the table's stream is on, and is the one that is read."""
    name = here.stack.outputs["TableName"]
    found = here.clients("dynamodb").describe_table(TableName=name)["Table"]
    spec = found.get("StreamSpecification", {})
    if not spec.get("StreamEnabled") or spec.get("StreamViewType") != "NEW_IMAGE":
        yield wrong("its stream is off: nothing is announced", _anew(here))
        return
    read = {
        each["EventSourceArn"] for of in ("publish", "alert") for each in here.stack.mappings(of)
    }
    if read - {found["LatestStreamArn"]}:
        was = "its stream was made anew, and the functions read the one before"
        yield wrong(was, _anew(here))
    elif found["TableStatus"] != "ACTIVE":
        yield warning(f"it is {found['TableStatus']}", "look again in a minute")
    else:
        yield ok("active, and its stream is on")


OTHERS = {
    STANDING: ("alerts", "is never told to be over"),
    WAITS: ("waits", "is never answered"),
}
"""What the other tables hold, and what becomes of it that is deleted too early."""


def expiry(here: Here) -> Iterator[Finding]:
    """Tell whether DynamoDB deletes what is forgotten, and nothing else: it asks no policy."""
    tables = {here.stack.outputs["TableName"]: ("jobs", "is told again as new")}
    for start, of in OTHERS.items():
        tables |= dict.fromkeys(here.stack.named(start), of)
    troubles = [each for name, of in tables.items() for each in _expiry(here, name, *of)]
    yield from troubles or [ok(f"{listed([of for of, _ in tables.values()])} expire by {EXPIRY}")]


def _expiry(here: Here, name: str, what: str, lost: str) -> Iterator[Finding]:
    """Tell what is wrong with the time to live of a table."""
    said = here.clients("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    attribute, state = said.get("AttributeName", EXPIRY), said.get("TimeToLiveStatus", "DISABLED")
    enable = (
        f"aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification "
        f"Enabled=true,AttributeName={EXPIRY}"
    )
    if attribute != EXPIRY:
        # Its name is anything, by whoever may set it, and who reads this pastes it into a shell.
        other = shlex.quote(f"Enabled=false,AttributeName={attribute}")
        yield wrong(
            f"{what} expire by {attribute}: what DynamoDB deletes too early {lost}",
            f"the same with {other} first; an hour later: {enable}",
        )
    elif state in {"DISABLED", "DISABLING"}:
        yield warning(f"nothing expires, and the table of {what} grows", enable)


def queues(here: Here) -> Iterator[Finding]:
    """Tell what could not be polled, published or sent, and how many lanes wait."""
    empty, replay = True, here.command("replay")
    for output, (one, what, do) in LETTERS.items():
        if number := _waiting(here, output):
            empty = False
            yield wrong(f"{counted(number, one)} {what}", do.format(replay=replay))
    waiting = _waiting(here, "LanesQueueUrl")
    if empty:
        yield ok(f"no dead letters; {counted(waiting, 'lane')} in the queue that poll reads")


def _waiting(here: Here, output: str) -> int:
    answer = here.clients("sqs").get_queue_attributes(
        QueueUrl=here.stack.outputs[output],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return sum(map(int, answer["Attributes"].values()))
