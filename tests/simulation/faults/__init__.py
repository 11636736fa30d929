"""Faults that Jobwatch had or could have, put back on purpose: the simulation must notice each."""
