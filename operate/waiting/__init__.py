"""State machines that start a job and wait for it, one for each family of sources."""
