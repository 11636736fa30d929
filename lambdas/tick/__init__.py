"""The function that says whose turn it is."""
