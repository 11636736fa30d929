"""Waits of state machines and durable functions: what wait and answer share."""
