"""What was found about an assumption: it holds, it doesn't, or nobody could look."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.withheld import withhold

LONGEST = 1_000
NO_ANSWER = (BotoCoreError, ClientError, LookupError, TypeError, ValueError)
"""What comes of a call that AWS refuses or does not answer, or answers in a strange shape."""


class Verdict(StrEnum):
    """What a finding comes to."""

    OK = "ok"
    WRONG = "wrong"
    UNSEEN = "could not look"


class Wrong(Exception):
    """AWS does something else than Jobwatch assumes; the message says what."""


class Unseen(Exception):
    """It could not be looked at; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about the assumption of one row of docs/aws.md."""

    row: str
    title: str
    verdict: Verdict
    said: str


@dataclass(frozen=True, slots=True)
class Check:
    """Holds one assumption against what is deployed; `look` says what it saw.

    It raises `Wrong` or `Unseen` otherwise. A call that AWS refuses to whoever runs this says
    nothing about Jobwatch.
    """

    row: str
    title: str
    look: Callable[[Any], str]

    def hold(self, subject: Any) -> Finding:
        """Look, and say what was found."""
        try:
            said, verdict = self.look(subject), Verdict.OK
        except Wrong as wrong:
            said, verdict = str(wrong), Verdict.WRONG
        except (Unseen, BotoCoreError, ClientError) as error:
            said, verdict = str(error), Verdict.UNSEEN
        except (LookupError, TypeError, ValueError) as error:
            said, verdict = f"an answer of a strange shape: {error!r}", Verdict.UNSEEN
        return Finding(self.row, self.title, verdict, short(withhold(said)))


def short(text: str) -> str:
    """Make one line of a text that may be long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
