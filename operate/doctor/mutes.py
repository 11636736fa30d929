"""Whether rules mute the alarms: such a rule leaves the alarm as it is, and its actions undone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from infra.words import counted
from operate.doctor.findings import Finding, ok, warning
from operate.doctor.here import Here

MUTING = {"ACTIVE": "mutes now", "SCHEDULED": "will mute"}
"""What a rule does, by its status; one that has expired does nothing any more."""
MOST_NAMED = 3


def mutes(here: Here) -> Iterator[Finding]:
    """Tell of each rule that mutes alarms of the stack: a rule's summary does not say which."""
    muted: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    ours = sorted(here.stack.of_type("AWS::CloudWatch::Alarm"))
    if any(_rules(here)):
        for alarm in ours:
            for rule in _rules(here, AlarmName=alarm):
                # arn:aws:cloudwatch:<region>:<account>:alarm-mute-rule:<name>
                name = rule["AlarmMuteRuleArn"].split(":", 6)[-1]
                muted[name, rule["Status"]].append(alarm)
    for (name, status), alarms in sorted(muted.items()):
        more = f" and {len(alarms) - MOST_NAMED:,} more" if len(alarms) > MOST_NAMED else ""
        named = ", ".join(alarms[:MOST_NAMED])
        yield warning(
            f"the rule {name} {MUTING[status]}: {named}{more}, "
            f"{counted(len(alarms), 'alarm')} in all",
            "delete it in CloudWatch's console, under Alarms, unless you know why it is there",
        )
    if not muted:
        yield ok("no rule mutes an alarm")


def _rules(here: Here, **of: str) -> Iterator[Mapping[str, Any]]:
    pages = here.clients("cloudwatch").get_paginator("list_alarm_mute_rules")
    for page in pages.paginate(Statuses=[*MUTING], **of):
        yield from page["AlarmMuteRuleSummaries"]
