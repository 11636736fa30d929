"""What is measured, each a process in an environment of its own; see `bench.subjects.meter`."""
