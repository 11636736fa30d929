"""Reads YAML files so that whatever is wrong in one is a line that a person can act on."""
