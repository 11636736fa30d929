"""Rings one alarm on purpose, so that somebody sees a mail arrive: the only check that writes."""

from collections.abc import Iterator

from operate.doctor.findings import Finding, ok, unknown
from operate.doctor.here import Here

REASON = "./jobwatch doctor rings it to see whether somebody is told. Nothing is wrong."


def ring(here: Here) -> Iterator[Finding]:
    """Set an alarm to ALARM, which notifies its topic, and back to what it was."""
    quiet = [each for each in here.stack.alarms() if each["StateValue"] != "ALARM"]
    if not quiet:
        yield unknown("every alarm rings already", "mend what they say first")
        return
    # Of those that are on a count of what went wrong, no data is no alarm: it stays as it is set.
    alarm = next((each for each in quiet if each["StateValue"] == "OK"), quiet[0])
    name, client = alarm["AlarmName"], here.clients("cloudwatch")
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=REASON)
    client.set_alarm_state(AlarmName=name, StateValue=alarm["StateValue"], StateReason=REASON)
    yield ok(f"rang {name} and set it back: its mail must reach every address in a few minutes")
