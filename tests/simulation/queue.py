"""SQS: a FIFO queue of message groups, a standard queue, and the mapping that hands them over.

A message that is handed over and not deleted shows up again when its visibility is over, and is a
dead letter after so many receives. While one of a group is under way, its group waits. A queue
takes a FIFO message once in five minutes; a throttled invocation counts as a receive; a delete may
be lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.simulation.calls import Calls, refusal
from tests.simulation.clock import Clock
from tests.simulation.dice import Dice

REMEMBERED = 300.0
LARGEST_BATCH = 1_048_576


@dataclass(eq=False)
class Message:
    """One message; it is there from `visible` on."""

    body: str
    group: str
    sent: float
    visible: float
    receives: int = 0


class Queue:
    """A queue; FIFO when it is given `receives`, how often a message is received at most."""

    def __init__(
        self,
        clock: Clock,
        *,
        fifo: bool,
        visibility: float,
        retention: float,
        receives: int = 3,
        dead: "Queue | None" = None,
    ) -> None:
        self._clock = clock
        self.fifo, self.visibility, self.retention = fifo, visibility, retention
        self.receives, self.dead = receives, dead
        self.messages: list[Message] = []
        self._taken: dict[str, float] = {}
        self.wake: Callable[[], None] = lambda: None

    def send(self, body: str, group: str, once: str | None, delay: float) -> None:
        """Take a message, unless it is a FIFO queue that took one of its name already."""
        now = self._clock.now
        if self.fifo:
            assert not delay, "a FIFO queue takes no delay for a message"
            name = once or sha256(body.encode()).hexdigest()
            if now - self._taken.get(name, float("-inf")) < REMEMBERED:
                return
            self._taken[name] = now
        self.messages.append(Message(body, group, now, now + delay))
        self._clock.after(delay, self.wake)

    def receive(self) -> Message | None:
        """Hand over the first message that may be, if any."""
        now, held = self._clock.now, set[str]()
        for message in [*self.messages]:
            if now - message.sent > self.retention:
                self.messages.remove(message)
            elif message.visible > now or message.group in held:
                held |= {message.group} if self.fifo else set()
            elif message.receives >= self.receives:
                self.messages.remove(message)
                if self.dead:
                    self.dead.send(message.body, message.group, None, 0)
            else:
                message.receives += 1
                message.visible = now + self.visibility
                self._clock.after(self.visibility, self.wake)
                return message
        return None

    def delete(self, message: Message) -> None:
        if message in self.messages:
            self.messages.remove(message)
        self.wake()


class QueueClient:
    """The botocore client of all queues by their URLs."""

    def __init__(self, dice: Dice, calls: Calls, queues: Mapping[str, Queue]) -> None:
        self._dice, self._calls, self._queues = dice, calls, queues

    def send_message_batch(self, **call: Any) -> dict[str, Any]:
        entries = call["Entries"]
        assert 0 < len(entries) <= 10
        assert len({entry["Id"] for entry in entries}) == len(entries)
        assert sum(len(entry["MessageBody"].encode()) for entry in entries) <= LARGEST_BATCH
        if self._dice.happens("refused messages", 0.01):
            raise self._calls.make("SendMessageBatch", lambda: _refused(), 2)
        return self._calls.make(
            "SendMessageBatch", lambda: self._send(call["QueueUrl"], entries), 0.02
        )

    def send_message(self, **call: Any) -> dict[str, Any]:
        answer = self.send_message_batch(
            QueueUrl=call.pop("QueueUrl"), Entries=[{"Id": "0", **call}]
        )
        if answer["Failed"]:
            raise _refused()
        return {"MessageId": "0"}

    def _send(self, url: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        failed = []
        for entry in entries:
            if self._dice.happens("refused messages", 0.01):
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            self._queues[url].send(
                entry["MessageBody"],
                entry.get("MessageGroupId", ""),
                entry.get("MessageDeduplicationId"),
                entry.get("DelaySeconds", 0),
            )
        left = {entry["Id"] for entry in failed}
        taken = [{"Id": e["Id"], "MessageId": e["Id"]} for e in entries if e["Id"] not in left]
        return {"Successful": taken, "Failed": failed}


def _refused() -> Exception:
    return refusal("ServiceUnavailable", "SendMessageBatch")


class QueueMapping:
    """Hands a queue's messages to a function, so many at a time.

    `invoke` starts the function with a message and a callback that takes whether it ended well.
    """

    def __init__(
        self,
        clock: Clock,
        dice: Dice,
        queue: Queue,
        most: int,
        invoke: Callable[[Message, Callable[[bool], None]], None],
    ) -> None:
        self._clock, self._dice, self._queue = clock, dice, queue
        self.most, self._invoke = most, invoke
        self._running = 0
        self._planned = False
        queue.wake = self.wake

    def wake(self) -> None:
        if not self._planned:
            self._planned = True
            self._clock.after(self._dice.of("queue").uniform(0.01, 0.3), self._next)

    def _next(self) -> None:
        self._planned = False
        while self._running < self.most:
            message = self._queue.receive()
            if message is None:
                return
            if self._dice.happens("throttled invocations", 0.01):
                continue
            self._running += 1
            self._invoke(message, lambda well, m=message: self._after(m, well))  # type: ignore[misc]

    def _after(self, message: Message, well: bool) -> None:
        self._running -= 1
        if well and not self._dice.happens("repeated deliveries", 0.005):
            self._queue.delete(message)
        self.wake()
