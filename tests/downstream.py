"""The state machines and the Python of docs/downstream.md, as a reader takes them."""

import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "downstream.md"
WAIT = "arn:aws:states:::lambda:invoke.waitForTaskToken"


def machines() -> dict[str, dict[str, Any]]:
    """Give the page's state machines by the sources that they wait for."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^```json asl (\S+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return {source: json.loads(definition) for source, definition in found}


def nested() -> dict[str, dict[str, Any]]:
    """Give the documents with which another account's state machine waits, by their names."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^```json nested (\S+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return {name: json.loads(document) for name, document in found}


def python(word: str = "WAIT_FOR_TASK_TOKEN") -> str:
    """Give the page's Python in which a word stands: left out, a task that waits by the CDK."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^```python[ a-z]*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (only,) = [each for each in found if word in each]
    return str(only)
