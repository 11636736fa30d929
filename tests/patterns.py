"""Patterns of EventBridge, held against events."""

import json
from collections.abc import Mapping
from typing import Any

from moto.events.models import EventPattern

from tests.schemas import FOLDER, faults, read


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a rule with this pattern takes an event."""
    return bool(EventPattern.load(json.dumps(pattern)).matches_event({**event}))  # type: ignore[typeddict-item]


def event(detail_type: str = "Job Status Change", **given: Any) -> dict[str, Any]:
    """The example of an event, with other fields; still one that could be."""
    found = read(detail_type, FOLDER / "examples")
    found["detail"] |= given
    assert faults(found) == []
    return found
