"""Counts of what the tests tried, printed at their end."""

from collections import Counter

TALLY: Counter[str] = Counter()
