"""The function that turns stored changes into alerts."""
