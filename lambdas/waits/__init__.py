"""Waits of state machines: what wait and answer share."""
