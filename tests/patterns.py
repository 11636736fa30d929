"""Patterns of EventBridge, held against events."""

import json
import re
from collections.abc import Mapping
from typing import Any

from moto.events.models import EventPattern

from tests.schemas import FOLDER, ROOT, faults, read

PAGE = ROOT / "docs" / "events.md"


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a rule with this pattern takes an event."""
    return bool(EventPattern.load(json.dumps(pattern)).matches_event({**event}))  # type: ignore[typeddict-item]


def event(detail_type: str = "Job Status Change", **given: Any) -> dict[str, Any]:
    """The example of an event, with other fields; still one that could be."""
    found = read(detail_type, FOLDER / "examples")
    found["detail"] |= given
    assert faults(found) == []
    return found


def shown() -> dict[str, Any]:
    """The patterns of docs/events.md, each by the words above it."""
    text = PAGE.read_text(encoding="utf-8").partition("## Patterns")[2].partition("## Each")[0]
    found = re.findall(r"^(\w[^\n]*):\n\n```json\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    assert len(found) == text.count("```json")
    return {said: json.loads(pattern) for said, pattern in found}
