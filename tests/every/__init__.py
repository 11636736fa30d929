"""A stand-in for any job API, made from its service's model."""
