"""Builds of CodeBuild: a list that gives ids only, and a call that reads several."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lambdas.apis.reader import Reader
from lambdas.deadline import Deadline
from lambdas.model import Scope
from tests.catalogue import compile_plan


class Builds:
    """A client of CodeBuild that knows some builds, and notes what it was asked."""

    def __init__(self, *known: str) -> None:
        self.known, self.asked = known, list[list[str]]()

    def batch_get_builds(self, ids: list[str]) -> dict[str, Any]:
        self.asked.append(ids)
        found = [{"id": each, "buildStatus": "FAILED"} for each in ids if each in self.known]
        return {"builds": found, "buildsNotFound": [each for each in ids if each not in self.known]}

    def list_builds(self, **_: Any) -> dict[str, Any]:
        return {"ids": list(self.known)}


def of_builds(folder: Path, client: Builds) -> Reader:
    """Give a reader of builds that asks this client."""
    (folder / "watches.yaml").write_text("watches: {b: {source: codebuild.builds}}")
    (source,) = compile_plan(folder / "watches.yaml").plan.sources.values()
    scope = Scope("b", source.name, "111122223333", "eu-west-1")
    deadline = Deadline(float("inf"))
    return Reader(lambda *_: client, source, scope, deadline, lambda: datetime.now(UTC))
