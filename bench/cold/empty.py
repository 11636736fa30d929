"""A function that does nothing: what the measurement itself takes."""

from typing import Any


def handler(_event: Any, _context: Any) -> dict[str, Any]:
    """Answer nothing."""
    return {}
