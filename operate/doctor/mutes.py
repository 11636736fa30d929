"""Whether somebody silences Jobwatch: rules that mute its alarms, and mutes of its alerts.

A rule leaves the alarm as it is, and its actions undone.
"""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from infra.words import counted
from lambdas.alert.mutes import Mute, Mutes
from lambdas.deadline import Deadline
from operate.doctor.findings import Finding, ok, warning
from operate.doctor.here import STANDING, Here

MUTING = {"ACTIVE": "mutes now", "SCHEDULED": "will mute"}
"""What a rule does, by its status; one that has expired does nothing any more."""
MOST_NAMED = 3
MOST_MUTES = 10


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


def of_alerts(here: Here) -> Iterator[Finding]:
    """Tell of each mute of alerts: what began and ended in it, nobody is told."""
    for table in here.stack.named(STANDING):
        mutes = Mutes(here.clients("dynamodb"), table)
        found = mutes.read(datetime.now(UTC), Deadline(float("inf")))
        yield from (_muted(here, each) for each in found[:MOST_MUTES])
        if len(found) > MOST_MUTES:
            what = f"{counted(len(found) - MOST_MUTES, 'mute')} more"
            yield warning(what, f"{here.command('mute')} --list")
        if not found:
            yield ok("no alert is muted")


def _muted(here: Here, mute: Mute) -> Finding:
    of = mute.watch or "all watches"
    jobs = f", jobs {mute.name}" if mute.name else ""
    who = mute.who.rpartition(":")[2]
    return warning(
        f"{of}{jobs}: nobody is alerted until {mute.until}, says {who}: {mute.why}",
        f"{here.command('unmute')} {_words(mute)}, unless that is right",
    )


def _words(mute: Mute) -> str:
    """Write which mute is to end: a watch may be called as an option is, such as --all."""
    named = ["--name", mute.name] if mute.name else []
    words = [mute.watch or "--all", *named]
    if mute.watch and mute.watch.startswith("-"):
        words = [*named, "--", mute.watch]
    return shlex.join(words)


def _rules(here: Here, **of: str) -> Iterator[Mapping[str, Any]]:
    pages = here.clients("cloudwatch").get_paginator("list_alarm_mute_rules")
    for page in pages.paginate(Statuses=[*MUTING], **of):
        yield from page["AlarmMuteRuleSummaries"]
