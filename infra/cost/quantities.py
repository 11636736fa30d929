"""How much of everything a tick, a change and a month take: the constants of the cost model.

Those that are in the code or the stack are held against it by tests/test_cost_constants.py.
"""

DAYS = 30
MONTH = DAYS * 86_400
"""A month, in days and in seconds: 43,200 minutes."""

# How AWS counts: the pages on pricing and quotas.

READ_STEP, WRITE_STEP = 4_096, 1_024
"""Bytes of a read unit (half of one, where the read is not consistent) and of a write unit."""
ITEM_OVERHEAD = 100
"""Bytes that are stored beside each item and each entry of an index."""
MESSAGES_OF_SEND = 10
"""Messages of one SendMessageBatch, which is one request."""
REQUESTS_OF_MESSAGE = 2
"""One that receives it and one that deletes it, as the mapping hands over one at a time."""
POLLERS, POLLER_WAIT = 5, 20
"""So many pollers of Lambda ask each queue all month, an empty one each 20 s (scaling, SQS)."""
KEY_REUSE, REQUESTS_OF_KEY = 300, 2
"""Seconds for which SNS keeps a data key, and the requests to KMS for a new one."""
USES_OF_QUEUE, USERS_OF_TABLES = 3, 5
"""Requests in as long for a queue under a user's key: two by who sends to it, one by who reads it.
Each role takes one for a table: poll, publish, alert and the heartbeat for the jobs', alert for its
own."""
GB_OF_VCPU = 1_769 / 1_024
"""Memory with which a function has a whole processor."""

# What the stack has.

TICK_GB, POLL_GB, OUTLET_GB, BOARD_GB, WAITING_GB = 0.25, 0.5, 0.25, 0.25, 0.25
"""Memory of the functions; publish and alert are the outlets, wait and answer are for waiting."""
OUTLETS = 2
"""Functions that the stream wakes, also with each heartbeat."""
METRICS, METRICS_OF_CADENCE = 7, 1
ALARMS, ALARMS_OF_CADENCE = 8, 2
"""Those of the stack, and more for each cadence."""
ALARMS_OF_RECIPIENT = 1
"""For each that is behind the bus of alerts."""

# What the code does.

QUERIES_OF_WATCH = 14
"""Of a look at the dashboard: for each status one that counts and one that lists."""
MOST_WATCHES, MOST_JOBS, MOST_COUNTED = 50, 600, 1_000
"""That a look at the dashboard reads, and the entries that one query goes through to count."""

DIGEST_PARTS = 256
"""A difference has one listed job in so many be looked up."""
FULL_READS = 1
"""So often a day every job that is listed is looked up, whatever the digest says."""
READS_OF_SWEEP, READS_OF_END = 2, 1
"""Of the table of waits, when nobody waits: where the last look at all stopped, and a page of them;
and the waits for a job that has ended."""
HEALTHS_OF_JOB = 3
"""More writes of the scope's health: before an unfinished job is stored that is new or has another
status, and when the list drops it."""

# Measured beside a local AWS.

HEALTH_BYTES, DIGEST_BYTES, DIGEST_MOST = 520, 7, 1_600
"""A scope's health; more for each job that its digest is of, and the most that a digest takes."""
ITEM_BYTES, ENTRY_BYTES, LISTED_BYTES = 1_300, 220, 180
"""A job: 1.0 KB with its history and what its details take; an unfinished one in the index of
those; any one in the index for people."""
CHILD_BYTES = 150
"""What a parent holds, of an id with 32 letters."""
SCOPE_CPU, PAGE_CPU = 0.003, 0.006
"""Seconds of a whole processor: a scope of a few jobs, each page of 100 jobs."""
LAMBDAS_LOG = 378
"""Bytes of START, END and REPORT in the log, with what CloudWatch adds to each line."""
TICK_LOG, POLL_LOG, OUTLET_LOG = 380, 1_350, 650
"""Bytes in the log of an invocation: its line, its metrics, and Lambda's own three lines."""

# Assumed: round figures for what can't be measured without an account.

START = 0.02
"""Seconds of each invocation besides its work."""
TABLE_WAIT, SEND_WAIT, PAGE_WAIT = 0.01, 0.02, 0.1
"""Seconds that DynamoDB, SQS and a job API in the same region take to answer."""
OUTLET_SECONDS = 0.2
"""Seconds of an invocation that publishes or alerts; each change has one of its own, at most."""
LOOKS, LOOK_SECONDS = 100, 0.5
"""At the dashboard a day, which also looks by itself while it is open; and how long one takes."""
CHANGES_OF_JOB = 3
"""Seen, running, ended."""

# What Jobwatch is compared with.

TRANSITIONS = 3
"""Of a poll in Step Functions: Wait, Task and Choice."""
TASK_GB, TASK_SECONDS, TASK_LOG = 0.125, 0.15, 380
"""The smallest function, which asks for one job."""
