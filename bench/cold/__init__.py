"""What is run in fresh processes to measure how a function starts."""
