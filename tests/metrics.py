"""The names of the metrics that the functions write, which alarms, runbook and bill follow."""

POLLED = {"Jobs", "Changes", "Calls", "Throttles", "Dropped", "AgeOfLastRead"}
PUBLISHED = {"PublishLag"}
ALERTED = {"AlertLag"}
METRICS = POLLED | PUBLISHED | ALERTED
