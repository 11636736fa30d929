"""Looks at an account: what can go wrong with Jobwatch there, each in a line with what to do."""
