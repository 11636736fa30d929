"""Asking for many jobs, of which one may be refused, hang, or have a nonsensical answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambdas.poll.gets import Answers, Gets
from tests.api import refused
from tests.builds import Builds, of_builds
from tests.values import NOW

NAMES = [f"b{number}" for number in range(9)]
DENIED = refused("AccessDeniedException", "BatchGetBuilds")
HANGS = TimeoutError("Read timeout")


class Choosy(Builds):
    """Knows these builds, and fails where it is asked for one of the bad ones."""

    def __init__(self, bad: dict[str, Exception], odd: str = "", count: int = 9) -> None:
        super().__init__(*[f"b{number}" for number in range(count)])
        self.bad, self.odd = bad, odd

    def batch_get_builds(self, ids: list[str]) -> dict[str, Any]:
        answer = super().batch_get_builds(ids)
        for each in ids:
            if each in self.bad:
                raise self.bad[each]
        for build in answer["builds"]:
            if build["id"] == self.odd:
                del build["buildStatus"]
        return answer


Ask = Callable[[Choosy], tuple[Gets, Answers]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def asked(client: Choosy) -> tuple[Gets, Answers]:
        gets = Gets(of_builds(tmp_path, client), lambda: NOW)
        (answers,) = gets.get_each([*client.known, "gone"])
        return gets, answers

    return asked


@pytest.mark.parametrize("error", [DENIED, HANGS], ids=repr)
def test_one_that_fails_takes_the_answers_away_from_no_other(ask: Ask, error: Exception) -> None:
    gets, answers = ask(Choosy({"b4": error}))
    assert answers.seen.keys() == {*NAMES} - {"b4"}
    assert (answers.absent, answers.unread) == ({"gone"}, {"b4"})
    assert gets.errors.keys() == {"b4"}


def test_one_whose_answer_tells_no_status_is_unread_alone(ask: Ask) -> None:
    client = Choosy({}, odd="b4")
    gets, answers = ask(client)
    assert answers.seen.keys() == {*NAMES} - {"b4"}
    assert gets.errors.keys() == answers.unread == {"b4"}
    assert sorted(map(len, client.asked)) == [1, 1, 10]


def test_where_none_can_be_read_alone_no_further_ones_are_asked_for_so(ask: Ask) -> None:
    client = Choosy({}, count=299)
    client.bad = dict.fromkeys([*client.known, "gone"], DENIED)
    _, answers = ask(client)
    assert len(answers.unread) == 300
    assert [*map(len, client.asked)] == [100, *[1] * 100, 100, 100]


def test_where_none_is_answered_two_calls_are_made(ask: Ask) -> None:
    client = Choosy(dict.fromkeys([*NAMES, "gone"], HANGS))
    gets, answers = ask(client)
    assert answers.unread == gets.errors.keys() == {*NAMES, "gone"}
    assert [*map(len, client.asked)] == [10, 1]


def test_where_calls_are_too_many_no_more_are_made(ask: Ask) -> None:
    client = Choosy(dict.fromkeys(NAMES, refused("ThrottlingException", "BatchGetBuilds")))
    _, answers = ask(client)
    assert answers.unread == {*NAMES, "gone"}
    assert [*map(len, client.asked)] == [10]
