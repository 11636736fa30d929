"""EventBridge's PutEvents: what it refuses, and whether it ever takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.outbox.entries import Refusal
from lambdas.text import clean

SOURCE = "jobwatch"
FINAL = frozenset(
    {
        *("InvalidArgument", "MalformedDetail", "RedactionFailure"),  # of an entry
        *("SerializationException", "ValidationError", "ValidationException"),  # of a call
    }
)
"""What EventBridge never takes, however often it is asked. A missing permission is mended."""
NO_REPLAY: Mapping[str, Any] = {"replay-name": [{"exists": False}]}
"""A part of a rule's pattern: not what an archive puts on its bus again, of however long ago."""
_UNSAID = Refusal("EventBridge does not say that it took it", final=False)


def put_events(events: Any, entries: Sequence[Mapping[str, Any]]) -> list[Refusal | None]:
    """Put events on a bus; say of each, in order, why it was refused, or None."""
    answer = events.put_events(Entries=entries)
    said = answer.get("Entries") or []
    return [
        _refusal(said[place]) if place < len(said) else _UNSAID for place in range(len(entries))
    ]


def _refusal(said: Mapping[str, Any]) -> Refusal | None:
    code = said.get("ErrorCode")
    if not code:
        return None
    reason = f"EventBridge refused it: {code}: {said.get('ErrorMessage') or ''}"
    return Refusal(clean(reason), final=code in FINAL)
