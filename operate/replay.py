"""Sends again what ended in the dead-letter queues.

It runs with the credentials of whoever calls it, which must allow what docs/runbook.md says. The
functions themselves publish and alert, so that a change goes the same way as always; one that was
sent already is sent once more under the same id.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from infra.words import counted
from lambdas.unlinked import for_people
from operate import recovery
from operate.aws import Clients
from operate.bringing import bring, find_undelivered
from operate.invoke import invoke
from operate.letters import Batch, PutAside, Queue, StrangeLetterError, opened, read_message
from operate.outlets import Outlet, find_outlets
from operate.stack import deployed_stack
from operate.trouble import Trouble

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Replay:
    """Works off the dead letters of one outlet.

    With `forget`, letters whose changes are nowhere any more, or kept back by the mapping's filter,
    are deleted all the same.
    """

    outlet: Outlet
    clients: Clients
    say: Say
    forget: bool = False
    _lost: dict[Batch, int] = field(default_factory=dict)
    """Batches of which the stream has not all, and how many changes are missing."""
    _sent: set[str] = field(default_factory=set)
    _left: list[str] = field(default_factory=list)
    """Why letters are left in the queue, one each."""

    def run(self) -> None:
        """Send the changes of the dead letters, and delete them.

        It stops at the first batch that can't be sent: what comes after would overtake it. What
        is not deleted is given back, however this ends.

        :raises Trouble: when one can't be sent, and in the end when any is left.
        """
        with opened(self.clients("sqs"), self.outlet.queue) as queue:
            waiting = queue.count()
            letters = self._receive(queue)
            self._say_how_many(len(letters), waiting - len(queue.held), len(queue.held))
            for letter in letters:
                if isinstance(letter, Batch):
                    self._send_batch(queue, letter)
                else:
                    self._send_put_aside(queue, letter)
            if self._lost:
                self._send_from_table(queue)
        if self._left:
            left = counted(len(self._left), "message")
            raise Trouble(f"{left} could not be worked off by the {self.outlet.name} function")

    def _receive(self, queue: Queue) -> list[Batch | PutAside]:
        """Receive the letters, the oldest records first; what is none is said and left."""
        letters: list[Batch | PutAside] = []
        for message in queue.receive():
            try:
                letters.append(read_message(message, self.outlet.table))
            except StrangeLetterError as why:
                self._leave(f"message {message['MessageId']} is no dead letter, {why}: it is left")
        return sorted(letters, key=lambda letter: letter.order)

    def _say_how_many(self, letters: int, others: int, held: int) -> None:
        if letters:
            self._tell(f"the queue holds {counted(letters, 'dead letter')}")
        if others > 0:
            self._tell(
                f"{counted(others, 'message')} can't be received now: somebody else holds them, "
                "another replay perhaps; call again in 15 minutes"
            )
        elif not held:
            self._tell("the queue is empty")

    def _send_batch(self, queue: Queue, batch: Batch) -> None:
        found = recovery.read_batch(self.clients("dynamodbstreams"), batch, self.outlet)
        self._send(found.records)
        self._sent.update(map(recovery.event_of, found.records))
        if found.unwanted:
            what = (
                f"{found.unwanted} of {_changes(batch)} are kept back by the mapping's filter now"
            )
            self._give_up(queue, batch.receipt, what)
        elif found.missing:
            self._lost[batch] = found.missing
        else:
            queue.delete(batch.receipt)
        if found.records or not found.missing:
            self._say_sent(len(found.records), "the stream")

    def _send_put_aside(self, queue: Queue, letter: PutAside) -> None:
        """Send a record that was put aside; still refused, it stays, and holds nothing up."""
        record = recovery.read_item(self.clients("dynamodb"), self.outlet, letter)
        if record is None:
            self._give_up(queue, letter.receipt, "a change that was put aside is nowhere any more")
            return
        try:
            self._send([record], keep_refused=True)
        except Trouble as trouble:
            self._leave(f"a change stays aside ({for_people(letter.reason)}): {trouble}")
            return
        queue.delete(letter.receipt)
        self._say_sent(1, "those put aside")

    def _send_from_table(self, queue: Queue) -> None:
        self._tell(
            f"the stream has forgotten changes of {counted(len(self._lost), 'dead letter')}, as it "
            "keeps them for 24 hours; what the table holds of that time is taken instead: of each "
            "job and scope what was last announced"
        )
        records = recovery.read_table(self.clients("dynamodb"), self.outlet, self._lost)
        records = [record for record in records if recovery.event_of(record) not in self._sent]
        self._send(records)
        self._say_sent(len(records), "the table")
        for batch, missing in recovery.count_missing(self._lost, records).items():
            if missing:
                what = f"{missing} of {_changes(batch)} can't be found any more"
                self._give_up(queue, batch.receipt, what)
            else:
                queue.delete(batch.receipt)

    def _give_up(self, queue: Queue, receipt: str, what: str) -> None:
        """Leave the letter of a change that can't be sent, unless it is to be forgotten."""
        if self.forget:
            queue.delete(receipt)
            self._tell(f"{what}: its letter is deleted")
        else:
            self._leave(f"{what}: its letter stays, --forget deletes it")

    def _leave(self, why: str) -> None:
        self._left.append(why)
        self._tell(why)

    def _send(self, records: Sequence[recovery.Record], *, keep_refused: bool = False) -> None:
        invoke(self.clients("lambda"), self.outlet, records, keep_refused=keep_refused)

    def _say_sent(self, count: int, source: str) -> None:
        self._tell(f"{self.outlet.done} {counted(count, 'change')} from {source}")

    def _tell(self, text: str) -> None:
        self.say(f"{self.outlet.name}: {text}")


def _changes(batch: Batch) -> str:
    return f"{counted(batch.size, 'change')} of {batch.since:%Y-%m-%d %H:%M} UTC"


def replay(stack: str, clients: Clients, say: Say, *, forget: bool = False) -> list[Exception]:
    """Work off the queues of a stack; trouble with the one does not keep the others.

    :raises Trouble: when there is no such stack, or none of ours.
    """
    found = deployed_stack(stack, clients)
    outlets = find_outlets(found)
    say(f"Stack {stack} in {clients('cloudformation').meta.region_name}")
    troubles: list[Exception] = []
    for outlet in outlets:
        with _noted(troubles):
            Replay(outlet, clients, say, forget=forget).run()
    alert = next(each.function for each in outlets if each.name == "alert")
    with _noted(troubles):
        for undelivered in find_undelivered(found, alert):
            with _noted(troubles):
                bring(undelivered, clients, say, forget=forget)
    return troubles


@contextmanager
def _noted(troubles: list[Exception]) -> Iterator[None]:
    try:
        yield
    except (Trouble, BotoCoreError, ClientError) as trouble:
        troubles.append(trouble)
