"""Each fault of a service at each kind of call, over real HTTP with the functions' own clients.

P2, P7, P15, P16, P17, P18: no change is lost, none is invented, no other scope waits, and once the
fault is over everything is told.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config

from lambdas.apis.clients import CONFIG, Clients
from lambdas.plan import Plan
from tests.faults.line import (
    Line,
    Trouble,
    clients_at,
    cut,
    no_trouble,
    nowhere,
    refusal,
    reset,
    says,
    shortened,
    silence,
)
from tests.faults.scenarios import (
    SCENARIOS,
    WATCHES,
    Harness,
    Scenario,
    bystanders,
    hit,
    jobs_of,
    show,
)

HTML = "<!DOCTYPE html><html><body>Service is being looked after</body></html>"
CORAL = '{"Output": {"__type": "com.amazon.coral.service#InternalFailure"}, "Version": "1.0"}'
TROUBLES: dict[str, Trouble] = {
    "throttled with 429": refusal(429, "TooManyRequestsException"),
    "throttled with 400": refusal(400, "ThrottlingException"),
    "500": refusal(500, "InternalServiceErrorException"),
    "503": refusal(503, "ServiceUnavailableException"),
    "access denied": refusal(403, "AccessDeniedException"),
    "no answer in time": silence,
    "connection reset": reset,
    "a body cut in the middle": cut,
    "half a body as if it were whole": shortened,
    "HTML with 200": says(200, HTML, "text/html; charset=utf-8"),
    "HTML with 200 that calls itself JSON": says(200, HTML),
    "HTML with 404": says(404, HTML, "text/html"),
    "HTML with 502": says(502, HTML, "text/html"),
    "an empty body": says(200, ""),
    "a list": says(200, "[]"),
    "a text": says(200, '"ok"'),
    "null": says(200, "null"),
    "another's JSON": says(200, '{"message": "Internal Server Error"}'),
    "an error with 200": says(200, CORAL),
    "no UTF-8": says(200, b'{"ImportJobs": ["\xff\xfe"]}'),
    "nested too deep": says(200, "[" * 100_000),
}
FIRST = [scenario for scenario in SCENARIOS if scenario.at_first]


def by_name(values: dict[str, Any]) -> Any:
    return pytest.mark.parametrize("trouble", values.values(), ids=values.keys())


def on(scenarios: Any) -> Any:
    return pytest.mark.parametrize(
        "scenario", scenarios, ids=[scenario.name for scenario in scenarios]
    )


@on(SCENARIOS)
@by_name(TROUBLES)
def test_a_fault_loses_nothing_invents_nothing_and_stops_no_other_scope(
    scenario: Scenario, trouble: Trouble, line: tuple[Line, str], harness: Any, tally: Counter[str]
) -> None:
    before, after, expected = jobs_of(scenario)
    it = harness(scenario.watch, "exports")
    show(line[0].world, before)
    it.poll()
    assert it.news() == {}
    show(line[0].world, after)
    line[0].trouble = hit(scenario, trouble)
    faults = tally["service faults injected"]
    summary = it.poll()
    assert tally["service faults injected"] > faults
    unread = [scenario.watch] if scenario.at_first else []
    assert [place["watch"] for place in summary.unread] == unread
    so_far = it.news()
    assert so_far.items() <= expected.items()
    assert set(bystanders(scenario)) <= set(so_far)
    line[0].trouble = no_trouble
    it.settle()
    assert it.news() == expected
    assert it.failures_told() == sorted(["r1", *(key[2] for key in bystanders(scenario))])
    assert it.scopes_told() == []
    it.poll()
    assert it.news() == expected


@on(FIRST)
@by_name(TROUBLES)
def test_a_first_read_that_failed_is_not_taken_for_a_complete_one(
    scenario: Scenario, trouble: Trouble, line: tuple[Line, str], harness: Any
) -> None:
    """Else all that was there would be announced as new (P10)."""
    before, after, expected = jobs_of(scenario)
    it = harness(scenario.watch, "exports")
    show(line[0].world, before)
    line[0].trouble = hit(scenario, trouble)
    it.poll()
    line[0].trouble = no_trouble
    it.poll()
    assert it.news() == {}
    show(line[0].world, after)
    it.settle()
    assert it.news() == expected


@on(SCENARIOS)
def test_a_fault_that_lasts_is_told_once_as_an_unreachable_watch_and_ends_with_the_rest(
    scenario: Scenario, line: tuple[Line, str], harness: Any
) -> None:
    """A single get that fails for ever makes nothing unreachable: its list can be read."""
    before, after, expected = jobs_of(scenario)
    it = harness(scenario.watch, "exports")
    show(line[0].world, before)
    it.poll()
    show(line[0].world, after)
    line[0].trouble = hit(scenario, TROUBLES["503"])
    for _ in range(5):
        it.poll()
    assert it.news().items() <= expected.items()
    gets_only = scenario.operation.startswith("Get") and not scenario.at_first
    assert it.scopes_told() == ([] if gets_only else ["Watch Unreachable"])
    line[0].trouble = no_trouble
    it.settle()
    assert it.news() == expected
    assert it.scopes_told() == ([] if gets_only else ["Watch Unreachable", "Watch Recovered"])


@on(
    [
        scenario
        for scenario in SCENARIOS
        if scenario.name in ("list of SES", "list of Data Exchange")
    ]
)
def test_a_service_that_refuses_connections_stops_no_other(
    scenario: Scenario, line: tuple[Line, str], plan_of: Callable[..., Plan], tally: Counter[str]
) -> None:
    before, after, expected = jobs_of(scenario)
    away, here = clients_at(nowhere()), clients_at(line[1])
    it = Harness(plan_of(scenario.watch, "segments"), here)
    show(line[0].world, before | {("segments", ("a2", "s2"), "b2"): "PROCESSING"})
    it.poll()
    show(line[0].world, after | {("segments", ("a2", "s2"), "b2"): "FAILED"})
    service = WATCHES[scenario.watch]["source"].split(".")[0]
    it.clients = Split({service: away}, here)  # type: ignore[assignment]
    (unread,) = it.poll().unread
    tally["service faults injected"] += 1
    assert (unread["watch"], unread["error"]) == (scenario.watch, "EndpointConnectionError")
    assert it.news() == {("segments", ("a2", "s2"), "b2"): [("PROCESSING", "FAILED")]}
    it.clients = here
    it.settle()
    told = it.news()
    near = {key: value for key, value in expected.items() if key not in bystanders(scenario)}
    assert told.items() >= near.items()
    assert len(told) == len(near) + 1


class Split:
    """Gives some services' clients from elsewhere."""

    def __init__(self, away: dict[str, Clients], here: Clients) -> None:
        self._away, self._here = away, here

    def client(self, service: str, scope: Any, patient: bool = True) -> Any:
        return self._away.get(service, self._here).client(service, scope, patient)


def test_a_call_that_is_throttled_once_is_made_again_in_the_same_poll(
    line: tuple[Line, str], plan_of: Callable[..., Plan]
) -> None:
    """With as many tries as the functions make (P15)."""
    tries = Config(retries={**CONFIG.retries, "mode": "standard"})
    scenario = SCENARIOS[0]
    before, after, expected = jobs_of(scenario)
    it = Harness(plan_of("contacts", "exports"), clients_at(line[1], CONFIG.merge(tries)))
    show(line[0].world, before)
    it.poll()
    show(line[0].world, after)
    left = iter([refusal(429, "TooManyRequestsException"), reset])
    line[0].trouble = hit(scenario, lambda asked: next(left, no_trouble)(asked))  # noqa: PLW0108
    assert it.poll().unread == []
    gone = ("contacts", (), "r2")
    assert it.news() == {key: told for key, told in expected.items() if key != gone}
    line[0].trouble = no_trouble
    it.settle()
    assert it.news() == expected
