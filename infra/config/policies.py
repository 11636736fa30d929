"""Cuts what a role may do into policies that IAM takes: measured in characters, never guessed.

What does not fit is a mistake, and never a broader permission; only the policy of a
session, which narrows what another account's role may do, is abbreviated.
"""

import json
from collections.abc import Iterable
from dataclasses import replace

from infra.config.abbreviations import abbreviated
from infra.config.statements import Statement, document, size, size_of, together

INLINE, MANAGED, MOST_MANAGED = 10_240, 6_144, 10
"""Characters, spaces aside, of all inline policies of a role and of one managed policy, and how
many of these a role may have where nobody had the quota raised."""
SESSION = 2_048
"""Characters of the policy of a session."""
ELSE = 3_000
"""Characters that are kept for what the poll function's role may do besides."""
UNDER_KEY, SPREADING = 600, 300
"""And for the use of a key of the user's own, and for giving turns in an organization."""
READ_JOBS, MORE = "ReadJobs", "More of what lets Jobwatch read jobs."
"""The name of the inline policy, and what managed ones are said to be."""
AROUND = len('{"Version":"2012-10-17","Statement":[]}')

Policy = tuple[Statement, ...]


class TooLargeError(Exception):
    """More than a role can hold: how many characters it takes, and how many there are."""

    def __init__(self, taken: int, most: int) -> None:
        super().__init__(f"{taken:,} characters, of which a role holds {most:,}")
        self.taken, self.most = taken, most


def cut(statements: Iterable[Statement], kept: int = 0) -> tuple[Policy, ...]:
    """Cut statements into policies: an inline one, with some of its room kept, and managed ones.

    Where they would not fit, those of several services are said together.

    :raises TooLargeError: when no role can hold them.
    """
    each = [*statements]
    try:
        return _cut(each, kept)
    except TooLargeError:
        return _cut(together(each), kept)


def _cut(statements: Iterable[Statement], kept: int) -> tuple[Policy, ...]:
    policies: list[list[Statement]] = [[]]
    room = INLINE - kept - AROUND
    for statement in statements:
        rest = statement.resources
        while rest:
            fitting = _fitting(replace(statement, resources=rest), room)
            if fitting.resources:
                policies[-1].append(fitting)
                room -= size(fitting) + 1
                rest = rest[len(fitting.resources) :]
            elif room < MANAGED - AROUND or not policies[1:]:
                policies.append([])
                room = MANAGED - AROUND
            else:
                raise TooLargeError(size(replace(statement, resources=rest[:1])), room)
    more, most = len(policies) - 1, INLINE - kept + MANAGED * MOST_MANAGED
    if more > MOST_MANAGED:
        raise TooLargeError(most + MANAGED * (more - MOST_MANAGED) - room, most)
    return tuple(map(tuple, policies))


def session_policy(actions: Iterable[str]) -> str:
    """Write a session's policy: the actions of one service, abbreviated where they are many.

    What they may be done on, the role's own policies say.

    :raises TooLargeError: when no session can hold them.
    """
    room = SESSION - len(_allowing(())) + len(",")
    text = _allowing(abbreviated({*actions}, room))
    if len(text) > SESSION:
        raise TooLargeError(len(text), SESSION)
    return text


def _allowing(actions: Iterable[str]) -> str:
    statement = Statement(tuple(actions), ("*",))
    return json.dumps(document([statement], str), separators=(",", ":"))


def _fitting(statement: Statement, room: int) -> Statement:
    """Give the statement with as many of its resources, from the first, as there is room for."""
    many, room = 0, room - size(replace(statement, resources=())) - 1
    for each in statement.resources:
        room -= size_of(each)
        if room < 0:
            break
        many += 1
    return replace(statement, resources=statement.resources[:many])
