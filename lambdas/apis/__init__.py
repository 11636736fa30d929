"""Everything that talks to a job API."""
