"""The circle of a lane's places: in which order its scopes take turns, from any place on.

A watch's root stands at its name, what that holds below it by its ids. What is gone from a parent
has its turn where it stood, and after all that it held.
"""

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import NamedTuple, Protocol

from lambdas.messages import Turn
from lambdas.model import Scope
from lambdas.plan import Plan
from lambdas.poll.worker import Worker
from lambdas.scopes import child_of, missing_parameter, scope_of, sources_in

Position = tuple[str, ...]
"""A place in the circle: that of a root and the ids of parents."""
LAST = chr(0x10FFFF)
"""Where a parent that is to be settled stands among what it held: behind all of it.
Something of the same name stands in front of it, at the same place."""
BELOW: Position = ("",)
"""Where what is below a scope that is visited itself begins: in front of every name."""


class Place(NamedTuple):
    """A leaf to visit, or with `parent` something that is gone from there and to be settled.

    That is its own parent of which the watch named the jobs before it listed what it holds.
    """

    position: Position
    scope: Scope
    parent: Scope | None = None


class Looks(Protocol):
    """What is known only when a turn comes to a place."""

    def come_to(self, root: Scope, from_: Position) -> None:
        """Come to a root, from a place below it on."""

    def children(self, scope: Scope, at: Position, from_: Position) -> list[Place]:
        """Give what a parent holds, and what is gone of it, in order."""

    def held(self, place: Place, from_: Position) -> list[Place]:
        """Give what something held that is gone, in order."""

    def leave(self, root: Scope) -> None:
        """Leave a root behind."""


class Circle:
    """The places below the roots of a lane."""

    def __init__(self, roots: Mapping[str, Scope], worker: Worker, looks: Looks) -> None:
        self._roots, self._worker, self._looks = roots, worker, looks
        self.wrapped = False
        """Whether the way came to the end, and goes on at the beginning."""

    def scope_at(self, position: Position) -> Scope | None:
        """Give the scope of a place; None where the watches have no such place any more."""
        scope = self._roots.get(position[0])
        for name in position[1:]:
            if scope and name != LAST:
                there = self._is_above(scope)
                scope = child_of(scope, self._worker.source(scope), name) if there else None
        return scope

    def around(self, start: Position) -> Iterator[Place]:
        """Give what is to be done, from a place on and around the circle to it."""
        first = start[0] if start else ""
        for at, root in self._roots.items():
            if at >= first:
                yield from self._through(root, at, start[1:] if at == first else ())
        self.wrapped = True
        for at, root in self._roots.items():
            if at <= first:
                places = self._through(root, at, ())
                yield from takewhile(lambda place: place.position < start, places)

    def _through(self, root: Scope, at: str, from_: Position) -> Iterator[Place]:
        self._looks.come_to(root, from_)
        yield from self._below(root, (at,), from_)
        self._looks.leave(root)

    def _below(self, scope: Scope, at: Position, from_: Position) -> Iterator[Place]:
        """Give the places below a scope, or the scope itself, from a place on."""
        if not self._worker.is_parent(scope):
            if not from_:
                yield Place(at, scope)
            if self._is_above(scope):  # the watch may have listed what is below
                yield from self._below_gone(Place(at, scope), from_ or BELOW)
            return
        for place in self._looks.children(scope, at, from_):
            name = place.position[-1:]
            if name < from_[:1]:
                continue
            rest = from_[1:] if name == from_[:1] else ()
            if place.parent is None:
                yield from self._below(place.scope, place.position, rest)
            else:
                yield from self._gone(place, rest)

    def _gone(self, place: Place, from_: Position) -> Iterator[Place]:
        """Give the places below one that is gone, from a place on, and then itself."""
        if place.scope == place.parent or not self._is_above(place.scope):
            yield place
            return
        yield from self._below_gone(place, from_)
        yield place._replace(position=(*place.position, LAST))

    def _is_above(self, scope: Scope) -> bool:
        """Tell whether there is something below a scope of its source, whatever the watch names."""
        return missing_parameter(scope, self._worker.source(scope)) is not None

    def _below_gone(self, place: Place, from_: Position) -> Iterator[Place]:
        """Give the places of what something held that holds nothing now, from a place on."""
        for child in self._looks.held(place, from_):
            name = child.position[-1:]
            if name >= from_[:1]:
                yield from self._gone(child, from_[1:] if name == from_[:1] else ())


def roots_of(turn: Turn, plan: Plan, own: tuple[str, str]) -> dict[str, Scope]:
    """Give where a turn begins to look, each scope by its place; `own` are the stack's.

    The first source of a watch stands at the watch's name alone, as when a watch had only one:
    so the places that the table remembers go on.
    """
    lane = (turn.service, turn.account, turn.region)
    roots = {}
    for name in sorted(turn.watches):
        watch = plan.watches[name]
        for number, source in enumerate(sources_in(plan, watch, lane, own)):
            at = f"{name} {source}" if number else name
            roots[at] = scope_of(watch, source, turn.account, turn.region, watch.parameters)
    return roots
