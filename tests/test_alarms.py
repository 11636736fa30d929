"""Every way to fall silent has an alarm, every alarm an entry in the runbook, and a listener."""

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.metrics import METRICS
from tests.template import COMPILED, ROOT, TOLD, Json, of_type, plain, synthesize

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
DAY = 86_400


def alarms(among: Json | None = None) -> dict[str, dict[str, Any]]:
    """The template's alarms by their ids without their hashes."""
    found = of_type("AWS::CloudWatch::Alarm", among)
    return {plain({"Ref": name}).strip("<>"): alarm for name, alarm in found.items()}


def test_alarms_watch_poll_the_dead_letters_the_age_of_changes_and_each_cadence() -> None:
    watched = {
        (alarm["MetricName"], *sorted(plain(d["Value"]) for d in alarm["Dimensions"]))
        for alarm in alarms().values()
    }
    assert watched == {
        ("Errors", "<PollingPollFunction>"),
        ("Dropped", "Jobwatch"),
        ("IteratorAge", "<PublishingPublishFunction>"),
        ("IteratorAge", "<AlertingAlertFunction>"),
        ("ApproximateNumberOfMessagesVisible", "<LanesLostQueue.QueueName>"),
        ("ApproximateNumberOfMessagesVisible", "<PublishingUnpublishedQueue.QueueName>"),
        ("ApproximateNumberOfMessagesVisible", "<AlertingUnsentQueue.QueueName>"),
        ("NumberOfNotificationsFailed", "<MessagingAlerts.TopicName>"),
        ("AgeOfLastRead", "60", "Jobwatch"),
        ("AgeOfLastRead", "300", "Jobwatch"),
    }


def test_one_cadence_makes_ten_alarms_and_each_further_one_two_as_the_documents_say() -> None:
    one = synthesize(replace(COMPILED, cadences={60: ("imports",)}))
    assert (len(alarms(one)), len(alarms())) == (10, 12)
    assert len(METRICS) == 8
    assert (
        "One cadence makes eight metrics and ten alarms; each further one, one metric and two "
        "alarms more" in " ".join(RUNBOOK.split())
    )
    costs = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    assert "| CloudWatch, metrics | 8 metrics |" in costs
    assert "| CloudWatch, alarms | 10 alarms |" in costs


def test_every_alarm_tells_the_topic_of_alarms() -> None:
    for alarm in alarms(synthesize(TOLD)).values():
        for name in ("AlarmActions", "OKActions"):
            assert [plain(action) for action in alarm[name]] == ["<MessagingAlarms>"]
        assert alarm.get("ActionsEnabled", True)


@pytest.mark.parametrize("every", [10, 60, 300, 3_600, DAY])
def test_no_data_at_all_is_an_alarm_of_each_cadence(every: int) -> None:
    """The schedule that stopped sends none, as does the function that does not get through."""
    made = alarms(synthesize(replace(COMPILED, cadences={every: ("imports",)})))
    (silent,) = [alarm for name, alarm in made.items() if "Silent" in name]
    assert silent["TreatMissingData"] == "breaching"
    assert silent["Statistic"] == "SampleCount"
    assert (silent["ComparisonOperator"], silent["Threshold"]) == ("LessThanThreshold", 1)
    assert {"Name": "every", "Value": str(every)} in silent["Dimensions"]
    # One poll may be lost, or fall into the next period, without waking anybody.
    assert silent["Period"] >= every
    assert silent["EvaluationPeriods"] == 3
    assert silent["Period"] % 60 == 0
    longest = 7 * DAY if silent["Period"] >= 3_600 else DAY
    assert silent["Period"] * silent["EvaluationPeriods"] <= longest, "CloudWatch looks no further"


def test_without_data_only_those_ring_that_have_some_while_all_is_well() -> None:
    for name, alarm in alarms().items():
        rings = "Silent" in name or name.endswith("Late")
        assert alarm["TreatMissingData"] == ("breaching" if rings else "notBreaching")


@pytest.mark.parametrize("every", [15, 60, 3_600])
def test_a_scope_that_cannot_be_read_rings_after_three_cadences(every: int) -> None:
    made = alarms(synthesize(replace(COMPILED, cadences={every: ("imports",)})))
    (unread,) = [alarm for name, alarm in made.items() if "Unread" in name]
    assert unread["Statistic"] == "Maximum"
    assert unread["Threshold"] == 3 * max(every, 300)


def test_lanes_that_are_dropped_ring_when_it_goes_on_and_not_at_the_first() -> None:
    (dropped,) = [alarm for name, alarm in alarms().items() if name.endswith("Dropped")]
    assert (dropped["Statistic"], dropped["Threshold"]) == ("Sum", 0)
    assert (dropped["Period"], dropped["EvaluationPeriods"]) == (300, 3)


@pytest.mark.parametrize("late", ["PublishLate", "AlertLate"])
def test_changes_that_wait_for_ten_minutes_ring_and_a_stream_out_of_which_nothing_comes(
    late: str,
) -> None:
    """One period that is too late rings, as do three without data; a single one does not."""
    (age,) = [alarm for name, alarm in alarms().items() if name.endswith(late)]
    assert (age["Statistic"], age["Threshold"]) == ("Maximum", 10 * 60 * 1_000)
    assert (age["Period"], age["EvaluationPeriods"], age["DatapointsToAlarm"]) == (300, 3, 1)
    assert age["TreatMissingData"] == "breaching"


def test_the_alarms_hear_the_metrics_of_their_own_stack_only() -> None:
    second = synthesize(COMPILED, "Second")
    names = {
        dimension["Value"]
        for alarm in alarms(second).values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "service"
    }
    functions = of_type("AWS::Lambda::Function", second).values()
    said = {each["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for each in functions}
    assert names == said == {"Second"}


def entries() -> dict[str, str]:
    """The runbook's entries for alarms, by the anchors of their headings."""
    section = RUNBOOK.split("## The alarms\n")[1].split("\n## ")[0]
    parts = re.split(r"^### (.+)$", section, flags=re.MULTILINE)[1:]
    titles = [title.lower().replace(" ", "-") for title in parts[::2]]
    return dict(zip(titles, parts[1::2], strict=True))


def test_every_alarm_has_an_entry_in_the_runbook_and_no_entry_is_stale() -> None:
    every = alarms(synthesize(TOLD)).values()
    links = [alarm["AlarmDescription"].rpartition("docs/runbook.md#")[2] for alarm in every]
    assert set(links) == set(entries())


@pytest.mark.parametrize("entry", sorted(entries()))
def test_an_entry_says_what_it_means_how_to_look_and_what_to_do(entry: str) -> None:
    for question in ("**It means**", "**Look**", "**Do**"):
        assert question in entries()[entry]


def test_every_description_says_in_words_what_is_wrong() -> None:
    for alarm in alarms(synthesize(TOLD)).values():
        assert re.fullmatch(
            r"Jobwatch: [a-z].{20,}\. See docs/runbook\.md#[a-z-]+", alarm["AlarmDescription"]
        )


def test_the_runbook_names_every_metric_and_no_other() -> None:
    table = RUNBOOK.split("## The metrics\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE)) == METRICS
