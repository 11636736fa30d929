"""What an invocation did, in numbers and names: not more names than a log and an answer bear."""

import json

from lambdas.model import Health, Scope, SourceError
from lambdas.poll.summary import MOST_NAMED, Outcome, Summary
from tests.values import NOW

ERROR = SourceError("AccessDenied", "no" * 150)


def scope(number: int) -> Scope:
    parents = {"ApplicationId": "漢" * 300 + str(number), "SegmentId": "x" * 1_024}
    return Scope("w", "pinpoint.segment-import-jobs", "111122223333", "eu-west-1", parents)


def test_of_very_many_scopes_that_cannot_be_read_the_first_are_named_and_the_others_counted() -> (
    None
):
    """A stranger may make as many segments as a service takes; Lambda takes answers of 6 MB."""
    summary = Summary()
    for number in range(3_000):
        summary.note(Outcome(scope(number), Health(), error=ERROR), NOW)
        summary.note(Outcome(scope(number), Health(), failed_gets={"j": ERROR}), NOW)
    assert len(summary.unread) == len(summary.failed_gets) == MOST_NAMED
    assert summary.counts["Unnamed"] == 2 * (3_000 - MOST_NAMED)
    assert summary.counts["Scopes"] == 6_000
    assert len(json.dumps(summary.unread)) < 1_000_000


def test_an_id_that_is_named_is_a_text_like_any_other() -> None:
    summary = Summary()
    odd = Scope("w", "s", "1", "r", {"Id": "a\x1b[2J\u202eb?X-Amz-Signature=0a1b2c3d"})
    summary.note(Outcome(odd, Health(), error=ERROR), NOW)
    (place,) = summary.unread
    assert place["parameters"] == {"Id": "a\ufffd[2J\ufffdb?X-Amz-Signature=[withheld]"}
