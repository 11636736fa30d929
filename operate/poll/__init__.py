"""Polls from here, without a deployment: the very engine, over a table in memory."""
