"""The function that answers who waits for a job when it ends."""
