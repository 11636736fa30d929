"""From the schedule to a poll: the functions, the queues between them, and their permissions."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from operate.conformance.changes import SOURCE
from operate.conformance.findings import Check, Unseen, Wrong
from operate.conformance.trial import FUNCTIONS, Line, Trial

RUNTIME, ARCHITECTURE = "python3.14", ["arm64"]
REPORT = re.compile(r"REPORT RequestId: \S+\s+Duration: (?P<milliseconds>[\d.]+) ms")
REFUSED = re.compile(r"AccessDenied|AuthorizationError|not authorized to perform")
POLLED = '"Polled"'
BY_HAND = 3
ALONE = 50
"""Seconds after a tick of the schedule in which the next one can't have come."""
CLOSE = 45
"""Seconds between two polls that no schedule, which knows whole minutes only, can have made."""
SLACK = 0.02
SPREADS = 60
"""Seconds after the first line of any log until which IAM may not know the roles everywhere."""
_OF_STREAM = (
    *("FilterCriteria", "FunctionResponseTypes", "BisectBatchOnFunctionError"),
    "DestinationConfig",
)
KEPT = {
    **dict.fromkeys(("Tick", "Poll"), ("ScalingConfig",)),
    **dict.fromkeys(("Publish", "Alert"), _OF_STREAM),
}
"""What Lambda must have kept of each function's mappings."""
DEAD_LETTERS = ("LostLanesQueueUrl", "UnpublishedQueueUrl", "UnsentQueueUrl")


def functions_are_ready(trial: Trial) -> str:
    """See that Lambda took runtime, architecture and log group."""
    found = [
        trial.clients("lambda").get_function_configuration(FunctionName=trial.function(name))
        for name in FUNCTIONS
    ]
    for each in found:
        has = each["Runtime"], each["Architectures"], each.get("State", "Active")
        if has != (RUNTIME, ARCHITECTURE, "Active"):
            raise Wrong(f"{each['FunctionName']} is {has}")
        if trial.stack not in each["LoggingConfig"]["LogGroup"]:
            raise Wrong(f"{each['FunctionName']} writes to another log group")
    return f"{len(found)} functions are active on {RUNTIME}, arm64, each with a log of its own"


def mappings_are_enabled(trial: Trial) -> str:
    """See that Lambda reads the queues and the stream, as it was told to."""

    def disabled() -> list[str]:
        found = [each for name in FUNCTIONS for each in _mappings(trial, name)]
        return [f"{e['EventSourceArn']} is {e['State']}" for e in found if e["State"] != "Enabled"]

    trial.until(lambda: not disabled())
    if left := disabled():
        raise Wrong("; ".join(left))
    for name, kept in KEPT.items():
        for each in _mappings(trial, name):
            lost = [key for key in kept if not _says(each.get(key))]
            if lost or each.get("FilterCriteriaError"):
                raise Wrong(f"the mapping of {name} lacks {', '.join(lost)}")
    return "both queues and, for two functions, the stream are read, with limits and filters"


def _says(setting: Any) -> bool:
    return any(setting.values()) if isinstance(setting, dict) else bool(setting)


def _mappings(trial: Trial, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = trial.clients("lambda").list_event_source_mappings(
        FunctionName=trial.function(name)
    )["EventSourceMappings"]
    return found


def schedule_fires(trial: Trial) -> str:
    """See polls for which nobody asked."""
    polls = trial.until(lambda: _polls(trial, "listed"))
    if not polls:
        raise Wrong(f"no poll in {trial.patience:.0f} s; {_why(trial)}")
    return "the schedule's tick was polled"


def queue_holds_back(trial: Trial) -> str:
    """See polls that are closer to each other than a schedule's ticks."""

    def close() -> bool:
        return any(b.at - a.at < CLOSE for a, b in pairwise(_polls(trial, "often")))

    if not trial.until(close):
        polls = _polls(trial, "often")
        raise Wrong(f"{len(polls)} polls of 30 seconds' cadence, none half a minute after another")
    return "a tick that was held back for 30 seconds was polled"


def same_tick_is_polled_once(trial: Trial) -> str:
    """Have one tick sent twice, right after the schedule's, and count the polls until the next."""
    before = len(_polls(trial, "listed"))
    polls = trial.until(lambda: _polls(trial, "listed")[before:])
    if not polls:
        raise Unseen("the schedule does not fire")
    scheduled = polls[-1].at
    tick = {"watches": ["listed"], "tick": datetime.now(UTC).isoformat(), "every": 60}
    for _ in range(2):
        _ask(trial, tick)

    def made() -> int:
        later = (poll.at - scheduled for poll in _polls(trial, "listed"))
        return sum(0 < seconds < ALONE for seconds in later)

    if not trial.until(made, ALONE):
        raise Wrong(f"a tick was sent twice and never polled; {_why(trial)}")
    trial.pause(trial.late)
    if (times := made()) != 1:
        raise Wrong(f"a tick that was sent twice was polled {times} times")
    return "a tick that was sent twice was polled once"


def lane_is_polled_alone(trial: Trial) -> str:
    """Have one lane polled several times at once, and see that no two polls overlap."""
    before = len(_runs(trial.log("Poll")))
    for _ in range(BY_HAND):
        _ask(trial, {"watches": ["listed"]})
    if not trial.until(lambda: len(_runs(trial.log("Poll"))) >= before + BY_HAND):
        raise Wrong(f"{BY_HAND} turns were given, and fewer polls were made; {_why(trial)}")
    runs = _runs(trial.log("Poll"))
    if side_by_side := overlaps(runs):
        raise Wrong(f"{side_by_side} polls of one lane began before the one before was over")
    return f"{len(runs)} polls of one lane, one after the other"


def queues_are_empty(trial: Trial) -> str:
    """See that all turns are taken, and nothing was put aside."""
    if not trial.until(lambda: trial.waiting("LanesQueueUrl") == 0):
        raise Wrong(f"{trial.waiting('LanesQueueUrl')} turns wait; {_why(trial)}")
    if aside := [queue for queue in DEAD_LETTERS if trial.waiting(queue)]:
        raise Wrong(f"dead letters are in {', '.join(aside)}")
    return "no turn waits, and no dead letter"


def permissions_suffice(trial: Trial) -> str:
    """See that none of the functions was refused anything, as their logs tell."""
    _have_one_wait(trial)
    logs = {name: trial.log(name) for name in FUNCTIONS}
    began = min((lines[0].at for lines in logs.values() if lines), default=0.0)
    refused = [
        (line.at - began, name, line.text[found.start() :])
        for name, lines in logs.items()
        for line in lines
        if (found := REFUSED.search(line.text))
    ]
    if refused:
        latest, name, said = max(refused)
        words = f"{name}: {said} ({len(refused)} refusals in all)"
        if latest > SPREADS:
            raise Wrong(words)
        raise Unseen(f"{words}, when IAM may not have known the roles everywhere yet")
    if silent := [name for name, lines in logs.items() if not lines]:
        raise Unseen(f"no log of {', '.join(silent)}: it did not run, or may not write")
    return f"no refusal in {sum(map(len, logs.values()))} lines of four logs"


def overlaps(runs: Iterable[tuple[float, float]]) -> int:
    """Count runs that began before the one before was over; each is (beginning, end)."""
    return sum(b[0] < a[1] - SLACK for a, b in pairwise(sorted(runs)))


def _runs(lines: Iterable[Line]) -> list[tuple[float, float]]:
    found = ((line.at, REPORT.search(line.text)) for line in lines)
    return [(at - float(match["milliseconds"]) / 1000, at) for at, match in found if match]


def _polls(trial: Trial, watch: str) -> list[Line]:
    polled = (line for line in trial.log("Poll") if POLLED in line.text)
    return [line for line in polled if watch in json.loads(line.text).get("ages", ())]


def _have_one_wait(trial: Trial) -> None:
    """Wait for a job of no task: it is stored, looked up, told to Step Functions, and forgotten."""
    event = {"source": SOURCE, "job_id": "nobody", "token": "of no task"}
    trial.clients("lambda").invoke(
        FunctionName=trial.function("Wait"), Payload=json.dumps(event).encode()
    )
    trial.until(lambda: trial.log("Wait"))


def _ask(trial: Trial, event: object) -> None:
    answer = trial.clients("lambda").invoke(
        FunctionName=trial.function("Tick"), Payload=json.dumps(event).encode()
    )
    if "FunctionError" in answer:
        raise Wrong(f"tick failed: {answer['Payload'].read()[:200]!r}")


def _why(trial: Trial) -> str:
    """Tell how far the clock's ticks come."""
    lines = [f"{name} wrote {len(trial.log(name))} lines" for name in ("Tick", "Poll")]
    return f"{', '.join(lines)}, {trial.waiting('LanesQueueUrl')} turns wait"


BEFORE = (
    Check("LAMBDA-1", "Lambda has the functions as they were declared", functions_are_ready),
    Check("ESM-1", "Lambda reads queues and stream", mappings_are_enabled),
    Check("SCHED-1", "The schedule fires", schedule_fires),
    Check("SQS-4", "A queue holds ticks back", queue_holds_back),
    Check("SQS-3", "A tick that comes twice is one message", same_tick_is_polled_once),
    Check("SQS-1", "A lane is polled by one invocation at a time", lane_is_polled_alone),
)
AFTER = (
    Check("SQS-5", "The queues are empty", queues_are_empty),
    Check("IAM-1", "The roles allow enough", permissions_suffice),
)
