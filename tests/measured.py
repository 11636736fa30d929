"""Reads the metrics out of what a function printed."""

import json
from typing import Any


class Measured:
    """The metrics of service `Staging`: their values by name and dimensions, and their kinds."""

    def __init__(self, printed: str) -> None:
        self.values: dict[tuple[str, ...], list[float]] = {}
        self.kinds: set[tuple[str, ...]] = set()
        for line in printed.splitlines():
            document = json.loads(line)
            for directive in document.get("_aws", {}).get("CloudWatchMetrics", ()):
                self._read(document, directive)

    def _read(self, document: dict[str, Any], directive: dict[str, Any]) -> None:
        (dimensions,) = directive["Dimensions"]
        for metric in directive["Metrics"]:
            self.kinds.add((directive["Namespace"], metric["Name"], *sorted(dimensions)))
            of = {name: document[name] for name in dimensions}
            assert of.pop("service") == "Staging"
            self.values[metric["Name"], *of.values()] = document[metric["Name"]]
