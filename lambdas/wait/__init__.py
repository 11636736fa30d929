"""The function that state machines invoke to wait for a job."""
