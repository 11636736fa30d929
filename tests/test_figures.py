"""Every figure that the documents say of the code is the code's."""

import re
from pathlib import Path

import pytest
from botocore.credentials import DeferredRefreshableCredentials

from infra import alarms, heartbeat, lanes, member, stream, timeouts
from infra.config import permissions, policies, watches
from infra.config.values import LANES, OFTEN
from infra.cost import quantities as q
from lambdas import digest, health
from lambdas.apis import clients, roles
from lambdas.deadline import worst_case
from lambdas.lanes import MOST_TRIES, PER_CALL
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.outbox.entries import MOST_ENTRIES
from lambdas.poll import gets, newest
from lambdas.poll.lane_round import LONGEST_DROPPED
from lambdas.poll.poller import ENDING_SECONDS
from lambdas.poll.worker import STORING_SECONDS
from lambdas.store.items import SCHEMA
from lambdas.store.table import CALL_SECONDS
from lambdas.tick import handler as tick
from operate.aws import INVOKING
from tests.simulation.storms import STORMS

ROOT = Path(__file__).parents[1]
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ASKING = clients.call_seconds(None)
BEGINS = timeouts.POLL - ENDING_SECONDS - CALL_SECONDS - ASKING - STORING_SECONDS
STEADY = round(alarms.MISSED * alarms.PERIOD.to_minutes())
MOST_LANES = watches.WatchesFile.model_fields["concurrency"].default


def word(number: float) -> str:
    """Write a small number as the documents do."""
    return WORDS[int(number)]


SAID = {
    "README.md": [
        f"in {word(health.UNREACHABLE_AFTER)} polls in a row; once until it can be read again",
    ],
    "docs/watches.md": [
        f"or {', '.join(map(str, OFTEN[:-1]))} or {OFTEN[-1]} seconds",
        f"left out: {MOST_LANES}",
    ],
    "docs/limits.md": [f"At most {watches.MOST_JOBS:,} `jobs`"],
    "docs/how-it-works.md": [
        f"| tick | {timeouts.TICK} s | {worst_case(tick.CONFIG):g} s |",
        f"what the queue does not take in {word(MOST_TRIES)} tries",
        f"| poll | {timeouts.POLL} s | {ASKING:g} s to a job API, with assuming a role",
        f"{CALL_SECONDS:g} s to the table |",
        f"begins in the first {BEGINS:g} s",
        f"{STORING_SECONDS:g} s are kept to store",
        f"| publish, alert | {timeouts.PUBLISH} s | {LONGEST_CALL} s |",
        f"hides a message for {timeouts.POLL + lanes.GRACE} s",
        f"after {word(gets.MOST_UNANSWERED)} in a row a visit makes no further one",
        f"after {word(health.UNREACHABLE_AFTER)} in a row the scope is announced as unreachable",
        f"The health holds {digest.PARTS} parts",
        f"about one in {digest.PARTS} for each difference",
        f"where more than {word(newest.FEW)} are behind that. Up to {word(newest.FEW)} stragglers",
        f"are polled side by side; {word(MOST_LANES)}, if the file does not say",
        f"dropped for {word(LONGEST_DROPPED.total_seconds() / 60)} minutes, the next one is taken",
        f"send at most {word(MOST_ENTRIES)} at a time",
        f"can't be sent for {word(stream.GIVEN_UP.to_hours())} hours",
        f"table every {word(heartbeat.EVERY.to_minutes())} minutes, the **heartbeat**",
        f"waits for {word(health.GET_PATIENCE)} more polls",
    ],
    "docs/other-accounts.md": [
        f"Where there are more than {permissions.MOST_NAMED}, it may take",
        f"hold ({policies.INLINE:,} characters) stands in up to {word(policies.MOST_MANAGED)}",
        f"managed policies beside them ({policies.MANAGED:,} each)",
        f"a template of more than {member.LARGEST_BODY:,} bytes",
        f"It keeps at most {clients.MOST_CLIENTS} clients",
        f"and the credentials of {roles.MOST_KEPT:,}",
    ],
    "docs/runbook.md": [
        f"over {permissions.MOST_NAMED} accounts are watched",
        f"for {word(alarms.MISSED)} times the cadence, and for {STEADY} minutes at least",
        f"read for {word(alarms.MISSED)} cadences, and for {STEADY} minutes at least",
        f"ran longer than its {word(timeouts.POLL / 60)} minutes",
        f"or {word(lanes.RECEIVES)} times in a row the function ended before it was done",
        f"looked at once in {word(LONGEST_DROPPED.total_seconds() / 60)} minutes or so",
        f"has waited for more than {word(stream.TOO_LATE.to_minutes())} minutes to be published",
        f"could not be published for {word(stream.GIVEN_UP.to_hours())} hours",
        f"writes into the table every {word(heartbeat.EVERY.to_minutes())} minutes",
        f"One cadence makes {word(q.METRICS + q.METRICS_OF_CADENCE)} metrics and",
        f"{word(q.ALARMS + q.ALARMS_OF_CADENCE)} alarms; each further one,",
        f"{word(q.METRICS_OF_CADENCE)} metric and {word(q.ALARMS_OF_CADENCE)} alarms more",
        f"(layout {SCHEMA}) can be read by the one before (layout {int(SCHEMA) - 1})",
    ],
    "docs/reliability.md": [
        f"could not be published for {word(stream.GIVEN_UP.to_hours())} hours lies in a queue",
        f"fails in {word(health.GET_PATIENCE + 1)} polls in a row",
    ],
    "docs/cost.md": [
        f"a message for each lane, {word(PER_CALL)} in a call",
        f"looks up one in {digest.PARTS}",
        f"is written every {word(heartbeat.EVERY.to_minutes())} minutes, however often anything",
        f"{word(q.POLLERS)} pollers of Lambda, each for {q.POLLER_WAIT} seconds",
        f"answers in {q.PAGE_WAIT * 1000:g} ms, DynamoDB in {q.TABLE_WAIT * 1000:g}, SQS in",
        f"{q.SEND_WAIT * 1000:g}; an invocation that",
        f"publishes takes {q.OUTLET_SECONDS * 1000:g} ms",
        f"a job has {word(q.CHANGES_OF_JOB)} changes",
        f"{word(q.TRANSITIONS)} transitions a poll",
    ],
}


@pytest.mark.parametrize(("page", "said"), [(page, each) for page in SAID for each in SAID[page]])
def test_a_figure_of_the_documents_is_the_codes(page: str, said: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert said in re.sub(r"\s+", " ", text)


def test_who_invokes_a_function_waits_for_longer_than_it_may_run_and_asks_once() -> None:
    """Else it would be invoked again while it runs. The tick function, which AWS's command line
    invokes, answers within the 60 s that it waits for."""
    assert INVOKING.read_timeout > max(timeouts.PUBLISH, timeouts.ALERT)
    # botocore notes its own mode beside it once a client was made with it.
    assert INVOKING.retries["total_max_attempts"] == 1
    assert timeouts.TICK < 60


def test_what_is_said_in_other_words_holds() -> None:
    """Half a minute, a quarter of an hour, a day; twenty-three kinds of seeds; ten lanes."""
    assert roles.REFUSED_FOR == 30
    assert DeferredRefreshableCredentials._advisory_refresh_timeout == 15 * 60
    assert health.FULL_READ_EVERY.days == 1
    assert len([None, *STORMS]) == 23
    assert LANES[0] <= MOST_LANES < 10
