"""Holds what Jobwatch assumes of AWS (docs/aws.md) against an account: `make conformance`."""
