"""How the table is laid out: its keys, the index that most polls do not even read, and people's.

Neither index can be changed in place: DynamoDB would have to build another one beside it.
"""

KEYS = {"pk": "HASH", "sk": "RANGE"}
INDEX = "unfinished"
INDEX_KEYS = {"open": "HASH", "sk": "RANGE"}
RECENT = "recent"
RECENT_KEYS = {"listed": "HASH", "at": "RANGE"}
"""The index of jobs by status and time holds these and the table's keys: no poll reads it, and what
changes neither status nor time is no write to it."""
HEARTBEAT = "heartbeat"
"""Both keys of the item that a schedule writes; no scope's: those have a `#`."""
CARRIED = (
    *("version", "status", "raw_status", "progress", "moved_at", "stalled", "id"),
    *("health", "settled"),
)
"""What the index holds of an item besides its keys; `settled` is of a layout of before."""
