"""What the deployed table remembers, for people: `status`, `jobs` and `job`."""
