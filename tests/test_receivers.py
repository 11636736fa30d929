"""What chats, pagers and users' topics get: as their documents ask for it, and each alert once."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from lambdas.alert.alerter import Alerter
from lambdas.alert.bus import AlertBus
from lambdas.alert.receivers import LONGEST_TEXT
from lambdas.model import JOB_OVERRUNNING, JOB_STALLED, WATCH_UNREACHABLE
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.plan import Policy
from tests.memory import Faults, MemoryTable
from tests.receivers import SCHEMAS, faults
from tests.records import (
    FOR_EVER,
    LABELS,
    TABLE,
    Clock,
    Topic,
    change,
    down,
    refused,
    stream_record,
    unreachable,
)
from tests.remembered import memory

LARGEST_EVENT, LARGEST_OF_SNS = 262_144, 262_144
ON = frozenset({"FAILED", "PARTIAL", "SUCCEEDED"})
BUSY = Policy(ON, ("chat", "mail"), "critical", "data", "https://wiki.example.com/jobs")

Records = Sequence[dict[str, Any]]


class Bus:
    """EventBridge: it refuses events by the id of their first alert, with an error code each.

    `refuse_calls` may raise for a whole call, of which it gets the ids.
    """

    def __init__(self, clock: Clock) -> None:
        self.refuse: dict[str, str] = {}
        self.refuse_calls: Callable[[list[str]], None] = lambda _: None
        self.calls: list[list[str]] = []
        self.taken: list[dict[str, Any]] = []
        self.clock = clock

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        details = [json.loads(entry["Detail"]) for entry in Entries]
        ids = [str(each["alert"]["detail"]["alerts"][0]["id"]) for each in details]
        self.calls.append(ids)
        self.clock.pass_time()
        self.refuse_calls(ids)
        for entry, detail, each in zip(Entries, details, ids, strict=True):
            assert (entry["Source"], entry["DetailType"]) == ("jobwatch", "Job Alert")
            assert entry["EventBusName"] == "alerts"
            assert len(entry["Detail"].encode()) < LARGEST_EVENT
            if each not in self.refuse:
                self.taken.append(detail)
        said = [{"ErrorCode": self.refuse[i]} if i in self.refuse else {"EventId": i} for i in ids]
        return {"FailedEntryCount": len(self.refuse), "Entries": said}

    @property
    def told(self) -> list[list[str]]:
        """The ids of the alerts of each event that was taken."""
        return [[a["id"] for a in each["alert"]["detail"]["alerts"]] for each in self.taken]


class Outlets:
    """An alerter before a topic and a bus of alerts."""

    def __init__(self, policy: Policy = BUSY, clock: Clock | None = None) -> None:
        self.topic = Topic(clock=clock or Clock())
        self.bus = Bus(self.topic.clock)
        self.letters: list[Any] = []
        self.sent: list[str] = []
        self.policy_of: Callable[[str], Policy] = lambda _: policy
        self.ahead: set[tuple[str, str]] = set()
        self.table = MemoryTable(Faults())

    def send(self, records: Records, ends: float = FOR_EVER) -> str | None:
        alerter = Alerter(
            sns=self.topic,
            topic="arn:topic",
            table=TABLE,
            policy_of=self.policy_of,
            labels=LABELS,
            account_names={"444455556666": "prod"},
            put_aside=self.letters.append,
            logger=Logger(service="test", level="CRITICAL"),
            timer=self.topic.clock,
            on_sent=lambda record: self.sent.append(record.detail["id"]),
            bus=AlertBus(self.bus, "alerts", frozenset({"chat", "oncall"}), frozenset({"oncall"})),
            memory=memory(self.table),
            ahead=self.ahead,
        )
        return alerter.send(records, ends)


def sent(records: Records, policy: Policy = BUSY) -> dict[str, Any]:
    """The detail of the only event of some records."""
    outlets = Outlets(policy)
    assert outlets.send(records) is None
    (detail,) = outlets.bus.taken
    return detail


def lost(number: int, **given: Any) -> dict[str, Any]:
    text = json.dumps(unreachable(id=f"e{number}", **given))
    return stream_record(number, text, f"scope{number}", WATCH_UNREACHABLE)


ARN = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/export/0158-ab12"
HOSTILE = (
    "``` <!channel> <https://evil.example|ok> @here **b** \u202e [x](https://evil.example) 💥失"
)
SAYINGS = {
    "failed": [change(0)],
    "with a name and an ARN": [change(0, ARN, job_name="May", job_arn=ARN)],
    "stalled": [change(0, detail_type=JOB_STALLED, status="RUNNING")],
    "unreachable": [lost(0)],
    "succeeded": [change(0, status="SUCCEEDED")],
    "several": [change(n) for n in range(3)],
    "places": [lost(n, parameters={"ApplicationId": f"a{n}"}) for n in range(3)],
    "a storm": [change(n) for n in range(1_000)],
    "hostile": [
        change(
            0,
            HOSTILE * 9,
            job_name=HOSTILE * 9,
            console_url=None,
            failure={"code": HOSTILE, "message": HOSTILE * 40, "details": [HOSTILE] * 20},
            details={f"{HOSTILE}{n}": HOSTILE * 8 for n in range(20)},
            parameters={HOSTILE: HOSTILE * 9},
        )
    ],
}


@pytest.mark.parametrize("policy", [BUSY, Policy(ON, ("chat",))], ids=["all", "the least"])
@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("saying", SAYINGS)
def test_a_message_conforms_to_what_its_receiver_documents(
    saying: str, name: str, policy: Policy
) -> None:
    """Amazon Q drops what does not, and says nothing."""
    assert faults(name, sent(SAYINGS[saying], policy)[name]) == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("chat", {"version": "1"}),
        ("chat", {"content": {"title": "no description"}}),
        ("chat", {"detail": {}}),
        ("pagerduty", {"dedup_key": "x" * 256}),
        ("pagerduty", {"event_action": "open"}),
        ("pagerduty", {"payload": {"summary": "s", "source": "s", "severity": "fatal"}}),
        ("pagerduty", {"links": [{"text": "no href"}]}),
    ],
)
def test_the_schemas_refuse_what_the_receivers_would(name: str, wrong: dict[str, Any]) -> None:
    assert faults(name, sent([change(0)])[name] | wrong) != []


def test_a_chat_is_told_what_happened_and_what_to_do() -> None:
    said = sent([change(0, job_arn=ARN)])["chat"]
    assert said["content"]["title"] == "🚨 FAILED: SES import job j0 (contact-imports)"
    lines = said["content"]["description"].splitlines()
    assert (lines[0], lines[-1]) == ("```", "```")
    assert "Why      The file has a malformed row" in lines
    assert said["content"]["nextSteps"] == [
        "Runbook: https://wiki.example.com/jobs",
        "Console: https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1",
        "Owner: data",
    ]
    assert said["content"]["keywords"] == ["critical", "FAILED", "contact-imports"]
    assert said["metadata"]["relatedResources"] == [ARN]


def test_a_message_of_several_jobs_has_nothing_of_the_first_alone() -> None:
    """Amazon Q drops what does not conform: one job's ARN would take all others' alerts along."""
    said = sent([change(n, job_arn=f"{ARN}{n}") for n in range(3)])["chat"]
    assert said["metadata"]["relatedResources"] == []
    assert ARN not in json.dumps(said["metadata"])


def test_an_incident_of_several_places_or_jobs_has_no_place_and_no_link_of_the_first() -> None:
    places = [{"ApplicationId": f"a{n}"} for n in range(3)]
    for records in (
        [lost(n, parameters=each) for n, each in enumerate(places)],
        [change(n, parameters=each) for n, each in enumerate(places)],
    ):
        several, one = sent(records), sent(records[:1])
        told = several["pagerduty"]
        assert [link["text"] for link in told["links"]] == ["Runbook"]
        assert "parameters" not in told["payload"]["custom_details"]
        assert one["pagerduty"]["payload"]["custom_details"]["parameters"] == places[0]
        key = several["chat"]["metadata"]["additionalContext"]["dedup_key"]
        assert key == told["dedup_key"] != one["pagerduty"]["dedup_key"]


@pytest.mark.parametrize(("length", "is_there"), [(501, True), (1_000, True), (1_001, False)])
def test_a_link_is_whole_or_left_out(length: int, is_there: bool) -> None:
    link = f"https://console.example/{'x' * length}"[:length]
    whole = Policy(ON, ("chat", "oncall"), runbook=f"https://{'w' * 992}", owner="o" * 100)
    said = sent([change(0, console_url=link)], whole)
    text = said["pagerduty"]["payload"]["custom_details"]["text"]
    assert (f"\nLink     {link}\n" in text, "Link " in text) == (is_there, is_there)
    steps = said["chat"]["content"]["nextSteps"]
    assert (f"Console: {link}" in steps) is is_there
    assert len("\n".join(steps)) < 3_000, "as much as a block of Slack's shows"
    assert (link in [each["href"] for each in said["pagerduty"]["links"]]) is is_there


def test_the_text_of_many_in_a_pager_ends_with_a_whole_line() -> None:
    """The half of a link leads nowhere."""
    link = f"https://console.example/{'x' * 900}"
    text = sent([change(n, console_url=link) for n in range(20)])["pagerduty"]["payload"]
    *lines, last = text["custom_details"]["text"].split("\n")
    assert (last, len(text["custom_details"]["text"]) <= LONGEST_TEXT) == ("…", True)
    assert {each for each in lines if each.startswith("Link")} == {f"Link     {link}"}


def test_a_chat_says_what_to_do_once_and_keeps_the_link_of_each_of_several_jobs() -> None:
    """In its block, no link can be followed."""
    told = sent([change(0)])["chat"]["content"]["description"]
    assert not [name for name in ("Link", "Owner", "Runbook") if f"\n{name}" in told]
    assert told.endswith("About    import source S3Url s3://bucket/contacts.csv\n```")
    several = sent([change(0), change(1)])["chat"]["content"]["description"]
    assert several.count("\nLink ") == 2
    assert "\nOwner" not in several
    nobodys = sent([change(0, console_url=None)], Policy(ON, ("oncall",)))["chat"]["content"]
    assert "nextSteps" not in nobodys
    assert nobodys["description"].startswith("```\nWhat     SES import job j0\n")


def test_a_pager_is_told_the_ids_of_jobs_and_a_place_has_none() -> None:
    ids = [
        sent([record])["pagerduty"]["payload"]["custom_details"].get("ids")
        for record in (change(0, "j1"), lost(1))
    ]
    assert ids == [["j1"], None]


def test_each_message_of_a_job_is_in_its_thread_and_no_other_is() -> None:
    stalled = change(0, "j1", JOB_STALLED, status="RUNNING")
    threads = [
        sent([record])["chat"]["metadata"]["threadId"]
        for record in (
            stalled,
            change(1, "j1"),
            change(2, "j1", status="PARTIAL", job_name="May"),
            change(3, "j2"),
            change(4, "j1", watch="other"),
            lost(5),
            lost(6, since="2026-11-22T03:00:00Z"),
            lost(7, parameters={"ApplicationId": "a"}),
        )
    ]
    assert threads[0] == threads[1] == threads[2]
    assert threads[5] == threads[6]
    assert len({*threads}) == 5
    storms = [sent([change(n + at) for n in range(3)]) for at in (0, 10)]
    assert len({each["chat"]["metadata"]["threadId"] for each in storms}) == 2


def over(number: int, **given: Any) -> dict[str, Any]:
    """A run that succeeded after all others."""
    later = dict.fromkeys(("ended_at", "observed_at"), "2026-11-22T04:00:00Z")
    return change(number, **later | {"status": "SUCCEEDED", "raw_status": "COMPLETED"} | given)


def test_what_is_over_is_in_the_thread_of_what_failed_and_resolves_its_incident() -> None:
    outlets = Outlets(Policy(frozenset({"FAILED"}), ("chat", "oncall"), "critical"))
    assert outlets.send([change(0, job_name="May")]) is None
    assert outlets.send([over(1, job_name="May")]) is None
    opened, resolved = outlets.bus.taken
    assert [opened["state"], resolved["state"]] == ["open", "resolved"]
    for name in SCHEMAS:
        assert faults(name, resolved[name]) == []
    chat, pager = resolved["chat"], resolved["pagerduty"]
    assert chat["metadata"]["threadId"] == opened["chat"]["metadata"]["threadId"]
    assert chat["content"]["title"] == "✅ RESOLVED: SES import job May (contact-imports)"
    assert "Was      FAILED since 2026-11-22 02:14:31 UTC" in chat["content"]["description"]
    assert pager["event_action"] == "resolve"
    assert pager["dedup_key"] == opened["pagerduty"]["dedup_key"]
    assert pager["payload"]["severity"] == "critical"


@pytest.mark.parametrize("to", [("chat",), ("oncall",), ("chat", "oncall")])
def test_each_incident_is_resolved_for_itself_and_all_others_are_told_at_once(
    to: tuple[str, ...],
) -> None:
    outlets = Outlets(Policy(frozenset({"FAILED"}), to))
    for n in range(3):
        assert outlets.send([change(n, job_name=f"r{n}")]) is None
    before = [each["pagerduty"]["dedup_key"] for each in outlets.bus.taken]
    assert outlets.send([over(5 + n, job_name=f"r{n}") for n in range(3)]) is None
    after = outlets.bus.taken[3:]
    pagers = [each for each in after if each["to"] == ["oncall"]]
    others = [each["alert"]["detail"]["count"] for each in after if each["to"] == ["chat"]]
    assert len(outlets.topic.entries) == 4, "three that failed, and one of what is over"
    assert others == ([3] if "chat" in to else [])
    assert [p["pagerduty"]["dedup_key"] for p in pagers] == (before if "oncall" in to else [])


def test_an_end_that_the_bus_did_not_take_comes_again_though_it_is_alone_then() -> None:
    """The first time it shared its message with another, and the pager's part was refused."""
    outlets = Outlets(Policy(frozenset({"FAILED"}), ("chat", "oncall")))
    for n in range(2):
        assert outlets.send([change(n, job_name=f"r{n}")]) is None
    key = outlets.bus.taken[1]["pagerduty"]["dedup_key"]
    ends = [over(5 + n, job_name=f"r{n}") for n in range(2)]
    outlets.bus.refuse = {"e6": "ThrottlingException"}
    assert outlets.send(ends) == "006"
    outlets.bus.refuse = {}
    assert outlets.send(ends[1:]) is None
    resolved = [each["pagerduty"] for each in outlets.bus.taken if "oncall" in each["to"]][2:]
    assert {each["dedup_key"] for each in resolved if each["event_action"] == "resolve"} >= {key}
    assert len(outlets.topic.entries) == 3, "the topic took it before"
    chats = [e for e in outlets.bus.taken if e["state"] == "resolved" and "chat" in e["to"]]
    assert [each["alert"]["detail"]["count"] for each in chats] == [2], "it took it before"


@pytest.mark.parametrize(
    ("status", "terminal", "sign"),
    [("FAILED", True, "⚪"), ("SUCCEEDED", True, "✅"), ("UNKNOWN", False, "✅")],
)
def test_that_a_job_runs_too_long_no_more_does_not_say_that_it_went_well(
    status: str, terminal: bool, sign: str
) -> None:
    outlets = Outlets(Policy(frozenset({"FAILED"}), ("chat", "oncall")))
    name = "n" * 90
    late = change(0, "j", JOB_OVERRUNNING, status="RUNNING", ended_at=None, job_name=name)
    assert outlets.send([late]) is None
    at = "2026-11-22T05:00:00Z"
    ended = change(2, "j", job_name=name, status=status, terminal=terminal, observed_at=at)
    ended["dynamodb"]["NewImage"]["resolves"] = {"S": JOB_OVERRUNNING}
    assert outlets.send([ended]) is None
    (told,) = [each for each in outlets.bus.taken if each["state"] == "resolved"]
    title = told["chat"]["content"]["title"]
    assert title.startswith(f"{sign} RESOLVED: overrunning SES import job nnn")
    assert title.endswith(f"..., now {status} (contact-imports)")


@pytest.mark.parametrize("statuses", [("PARTIAL", "FAILED"), ("FAILED", "PARTIAL")])
def test_what_is_over_is_as_bad_as_the_worst_of_it(statuses: tuple[str, str]) -> None:
    """Who filters by severity and was told the worst is told that it is over."""
    outlets = Outlets(Policy(frozenset({"FAILED", "PARTIAL"}), ("chat", "oncall")))
    for number, status in enumerate(statuses):
        times = dict.fromkeys(("ended_at", "observed_at"), f"2026-11-22T02:{number:02}:00Z")
        run = change(number, job_name="May", status=status, raw_status="ENDED", **times)
        assert outlets.send([run]) is None
    assert outlets.send([over(5, job_name="May")]) is None
    resolved = outlets.bus.taken[-1]
    assert resolved["pagerduty"]["payload"]["severity"] == "error"
    assert "Was      FAILED since 2026-11-22 02:00:00" in resolved["chat"]["content"]["description"]


def test_good_news_opens_no_incident_that_nothing_ends() -> None:
    """It has the key of the failure that it ends: one would be open after each success."""
    outlets = Outlets(Policy(frozenset({"FAILED", "SUCCEEDED"}), ("chat", "oncall")))
    for record in (change(0, job_name="May"), over(1, job_name="May"), over(2, job_name="May")):
        assert outlets.send([record]) is None
    to_pager = [each["pagerduty"] for each in outlets.bus.taken if "oncall" in each["to"]]
    assert [each["event_action"] for each in to_pager] == ["trigger", "resolve"]
    to_chat = [e["chat"]["content"]["title"][2:10] for e in outlets.bus.taken if "chat" in e["to"]]
    assert sorted(to_chat) == ["FAILED: ", "RESOLVED", "SUCCEEDE", "SUCCEEDE"]


@pytest.mark.parametrize("to", [("chat",), ("chat", "new"), ()])
def test_who_was_told_is_told_that_it_is_over_whomever_the_watch_names_then(
    to: tuple[str, ...],
) -> None:
    outlets = Outlets(Policy(frozenset({"FAILED"}), ("chat", "oncall")))
    assert outlets.send([change(0, job_name="May")]) is None
    outlets.policy_of = lambda _: Policy(frozenset({"FAILED"}), to)
    assert outlets.send([over(1, job_name="May")]) is None
    opened, resolved = outlets.bus.taken
    assert {*resolved["to"]} == {*to, "chat", "oncall"}
    assert resolved["pagerduty"]["dedup_key"] == opened["pagerduty"]["dedup_key"]
    attribute = outlets.topic.entries[1]["MessageAttributes"]["to"]["StringValue"]
    assert {*json.loads(attribute)} == {*to, "chat", "oncall"}


def test_many_runs_that_fail_again_after_a_success_are_a_few_messages() -> None:
    outlets = Outlets(Policy(frozenset({"FAILED"}), ("chat",)))
    records = []
    for n in range(100):
        for minute, status in enumerate(("FAILED", "SUCCEEDED", "FAILED")):
            times = dict.fromkeys(("ended_at", "observed_at"), f"2026-11-22T04:{minute:02}:00Z")
            said = {"status": status, "raw_status": status, "previous_status": "PENDING", **times}
            records.append(change(3 * n + minute, job_name=f"r{n}", **said))
    assert outlets.send(records) is None
    told = [(e["state"], e["alert"]["detail"]["count"]) for e in outlets.bus.taken]
    assert told == [("open", 100), ("resolved", 100), ("open", 100)]


def test_nothing_that_strangers_wrote_has_an_effect_in_a_chat() -> None:
    """No mention, no link, no end of the block in which it stands."""
    said = sent(SAYINGS["hostile"])["chat"]
    content = said["content"]
    block = content["description"]
    assert block.count("```") == 2
    for text in (block, content["title"], said["metadata"]["summary"]):
        assert not {*text} & {*"<>\u202e"}
        assert "https://evil" not in text
    assert "`" not in content["title"]
    assert block.endswith("…\n```"), "what is too long is cut, and it shows"


def test_a_pager_is_told_how_bad_it_is_and_knows_it_again() -> None:
    said = sent([change(0, job_name="May")])["pagerduty"]
    again = sent([change(1, job_name="May")])["pagerduty"]
    other = sent([change(2, job_name="June")])["pagerduty"]
    assert said["event_action"] == "trigger"
    assert said["payload"]["severity"] == "critical"
    assert said["payload"]["summary"] == "FAILED: SES import job May (contact-imports)"
    assert said["payload"]["custom_details"]["ids"] == ["j0"]
    assert said["dedup_key"] == again["dedup_key"] != other["dedup_key"]
    assert [link["text"] for link in said["links"]] == ["Runbook", "Console"]


def test_a_pager_is_told_of_a_storm_as_one_incident_with_a_count() -> None:
    said = sent(SAYINGS["a storm"])
    assert said["pagerduty"]["payload"]["custom_details"]["count"] == 1_000
    assert said["pagerduty"]["payload"]["custom_details"]["ids"] == [f"j{n}" for n in range(50)]
    assert said["alert"]["detail"]["count"] == 1_000
    assert said["chat"]["metadata"]["additionalContext"]["count"] == "1000"
    more = sent([change(n + 5_000) for n in range(9)])
    assert more["pagerduty"]["dedup_key"] == said["pagerduty"]["dedup_key"]
    same = sent([change(n, job_name="nightly") for n in range(9)])["pagerduty"]
    assert same["dedup_key"] == sent([change(0, job_name="nightly")])["pagerduty"]["dedup_key"]


def test_a_topic_of_the_user_gets_what_any_queue_of_the_topic_of_alerts_gets() -> None:
    outlets = Outlets()
    assert outlets.send([change(n) for n in range(3)]) is None
    (entry,), (event,) = outlets.topic.entries, outlets.bus.taken
    assert event["alert"] == json.loads(json.loads(entry["Message"])["sqs"])
    assert (event["to"], event["state"]) == (["chat", "mail"], "open")


@pytest.mark.parametrize("character", ["💥", "失", '"', "\\", "\x01", "\uffff", "<"])
def test_the_largest_alert_fits_on_the_bus_and_into_a_topic(character: str) -> None:
    wide = {
        "failure": {"code": None, "message": character * 2_000, "details": [character * 500] * 20},
        "details": {f"field-{n}": character * 1_000 for n in range(5)},
    }
    for count in (1, 100):
        said = sent([change(n, job=f"{character * 300}{n}", **wide) for n in range(count)])
        for name in SCHEMAS:
            assert faults(name, said[name]) == []
            assert len(json.dumps(said[name]).encode()) < LARGEST_OF_SNS


def test_only_alerts_to_somebody_behind_it_are_put_on_the_bus() -> None:
    outlets = Outlets()
    policies = {"a": Policy(ON, ("mail",)), "b": Policy(ON, ("oncall", "mail")), "c": Policy(ON)}
    outlets.policy_of = policies.__getitem__
    assert outlets.send([change(n, watch=watch) for n, watch in enumerate(policies)]) is None
    assert outlets.topic.taken == [["j0"], ["j1"], ["j2"]]
    assert outlets.bus.told == [["e1"]]
    assert outlets.sent == ["e0", "e1", "e2"]


def some(count: int = 4) -> list[dict[str, Any]]:
    return [change(n, watch=f"w{n}") for n in range(count)]


def left(records: Records, failed: str) -> list[dict[str, Any]]:
    """What the stream hands over once more."""
    return [each for each in records if each["dynamodb"]["SequenceNumber"] >= failed]


def test_what_the_bus_refuses_for_now_is_reported_and_nobody_is_mailed_twice() -> None:
    outlets, records = Outlets(), some()
    outlets.bus.refuse = {"e1": "ThrottlingException"}
    assert outlets.send(records) == "001"
    for _ in range(5):
        assert outlets.send(left(records, "001")) == "001"
    outlets.bus.refuse = {}
    assert outlets.send(left(records, "001")) is None
    assert sorted(outlets.topic.taken) == [["j0"], ["j1"], ["j2"], ["j3"]]
    assert sorted(outlets.bus.told) == [["e0"], ["e1"], ["e2"], ["e3"]]
    assert outlets.letters == []
    assert outlets.ahead == set()


def test_a_bus_that_nobody_reaches_repeats_no_mail() -> None:
    outlets, records = Outlets(), some()
    outlets.bus.refuse_calls = down
    assert [outlets.send(records) for _ in range(3)] == ["000"] * 3
    outlets.bus.refuse_calls = lambda _: None
    assert outlets.send(records) is None
    assert sorted(outlets.topic.taken) == [["j0"], ["j1"], ["j2"], ["j3"]]
    assert sorted(outlets.bus.told) == [["e0"], ["e1"], ["e2"], ["e3"]]


def test_a_topic_that_refuses_for_now_keeps_its_alert_from_the_bus_and_repeats_none_there() -> None:
    outlets, records = Outlets(), some()
    outlets.topic.refuse = {"j1": ("InternalError", False)}
    assert [outlets.send(records)] + [outlets.send(left(records, "001")) for _ in range(3)] == [
        "001"
    ] * 4
    assert ["e1"] not in outlets.bus.told
    outlets.topic.refuse = {}
    assert outlets.send(left(records, "001")) is None
    assert sorted(outlets.bus.told) == [["e0"], ["e1"], ["e2"], ["e3"]]
    assert sorted(outlets.topic.taken) == [["j0"], ["j1"], ["j2"], ["j3"]]


def test_what_joins_an_alert_that_waits_for_the_bus_is_a_message_of_its_own() -> None:
    outlets = Outlets()
    outlets.bus.refuse = {"e0": "ThrottlingException"}
    assert outlets.send([change(0), change(1)]) == "000"
    outlets.bus.refuse = {}
    assert outlets.send([change(n) for n in range(4)]) is None
    assert outlets.topic.taken == [["j0", "j1"], ["j2", "j3"]]
    assert outlets.bus.told == [["e0", "e1"], ["e2", "e3"]]


def test_what_the_bus_never_takes_is_put_aside_and_holds_nothing_up() -> None:
    outlets = Outlets()
    outlets.bus.refuse = {"e1": "MalformedDetail"}
    assert outlets.send(some()) is None
    assert [letter.sequence for letter in outlets.letters] == ["001"]
    assert outlets.bus.told == [["e0"], ["e2"], ["e3"]]
    assert outlets.topic.taken == [["j0"], ["j1"], ["j2"], ["j3"]]


def test_of_a_call_that_the_bus_never_takes_only_what_it_is_for_is_put_aside() -> None:
    outlets = Outlets()

    def refuse(ids: list[str]) -> None:
        if "e2" in ids:
            raise refused("ValidationException")

    outlets.bus.refuse_calls = refuse
    assert outlets.send(some()) is None
    assert [letter.sequence for letter in outlets.letters] == ["002"]
    assert outlets.bus.told == [["e0"], ["e1"], ["e3"]]
    assert sorted(outlets.topic.taken) == [["j0"], ["j1"], ["j2"], ["j3"]]


def test_a_call_that_the_bus_refuses_is_sent_in_parts_only_while_there_is_time() -> None:
    outlets = Outlets(clock=Clock(each=LONGEST_CALL))

    def refuse(ids: list[str]) -> None:
        if len(ids) > 1:
            raise refused("ValidationException")

    outlets.bus.refuse_calls = refuse
    assert outlets.send(some(12), ends=120) == "004"
    assert outlets.topic.clock.now <= 120
    assert outlets.send(left(some(12), "004")) is None
    assert sorted(outlets.topic.taken) == sorted([f"j{n}"] for n in range(12))


def test_both_calls_fit_into_what_is_left_of_an_invocation() -> None:
    outlets = Outlets(clock=Clock(each=LONGEST_CALL))
    failed = outlets.send(some(40), ends=60)
    assert outlets.topic.clock.now <= 60
    assert failed is not None


def test_a_status_change_reaches_the_bus_in_the_order_of_its_job() -> None:
    outlets = Outlets()
    records = [change(0, "j"), change(1, "j", JOB_STALLED, status="RUNNING"), change(2, "j")]
    outlets.bus.refuse = {"e1": "InternalFailure"}
    assert outlets.send(records) == "001"
    outlets.bus.refuse = {}
    assert outlets.send(left(records, "001")) is None
    assert outlets.bus.told == [["e0"], ["e1"], ["e2"]]


def test_nothing_that_a_stranger_wrote_is_a_link_in_a_pager_or_a_title() -> None:
    """Ids and what jobs live in may be texts of strangers, too."""
    evil = "see https://evil.example/a"
    about = {"job_name": "[Open](//evil.example)", "parameters": {"ApplicationId": evil}}
    message = sent([change(n, f"{evil}{n}", **about) for n in range(2)])
    pager = json.dumps(message["pagerduty"]["payload"])
    assert "https://evil" not in pager
    assert "hxxps://evil[.]example/a1" in pager
    alone = sent([change(1, **about)])["chat"]
    assert "](" not in alone["content"]["title"] + alone["metadata"]["summary"]
