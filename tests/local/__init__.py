"""Tests that deploy the stack onto a local AWS, or run the processes that this takes."""
