"""How many seconds each function may run.

What one call may take, attempts included, has to fit well into them: tests hold the two together.
"""

TICK = 60
POLL = 300
PUBLISH = 60
ALERT = 60
