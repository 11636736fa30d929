"""When a watch alerts, whom and how: `alerts` of the watch, of the defaults and of the file."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.config.plan import Compiled
from infra.cost.reckoning import from_file
from infra.subscriptions import filters
from infra.summary import summary
from lambdas.alert import message, terms
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    RUN_MISSING,
    TERMINAL,
    UNREACHABLE_STATUS,
    WATCH_UNREACHABLE,
)
from lambdas.plan import Policy
from operate.cost.options import of_file
from tests.catalogue import compile_plan
from tests.records import detail, missing, unreachable
from tests.template import ROOT

USUAL = frozenset({"FAILED", "PARTIAL"})
RECIPIENTS = """
recipients:
  a: {email: [a@example.com, both@example.com]}
  b: {email: [b@example.com, both@example.com], resolved: true}
"""
Compile = Callable[[str], Compiled]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compile what a test writes down, beside watches with names."""

    def compile_text(text: str) -> Compiled:
        (tmp_path / "watches.yaml").write_text(text, encoding="utf-8")
        return compile_plan(tmp_path / "watches.yaml", ROOT / "catalogue")

    return compile_text


def policy(compiled: Compile, watch: str, defaults: str, everywhere: str) -> Policy:
    """Give the policy of a watch whose file says that in these places, "" for nothing."""
    text = f"watches: {{w: {{source: sesv2.import-jobs, {watch}}}}}\n{RECIPIENTS}"
    text += f"defaults: {{{defaults}}}\nalerts: {{{everywhere}}}\n"
    return compiled(text).plan.watches["w"].alerts


def test_who_says_nothing_is_alerted_of_the_usual_statuses(compiled: Compile) -> None:
    assert policy(compiled, "", "", "") == Policy(USUAL)


@pytest.mark.parametrize(
    ("watch", "defaults", "everywhere", "expected"),
    [
        ("", "", "to: [a], owner: x", Policy(USUAL, to=("a",), owner="x")),
        ("", "alerts: {to: [b]}", "to: [a], owner: x", Policy(USUAL, to=("b",), owner="x")),
        (
            "alerts: {severity: critical}",
            "alerts: {to: [b], severity: info}",
            "on: [CANCELLED], to: [a], owner: x",
            Policy(frozenset({"CANCELLED"}), to=("b",), severity="critical", owner="x"),
        ),
        ("alerts: {to: [], on: []}", "", "to: [a], on: [FAILED]", Policy(frozenset())),
        (
            "alerts: {to: , on: , severity: }",
            "alerts: {severity: info}",
            "to: [a], on: [FAILED], severity: error",
            Policy(USUAL),
        ),
        ("alerts: ", "alerts: {to: [b]}", "to: [a]", Policy(USUAL, to=("a",))),
        (
            "alerts: {runbook: 'https://x.example/y?z#1'}",
            "",
            "to: [b, a]",
            Policy(USUAL, to=("a", "b"), runbook="https://x.example/y?z#1"),
        ),
    ],
    ids=[
        "as the file says",
        "the defaults over the file",
        "the watch over both, key by key",
        "nobody and nothing",
        "keys without a value are as if nobody had said them",
        "without a value, no defaults",
        "in an order of its own",
    ],
)
def test_each_key_is_as_the_nearest_place_says_it(
    compiled: Compile, watch: str, defaults: str, everywhere: str, expected: Policy
) -> None:
    assert policy(compiled, watch, defaults, everywhere) == expected


def test_a_watch_that_the_plan_no_longer_has_is_alerted_of_as_the_file_says(
    compiled: Compile,
) -> None:
    plan = compiled(
        "watches: {w: {source: sesv2.import-jobs, alerts: {on: [SUCCEEDED]}}}\n"
        f"alerts: {{on: [FAILED], to: [a]}}\n{RECIPIENTS}"
    ).plan
    assert plan.policy_of("w") == Policy(frozenset({"SUCCEEDED"}), to=("a",))
    assert plan.policy_of("gone") == Policy(frozenset({"FAILED"}), to=("a",))
    assert plan.alerting == {"SUCCEEDED", "FAILED"}


def test_the_synth_warns_of_a_recipient_whom_nobody_names(compiled: Compile) -> None:
    text = f"watches: {{w: {{source: sesv2.import-jobs, alerts: {{to: [a]}}}}}}\n{RECIPIENTS}"
    reckoned: Any = type("Reckoned", (), {"calls_a_minute": 1, "dollars": 1, "lanes": 1})
    lines = [*summary(compiled(text), reckoned, "watches.yaml")]
    assert "  warning  no alert is sent to b: no `to` names it" in lines
    assert not any("sent to a" in line for line in lines)
    assert any(line.endswith("by email to 3 addresses") for line in lines)


def test_the_bill_has_the_mails_of_whom_the_watches_tell(compiled: Compile, tmp_path: Path) -> None:
    text = """
        watches:
          two: {source: sesv2.import-jobs, alerts: {to: [a]}}
          four: {source: sesv2.export-jobs, alerts: {to: [a, b]}}
        alerts: {email: [ops@example.com]}
    """
    made = compiled(text + RECIPIENTS.replace("\n", "\n        "))
    assert from_file(made)["emails"] == 4, "3 and 4 addresses"
    _, activity = of_file(tmp_path / "watches.yaml", {})
    assert activity.emails == 4


def test_the_plan_knows_what_people_call_accounts(compiled: Compile) -> None:
    plan = compiled("""
        watches:
          a: {source: sesv2.import-jobs, accounts: [{id: "111122223333", name: prod, role: x}]}
          b: {source: sesv2.export-jobs, accounts: [{id: "444455556666", role: x}]}
          c: {source: sesv2.export-jobs, accounts: [{id: "777788889999", name: The lab, role: x}]}
    """).plan
    assert plan.account_names == {"111122223333": "prod", "777788889999": "The lab"}


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        ("FAILED", None, "error"),
        ("UNREACHABLE", None, "error"),
        ("PARTIAL", None, "warning"),
        ("CANCELLED", None, "warning"),
        ("STALLED", None, "warning"),
        ("SUCCEEDED", None, "info"),
        ("FAILED", "critical", "critical"),
        ("STALLED", "critical", "critical"),
        ("OVERRUNNING", None, "warning"),
        ("MISSING", None, "error"),
        ("SUCCEEDED", "critical", "info"),
        ("RUNNING", "error", "info"),
        ("NEW IN A LATER VERSION", None, "warning"),
    ],
)
def test_an_alert_is_as_bad_as_the_watch_says_or_else_the_status(
    status: str, said: str | None, expected: str
) -> None:
    assert terms.severity(status, Policy(USUAL, severity=said)) == expected


def test_every_status_has_a_severity() -> None:
    known = terms.SEVERITIES.keys() | terms.GOOD_NEWS
    others = {"STALLED", "OVERRUNNING", "MISSING", UNREACHABLE_STATUS}
    assert known == TERMINAL | {"PENDING", "RUNNING", "UNKNOWN"} | others


ITEM = "contact-imports#0f job#8a4f"


def key(detail_type: str = JOB_STATUS_CHANGE, **given: Any) -> str:
    return terms.dedup_key(detail_type, detail(**given), ITEM)


def test_what_tells_of_the_same_trouble_has_the_same_key() -> None:
    nightly = {"job_name": "nightly"}
    assert key(job_id="1", **nightly) == key(job_id="2", status="PARTIAL", id="x", **nightly)
    assert key() == key(status="SUCCEEDED", id="x", ended_at=None)
    lost = unreachable(), unreachable(status="OK", id="x", since=None)
    assert len({terms.dedup_key(WATCH_UNREACHABLE, each, ITEM) for each in lost}) == 1


def test_what_tells_of_other_trouble_has_another_key() -> None:
    nightly = {"job_name": "nightly"}
    keys = [
        key(),
        key(job_id="other"),
        key(watch="other"),
        key(account="444455556666"),
        key(region="us-east-1"),
        key(parameters={"ApplicationId": "a"}),
        key(**nightly),
        key(**nightly, source="sesv2.export-jobs"),
        key(JOB_STALLED),
        key(JOB_STALLED, **nightly, job_id="1"),
        key(JOB_STALLED, **nightly, job_id="2"),
        key(JOB_OVERRUNNING),
        terms.dedup_key(RUN_MISSING, missing(), ITEM),
        terms.dedup_key(WATCH_UNREACHABLE, unreachable(), ITEM),
        terms.dedup_key(WATCH_UNREACHABLE, unreachable(parameters={"ApplicationId": "a"}), ITEM),
    ]
    assert len({*keys}) == len(keys)


@pytest.mark.parametrize(
    ("state", "to", "expected"),
    [
        ("open", (), {"ops"}),
        (None, (), {"ops"}),
        ("open", ("a",), {"ops", "a", "both"}),
        ("open", ("b",), {"ops", "b", "both", "boss"}),
        ("open", ("a", "b"), {"ops", "a", "b", "both", "boss"}),
        ("open", ("c", "ab"), {"ops"}),
        ("resolved", (), set()),
        ("resolved", ("a",), set()),
        ("resolved", ("b",), {"b", "both", "boss"}),
        ("resolved", ("a", "b"), {"b", "both", "boss"}),
    ],
)
def test_each_address_gets_the_alerts_that_are_to_it(
    compiled: Compile,
    state: str | None,
    to: tuple[str, ...],
    expected: set[str],
) -> None:
    """Boss is in `alerts.email` and in the recipient that is told when it is over."""
    text = f"watches: {{w: {{source: sesv2.import-jobs}}}}\n{RECIPIENTS}"
    recipients = dict(compiled(text).recipients)
    recipients["b"] = recipients["b"].model_copy(
        update={"email": (*recipients["b"].email, "boss@example.com")}
    )
    every = ("ops@example.com", "boss@example.com")
    given: dict[str, Any] = {"state": state, "to": to}
    sent = message.entry({n: v for n, v in given.items() if v}, "s", "b", [], 0)
    subscribed = filters(every, recipients).items()
    told = {
        email.split("@")[0]
        for email, policy in subscribed
        if passes(policy, sent["MessageAttributes"])
    }
    assert told == expected | ({"boss"} if state != "resolved" else set())


def passes(policy: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
    """Filter a message as SNS's guide says: an array passes where one of its values does.

    moto knows no `$or` between attributes.
    """
    return all(
        any(passes(each, attributes) for each in rules)
        if name == "$or"
        else any(_fits(attributes.get(name), rule) for rule in rules)
        for name, rules in policy.items()
    )


def _fits(found: dict[str, str] | None, rule: Any) -> bool:
    if rule == {"exists": False}:
        return found is None
    if found is None:
        return False
    value = found["StringValue"]
    return rule in (json.loads(value) if found["DataType"] == "String.Array" else [value])


def test_an_address_has_one_subscription_and_the_shortest_filter_that_says_it(
    compiled: Compile,
) -> None:
    text = f"watches: {{w: {{source: sesv2.import-jobs}}}}\n{RECIPIENTS}"
    assert filters(("ops@example.com",), compiled(text).recipients) == {
        "ops@example.com": {"state": ["open", {"exists": False}]},
        "a@example.com": {"to": ["a"], "state": ["open"]},
        "b@example.com": {"to": ["b"], "state": ["open", "resolved"]},
        "both@example.com": {
            "$or": [
                {"to": ["a", "b"], "state": ["open"]},
                {"to": ["b"], "state": ["resolved"]},
            ]
        },
    }
