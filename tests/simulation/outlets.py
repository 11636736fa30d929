"""The bus and the topic as botocore clients; they remember what they took, and refuse some.

They refuse whole calls, single entries for now and single entries for good; they answer late, not
at all, or break the connection after they took what was sent.
"""

import json
from collections.abc import Callable
from typing import Any
from zlib import crc32

from tests.simulation.calls import Calls, refusal
from tests.simulation.clock import Clock
from tests.simulation.dice import Dice
from tests.simulation.jobwatch import OUTLET_HANGS

LARGEST_EVENTS = 1_048_576
LARGEST_MESSAGES = 262_144


class Outlet:
    """What bus and topic share: the troubles of a call, and of an entry."""

    name = ""

    def __init__(self, clock: Clock, dice: Dice, calls: Calls) -> None:
        self._clock, self._dice, self._calls = clock, dice, calls
        self.taken: list[dict[str, Any]] = []
        self._spoils = f"events that {self.name} never takes" in dice.on
        self.spoilt: set[str] = set()
        """The ids of the events that were refused for good."""
        self.spoilt_events: list[dict[str, Any]] = []

    def _trouble(self, operation: str, effect: Callable[[], Any]) -> Any:
        bad = f"troubled {self.name}"
        dice = self._dice.of(bad)
        if not self._dice.happens(bad, 0.1 if self._weather() else 0.002):
            return self._calls.make(effect, 0.05)
        match dice.choice(("refused", "late", "hangs", "lost")):
            case "refused":
                return self._calls.make(lambda: _raise(operation), 3)
            case "late":
                return self._calls.make(effect, 12)
            case "hangs":
                return self._calls.hang(operation, OUTLET_HANGS)
            case _:
                effect()
                return self._calls.lose(operation, 1)

    def _weather(self) -> bool:
        """Tell whether it is a bad hour: one in twelve is, or of quarters every other one."""
        if f"troubled {self.name}" in self._dice.loud:
            return crc32(f"{self.name}{self._clock.now // 900}".encode()) % 2 == 0
        return crc32(f"{self.name}{self._clock.now // 3600}".encode()) % 12 == 0

    def _refuses(self, event: str) -> str | None:
        """Tell under which code an entry is refused, for now or for good, if it is."""
        if self._spoils and crc32(event.encode()) % 97 == 0:  # also when all is calm
            self.spoilt.add(event)
            return "MalformedDetail" if self.name == "bus" else "InvalidParameter"
        refused = self._dice.happens(f"troubled {self.name}", 0.3 if self._weather() else 0.005)
        return ("InternalFailure" if self.name == "bus" else "InternalError") if refused else None


class Bus(Outlet):
    """EventBridge."""

    name = "bus"

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 0 < len(Entries) <= 10
        size = sum(len(entry["Detail"].encode()) + len(entry["DetailType"]) for entry in Entries)
        assert size <= LARGEST_EVENTS
        return self._trouble("PutEvents", lambda: self._put(Entries))

    def _put(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []
        for entry in entries:
            detail = json.loads(entry["Detail"], parse_constant=_no_json)
            code = self._refuses(detail["id"])
            event = {"at": self._clock.now, "type": entry["DetailType"], "detail": detail}
            if code == "MalformedDetail":
                self.spoilt_events.append(event)
            if code:
                answers.append({"ErrorCode": code, "ErrorMessage": "refused"})
                continue
            self.taken.append(event)
            answers.append({"EventId": detail["id"]})
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}


class Topic(Outlet):
    """SNS; what it takes is a message with its alerts."""

    name = "topic"

    def publish_batch(self, **call: Any) -> dict[str, Any]:
        entries = call["PublishBatchRequestEntries"]
        assert 0 < len(entries) <= 10
        if sum(len(entry["Message"].encode()) for entry in entries) > LARGEST_MESSAGES:
            raise refusal("BatchRequestTooLong", "PublishBatch")
        return self._trouble("PublishBatch", lambda: self._put(entries))

    def publish(self, **call: Any) -> dict[str, Any]:
        answer = self.publish_batch(PublishBatchRequestEntries=[{"Id": "0", **call}])
        if answer["Failed"]:
            raise refusal(answer["Failed"][0]["Code"], "Publish")
        return {"MessageId": "0"}

    def _put(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        taken, failed = [], []
        for entry in entries:
            detail = json.loads(json.loads(entry["Message"])["sqs"])["detail"]
            code = self._refuses(detail["alerts"][0]["id"])
            if code:
                fault = code != "InternalError"
                failed.append({"Id": entry["Id"], "Code": code, "SenderFault": fault})
                self.spoilt |= {alert["id"] for alert in detail["alerts"]} if fault else set()
                continue
            said = {n: each["StringValue"] for n, each in entry["MessageAttributes"].items()}
            about = {"status": said["status"], "severity": said["severity"]}
            to = json.loads(said.get("to", "[]"))
            self.taken.append({"at": self._clock.now, **about, "to": to, **detail})
            taken.append({"Id": entry["Id"], "MessageId": entry["Id"]})
        return {"Successful": taken, "Failed": failed}


class AlertBus:
    """The bus of alerts; what it takes is the detail of an event.

    Its chances are its own: where the topic is in trouble now and then, so is this.
    """

    def __init__(self, clock: Clock, dice: Dice) -> None:
        self._clock, self._dice = clock, dice
        self.taken: list[dict[str, Any]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 0 < len(Entries) <= 10
        if self._fails(0.05):
            raise refusal("InternalException", "PutEvents")
        answers: list[dict[str, Any]] = []
        for entry in Entries:
            if self._fails(0.1):
                answers.append({"ErrorCode": "InternalFailure", "ErrorMessage": "refused"})
                continue
            detail = json.loads(entry["Detail"], parse_constant=_no_json)
            self.taken.append({"at": self._clock.now, **detail})
            answers.append({"EventId": str(len(self.taken))})
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}

    def _fails(self, chance: float) -> bool:
        drawn = self._dice.of("bus of alerts").random()
        return "troubled topic" in self._dice.on and drawn < chance


def _raise(operation: str) -> Any:
    raise refusal("InternalException", operation)


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
