"""Calls are kept to a service's rate, in each account and region for itself."""

import pytest

from lambdas.apis.budgets import MOST_KEPT, Budgets

HERE = ("sesv2", "111122223333", "eu-west-1")


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def budgets(time: Time, rate: float = 1) -> Budgets:
    return Budgets({"sesv2": rate}, time.clock, time.sleep)


def spend(found: Budgets, calls: int, key: tuple[str, str, str] = HERE) -> None:
    for _ in range(calls):
        budget = found.of(key)
        assert budget is not None
        budget.spend(event_name="before-send.sesv2.ListImportJobs")


def test_the_first_call_goes_at_once(time: Time) -> None:
    spend(budgets(time), 1)
    assert time.slept == []


@pytest.mark.parametrize(("rate", "apart"), [(1, 1), (0.5, 2), (4, 0.25)])
def test_further_calls_go_at_the_rate(time: Time, rate: float, apart: float) -> None:
    spend(budgets(time, rate), 4)
    assert time.slept == pytest.approx([apart] * 3)


def test_calls_that_are_further_apart_than_that_never_wait(time: Time) -> None:
    found = budgets(time)
    for _ in range(3):
        spend(found, 1)
        time.now += 1.5
    assert time.slept == []


def test_a_rest_saves_nothing_up(time: Time) -> None:
    """A burst is what the services answer with a throttle."""
    found = budgets(time)
    spend(found, 1)
    time.now += 1_000
    spend(found, 3)
    assert time.slept == pytest.approx([1, 1])


@pytest.mark.parametrize(
    "elsewhere",
    [("sesv2", "444455556666", "eu-west-1"), ("sesv2", "111122223333", "us-east-1")],
    ids=["another account", "another region"],
)
def test_each_account_and_region_has_a_budget_of_its_own(
    time: Time, elsewhere: tuple[str, str, str]
) -> None:
    found = budgets(time)
    spend(found, 1)
    spend(found, 1, elsewhere)
    assert time.slept == []
    spend(found, 1)
    assert time.slept == pytest.approx([1])


def test_budgets_are_kept_up_to_a_number_and_the_longest_unused_go_first(time: Time) -> None:
    budgets = Budgets({"sesv2": 1}, time.clock, time.sleep)
    places = [("sesv2", f"{number:012}", "eu-west-1") for number in range(MOST_KEPT + 1)]
    one, two, *_ = [budgets.of(place) for place in places[:-1]]
    assert budgets.of(places[0]) is one
    budgets.of(places[-1])
    assert budgets.of(places[0]) is one
    assert budgets.of(places[1]) is not two


def test_a_service_whose_rate_is_not_known_has_no_budget(time: Time) -> None:
    assert budgets(time).of(("dataexchange", "111122223333", "eu-west-1")) is None


def test_each_operation_has_a_rate_of_its_own(time: Time) -> None:
    """A10: SES says "this operation no more than once per second"."""
    budget = budgets(time).of(HERE)
    assert budget is not None
    for operation in ("ListImportJobs", "ListExportJobs", "GetImportJob"):
        budget.spend(event_name=f"before-send.sesv2.{operation}")
    assert time.slept == []
