"""The stand-in services, in a process of their own: what they use is not the driver's."""

import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from bench.lines import answer
from bench.load.scenario import SLOW_REGION, SLOW_SECONDS, Scenario, Size
from demo.standins import Call, StandIns, listening
from demo.world import World


class Paced(StandIns):
    """Stand-ins that take their time in one region."""

    def respond(self, call: Call) -> Response:
        """Answer a call, late where the lane is slow."""
        if f"/{SLOW_REGION}/" in call.environ.get("HTTP_AUTHORIZATION", ""):
            time.sleep(SLOW_SECONDS)
        return super().respond(call)


def main(size: Size) -> None:
    """Serve, and let the jobs go on by one tick at each question for a step."""
    scenario, world = Scenario(size, datetime.now(UTC)), World()
    world.show(scenario.places())
    with listening(Paced(world)) as address:

        def respond(question: dict[str, Any]) -> dict[str, Any]:
            changes = scenario.step(datetime.now(UTC)) if question.get("step") else []
            if changes:
                world.show(scenario.places())
            return {
                "address": address,
                "at": time.time(),
                "changes": [asdict(change) for change in changes],
                "calls": world.calls().total(),
            }

        answer(respond)


if __name__ == "__main__":
    main(Size(**json.loads(sys.argv[1])))
