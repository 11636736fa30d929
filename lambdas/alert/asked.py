"""What people ask of the alert function, by its event; the stream's records are not among it.

=================================================  ==============================================
event                                              asks for
=================================================  ==============================================
`{"mute": {"watch": "contact-imports",             no alerts of a watch, None: of all, and of the
"name": "prod-*", "why": "…", "who": "arn…",       jobs that a glob fits, None: of all of them,
"until": "2026-11-29T18:00:00Z"}}`                 until a time
`{"unmute": {"watch": …, "name": …}}`              alerts again of what was muted so
`{"mutes": {}}`                                    what is muted
`{"test": {"to": ["oncall"], "severity": "info",   a test to recipients, None: to all
"who": "arn…"}}`
`{"again": {"to": "oncall", "detail": {…}}}`       what could not be brought to a recipient behind
                                                   the bus, to it alone
=================================================  ==============================================

The answer is `{"Mutes": [{…}, …]}`, `{"Id": …, "To": {"oncall": "pagerduty"}}` or
`{"To": "oncall"}`, with `"Over": true` where that was not done, as what it tells of is over, or
`"Open": true`, as what it ends is open again; and what is wrong `{"Error": "…"}`. What the bus does
not take for now is an error of the function.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.alert.again import Again
from lambdas.alert.mutes import Mute
from lambdas.alert.muting import Muting, WrongWordsError
from lambdas.alert.trial import Trial
from lambdas.deadline import Deadline

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Does what is asked for."""

    muting: Muting
    trial: Trial
    again: Again
    logger: Logger

    def answer(self, event: Mapping[str, Any], number: str, deadline: Deadline) -> Answer:
        """Answer an event; `number` is the invocation's."""
        doing: Mapping[str, Callable[[Any], Answer]] = {
            "mute": lambda asked: _mutes(self.muting.mute(asked, deadline)),
            "unmute": lambda asked: _mutes(self.muting.unmute(asked, deadline)),
            "mutes": lambda _: _mutes(self.muting.all(deadline)),
            "test": lambda asked: self.trial.send(asked, number),
            "again": lambda asked: self.again.put(asked, deadline),
        }
        if len(event) != 1 or not doing.keys() >= event.keys():
            return {"Error": f"expected one of {', '.join(doing)}"}
        ((what, asked),) = event.items()
        try:
            answer = doing[what](asked)
        except WrongWordsError as wrong:
            return {"Error": str(wrong)}
        self.logger.info("Did as asked", extra={"asked": what, "answer": answer})
        return answer


def _mutes(mutes: list[Mute]) -> Answer:
    return {"Mutes": [asdict(each) for each in mutes]}
