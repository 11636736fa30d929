"""Writes docs/schemas: the JSON Schema and an example of each event and of alerts."""
