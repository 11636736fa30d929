"""The dashboard: what it shows is there, and it stays within what is free and what AWS takes."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra.config.aws.regions import CONSOLES
from infra.config.checks import MOST_CADENCES
from infra.config.watches import MOST_BEHIND_BUS, Recipient
from infra.cost.prices import read_prices
from tests.metrics import METRICS
from tests.template import (
    COMPILED,
    TOPIC,
    Json,
    functions,
    of_type,
    plain,
    queues,
    synthesize,
    template,
)

FREE_METRICS = 50
"""Of each of the three dashboards that AWS does not charge for."""
WIDTH = 24
MOST_ALARMS = 100
"""That one widget shows."""


def dashboard(among: Json | None = None) -> Json:
    """Give the properties of the only dashboard, its body read."""
    (found,) = of_type("AWS::CloudWatch::Dashboard", among).values()
    return {**found, "DashboardBody": json.loads(plain(found["DashboardBody"]))}


def widgets(among: Json | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dashboard(among)["DashboardBody"]["widgets"]
    return found


def metrics(among: Json | None = None) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Give the words of each metric that is shown or reckoned with, and how."""
    for widget in widgets(among):
        for *words, how in widget["properties"].get("metrics", ()):
            yield words, how


def test_its_name_has_the_stacks_and_the_regions_as_dashboards_are_of_all_regions() -> None:
    assert plain(dashboard()["DashboardName"]) == "Jobwatch-<AWS::Region>"
    assert plain(dashboard(synthesize(COMPILED, "Second"))["DashboardName"]) == (
        "Second-<AWS::Region>"
    )


def test_a_user_who_wants_none_has_neither_dashboard_nor_function() -> None:
    made = synthesize(replace(COMPILED, dashboard=False))
    assert not of_type("AWS::CloudWatch::Dashboard", made)
    assert "board" not in functions(made)
    assert "DashboardUrl" not in made["Outputs"]


def test_jobs_are_shown_by_the_function_and_anew_whenever_the_dashboard_is() -> None:
    (jobs,) = [each["properties"] for each in widgets() if each["type"] == "custom"]
    assert jobs["endpoint"] == "<BoardingBoardFunction.Arn>"
    assert jobs["updateOn"]["refresh"] is True


def test_every_alarm_of_the_stack_is_on_it_however_many_cadences_and_recipients_there_are() -> None:
    cadences = {60 * n: (f"w{n}",) for n in range(1, MOST_CADENCES + 1)}
    topics = {f"t{n}": Recipient(topic=f"{TOPIC}{n}") for n in range(MOST_BEHIND_BUS)}
    for compiled in (COMPILED, replace(COMPILED, cadences=cadences, recipients=topics)):
        made = synthesize(compiled)
        (all_,) = [each["properties"] for each in widgets(made) if each["type"] == "alarm"]
        assert len(all_["alarms"]) == len(of_type("AWS::CloudWatch::Alarm", made)) <= MOST_ALARMS


def test_it_stays_within_the_metrics_that_are_free_however_many_cadences_there_are() -> None:
    """A search counts as one here: it is one metric for each cadence that there is."""
    shown = [words for words, _ in metrics()]
    assert 0 < len(shown) <= FREE_METRICS
    cadences = {60 * n: (f"w{n}",) for n in range(1, MOST_CADENCES + 1)}
    assert len([*metrics(synthesize(replace(COMPILED, cadences=cadences)))]) == len(shown)


def test_of_our_own_metrics_it_shows_those_that_the_functions_write_and_no_others() -> None:
    own = {words[1] for words, _ in metrics() if words[:1] == ["Jobwatch"]}
    (search,) = [how["expression"] for _, how in metrics() if "SEARCH" in how.get("expression", "")]
    found = re.search('MetricName="(.*?)" service="(.*?)"', search)
    assert found
    assert found[2] == "Jobwatch"
    assert own | {found[1]} == METRICS - {"Jobs"}


def test_its_own_metrics_are_those_of_its_stack() -> None:
    second = [words for words, _ in metrics(synthesize(COMPILED, "Second"))]
    services = {tuple(words[2:]) for words in second if words[:1] == ["Jobwatch"]}
    assert services == {("service", "Second")}


def titled(title: str) -> list[list[Any]]:
    (found,) = [each["properties"] for each in widgets() if each["properties"]["title"] == title]
    return list(found["metrics"])


@pytest.mark.parametrize("title", ["Errors of the functions", "Milliseconds that functions take"])
def test_each_function_but_the_dashboards_own_shows_its_errors_and_how_long_it_takes(
    title: str,
) -> None:
    (whole,) = {t for each in widgets() if (t := each["properties"]["title"]).startswith(title)}
    labels = [how["label"] for *_, how in titled(whole)]
    assert {*labels} == functions().keys() - {"board"}


def test_how_many_wait_is_what_each_look_at_all_waits_reads() -> None:
    ((*words, how),) = titled("Waits for a job")
    (sweep,) = [
        each["ScheduleExpression"]
        for name, each in of_type("AWS::Scheduler::Schedule").items()
        if name.startswith("WaitingSweep")
    ]
    assert (how["period"], how["stat"], sweep) == (60, "Sum", "rate(1 minute)")
    assert words[:2] == ["AWS/DynamoDB", "ReturnedItemCount"]
    dimensions = dict(zip(words[2::2], words[3::2], strict=True))
    assert dimensions == {"Operation": "Scan", "TableName": "<WaitingWaitsTable>"}


def test_each_dead_letter_queue_is_on_it() -> None:
    shown = {
        words[3].removesuffix(".QueueName>") + ">" for words, _ in metrics() if "AWS/SQS" in words
    }
    dead = {name for name in queues() if name != "<LanesQueue>"}
    assert dead < shown


def test_the_price_of_an_hour_is_reckoned_with_the_list_prices_of_the_cost_model() -> None:
    named = {how["id"]: words for words, how in metrics() if how.get("id")}
    prices = {name: price.of(1) for name, price in read_prices().items()}
    factors = {}
    for _, how in metrics():
        for name, factor in re.findall(r"FILL\((\w+),0\)\*([\d.]+)", how.get("expression", "")):
            factors[tuple(named[name])] = float(factor)
    for metric, price in (
        ("Invocations", "lambda-requests"),
        ("ConsumedWriteCapacityUnits", "dynamodb-writes"),
        ("ConsumedReadCapacityUnits", "dynamodb-reads"),
        ("NumberOfEmptyReceives", "sqs-fifo"),
    ):
        (factor,) = {factor for words, factor in factors.items() if metric in words}
        assert factor == pytest.approx(prices[price], rel=1e-4)
    by_function = {words[3]: f for words, f in factors.items() if "Duration" in words}
    for function in ("tick", "poll", "publish", "alert"):
        memory = functions()[function]["MemorySize"] / 1024
        (factor,) = {f for name, f in by_function.items() if function.title() in name}
        assert factor == pytest.approx(memory / 1000 * prices["lambda-duration"], rel=1e-4)
    assert len(named) == len(factors), "each is reckoned with"


def test_widgets_lie_side_by_side_and_not_over_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for each in widgets():
        places = {
            (each["x"] + across, each["y"] + down)
            for across in range(each["width"])
            for down in range(each["height"])
        }
        assert not places & taken
        assert max(x for x, _ in places) < WIDTH
        taken |= places


def test_what_could_not_be_read_is_asked_of_the_poll_functions_log() -> None:
    (query,) = [each["properties"]["query"] for each in widgets() if each["type"] == "log"]
    assert query.startswith("SOURCE '<PollingPollLogs>' |")


def test_the_link_leads_to_the_console_of_the_partition() -> None:
    made = template()
    conditions = {name: each["Fn::Equals"][1] for name, each in made["Conditions"].items()}

    def resolved(value: Any, partition: str) -> str:
        match value:
            case {"Fn::If": [name, yes, no]}:
                return resolved(yes if conditions[name] == partition else no, partition)
            case {"Fn::Join": ["", parts]}:
                return "".join(resolved(part, partition) for part in parts)
            case {"Ref": "AWS::Region"}:
                return "R"
        return plain(value)

    for partition, host in CONSOLES.items():
        url = resolved(made["Outputs"]["DashboardUrl"]["Value"], partition)
        start = f"https://R.{host}/cloudwatch/home?region=R#dashboards/dashboard/"
        assert url == f"{start}<Dashboard>"
    assert "console.aws.amazon.com" in resolved(made["Outputs"]["DashboardUrl"]["Value"], "aws-iso")
