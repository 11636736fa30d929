"""What people ask of mutes: held against its bounds, and said what is right where it is wrong."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.alert.mutes import LONGEST, Mute, Mutes
from lambdas.deadline import Deadline
from lambdas.globs import fits_nothing
from lambdas.text import one_line
from lambdas.times import iso, read_time
from lambdas.withheld import withhold
from lambdas.words import listed, nearest

MOST = 100
"""Mutes at a time; more of them are one with a glob."""
LONGEST_WHY, LONGEST_NAME, LONGEST_WHO = 200, 256, 512
"""Characters; of a name, also so many times three bytes: it is in a key, which takes 1,024."""
MOST_WATCHES_NAMED = 10
"""Watches that are named where none is near the one that was asked for."""
GLOB = f"a glob of at most {LONGEST_NAME} characters that fits a name, such as prod-*"
"""What is expected of a glob."""
MUTE, UNMUTE = ("watch", "name", "why", "who", "until"), ("watch", "name")


class WrongWordsError(ValueError):
    """What was asked for can't be; the message says what is right."""


@dataclass(frozen=True, slots=True)
class Muting:
    """Mutes what is asked for; `watches` are the names of those that there are."""

    mutes: Mutes
    watches: Collection[str]
    clock: Callable[[], datetime]

    def mute(self, asked: Mapping[str, Any], deadline: Deadline) -> list[Mute]:
        """Mute something; give all that is muted now.

        It takes `watch` or None for all, `name`, a glob, or None for all, `why`, `who` and `until`.

        :raises WrongWordsError: where one of these is wrong, or too much is muted already.
        """
        now = self.clock()
        found = self._read(asked, now)
        self.mutes.forget_ended(now, deadline)
        others = [e for e in self.mutes.read(now, deadline) if not _is_same(e, asked)]
        if len(others) >= MOST:
            raise WrongWordsError(
                f"{MOST} mutes hold already: end some, or mute more at once by a glob"
            )
        self.mutes.write(found)
        return sorted([*others, found], key=lambda each: each.until)

    def unmute(self, asked: Mapping[str, Any], deadline: Deadline) -> list[Mute]:
        """Mute something no more; give all that is muted still.

        A watch that there is no more may be muted still.

        :raises WrongWordsError: where it is not muted.
        """
        check_words(asked, UNMUTE)
        there = self.all(deadline)
        if not any(_is_same(each, asked) for each in there):
            self._check_watch(asked.get("watch"))
            muted = "; ".join(map(_said, there)) or "nothing"
            raise WrongWordsError(f"that is not muted; what is: {muted}")
        self.mutes.delete(asked.get("watch"), asked.get("name"))
        return [each for each in there if not _is_same(each, asked)]

    def all(self, deadline: Deadline) -> list[Mute]:
        """Give what is muted now, what ends first at first."""
        return sorted(self.mutes.read(self.clock(), deadline), key=lambda each: each.until)

    def _read(self, asked: Mapping[str, Any], now: datetime) -> Mute:
        check_words(asked, MUTE)
        watch, name = asked.get("watch"), asked.get("name")
        self._check_watch(watch)
        if name is not None:
            _check_name(name)
        until = read_time(asked.get("until"))
        if until is None or not now < until <= now + LONGEST:
            raise WrongWordsError(
                f"until: found {_shown(asked.get('until'))}, expected a time to come, "
                f"within {LONGEST.days} days"
            )
        why, who = (_text(asked, *each) for each in (("why", LONGEST_WHY), ("who", LONGEST_WHO)))
        return Mute(watch, name, withhold(why), withhold(who), iso(now) or "", iso(until) or "")

    def _check_watch(self, watch: Any) -> None:
        if watch is None or (isinstance(watch, str) and watch in self.watches):
            return
        close, there = nearest(str(watch), self.watches), sorted(self.watches)
        hint = f"; did you mean {close}?" if close else f": {listed(there, MOST_WATCHES_NAMED)}"
        raise WrongWordsError(f"watch: found {_shown(watch)}, expected one that there is{hint}")


def check_words(asked: Any, known: Sequence[str]) -> None:
    """Hold what is asked for against the words that it may have; raises WrongWordsError."""
    if not isinstance(asked, Mapping):
        raise WrongWordsError(f"found {_shown(asked)}, expected an object of {', '.join(known)}")
    if unknown := sorted(asked.keys() - {*known}):
        raise WrongWordsError(f"found {_shown(unknown[0])}, expected {', '.join(known)}")


def expected_text(longest: int) -> str:
    """Say what is expected of a text."""
    return f"a text of at most {longest} characters"


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not is_glob(name):
        raise WrongWordsError(f"name: found {_shown(name)}, expected {GLOB}")


def is_glob(name: str) -> bool:
    """Tell whether a text can be seen and kept, and fits a name."""
    seen = bool(name.strip()) and name.isprintable()
    kept = len(name) <= LONGEST_NAME and len(name.encode()) <= 3 * LONGEST_NAME
    return seen and kept and not fits_nothing(name)


def is_text(text: str, longest: int) -> bool:
    """Tell whether a text says something, in so many characters."""
    return bool(text.strip()) and len(text) <= longest


def _text(asked: Mapping[str, Any], key: str, longest: int) -> str:
    text = asked.get(key)
    if not isinstance(text, str) or not is_text(text, longest):
        raise WrongWordsError(f"{key}: found {_shown(text)}, expected {expected_text(longest)}")
    return one_line(text, 4 * longest)


def _is_same(mute: Mute, asked: Mapping[str, Any]) -> bool:
    return (mute.watch, mute.name) == (asked.get("watch"), asked.get("name"))


def _said(mute: Mute) -> str:
    return f"{mute.watch or 'all watches'}{f', jobs {mute.name}' if mute.name else ''}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else one_line(repr(value), 100)
