"""Seconds: how long each function may run, and how often the heartbeat comes.

What one call may take, attempts included, has to fit well into a function's: tests hold the two
together. No library of the CDK's is needed to know them.
"""

TICK = 50
POLL = 300
PUBLISH = 60
ALERT = 60
BOARD = 30
WAIT = 60
ANSWER = 90
HEARTBEAT = 180
"""Seconds between two heartbeats. The scheduler may be a minute late: also with one lost, no two
periods of an alarm are empty."""
SWEEP = 60
"""Seconds between two looks at all waits, and so between two heartbeats of a state machine's task:
as often as the scheduler can."""
