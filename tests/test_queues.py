"""The stack's queues: how long each keeps and hides a message, and to whom Lambda hands it."""

from dataclasses import replace

import pytest
from aws_cdk.assertions import Template

from infra import lanes, timeouts
from tests.template import COMPILED, OFTEN, functions, mappings, queues, synthesize

DAY = 24 * 3_600
DEAD_LETTERS = {"<LanesLostQueue>", "<PublishingUnpublishedQueue>", "<AlertingUnsentQueue>"}


def test_no_queue_of_somebody_else_has_its_dead_letters_moved_into_ours() -> None:
    """Whoever may make a queue could else have SQS move in what is refused from them."""
    allowed = {
        name: each.get("RedriveAllowPolicy") for name, each in queues(synthesize(OFTEN)).items()
    }
    nobody = {"redrivePermission": "denyAll"}
    # Of the lost lanes, that would be a circle: what is put there is read by people only.
    assert allowed.pop("<LanesLostQueue>") is None
    assert len(allowed) == 4
    assert all(each == nobody for each in allowed.values())


def test_poll_is_fed_one_lane_at_a_time_and_by_few_at_once() -> None:
    (mapping,) = mappings("<PollingPollFunction>")
    mapping["EventSourceArn"] = str(mapping["EventSourceArn"]["Fn::GetAtt"][0])[:10]
    assert mapping == {
        "EventSourceArn": "LanesQueue",
        "BatchSize": 1,
        "ScalingConfig": {"MaximumConcurrency": 5},
    }


def test_lanes_are_polled_in_order_in_their_group_and_the_groups_side_by_side() -> None:
    lanes = queues()["<LanesQueue>"]
    assert lanes["FifoQueue"]
    assert lanes["DeduplicationScope"] == "messageGroup"
    assert lanes["FifoThroughputLimit"] == "perMessageGroupId"
    assert not lanes["ContentBasedDeduplication"], "who asks twice would be polled for once"


def test_a_lane_is_put_aside_after_three_receives_as_one_may_be_a_throttled_invocation() -> None:
    lanes = queues()["<LanesQueue>"]
    assert lanes["RedrivePolicy"]["maxReceiveCount"] == 3
    assert lanes["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0].startswith("LanesLost")
    assert queues()["<LanesLostQueue>"]["FifoQueue"], "a FIFO queue takes no other"
    assert "FifoQueue" not in queues()["<AlertingUnsentQueue>"], "CloudFormation takes no false"


def test_a_message_stays_hidden_while_its_function_runs_and_hardly_longer() -> None:
    assert functions()["poll"]["Timeout"] == timeouts.POLL == 300
    assert queues()["<LanesQueue>"]["VisibilityTimeout"] == 330


def test_every_function_may_run_for_as_long_as_is_said_of_it() -> None:
    assert {name: each["Timeout"] for name, each in functions().items()} == {
        "tick": timeouts.TICK,
        "poll": timeouts.POLL,
        "publish": timeouts.PUBLISH,
        "alert": timeouts.ALERT,
        "wait": timeouts.WAIT,
        "answer": timeouts.ANSWER,
        "board": timeouts.BOARD,
    }


@pytest.mark.parametrize("cadence", [15, 900, 3_600, DAY])
def test_a_lane_waits_longer_than_its_cadence_so_that_poll_counts_it_as_dropped(
    cadence: int,
) -> None:
    compiled = replace(COMPILED, cadences={10: ("often",), cadence: ("imports",)})
    kept = queues(synthesize(compiled))["<LanesQueue>"]["MessageRetentionPeriod"]
    assert cadence < kept == cadence + lanes.KEPT


def test_later_ticks_have_a_queue_only_where_a_cadence_is_below_a_minute() -> None:
    assert "<TickingLater>" not in queues()
    assert mappings("<TickingTickFunction>") == []
    often = synthesize(OFTEN)
    later = queues(often)["<TickingLater>"]
    assert "FifoQueue" not in later, "each message has a delay of its own there"
    (mapping,) = mappings("<TickingTickFunction>", often)
    assert mapping["EventSourceArn"]["Fn::GetAtt"][0].startswith("TickingLater")
    assert mapping["BatchSize"] == 1


def test_a_later_tick_that_failed_is_not_repeated() -> None:
    later = queues(synthesize(OFTEN))["<TickingLater>"]
    assert later["MessageRetentionPeriod"] < later["VisibilityTimeout"]
    assert later["MessageRetentionPeriod"] >= 60, "what waits for its time counts from the start"
    assert later["VisibilityTimeout"] > timeouts.TICK, "Lambda takes no other"


def test_dead_letters_are_kept_as_long_as_can_be() -> None:
    longest = {n for n, queue in queues().items() if queue["MessageRetentionPeriod"] == 14 * DAY}
    assert longest == DEAD_LETTERS


def test_queues_go_with_the_stack() -> None:
    found = Template.from_json(synthesize(OFTEN)).find_resources("AWS::SQS::Queue").values()
    assert [each["DeletionPolicy"] for each in found] == ["Delete"] * 5
