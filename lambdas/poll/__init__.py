"""The function that polls the job APIs and stores what changed."""
