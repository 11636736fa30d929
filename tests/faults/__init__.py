"""The promises under faults, races and hostile input."""
