"""Holds the catalogue against the newest botocore."""
