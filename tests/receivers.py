"""What chats and pagers take: the schemas of their documents, and what a message breaks of them."""

import json
from pathlib import Path
from typing import Any

from cfnlint.jsonschema import StandardValidator

FOLDER = Path(__file__).parent / "data" / "receivers"
SCHEMAS = {
    name: json.loads((FOLDER / f"{file}.json").read_text(encoding="utf-8"))
    for name, file in (("chat", "amazon-q"), ("pagerduty", "pagerduty"))
}
ROUTING_KEY = "0123456789abcdef0123456789abcdef"


def faults(name: str, said: Any) -> list[str]:
    """What a message breaks of a receiver's schema; the connection adds the routing key."""
    whole = {**said, "routing_key": ROUTING_KEY} if name == "pagerduty" else said
    return [error.message for error in StandardValidator(SCHEMAS[name]).iter_errors(whole)]
