"""Measurements of what a tick costs, counted in calls and as ratios within one run."""
