"""The board: a live table of jobs, as HTML for a CloudWatch dashboard."""
