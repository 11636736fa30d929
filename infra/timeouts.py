"""How many seconds each function may run.

What one call may take, attempts included, has to fit well into them: tests hold the two together.
"""

TICK = 60
POLL = 300
PUBLISH = 60
ALERT = 60
HEARTBEAT = 180
"""Seconds between two heartbeats. The scheduler may be a minute late: also with one lost, no two
periods of an alarm are empty."""
