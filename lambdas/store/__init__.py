"""The table: what was last seen, and the outbox of what is to be announced."""
