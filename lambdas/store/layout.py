"""How the table is laid out: its keys, and the index that most polls do not even read.

The index cannot be changed in place: DynamoDB would have to build another one beside it.
"""

KEYS = {"pk": "HASH", "sk": "RANGE"}
INDEX = "unfinished"
INDEX_KEYS = {"open": "HASH", "sk": "RANGE"}
HEARTBEAT = "heartbeat"
"""Both keys of the item that a schedule writes; no scope's: those have a `#`."""
CARRIED = (
    *("version", "status", "raw_status", "progress", "moved_at", "stalled", "id"),
    *("health", "settled"),
)
"""What the index holds of an item besides its keys; `settled` is of a layout of before."""
