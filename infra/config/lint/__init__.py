"""Holds the rows of the catalogue against the services' own models."""
