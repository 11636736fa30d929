"""The function that puts stored changes on the event bus."""
