"""Drafts a row of the catalogue out of botocore's model of a service."""
